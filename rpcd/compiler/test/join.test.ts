/** What nothing reaches is left out, what is reached is there, and the shortest form of the text still runs. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { compact } from '../compact.ts';
import { type CompileOptions, compile, type Entry } from '../compile.ts';
import { compiled, in_folder, REPOSITORY, RUNTIME, run_ucode } from './harness.ts';
import { interpreters } from './interpreters.ts';
import { NATIVE_TYPES } from './native_types.ts';

const SOURCES = {
  'native.d.ts': NATIVE_TYPES,
  'src/main.ts': `
import { print } from 'ucode:core';
import { readfile } from 'ucode:fs';
import { bump, doubled } from './numbers.ts';
import * as words from './words.ts';
import './greeting.ts';

const { first, last: LIMIT } = { first: 1, last: 2 };
const numbers: (number | string)[] = [0.5, 2, 'x'].map(doubled);
bump();
print(numbers.indexOf(4), ' ', words.joined('a', 'b'), ' ', first + LIMIT, '\\n');
print(readfile('/nonexistent') ?? 'nothing', ' ', words.text_of('/nonexistent'), '\\n');
`,
  'src/plugin.ts': `
import { bump, count, doubled as twice } from './numbers.ts';

function both(n: number): (number | string)[] {
  bump();
  return [twice(n), count];
}

export default { both };
`,
  'src/numbers.ts': `
import { shout } from './words.ts';

/** Twice as much. */
export function doubled(value: number | string): number | string {
  return typeof value === 'number' ? value * FACTOR : value;
}

const FACTOR = 2;
const LIMIT = 10;
export let count = 0;

export function bump(): void {
  count++;
}

export function limited(value: number, text: string): string {
  return shout(text).padEnd(Math.min(value, LIMIT));
}
`,
  'src/words.ts': `
import { readfile } from 'ucode:fs';

const FACTOR = ' + ';

export function joined(one: string, other: string): string {
  return one + FACTOR + other;
}

export const shout = (text: string): string => text + '!';

export function text_of(path: string): string {
  return readfile(path) ?? 'none';
}
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

const MAIN: Entry = { source: 'src/main.ts', kind: 'program', out: 'main' };
const PLUGIN: Entry = { source: 'src/plugin.ts', kind: 'plugin', out: 'plugin' };

const OPTIONS: Omit<CompileOptions, 'source_root'> = {
  ambient: ['native.d.ts'],
  mapping: { src: '' },
  module_dir: 'linkagg',
  runtime_dir: RUNTIME,
  join: true,
};

function output(changed: Record<string, string>, options: Partial<CompileOptions>): Record<string, string> {
  const sources = Object.entries({ ...SOURCES, ...changed }).map(([path, text]) => ({ path, text }));
  const files = in_folder(sources, folder => compiled({ ...OPTIONS, ...options, source_root: folder }));
  return Object.fromEntries(files.map(({ path, text }) => [path, text]));
}

/** What the files print when `main` of them is run, for each interpreter. */
function printed(files: Record<string, string>, main: string): string[] {
  const list = Object.entries(files).map(([path, text]) => ({ path, text }));
  return interpreters().map(interpreter =>
    in_folder(list, folder => {
      const path = join(folder, main);
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('FOLDER', folder));
      return run_ucode(interpreter, ['-L', folder, path]);
    }),
  );
}

const PRINTED = 'hello you\n1 a + b 3\nnothing none\n';

describe('one program', () => {
  const files = output({}, { entries: [MAIN] });
  const text = files.main ?? '';

  test('is one file: each module behind those it imports, and of each what is needed', () => {
    expect(Object.keys(files)).toEqual(['main']);
    expect(text).not.toContain(`+'!'`);
    // between them stand the runtime's functions
    const parts = [
      `#!/usr/bin/ucode
// Generated from src/main.ts: change that file, not this one.
'use strict';
import{readfile as H}from'fs';
function R(e,t){
return e+' + '+t;
}
`,
      `
function O(e){
return S(e)?e*2:e;
}
let A=0;
function L(){
A++;
}
function D(e){
print('hello ',e,'\\n');
return e;
}
let F=D('you');
`,
      `
let G={first:1,last:2},C=G.first,U=G.last,
M=map([0.5,2,'x'],O);
L();
print(P(M,4),' ',R('a','b'),' ',C+U,'\\n');
`,
    ];
    const places = parts.map(part => text.indexOf(part));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBe(0);
  });

  test('does once what a module does when it is loaded', () => {
    expect(text.match(/'you'/g)).toHaveLength(1);
    expect(printed(files, 'main')).toEqual(interpreters().map(() => PRINTED));
  });

  test('what is left out is checked all the same', () => {
    const bad = { 'src/unused.ts': 'export const unused = (): number => 1;\nexport class Link {}\n' };
    expect(() => output(bad, { entries: [MAIN] })).toThrow('src/unused.ts:2:1: classes are outside');
  });
});

