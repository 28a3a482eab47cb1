/**
 * The whole test suite, stage after stage, and one closing line. A stage that is a program of others (compiler,
 * linter, package build) counts as one test.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const REPORTS = 'build/reports';
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const slow: string[] = [];

function add({ passed, failed, skipped }: Tally): void {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function stage(name: string, argv: string[]): number {
  console.log(`\n== ${name}: ${argv.join(' ')}`);
  const start_ms = performance.now();
  const [program = '', ...args] = argv;
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  slow.push(`${name} ${Math.round((performance.now() - start_ms) / 1000)} s`);
  return status ?? 1;
}

function check(name: string, argv: string[]): void {
  const passed = stage(name, argv) === 0;
  add({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 });
}

/** Vitest's own report; a run that ended without one counts as a failure. */
function suite(name: string, argv: string[]): void {
  const report = `${REPORTS}/${name}.json`;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = stage(name, [...argv, ...reporters]);
  let tally: Tally = { passed: 0, failed: 1, skipped: 0 };
  try {
    const result = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    tally = {
      passed: result.numPassedTests ?? 0,
      failed: result.numFailedTests ?? 0,
      skipped: (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0),
    };
  } catch {
    console.error(`${name} ended without a report`);
  }
  // A file that does not even load has no failed test of its own.
  if (status !== 0 && tally.failed === 0) tally.failed = 1;
  add(tally);
}

rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

check('types', ['npx', 'tsc', '--noEmit']);
check('lint', ['npx', 'biome', 'check', '.']);
suite('unit', ['npx', 'vitest', 'run']);
check('package', ['make', 'ipk']);
suite('lab', ['node', 'build/in_namespace.mjs', 'npx', 'vitest', 'run', '--config', 'e2e/vitest.config.ts']);

const given = process.env.LINKAGG_UCODE ?? '';
console.log(`\n${slow.join(', ')}`);
console.log(
  `ucode interpreters: ${given === '' ? 'none given (LINKAGG_UCODE), vectors ran under Node only' : given}`,
);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
