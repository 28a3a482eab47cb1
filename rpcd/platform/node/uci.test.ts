/**
 * UCI files under Node do what libuci does.
 *
 * Given a real `uci` program in LINKAGG_UCI_CLI, the same texts are put before it as well.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { UciEdit, UciSection } from '../platform.ts';
import { edit_uci, format_uci, parse_uci, read_uci_file, write_uci_file } from './uci.ts';

const folder = mkdtempSync(join(tmpdir(), 'linkagg-uci-'));
afterAll(() => rmSync(folder, { recursive: true }));

const name = fc.stringMatching(/^[A-Za-z0-9_]{1,12}$/);
const type = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
/** Anything a UCI file can hold: no control characters but tab and line ends, never empty. */
const value = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .map(text => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\r]/g, "'"));
const options = fc.dictionary(name, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 4 })));
const sections: fc.Arbitrary<UciSection[]> = fc.uniqueArray(
  fc.record({ name, type, anonymous: fc.constant(false), options }),
  { selector: section => section.name, maxLength: 5 },
);

describe('reading', () => {
  test('a file with every way of writing', () => {
    const text = [
      "# a comment with a quote: don't",
      'config globals globals   # named without quotes',
      "\toption enabled '1'",
      '\toption title "two words"',
      "\toption quote 'it'\\''s'",
      "\tlist lan 'lan'; list lan guest",
      'config link',
      "\toption interface 'wan",
      "second line'",
      '\toption joined one\\',
      'two',
      "config link 'wan'",
      "config 'link'",
      '\toption cut off#here',
    ].join('\n');
    expect(parse_uci(text)).toEqual([
      {
        name: 'globals',
        type: 'globals',
        anonymous: false,
        options: { enabled: '1', title: 'two words', quote: "it's", lan: ['lan', 'guest'] },
      },
      {
        name: 'cfg0215b3',
        type: 'link',
        anonymous: true,
        options: { interface: 'wan\nsecond line', joined: 'onetwo' },
      },
      { name: 'wan', type: 'link', anonymous: false, options: {} },
      { name: 'cfg0415b3', type: 'link', anonymous: true, options: { cut: 'off' } },
    ]);
  });

  test('a section that comes twice is one section, an option that comes twice has the last value that is not empty', () => {
    const text = "config a x\n option o 1\n option p 1\nconfig a x\n option o 2\n option p ''\n list o 3\n";
    expect(parse_uci(text)).toEqual([
      { name: 'x', type: 'a', anonymous: false, options: { o: ['2', '3'], p: '1' } },
    ]);
  });

  test.each([
    ['an option before the first section', "option a 'b'"],
    ['an unknown word', 'config a\nfoo bar'],
    ['a quote that never ends', "config a 'b"],
    ['a name with a dash', 'config a b-c'],
    ['an option without name', 'config a\noption'],
    ['three arguments', 'config a\noption b c d'],
    ['one name for two types', 'config a x\nconfig b x'],
  ])('refuses %s', (_, text) => {
    expect(() => parse_uci(text)).toThrow(/^line \d+: /);
  });

  test('gives back what was written, whatever it was', () => {
    fc.assert(
      fc.property(sections, all => {
        expect(parse_uci(format_uci(all))).toEqual(all);
      }),
    );
  });

  test('never hangs and never fails otherwise than with a line number', () => {
    const words = fc.constantFrom(
      'config ',
      'option ',
      'list ',
      'package ',
      'a',
      "'",
      '"',
      '\\',
      '#',
      ';',
      '\n',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(words), parts => {
        try {
          parse_uci(parts.join(''));
        } catch (error) {
          expect(String(error)).toMatch(/line \d+: /);
        }
      }),
    );
  });
});