describe('a program and a plugin', () => {
  const files = output({}, { entries: [MAIN, PLUGIN] });

  test('have a file for what both need, and none loads what only the other needs', () => {
    expect(Object.keys(files)).toEqual(['linkagg/common.uc', 'main', 'plugin']);
    expect(files['linkagg/common.uc']).toBe(`function N(e){
let t=type(e);
return t=='int'||t=='double';
}
function E(e){
return N(e)?e*2:e;
}
let T=0;
function R(){
T++;
}
export{E,R,T};
`);
    expect(files.plugin).toBe(`// Generated from src/plugin.ts: change that file, not this one.
'use strict';
import{E,R,T}from'linkagg.common';
function I(e){
R();
return[E(e),T];
}
return{both:I};
`);
    expect(files.main).toContain(`\nimport{E,R}from'linkagg.common';\n`);
  });

  test('run', () => {
    const host = `let plugin = loadfile('FOLDER/plugin', { raw_mode: true })();
print(plugin.both(4), plugin.both(4), '\\n');
`;
    const all = { ...files, 'host.uc': host };
    expect(printed(all, 'main')).toEqual(interpreters().map(() => PRINTED));
    expect(printed(all, 'host.uc')).toEqual(interpreters().map(() => '[ 8, 1 ][ 8, 2 ]\n'));
  });

  test('keep the functions that change a variable with it', () => {
    const plugin = `import { count } from './numbers.ts';\nexport default { count: (): number => count };\n`;
    const main = `import { bump, count } from './numbers.ts';\nbump();\nif (count > 9) bump();\n`;
    const all = output({ 'src/main.ts': main, 'src/plugin.ts': plugin }, { entries: [MAIN, PLUGIN] });
    expect(all['linkagg/common.uc']).toContain('++');
    expect(all.main).not.toContain('++');
  });
});

test('a module asked for exports all it has under its own names, also what another one needs', () => {
  const main = `
import { print } from 'ucode:core';
import { joined } from './words.ts';
print(joined('a', 'b'), '\\n');
`;
  const files = output({ 'src/main.ts': main }, { entries: [MAIN], roots: ['src/words.ts'] });
  expect(files['linkagg/words.uc']).toBe(`import{E}from'./common.uc';
import{readfile as N}from'fs';
let T=e=>e+'!';
function R(e){
return N(e)??'none';
}
export{R as text_of,T as shout};
export const joined=E;
`);
});

