/** What nothing reaches is left out, what is reached is there, and the shortest form of the text still runs. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { compact } from '../compact.ts';
import { type CompileOptions, compile, type OutputFile } from '../compile.ts';
import { compiled, in_folder, REPOSITORY, RUNTIME, run_ucode } from './harness.ts';
import { interpreters } from './interpreters.ts';
import { NATIVE_TYPES } from './native_types.ts';

const PROGRAM = `
import { print } from 'ucode:core';
import { doubled } from './numbers.ts';
import * as words from './words.ts';
import './greeting.ts';

const numbers: (number | string)[] = [0.5, 2, 'x'].map(doubled);
print(numbers.indexOf(4), ' ', words.joined('a', 'b'), '\\n');
`;

const SOURCES = {
  'native.d.ts': NATIVE_TYPES,
  'src/main.ts': PROGRAM,
  'src/numbers.ts': `
import { shout } from './words.ts';

/** Twice as much. */
export function doubled(value: number | string): number | string {
  return typeof value === 'number' ? value * FACTOR : value;
}

const FACTOR = 2;
const LIMIT = 10;

export function limited(value: number, text: string): string {
  return shout(text).padEnd(Math.min(value, LIMIT));
}
`,
  'src/words.ts': `
export function joined(one: string, other: string): string {
  return \`\${one} + \${other}\`;
}

export const shout = (text: string): string => text + '!';
`,
  // nothing is taken from it: it is there for what it does
  'src/greeting.ts': `
import { greeted } from './greeted.ts';
import { unused } from './unused.ts';

export const reply = greeted('you');
export const silent = (): number => unused();
`,
  'src/greeted.ts': `
import { print } from 'ucode:core';

export function greeted(name: string): string {
  print('hello ', name, '\\n');
  return name;
}
`,
  'src/unused.ts': `export function unused(): number { return 1; }\n`,
};

const OPTIONS: Omit<CompileOptions, 'source_root'> = {
  entries: [{ source: 'src/main.ts', kind: 'program', out: 'main' }],
  ambient: ['native.d.ts'],
  mapping: { src: '' },
  module_dir: 'linkagg',
  runtime_dir: RUNTIME,
  shake: true,
};

function output(changed: Record<string, string> = {}, options: Partial<CompileOptions> = {}): OutputFile[] {
  const sources = Object.entries({ ...SOURCES, ...changed }).map(([path, text]) => ({ path, text }));
  return in_folder(sources, folder => [...compiled({ ...OPTIONS, ...options, source_root: folder })]);
}

function text_of(files: readonly OutputFile[], path: string): string {
  return files.find(file => file.path === path)?.text ?? '';
}

/** Functions and constants at the top of a file. */
function declared(text: string): string[] {
  return [...text.matchAll(/^(?:export )?(?:function|const|let) (\w+)/gm)]
    .map(([, name = '']) => name)
    .sort();
}

describe('tree-shaking', () => {
  const files = output();

  test('a program gets the runtime functions it calls and those they call, no others', () => {
    expect(files.map(file => file.path)).toEqual([
      'linkagg/greeted.uc',
      'linkagg/greeting.uc',
      'linkagg/numbers.uc',
      'linkagg/rt/array.uc',
      'linkagg/rt/number.uc',
      'linkagg/rt/value.uc',
      'linkagg/words.uc',
      'main',
    ]);
    expect(declared(text_of(files, 'linkagg/rt/array.uc'))).toEqual(['arr_index_of']);
    expect(text_of(files, 'linkagg/rt/array.uc')).toContain("import { same } from './number.uc';");
    expect(declared(text_of(files, 'linkagg/rt/number.uc'))).toEqual(['EXACT', 'norm', 'same']);
    expect(text_of(files, 'linkagg/rt/number.uc')).not.toContain('import');
    expect(declared(text_of(files, 'linkagg/rt/value.uc'))).toEqual(['is_number']);
  });

  test('functions and constants that nothing uses are left out, and imports that only they need', () => {
    const numbers = text_of(files, 'linkagg/numbers.uc');
    expect(declared(numbers)).toEqual(['FACTOR', 'doubled']);
    expect(numbers).not.toContain('words.uc');
  });

  test('a namespace may be used in any way, so that all of it stays', () => {
    expect(declared(text_of(files, 'linkagg/words.uc'))).toEqual(['joined', 'shout']);
  });

  test('a module that does something when it is loaded is loaded', () => {
    expect(text_of(files, 'main')).toContain("import 'linkagg.greeting';");
    const greeting = text_of(files, 'linkagg/greeting.uc');
    expect(declared(greeting)).toEqual(['reply']);
    expect(greeting).not.toContain('export');
    expect(greeting).not.toContain('unused');
  });

  test('everything a root exports stays', () => {
    const all = output({}, { roots: ['src/numbers.ts'] });
    expect(declared(text_of(all, 'linkagg/numbers.uc'))).toEqual(['FACTOR', 'LIMIT', 'doubled', 'limited']);
    expect(text_of(all, 'linkagg/numbers.uc')).toContain('export { doubled, limited };');
  });

  test('what is left out is checked all the same', () => {
    const bad = { 'src/unused.ts': 'export const unused = (): number => 1;\nexport class Link {}\n' };
    expect(() => output(bad)).toThrow('src/unused.ts:2:1: classes are outside');
  });

  test('without it everything is there', () => {
    const all = output({}, { shake: false });
    expect(declared(text_of(all, 'linkagg/numbers.uc'))).toEqual(['FACTOR', 'LIMIT', 'doubled', 'limited']);
    expect(declared(text_of(all, 'linkagg/rt/number.uc'))).toContain('str_radix');
  });

  test.each(interpreters())('it runs: $name', interpreter => {
    for (const options of [{}, { compact: true }]) {
      in_folder(output({}, options), folder => {
        expect(run_ucode(interpreter, ['-L', folder, join(folder, 'main')])).toBe('hello you\n1 a + b\n');
      });
    }
  });
});

