/** Reads the golden files: a title, then parts with a heading each. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse_uci } from '../platform/node/uci.ts';
import type { JsonObject } from '../platform/platform.ts';
import type { Ended, Leaving, Verdicts } from '../src/plan/types.ts';
import type { Given } from './vectors/pipeline.ts';

const NOTHING_ENDED = '{"ip4":{"slots":[],"forgotten":false},"ip6":{"slots":[],"forgotten":false}}';
const FOLDER = join(import.meta.dirname, 'golden');

export interface GoldenCase {
  file: string;
  title: string;
  parts: Record<string, string>;
}

export function golden_files(): string[] {
  return readdirSync(FOLDER).filter(name => name.endsWith('.txt'));
}

export function read_golden(file: string): GoldenCase {
  const [title = '', ...rest] = readFileSync(join(FOLDER, file), 'utf8').split(/^-- (.*) --\n/m);
  const parts: Record<string, string> = {};
  for (let i = 0; i + 1 < rest.length; i += 2) parts[rest[i] ?? ''] = rest[i + 1] ?? '';
  return { file, title: title.trim(), parts };
}

export function write_golden({ file, title, parts }: GoldenCase): void {
  const text = Object.entries(parts).map(([name, body]) => `-- ${name} --\n${body}`);
  writeFileSync(join(FOLDER, file), `${title}\n\n${text.join('')}`);
}

/** What a case gives to the planner. */
export function given_by({ parts }: GoldenCase): Given {
  const json = (name: string, empty: string): unknown => JSON.parse(parts[`File ${name}`] ?? empty);
  return {
    sections: parse_uci(parts['File /etc/config/linkagg'] ?? ''),
    network: parse_uci(parts['File /etc/config/network'] ?? ''),
    dump: json('network.interface dump', '{}') as JsonObject,
    verdicts: json('verdicts', '{"ip4":{},"ip6":{}}') as Verdicts,
    slots: json('slots', '{}') as Record<string, number>,
    strict_rp_filter: json('strict rp_filter', '[]') as string[],
    latency_ms: json('latencies', '{}') as Record<string, number>,
    leaving: json('leaving', '{"ip4":[],"ip6":[]}') as Leaving,
    ended: json('ended', NOTHING_ENDED) as Ended,
  };
}
