/**
 * What the compiler refuses. The files in `rejected/` say so at the end of the line: `// refused: name, name`.
 * Nothing else in them may be refused, and every diagnostic there is must be shown by some test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile, type Entry } from '../compile.ts';
import { type DiagnosticName, format_diagnostic, MESSAGES } from '../diagnostics.ts';
import { PROBES } from './differences/table.ts';
import { in_folder, REPOSITORY } from './harness.ts';
import { NATIVE_TYPES } from './native_types.ts';

const FOLDER = 'rpcd/compiler/test/rejected';
const RUNTIME = `${REPOSITORY}/rpcd/compiler/runtime`;
const names = readdirSync(join(REPOSITORY, FOLDER)).filter(name => name.endsWith('.ts'));
const files = names.map(name => ({
  path: `src/${name}`,
  text: readFileSync(join(REPOSITORY, FOLDER, name), 'utf8'),
}));

const { diagnostics } = in_folder([...files, { path: 'native.d.ts', text: NATIVE_TYPES }], folder =>
  compile({
    source_root: folder,
    roots: files.map(file => file.path),
    ambient: ['native.d.ts'],
    mapping: { src: '' },
    runtime_dir: RUNTIME,
  }),
);

function expected_in(text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    const list = /\/\/ refused: (.*)$/.exec(line)?.[1] ?? '';
    return list === '' ? [] : list.split(', ').map(name => `${i + 1} ${name}`);
  });
}

describe.each(files)('$path', ({ path, text }) => {
  test('is refused where it says so, and nowhere else', () => {
    const found = new Set(diagnostics.filter(one => one.file === path).map(one => `${one.line} ${one.name}`));
    expect([...found].sort()).toEqual(expected_in(text).sort());
  });
});

interface Refused {
  readonly files: Record<string, string>;
  readonly roots?: string[];
  readonly entries?: Entry[];
  readonly name: DiagnosticName;
}

const REFUSED_FILES: [string, Refused][] = [
  [
    'a module outside the mapped folders',
    {
      name: 'import-unmapped',
      roots: ['src/a.ts'],
      files: {
        'src/a.ts': "import { b } from '../other/b.ts';\nexport const a = b;\n",
        'other/b.ts': 'export const b = 1;\n',
      },
    },
  ],
  [
    'an export in a program',
    {
      name: 'export-in-entry',
      entries: [{ source: 'src/a.ts', kind: 'program', out: 'a' }],
      files: { 'src/a.ts': 'export const a = 1;\n' },
    },
  ],
  [
    'a plugin without a result',
    {
      name: 'plugin-exports',
      entries: [{ source: 'src/a.ts', kind: 'plugin', out: 'a' }],
      files: { 'src/a.ts': 'const a = 1;\nexport type A = typeof a;\n' },
    },
  ],
  [
    'two sources for one file',
    {
      name: 'output-collision',
      roots: ['src/a.ts', 'more/a.ts'],
      files: { 'src/a.ts': 'export const a = 1;\n', 'more/a.ts': 'export const a = 2;\n' },
    },
  ],
];

test.each(REFUSED_FILES)('%s', (_, { files: sources, roots = [], entries = [], name }) => {
  const list = Object.entries(sources).map(([path, text]) => ({ path, text }));
  const result = in_folder(list, folder =>
    compile({ source_root: folder, roots, entries, mapping: { src: '', more: '' }, runtime_dir: RUNTIME }),
  );
  expect(result.diagnostics.map(one => one.name)).toContain(name);
  expect(result.files).toEqual([]);
});

test('a diagnostic reads as editors expect', () => {
  const one = diagnostics.find(diagnostic => diagnostic.name === 'class');
  expect(one && format_diagnostic(one)).toBe(
    'src/syntax.ts:1:1: classes are outside the compiled language; use functions over plain objects [class]',
  );
});

test('every diagnostic is shown by a test', () => {
  const shown = new Set<string>([
    ...files.flatMap(file => expected_in(file.text).map(line => line.split(' ')[1] ?? '')),
    ...PROBES.flatMap(probe => ('refused' in probe ? [probe.refused] : [])),
    ...REFUSED_FILES.map(([, one]) => one.name),
  ]);
  expect(Object.keys(MESSAGES).filter(name => !shown.has(name))).toEqual([]);
});
