/**
 * Golden tests of the planner: a UCI configuration and netifd's view in, the exact input of `ip -batch` and
 * `nft -f` out. One text file per case in `golden/`; `GOLDEN_UPDATE=1` writes what the planner says now.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse_uci } from '../platform/node/uci.ts';
import type { JsonObject } from '../platform/platform.ts';
import { diff } from '../src/apply/diff.ts';
import { config_from_uci } from '../src/config/validate.ts';
import { interfaces_from_dump } from '../src/observe/netifd.ts';
import { plan } from '../src/plan/plan.ts';
import type { Verdict } from '../src/plan/types.ts';

const FOLDER = join(import.meta.dirname, 'golden');
const NOTHING = { routes: [], rules: [], nft_listing: null };

interface Case {
  title: string;
  parts: Record<string, string>;
}

function read_case(file: string): Case {
  const [title = '', ...rest] = readFileSync(join(FOLDER, file), 'utf8').split(/^-- (.*) --\n/m);
  const parts: Record<string, string> = {};
  for (let i = 0; i + 1 < rest.length; i += 2) parts[rest[i] ?? ''] = rest[i + 1] ?? '';
  return { title: title.trim(), parts };
}

function write_case(file: string, { title, parts }: Case): void {
  const text = Object.entries(parts).map(([name, body]) => `-- ${name} --\n${body}`);
  writeFileSync(join(FOLDER, file), `${title}\n\n${text.join('')}`);
}

/** What the case expects, computed from what it gives. */
function outcome(parts: Record<string, string>): Record<string, string> {
  const { config, errors } = config_from_uci(parse_uci(parts['File /etc/config/linkagg'] ?? ''));
  if (config === null) {
    const lines = errors.map(error => `${error.section}.${error.option} ${error.reason}\n`);
    return { 'Expect errors': lines.join('') };
  }
  const observed = {
    interfaces: interfaces_from_dump(JSON.parse(parts['File network.interface dump'] ?? '{}') as JsonObject),
    verdicts: JSON.parse(parts['File verdicts'] ?? '{}') as Record<string, Verdict>,
    slots: JSON.parse(parts['File slots'] ?? '{}') as Record<string, number>,
    strict_rp_filter: JSON.parse(parts['File strict rp_filter'] ?? '[]') as string[],
  };
  const wanted = plan(config, observed);
  const changes = diff(wanted, NOTHING, wanted.nft === null);
  return {
    'Expect ip -batch': changes.ip.map(line => `${line}\n`).join(''),
    'Expect nft -f': changes.nft ?? '',
    'Expect sysctl': wanted.sysctls.map(({ path, value }) => `${path}=${value}\n`).join(''),
  };
}

describe('plan', () => {
  for (const file of readdirSync(FOLDER).filter(name => name.endsWith('.txt'))) {
    const golden = read_case(file);
    test(`${file}: ${golden.title}`, () => {
      const given = Object.fromEntries(
        Object.entries(golden.parts).filter(([name]) => name.startsWith('File ')),
      );
      const now = outcome(given);
      if (process.env.GOLDEN_UPDATE === '1')
        write_case(file, { title: golden.title, parts: { ...given, ...now } });
      expect({ ...given, ...now }).toEqual(read_case(file).parts);
    });
  }
});
