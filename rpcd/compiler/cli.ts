/**
 * `node build/compiler.mjs --root . --out build/ucode --module-dir usr/share/ucode/linkagg
 *    --ambient rpcd/platform/ucode/native.d.ts
 *    --program rpcd/src/main.ts=usr/sbin/linkaggd --plugin rpcd/src/rpc.ts=usr/share/rpcd/ucode/linkagg
 *    [rpcd/src/plan.ts …] [--join [--places build/ucode.places]]`
 *
 * Writes nothing unless everything compiles; exit code 1 with `file:line:column: message [name]` otherwise.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compile, type Entry } from './compile.ts';
import { format_diagnostic } from './diagnostics.ts';

const USAGE =
  'usage: compiler --out DIR [--root DIR] [--module-dir DIR] [--ambient FILE]… [--program SRC=PATH]… [--plugin SRC=PATH]… [--join] [--places FILE] [SRC]…\n';

function entries(kind: Entry['kind'], values: readonly string[] | undefined): Entry[] {
  return (values ?? []).map(value => {
    const [source, out] = value.split('=');
    if (source === undefined || out === undefined)
      throw new Error(`--${kind} needs SOURCE=PATH, got '${value}'`);
    return { source, kind, out };
  });
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      root: { type: 'string', default: '.' },
      'module-dir': { type: 'string', default: 'usr/share/ucode/linkagg' },
      'runtime-dir': { type: 'string', default: 'rpcd/compiler/runtime' },
      ambient: { type: 'string', multiple: true },
      program: { type: 'string', multiple: true },
      plugin: { type: 'string', multiple: true },
      join: { type: 'boolean', default: false },
      places: { type: 'string' },
    },
  });
  if (values.out === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const { files, places, diagnostics } = compile({
    source_root: values.root,
    roots: positionals,
    entries: [...entries('program', values.program), ...entries('plugin', values.plugin)],
    ambient: values.ambient ?? [],
    module_dir: values['module-dir'],
    runtime_dir: values['runtime-dir'],
    join: values.join,
  });
  for (const diagnostic of diagnostics) process.stderr.write(`${format_diagnostic(diagnostic)}\n`);
  for (const file of files) {
    const path = join(values.out, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.text);
    if (file.kind === 'program') chmodSync(path, 0o755);
  }
  if (diagnostics.length > 0) return 1;
  if (values.places !== undefined) writeFileSync(values.places, `${places.join('\n')}\n`);
  return 0;
}

process.exitCode = main();