describe('the compact form', () => {
  test('has no comments, keeps the names of functions, and a line for each statement', () => {
    const files = output({}, { compact: true });
    expect(text_of(files, 'linkagg/numbers.uc')).toBe(`import{is_number}from'./rt/value.uc';
const A=2;
export function doubled(a){
return is_number(a)?a*A:a;
};
`);
    expect(text_of(files, 'main').split('\n').slice(0, 3)).toEqual([
      '#!/usr/bin/ucode',
      '// Generated from src/main.ts: change that file, not this one.',
      "'use strict';",
    ]);
  });

  test('short names hide nothing: not outer variables, exports, built-ins or what is made up on the way', () => {
    const source = `
export let a = 1;
const b = 20;
function bump(amount: number): number {
  a += amount;
  return a;
}
export function sums(list: number[], pair: { first: number; last: number }): number[] {
  const { first, last } = pair;
  const add = (x: number): ((y: number) => number) => y => x + y + first + b;
  const result: number[] = [];
  for (const [index, item] of list.entries()) {
    const later: (() => number)[] = [];
    for (let i = 0; i < 2; i++) later.push(() => i * item);
    result.push(...later.map(f => f() + index));
  }
  for (const { value } of list.map(value => ({ value }))) result.push(add(value)(last));
  return [bump(list.length), ...result, a];
}
`;
    const program = `
import { print } from 'ucode:core';
import { a, sums } from './sums.ts';
print(JSON.stringify([sums([5, 7], { first: 100, last: 1000 }), a]), '\\n');
`;
    const files = output({ 'src/sums.ts': source, 'src/main.ts': program }, { compact: true });
    expect(text_of(files, 'linkagg/sums.uc')).not.toMatch(/\b(amount|pair|result|index|item|later)\b/);
    for (const interpreter of interpreters()) {
      in_folder(files, folder => {
        expect(run_ucode(interpreter, ['-L', folder, join(folder, 'main')])).toBe(
          '[[3,0,5,1,8,1125,1127,3],3]\n',
        );
      });
    }
  });

  test.each([
    ['a = b - -c;', 'a=b- -c;'],
    ['x ? .5 : y', 'x? .5:y'],
    ['return `a  ${ b + `x  ${ y }` }  c`;', 'return`a  ${b+`x  ${y}`}  c`;'],
    ["f( 'it\\'s  a' , \"b  c\" )", "f('it\\'s  a',\"b  c\")"],
    ['const p = / +/; q = a / b / c;', 'const p=/ +/;q=a/b/c;'],
    ['f(a, \')\', "]")', 'f(a,\')\',"]")'],
    ['replace(a, /[ ] \\/ x/g, b)', 'replace(a,/[ ] \\/ x/g,b)'],
    ['f(\n\tx,\n\t[\n\t\t1,\n\t\t2,\n\t],\n\t{\n\t\ta: ",",\n\t}\n);', 'f(x,[1,2],{\na:","});'],
    ['for (let i, x in list) {\n\t\tf(x);\n\t}', 'for(let i,x in list){\nf(x);\n}'],
    ['`}  {` + { a: `${ { b: 1 }.b }` }', '`}  {`+{a:`${{b:1}.b}`}'],
  ])('%s', (text, expected) => {
    expect(compact(text)).toBe(expected);
  });
});

