/**
 * Golden tests of the planner: a UCI configuration and netifd's view in, the exact input of `ip -batch` and
 * `nft -f` out. One text file per case in `golden/`; `GOLDEN_UPDATE=1` writes what the planner says now.
 */

import { describe, expect, test } from 'vitest';
import type { ConfigError } from '../src/rpc.ts';
import { type GoldenCase, given_by, golden_files, read_golden, write_golden } from './golden_cases.ts';
import { commands } from './vectors/pipeline.ts';

interface Commands {
  ip: string[];
  ip6: string[];
  nft: string | null;
  sysctls: { path: string; value: string }[];
}

function outcome(golden: GoldenCase): Record<string, string> {
  const result = commands(given_by(golden)) as unknown as Commands | ConfigError[];
  if (Array.isArray(result)) {
    const lines = result.map(error => `${error.section}.${error.option} ${error.reason}\n`);
    return { 'Expect errors': lines.join('') };
  }
  return {
    'Expect ip -batch': result.ip.map(line => `${line}\n`).join(''),
    ...(result.ip6.length > 0 ? { 'Expect ip -6 -batch': result.ip6.map(line => `${line}\n`).join('') } : {}),
    'Expect nft -f': result.nft ?? '',
    'Expect sysctl': result.sysctls.map(({ path, value }) => `${path}=${value}\n`).join(''),
  };
}

describe('plan', () => {
  for (const golden of golden_files().map(read_golden)) {
    test(`${golden.file}: ${golden.title}`, () => {
      const given = Object.entries(golden.parts).filter(([name]) => name.startsWith('File '));
      const parts = { ...Object.fromEntries(given), ...outcome(golden) };
      if (process.env.GOLDEN_UPDATE === '1') write_golden({ ...golden, parts });
      expect(parts).toEqual(read_golden(golden.file).parts);
    });
  }
});
