/** The ucode interpreters a run is given, by the environment variable LINKAGG_UCODE (paths, colon-separated). */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

export interface Interpreter {
  readonly path: string;
  readonly name: string;
}

/** Empty when none were given: then only what needs none is tested, and the summary says so. */
export function interpreters(): Interpreter[] {
  const given = (process.env.LINKAGG_UCODE ?? '').split(':').filter(path => path !== '');
  return given.map(path => ({ path, name: basename(path) }));
}

/**
 * What sets releases apart, as no release tells its version: line-break mode of expressions (swapped 2026-03),
 * rindex at position 0 (fixed 2026-01), qsort's stability (glibc, musl).
 */
const PROBE = `
let pairs = [];
for (let i = 0; i < 200; i++) push(pairs, [i % 7, i]);
sort(pairs, (a, b) => a[0] - b[0]);
let stable = true;
for (let i = 1; i < 200; i++) if (pairs[i - 1][0] == pairs[i][0] && pairs[i - 1][1] > pairs[i][1]) stable = false;
print(match("a\\nb", /^b/) ? "lines" : "no lines", ", ", rindex("ab", "a") == 0 ? "rindex" : "old rindex", ", ",
	stable ? "stable sort" : "unstable sort");
`;

/** One line for the summary, or the reason why the interpreter cannot be used. */
export function probe(interpreter: Interpreter): string {
  const run = spawnSync(interpreter.path, ['-e', PROBE], { encoding: 'utf8', timeout: 20_000 });
  if (run.error !== undefined || run.status !== 0) {
    throw new Error(`${interpreter.path} cannot run: ${run.error?.message ?? run.stderr}`);
  }
  return run.stdout;
}

export function describe_interpreters(): string {
  const given = interpreters();
  if (given.length === 0)
    return 'ucode interpreters: none given (set LINKAGG_UCODE); nothing was run under ucode';
  return `ucode interpreters: ${given.length}\n${given.map(one => `  ${one.name}: ${probe(one)}`).join('\n')}`;
}
