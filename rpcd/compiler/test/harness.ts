/**
 * Replays vectors: the same calls to a TypeScript module under Node, which is the specification, and to its
 * compiled form under every ucode interpreter given. One process per module and interpreter.
 *
 *     await run_vectors('rpcd/src/plan.ts', [{ call: 'plan', args: [config, observed] }]);
 *
 * Arguments and results are JSON and compared as JSON text, key order included.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CompileOptions, compile, type OutputFile } from '../compile.ts';
import { format_diagnostic } from '../diagnostics.ts';
import { DEFAULT_MAPPING, type Mapping, module_path } from '../paths.ts';
import { type Interpreter, interpreters } from './interpreters.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One call of an exported function. */
export interface Vector {
  readonly call: string;
  readonly args: readonly Json[];
}

/** JSON text of the result; `throws: message` for an Error of ours, `throws` for one of the engine. */
export type Outcome = string;

export interface Replay {
  readonly interpreter: Interpreter;
  readonly outcomes: readonly Outcome[];
}

export interface Difference {
  readonly interpreter: string;
  readonly vector: Vector;
  readonly expected: Outcome;
  readonly actual: Outcome;
}

export const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const RUNTIME = join(REPOSITORY, 'rpcd/compiler/runtime');

/** Name of the function in the ucode that reads vectors: one JSON array per line, [name, arguments]. */
const DRIVER = `import * as subject from './SUBJECT.uc';
import { json_parse, json_stringify } from './rt/json.uc';
import { stdin } from 'fs';

for (let line = stdin.read('line'); length(line); line = stdin.read('line')) {
	let vector = json_parse(rtrim(line));
	let f = subject[vector[0]];
	let outcome;
	try {
		outcome = json_stringify(f(...vector[1]));
	} catch (e) {
		outcome = 'throws: ' + e.message;
	}
	print(replace(outcome, "\\n", ' '), "\\n");
}
`;

/** Throws with the first differences, or the compiler's diagnostics. Returns how many calls were compared. */
export async function run_vectors(
  module: string,
  vectors: readonly Vector[],
  options?: Partial<CompileOptions>,
): Promise<number> {
  const differences = await find_differences(module, vectors, options);
  if (differences.length === 0) return vectors.length * interpreters().length;
  const shown = differences.slice(0, 8).map(one => {
    const call = `${one.vector.call}(${one.vector.args.map(argument => JSON.stringify(argument)).join(', ')})`;
    return `${one.interpreter}: ${call}\n  expected ${one.expected}\n  but got  ${one.actual}`;
  });
  throw new Error(
    `${differences.length} of ${vectors.length} vectors differ in ${module}\n${shown.join('\n')}`,
  );
}

export async function find_differences(
  module: string,
  vectors: readonly Vector[],
  options?: Partial<CompileOptions>,
): Promise<Difference[]> {
  const expected = await node_outcomes(module, vectors);
  return replay(module, vectors, options).flatMap(({ interpreter, outcomes }) =>
    vectors.flatMap((vector, i) => {
      const actual = outcomes[i] ?? 'nothing';
      const wanted = expected[i] ?? 'nothing';
      if (actual === wanted || (wanted === 'throws' && actual.startsWith('throws'))) return [];
      return [{ interpreter: interpreter.name, vector, expected: wanted, actual }];
    }),
  );
}

export async function node_outcomes(module: string, vectors: readonly Vector[]): Promise<Outcome[]> {
  const subject: Record<string, unknown> = await import(pathToFileURL(resolve(REPOSITORY, module)).href);
  return vectors.map(vector => {
    const f = subject[vector.call];
    if (typeof f !== 'function') throw new Error(`${module} exports no function ${vector.call}`);
    try {
      // a function without result gives undefined, for which ucode has null
      const text = JSON.stringify(f(...structuredClone(vector.args))) ?? 'null';
      return text.replaceAll('\n', ' ');
    } catch (error) {
      if (!(error instanceof Error)) return 'throws';
      return error.constructor === Error ? `throws: ${error.message.replaceAll('\n', ' ')}` : 'throws';
    }
  });
}

/** The outcomes under each interpreter; empty when none is given, but the module is compiled all the same. */
export function replay(
  module: string,
  vectors: readonly Vector[],
  options?: Partial<CompileOptions>,
): Replay[] {
  const root = options?.source_root ?? REPOSITORY;
  const source = relative(root, resolve(root, module));
  const mapping = with_folder_of(source, options?.mapping ?? DEFAULT_MAPPING);
  const files = compiled({
    source_root: root,
    runtime_dir: RUNTIME,
    // what runs is what is installed
    join: true,
    ...options,
    mapping,
    roots: [source, join(RUNTIME, 'json.ts')],
  });
  return in_folder(files, folder => {
    const name = module_path(mapping, source);
    const driver = join(folder, 'driver.uc');
    writeFileSync(driver, DRIVER.replace('SUBJECT', name ?? ''));
    const input = vectors.map(vector => `${JSON.stringify([vector.call, vector.args])}\n`).join('');
    return interpreters().map(interpreter => ({
      interpreter,
      outcomes: run_ucode(interpreter, [driver], input).split('\n').slice(0, vectors.length),
    }));
  });
}

function with_folder_of(source: string, mapping: Mapping): Mapping {
  return module_path(mapping, source) === undefined ? { ...mapping, [dirname(source)]: '' } : mapping;
}

/** By options, as tests of one file ask for the same again and again. */
const compiled_before = new Map<string, readonly OutputFile[]>();

/** The files, or an error listing the diagnostics. */
export function compiled(options: CompileOptions): readonly OutputFile[] {
  const key = JSON.stringify(options);
  const before = compiled_before.get(key);
  if (before !== undefined) return before;
  const { files, diagnostics } = compile(options);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(format_diagnostic).join('\n'));
  compiled_before.set(key, files);
  return files;
}

/** Writes the files into a new folder for as long as `work` takes. */
export function in_folder<T>(
  files: readonly { path: string; text: string }[],
  work: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'linkagg-compiler-'));
  try {
    for (const file of files) {
      mkdirSync(dirname(join(folder, file.path)), { recursive: true });
      writeFileSync(join(folder, file.path), file.text);
    }
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Standard output of a ucode program; throws with its errors when it fails. */
export function run_ucode(interpreter: Interpreter, args: readonly string[], input = ''): string {
  const run = spawnSync(interpreter.path, args, {
    input,
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) {
    throw new Error(
      `${interpreter.name} ${args.join(' ')} failed (${run.status ?? run.signal}): ${run.stderr.slice(0, 2000)}`,
    );
  }
  return run.stdout;
}