describe('what is installed', () => {
  const { files, diagnostics } = compile({
    source_root: REPOSITORY,
    entries: [
      { source: 'rpcd/platform/ucode/linkaggd.ts', kind: 'program', out: 'usr/sbin/linkaggd' },
      { source: 'rpcd/platform/ucode/plugin.ts', kind: 'plugin', out: 'usr/share/rpcd/ucode/linkagg' },
    ],
    ambient: ['rpcd/platform/ucode/native.d.ts'],
    module_dir: 'usr/share/ucode/linkagg',
    compact: true,
    shake: true,
  });
  const modules = files.filter(file => file.kind === 'module');

  test('every name has a declaration or is a built-in of ucode', () => {
    expect(diagnostics).toEqual([]);
    const built_in = new Set(built_in_names());
    const scripts = files.map(file => ({ path: `${file.path}.js`, text: as_javascript(file.text) }));
    in_folder(scripts, folder => {
      const options = { allowJs: true, checkJs: true, noEmit: true, noLib: true, types: [] };
      const program = ts.createProgram(
        scripts.map(script => resolve(folder, script.path)),
        { ...options, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext },
      );
      const unknown = program.getSourceFiles().flatMap(file =>
        program
          .getSemanticDiagnostics(file)
          .filter(({ code }) => [2304, 2305, 2451, 2552, 2662].includes(code))
          .map(({ start, length }) => file.text.slice(start, (start ?? 0) + (length ?? 0)))
          .filter(name => !built_in.has(name))
          .map(name => `${file.fileName.slice(folder.length)}: ${name}`),
      );
      expect(program.getSourceFiles().length).toBe(files.length);
      expect(unknown).toEqual([]);
    });
  });

  test('every export is imported somewhere, and every import is exported', () => {
    const exported = modules.flatMap(({ path, text }) =>
      exported_names(text).map(name => `${path.slice('usr/share/ucode/linkagg/'.length)}: ${name}`),
    );
    const imported = files.flatMap(file => imported_names(file));
    expect(exported.sort()).toEqual([...new Set(imported)].sort());
    expect(exported.length).toBeGreaterThan(100);
  });

  test('no comment but one line in each of the two that are run', () => {
    const comments = files.flatMap(file => file.text.split('\n').filter(line => /^\s*\/[/*]/.test(line)));
    expect(comments).toHaveLength(2);
  });
});

function built_in_names(): string[] {
  const declarations = ['rpcd/compiler/runtime/builtins.d.ts', 'rpcd/platform/ucode/native.d.ts'];
  const texts = declarations.map(path => readFileSync(join(REPOSITORY, path), 'utf8')).join('\n');
  const names = [...texts.matchAll(/export (?:function|const) (\w+)/g)].map(([, name = '']) => name);
  // the compiler's own use of others (`c.builtin('filter')`)
  return [...names, 'filter', 'pop', 'shift', 'unshift', 'NaN', 'Infinity'];
}

/** Near enough for a check of names. */
function as_javascript(text: string): string {
  return text
    .replace(/^#!.*/, '')
    .replace(/^return/m, 'export default')
    .replace(/from'(\.[^']*)'/g, "from'$1.js'")
    .replace(/from'linkagg\.([^']*)'/g, (_, path: string) => `from'linkagg/${path.replaceAll('.', '/')}'`);
}

function exported_names(text: string): string[] {
  const lists = [...text.matchAll(/^export\s*\{([^}]*)\}/gm)].flatMap(([, list = '']) => list.split(','));
  const single = [...text.matchAll(/^export (?:function|const|let) (\w+)/gm)].map(([, name = '']) => name);
  return [...lists.map(name => name.replace(/^.* as /, '').trim()), ...single];
}

function imported_names({ path, text }: OutputFile): string[] {
  return [...text.matchAll(/^import\s*\{([^}]*)\}\s*from'([^']*)'/gm)].flatMap(([, list = '', from = '']) => {
    const target = from.startsWith('linkagg.')
      ? `${from.slice('linkagg.'.length).replaceAll('.', '/')}.uc`
      : from.includes('/')
        ? join(path, '..', from).replace('usr/share/ucode/linkagg/', '')
        : undefined;
    if (target === undefined) return [];
    return list.split(',').map(name => `${target}: ${name.trim().replace(/ as .*$/, '')}`);
  });
}
