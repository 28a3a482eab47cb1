/** Programs, plugins, native modules and the command line. Run for real where interpreters are given. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import type { CompileOptions } from '../compile.ts';
import { compiled, in_folder, REPOSITORY, run_ucode } from './harness.ts';
import { interpreters } from './interpreters.ts';
import { NATIVE_TYPES } from './native_types.ts';

const SOURCES = {
  'native.d.ts': NATIVE_TYPES,

  'rpcd/src/files.ts': `
/** Lines of a file. */
import { type Handle, open, readfile, stat, writefile } from 'ucode:fs';
import { hexenc, sprintf, type } from 'ucode:core';

export function lines_of(path: string): string[] {
  const text = readfile(path);
  return text === null ? [] : text.trim().split('\\n');
}

export function first_line(path: string): string | null {
  const file: Handle | null = open(path);
  if (file === null) return null;
  const line = file.read('line');
  file.close();
  return line?.trim() ?? null;
}

export function saved(path: string, text: string): number {
  writefile(path, text);
  return stat(path)?.size ?? -1;
}

export function formatted(n: number): string {
  return sprintf('%05d %s %s', n, hexenc('az') ?? '', type(n) ?? '');
}
`,

  'rpcd/src/net/count.ts': `
import * as fs from 'ucode:fs';

export function count(path: string): number {
  const names = fs.lsdir(path, /^[a-z]+[.]txt$/) ?? [];
  return names.length;
}
`,

  'rpcd/src/main.ts': `
// The program.
import { ARGV, exit, print } from 'ucode:core';
import { first_line, formatted, lines_of, saved } from './files.ts';
import { count } from './net/count.ts';

function main(folder: string): void {
  const path = \`\${folder}/sample.txt\`;
  print(saved(path, 'one\\n two\\nthree\\n'), '\\n');
  print(lines_of(path).map(line => line.trim()).join('+'), ' ', first_line(path) ?? 'none', '\\n');
  print(formatted(42), ' ', count(folder), '\\n');
  print(lines_of('/nonexistent').length, first_line('/nonexistent') === null, '\\n');
}

main(ARGV[0] ?? '/tmp');
exit(3);
`,

  'rpcd/src/plugin.ts': `
import { count } from './net/count.ts';

interface Request {
  args: { path?: string };
}

function list(request: Request): { count: number } {
  return { count: count(request.args.path ?? '/') };
}

export default { linkagg: { list: { args: { path: '' }, call: list }, known: { call: (r: Request) => /^\\//.test(r.args.path?.trim() ?? '') } } };
`,
};

const OPTIONS: Omit<CompileOptions, 'source_root'> = {
  roots: ['rpcd/src/files.ts'],
  entries: [
    { source: 'rpcd/src/main.ts', kind: 'program', out: 'usr/sbin/linkaggd' },
    { source: 'rpcd/src/plugin.ts', kind: 'plugin', out: 'usr/share/rpcd/ucode/linkagg' },
  ],
  ambient: ['native.d.ts'],
  module_dir: 'usr/share/ucode/linkagg',
  runtime_dir: `${REPOSITORY}/rpcd/compiler/runtime`,
};

const sources = Object.entries(SOURCES).map(([path, text]) => ({ path, text }));
const files = in_folder(sources, folder => compiled({ ...OPTIONS, source_root: folder }));
const text_of = (path: string): string => files.find(file => file.path === path)?.text ?? '';

describe('what is written', () => {
  test('files go where they are installed', () => {
    const own = files.map(file => file.path).filter(path => !path.includes('/rt/'));
    expect(own).toEqual([
      'usr/sbin/linkaggd',
      'usr/share/rpcd/ucode/linkagg',
      'usr/share/ucode/linkagg/files.uc',
      'usr/share/ucode/linkagg/net/count.uc',
    ]);
  });

  test('a program is strict, imports by dotted names and knows built-ins without import', () => {
    expect(text_of('usr/sbin/linkaggd')).toBe(`#!/usr/bin/ucode
// Generated from rpcd/src/main.ts: change that file, not this one.
'use strict';

// The program.

import { first_line, formatted, lines_of, saved } from 'linkagg.files';
import { count } from 'linkagg.net.count';
import { str_trim } from 'linkagg.rt.string';

function main(folder) {
	const path = \`\${folder}/sample.txt\`;
	print(saved(path, 'one\\n two\\nthree\\n'), '\\n');
	print(join('+', map(lines_of(path), line => str_trim(line))), ' ', first_line(path) ?? 'none', '\\n');
	print(formatted(42), ' ', count(folder), '\\n');
	print(length(lines_of('/nonexistent')), first_line('/nonexistent') == null, '\\n');
}

main(ARGV[0] ?? '/tmp');
exit(3);
`);
  });

  test('a plugin returns its object', () => {
    expect(
      text_of('usr/share/rpcd/ucode/linkagg'),
    ).toBe(`// Generated from rpcd/src/plugin.ts: change that file, not this one.
'use strict';

import { count } from 'linkagg.net.count';
import { regex } from 'linkagg.rt.regexp';
import { str_trim } from 'linkagg.rt.string';

function list(request) {
	return { count: count(request.args.path ?? '/') };
}

const PATTERN = regex('^/');
return { linkagg: { list: { args: { path: '' }, call: list }, known: { call: r => match(r.args.path == null ? '' : str_trim(r.args.path), PATTERN) != null } } };
`);
  });

  test('native modules keep their functions and methods', () => {
    expect(text_of('usr/share/ucode/linkagg/files.uc')).toContain(
      `import { open, readfile, stat, writefile } from 'fs';`,
    );
    expect(text_of('usr/share/ucode/linkagg/files.uc')).toContain(`	const line = file.read('line');
	file.close();
	return line == null ? null : str_trim(line);`);
    expect(
      text_of('usr/share/ucode/linkagg/net/count.uc'),
    ).toBe(`// Generated from rpcd/src/net/count.ts: change that file, not this one.

import * as fs from 'fs';
import { regex } from '../rt/regexp.uc';

const COUNT_PATTERN = regex('^[a-z]+[.]txt$');

function count(path) {
	const names = fs.lsdir(path, COUNT_PATTERN) ?? [];
	return length(names);
}

export { count };
`);
  });

  test('the same input gives the same output', () => {
    const again = in_folder(sources, folder => compiled({ ...OPTIONS, source_root: folder }));
    expect(again).toEqual(files);
  });
});

