/**
 * What a session stages under Node is what libuci makes of such files.
 *
 * Given a real `uci` program in LINKAGG_UCI_CLI, it reads and commits them as well.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UciEdit } from '../platform.ts';
import { read_staged, revert_staged, session_folder, staged_packages, write_staged } from './staged.ts';
import { edit_uci, format_uci, parse_uci } from './uci.ts';

const folder = mkdtempSync(join(tmpdir(), 'linkagg-staged-'));
const SESSION = '0123456789abcdef'.repeat(2);
const STORED =
  "config zone\n\toption name 'wan'\n\tlist network 'wan'\n\nconfig link 'a'\n\toption weight '1'\n";

beforeAll(() => {
  process.env.LINKAGG_RPCD_DIR = join(folder, 'rpcd');
});
afterAll(() => rmSync(folder, { recursive: true }));

const zone = parse_uci(STORED)[0]?.name ?? '';
const value = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .map(text => text.replace(/[\x00-\x1f]/g, "'"));
const section = fc.constantFrom('a', 'b', 'c', zone);
const edit: fc.Arbitrary<UciEdit> = fc.oneof(
  section.map(name => ({ kind: 'create' as const, section: name, type: name === zone ? 'zone' : 'link' })),
  fc.constantFrom('a', 'b').map(name => ({ kind: 'remove' as const, section: name })),
  fc.record({
    kind: fc.constant('set' as const),
    section,
    option: fc.constantFrom('weight', 'network', 'x'),
    value: fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }), fc.constant(null)),
  }),
);

/** The edits that are possible one after the other. */
function possible(edits: UciEdit[]): UciEdit[] {
  let sections = parse_uci(STORED);
  return edits.filter(each => {
    if (each.kind === 'set' && each.value === null) {
      const options = sections.find(({ name }) => name === each.section)?.options ?? {};
      if (!Object.hasOwn(options, each.option)) return false;
    }
    const edited = edit_uci(sections, [each]);
    if (typeof edited === 'string') return false;
    sections = edited;
    return true;
  });
}

function begin(): void {
  writeFileSync(join(folder, 'both'), STORED);
  revert_staged(SESSION, 'both');
}

describe('changes of a session', () => {
  test('are seen by the session alone, and leave the file as it was', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), given => {
        begin();
        const edits = possible(given);
        for (const each of edits) expect(write_staged(folder, SESSION, 'both', [each])).toBeNull();
        expect(read_staged(folder, SESSION, 'both')).toEqual(edit_uci(parse_uci(STORED), edits));
        expect(read_staged(folder, 'f'.repeat(32), 'both')).toEqual(parse_uci(STORED));
        expect(readFileSync(join(folder, 'both'), 'utf8')).toBe(STORED);
        expect(staged_packages(SESSION)).toEqual(edits.length === 0 ? [] : ['both']);
      }),
    );
  });

  test('are refused as a whole, and for what is no session', () => {
    begin();
    const edits: UciEdit[] = [
      { kind: 'set', section: 'a', option: 'weight', value: '2' },
      { kind: 'set', section: 'none', option: 'weight', value: '2' },
    ];
    expect(write_staged(folder, SESSION, 'both', edits)).toContain('none');
    expect(staged_packages(SESSION)).toEqual([]);
    expect(session_folder('../../../etc')).toBeNull();
    expect(write_staged(folder, '../x', 'both', [])).not.toBeNull();
  });
});

const cli = process.env.LINKAGG_UCI_CLI ?? '';

describe.skipIf(cli === '')('beside the real uci', () => {
  test('the real program makes the same file of them', () => {
    const uci = (...args: string[]) =>
      spawnSync(cli, ['-c', folder, '-P', session_folder(SESSION) ?? '', ...args], { encoding: 'utf8' });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), given => {
        begin();
        write_staged(folder, SESSION, 'both', possible(given));
        const ours = format_uci(
          (read_staged(folder, SESSION, 'both') ?? []).map(each => ({ ...each, anonymous: false })),
        );
        const { stdout, stderr } = uci('-n', 'export', 'both');
        expect({ stdout, stderr }).toEqual({ stdout: `package both\n${ours}`, stderr: '' });
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