describe('short names', () => {
  test('hide nothing: not outer variables, those of other modules, built-ins or what is made up on the way', () => {
    const sums = `
import { bump as raise, level as a } from './level.ts';
const b = 20;
const { c, d } = { c: 1, d: 2 };
export function sums(list: number[], pair: { first: number; last: number }): number[] {
  const { first, last } = pair;
  function add(x: number): (y: number) => number {
    return y => x + y + first + b;
  }
  const result: number[] = [];
  for (const [index, item] of list.entries()) {
    const later: (() => number)[] = [];
    for (let i = 0; i < 2; i++) later.push(() => i * item);
    result.push(...later.map(f => f() + index));
  }
  for (const { value } of list.map(value => ({ value }))) result.push(add(value)(last));
  return [raise(list.length), ...result, a, c + d];
}
`;
    const level = `
const b = 1;
const { c, d } = { c: 10, d: 20 };
export let level = c - 9;
export function bump(amount: number): number {
  level += amount * b;
  return level + d - 20;
}
`;
    const main = `
import { print } from 'ucode:core';
import { level } from './level.ts';
import { sums } from './sums.ts';
const b = JSON.stringify([sums([5, 7], { first: 100, last: 1000 }), level]);
for (const length of [b.length]) print([1].map(x => x + length).length, b, '\\n');
`;
    const files = output(
      { 'src/level.ts': level, 'src/sums.ts': sums, 'src/main.ts': main },
      { entries: [MAIN] },
    );
    expect(files.main).not.toMatch(/\b(amount|pair|result|index|item|later|sums|bump|level)\b/);
    expect(printed(files, 'main')).toEqual(interpreters().map(() => '1[[3,0,5,1,8,1125,1127,3,3],3]\n'));
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
  const { files, places, diagnostics } = compile({
    source_root: REPOSITORY,
    entries: [
      { source: 'rpcd/platform/ucode/linkaggd.ts', kind: 'program', out: 'usr/sbin/linkaggd' },
      { source: 'rpcd/platform/ucode/plugin.ts', kind: 'plugin', out: 'usr/share/rpcd/ucode/linkagg' },
    ],
    ambient: ['rpcd/platform/ucode/native.d.ts'],
    module_dir: 'usr/share/ucode/linkagg',
    join: true,
  });

  test('is three files', () => {
    expect(diagnostics).toEqual([]);
    expect(files.map(file => file.path)).toEqual([
      'usr/sbin/linkaggd',
      'usr/share/rpcd/ucode/linkagg',
      'usr/share/ucode/linkagg/common.uc',
    ]);
  });

  test.each(interpreters())('loads: $name', interpreter => {
    in_folder(files, folder => {
      const modules = ['-L', join(folder, 'usr/share/ucode')];
      const plugin = `loadfile('${folder}/usr/share/rpcd/ucode/linkagg', { raw_mode: true, strict_declarations: false })()`;
      writeFileSync(join(folder, 'host.uc'), `print(type(${plugin}.linkagg.status.call), '\\n');`);
      expect(run_ucode(interpreter, [...modules, join(folder, 'host.uc')])).toBe('function\n');
      const daemon = [...modules, join(folder, 'usr/sbin/linkaggd'), 'help'];
      const run = spawnSync(interpreter.path, daemon, { encoding: 'utf8' });
      expect(run.stderr).toContain('unknown command help');
    });
  });

  test('every name has a declaration, and one only, or is a built-in of ucode', () => {
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
          .filter(({ code }) => [2300, 2304, 2305, 2440, 2451, 2552, 2662].includes(code))
          .map(({ start, length }) => file.text.slice(start, (start ?? 0) + (length ?? 0)))
          .filter(name => !built_in.has(name))
          .map(name => `${file.fileName.slice(folder.length)}: ${name}`),
      );
      expect(program.getSourceFiles().length).toBe(files.length);
      expect(unknown).toEqual([]);
    });
  });

  test('what is in the common file both import, and nothing else', () => {
    const names = (pattern: RegExp) =>
      files.map(({ text }) => new Set(pattern.exec(text)?.[1]?.split(',') ?? []));
    const [daemon = new Set(), plugin = new Set()] = names(/^import\{(.*)\}from'linkagg\.common';$/m);
    const exported = names(/^export\{(.*)\};$/m)[2] ?? new Set();
    expect(exported).toEqual(new Set([...daemon, ...plugin]));
    expect(daemon.size).toBeGreaterThan(20);
    expect(plugin.size).toBeGreaterThan(20);
  });

  test('no comment but one line in each of the two that are run', () => {
    const comments = files.flatMap(file => file.text.split('\n').filter(line => /^\s*\/[/*]/.test(line)));
    expect(comments).toHaveLength(2);
  });

  test('a line of an error message leads to its source', () => {
    const lines = (files[0]?.text ?? '').split('\n');
    const place = places.find(one => one.includes('unknown command') || one.includes('function run_command'));
    const [, line = '', source = ''] = /^usr\/sbin\/linkaggd:(\d+) (\S+) /.exec(place ?? '') ?? [];
    expect(lines[Number(line) - 1]).toMatch(/^function \w+\(/);
    expect(source).toMatch(/^rpcd\/src\/command\.ts:\d+$/);
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
    .replace("from'linkagg.common'", "from'/usr/share/ucode/linkagg/common.uc.js'");
}