describe.each(interpreters())('$name', interpreter => {
  test('every file compiles', () => {
    in_folder(files, folder => {
      const modules = files.filter(file => file.kind === 'module');
      const imports = modules
        .map((file, i) => `import * as m${i} from '${join(folder, file.path)}';\n`)
        .join('');
      const all = join(folder, 'all.uc');
      writeFileSync(all, imports);
      expect(
        run_ucode(interpreter, ['-L', join(folder, 'usr/share/ucode'), '-c', '-o', '/dev/null', all]),
      ).toBe('');
      for (const file of files.filter(one => one.kind !== 'module')) {
        run_ucode(interpreter, [
          '-L',
          join(folder, 'usr/share/ucode'),
          '-c',
          '-o',
          '/dev/null',
          join(folder, file.path),
        ]);
      }
    });
  });

  test('the program runs', () => {
    in_folder(files, folder => {
      const program = join(folder, 'usr/sbin/linkaggd');
      const args = ['-L', join(folder, 'usr/share/ucode'), program, folder];
      const run = spawnSync(interpreter.path, args, { encoding: 'utf8' });
      expect(run.stderr).toBe('');
      expect(run.stdout).toBe('15\none+two+three one\n00042 617a int 1\n0true\n');
      expect(run.status).toBe(3);
    });
  });

  test('the plugin is what rpcd expects, also in its own mode', () => {
    in_folder(files, folder => {
      const host = join(folder, 'host.uc');
      writeFileSync(
        host,
        `let plugin = loadfile('${folder}/usr/share/rpcd/ucode/linkagg', { raw_mode: true, strict_declarations: false })();
print(plugin.linkagg.list.call({ args: { path: '${folder}' } }), keys(plugin.linkagg.list.args), "\\n");
`,
      );
      const args = ['-L', join(folder, 'usr/share/ucode'), host];
      expect(run_ucode(interpreter, args)).toBe('{ "count": 0 }[ "path" ]\n');
    });
  });
});

describe('the command line', () => {
  const run_cli = async (
    folder: string,
    ...args: string[]
  ): Promise<{ status: number | null; stderr: string }> => {
    const bundle = join(REPOSITORY, 'node_modules/.cache/linkagg-compiler-test.mjs');
    await build({
      entryPoints: [join(REPOSITORY, 'rpcd/compiler/cli.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    const runtime = join(REPOSITORY, 'rpcd/compiler/runtime');
    const all = [bundle, '--root', folder, '--out', join(folder, 'out'), '--runtime-dir', runtime, ...args];
    return spawnSync(process.execPath, all, { encoding: 'utf8' });
  };

  test('writes files, programs executable', async () => {
    const results = await in_kept_folder(sources, async folder => {
      const run = await run_cli(
        folder,
        '--ambient',
        'native.d.ts',
        '--program',
        'rpcd/src/main.ts=usr/sbin/linkaggd',
      );
      const program = join(folder, 'out/usr/sbin/linkaggd');
      return { run, text: readFileSync(program, 'utf8'), mode: statSync(program).mode & 0o777 };
    });
    expect(results.run.stderr).toBe('');
    expect(results.run.status).toBe(0);
    expect(results.text).toBe(text_of('usr/sbin/linkaggd'));
    expect(results.mode).toBe(0o755);
  });

  test('says file, line and column of what it refuses', async () => {
    const bad = [{ path: 'rpcd/src/bad.ts', text: 'export const a = 1;\nexport class Link {}\n' }];
    const run = await in_kept_folder(bad, folder => run_cli(folder, 'rpcd/src/bad.ts'));
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/^rpcd\/src\/bad\.ts:2:1: classes are outside .* \[class\]\n$/);
  });
});

/** in_folder for work that takes its time. */
async function in_kept_folder<T>(
  list: readonly { path: string; text: string }[],
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const { mkdtempSync, mkdirSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { dirname } = await import('node:path');
  const folder = mkdtempSync(join(tmpdir(), 'linkagg-compiler-'));
  try {
    for (const file of list) {
      mkdirSync(dirname(join(folder, file.path)), { recursive: true });
      writeFileSync(join(folder, file.path), file.text);
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