describe('editing', () => {
  const before = parse_uci(
    "config link wan\n option weight 2\n option note x\nconfig link\n option weight '3'\n",
  );

  test('leaves everything else in place', () => {
    const edits: UciEdit[] = [
      { kind: 'set', section: 'wan', option: 'weight', value: '5' },
      { kind: 'set', section: 'wan', option: 'probe', value: ['1.1.1.1', '8.8.8.8'] },
      { kind: 'set', section: 'wan', option: 'note', value: null },
      { kind: 'create', section: 'lte', type: 'link' },
    ];
    const after = edit_uci(before, edits);
    expect(typeof after === 'string' ? after : format_uci(after)).toBe(
      [
        '',
        "config link 'wan'",
        "\toption weight '5'",
        "\tlist probe '1.1.1.1'",
        "\tlist probe '8.8.8.8'",
        '',
        'config link',
        "\toption weight '3'",
        '',
        "config link 'lte'",
        '',
        '',
      ].join('\n'),
    );
  });

  test.each<[string, UciEdit]>([
    ['a section name libuci would drop', { kind: 'create', section: 'my-link', type: 'link' }],
    ['an option name libuci would drop', { kind: 'set', section: 'wan', option: 'a-b', value: '1' }],
    ['a value libuci would drop', { kind: 'set', section: 'wan', option: 'a', value: 'x\x1by' }],
    ['a list with such a value', { kind: 'set', section: 'wan', option: 'a', value: ['ok', '\x00'] }],
    ['an empty list', { kind: 'set', section: 'wan', option: 'a', value: [] }],
    ['an option of no section', { kind: 'set', section: 'none', option: 'a', value: '1' }],
    ['the removal of no section', { kind: 'remove', section: 'none' }],
  ])('refuses %s and says why', (_, edit) => {
    expect(edit_uci(before, [edit])).toMatch(/\w+ .+/);
  });
});

describe('files', () => {
  test('a refused edit leaves the file as it was, and no other file behind', () => {
    const path = join(folder, 'kept');
    writeFileSync(path, '# comment\nconfig link wan\n', { mode: 0o600 });
    const edits: UciEdit[] = [
      { kind: 'set', section: 'wan', option: 'weight', value: '1' },
      { kind: 'set', section: 'wan', option: 'no-no', value: '1' },
    ];
    expect(write_uci_file(folder, 'kept', edits)).toContain('no-no');
    expect(readFileSync(path, 'utf8')).toBe('# comment\nconfig link wan\n');

    expect(write_uci_file(folder, 'kept', edits.slice(0, 1))).toBeNull();
    expect(readFileSync(path, 'utf8')).toBe("\nconfig link 'wan'\n\toption weight '1'\n\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter(file => file.startsWith('.'))).toEqual([]);
  });

  test('a package that is not there, is no package name or is not UCI cannot be read or written', () => {
    writeFileSync(join(folder, 'broken'), 'config a b c d\n');
    for (const config of ['missing', '../kept', 'broken']) {
      expect(read_uci_file(folder, config)).toBeNull();
      expect(write_uci_file(folder, config, [])).toContain(config);
    }
  });
});

const cli = process.env.LINKAGG_UCI_CLI ?? '';

describe.skipIf(cli === '')('beside the real uci', () => {
  /** What the real program makes of a text, in its own writing and with all names; null when it refuses it. */
  function real_export(text: string): string | null {
    writeFileSync(join(folder, 'both'), text);
    const { status, stdout } = spawnSync(cli, ['-c', folder, '-n', 'export', 'both'], { encoding: 'utf8' });
    return status === 0 ? stdout : null;
  }

  function our_export(text: string): string | null {
    try {
      const named = parse_uci(text).map(section => ({ ...section, anonymous: false }));
      return `package both\n${format_uci(named)}`;
    } catch {
      return null;
    }
  }

  test('both write the same', () => {
    fc.assert(
      fc.property(sections, all => {
        const text = format_uci(all);
        expect(real_export(text)).toBe(our_export(text));
      }),
    );
  });

  test('both read the same from any heap of words', () => {
    const word = fc.constantFrom(
      ...[
        'config',
        'option',
        'list',
        'a',
        'b1',
        'x_y',
        'd-d',
        "'q q'",
        "''",
        '"d d"',
        "'it'\\''s'",
        '\\;',
        '#c',
      ],
      ...['"e\\"e"', '"', "'", '\\\n', ';', 'é', '"a#b"', "a'b'c"],
    );
    const line = fc.tuple(
      fc.constantFrom('config a', 'config a s1', 'config b', 'option o', 'list o', 'option p', 'list', ''),
      fc.array(word, { maxLength: 3 }),
      fc.constantFrom('\n', ' ', '; ', '\t\n', ' # c\n', '\r\n'),
    );
    const text = fc
      .array(line, { maxLength: 8 })
      .map(lines => lines.map(([head, words, end]) => `${[head, ...words].join(' ')}${end}`).join(''));
    fc.assert(
      fc.property(text, heap => {
        const whole = `config first f\n${heap}\n`;
        expect(our_export(whole)).toBe(real_export(whole));
      }),
      { numRuns: 1500 },
    );
  }, 60_000);
});
