/**
 * The whole test suite, stage after stage, and one closing line. A stage that is a program of others (compiler,
 * linter, package build) counts as one test.
 */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const REPORTS = 'build/reports';
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const slow: string[] = [];
/** What failed and why, a line each: said again at the end, where it is not missed. */
const failures: string[] = [];

/** The parts of Vitest's JSON report that are read here. */
interface Report {
  numPassedTests?: number;
  numFailedTests?: number;
  numPendingTests?: number;
  numTodoTests?: number;
  testResults?: Array<{
    name: string;
    status: string;
    message: string;
    assertionResults: Array<{ fullName: string; status: string; failureMessages: string[] }>;
  }>;
}

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
  if (!passed) failures.push(`${name}: see above`);
  add({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 });
}

function report_of(name: string): string {
  return `${REPORTS}/${name}.json`;
}

function with_report(name: string, argv: string[]): string[] {
  return [...argv, '--reporter=default', '--reporter=json', `--outputFile.json=${report_of(name)}`];
}

function suite(name: string, argv: string[]): void {
  add(tally_of(name, stage(name, with_report(name, argv))));
}

/** A suite in parts that run at the same time; what they print comes part after part. */
async function suite_in_parts(name: string, parts: number, argv: string[]): Promise<void> {
  console.log(`\n== ${name}, in ${parts} parts: ${argv.join(' ')}`);
  const start_ms = performance.now();
  const runs = Array.from({ length: parts }, async (_, index) => {
    const part = `${name}-${index + 1}`;
    const [program = '', ...args] = with_report(part, [...argv, `--shard=${index + 1}/${parts}`]);
    const file = `${REPORTS}/${part}.log`;
    const output = openSync(file, 'w');
    const child = spawn(program, args, { stdio: ['ignore', output, output] });
    const status = await new Promise<number>(done => {
      child.on('close', code => done(code ?? 1));
      child.on('error', () => done(1));
    });
    closeSync(output);
    return { part, file, status };
  });
  for (const run of runs) {
    const { part, file, status } = await run;
    process.stdout.write(readFileSync(file));
    add(tally_of(part, status));
  }
  slow.push(`${name} ${Math.round((performance.now() - start_ms) / 1000)} s`);
}

/** From Vitest's own report; a run that ended without one counts as a failure. */
function tally_of(name: string, status: number): Tally {
  let report: Report = { numFailedTests: 1 };
  try {
    report = JSON.parse(readFileSync(report_of(name), 'utf8')) as Report;
  } catch {
    failures.push(`${name} ended without a report`);
  }
  failures.push(...failures_in(report));
  return {
    passed: report.numPassedTests ?? 0,
    // A file whose set-up fails, or that does not even load, has no failed test of its own.
    failed: report.numFailedTests || (status === 0 ? 0 : 1),
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
}

function failures_in({ testResults = [] }: Report): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative('.', name);
    const failed = assertionResults.filter(test => test.status === 'failed');
    if (failed.length === 0 && status === 'failed') return [`${file}: ${first_line(message)}`];
    return failed.map(test => `${file} > ${test.fullName}: ${first_line(test.failureMessages[0])}`);
  });
}

function first_line(text = ''): string {
  return stripVTControlCharacters(text).split('\n', 1)[0] ?? '';
}

rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

check('types', ['npx', 'tsc', '--noEmit']);
check('lint', ['npx', 'biome', 'check', '.']);
suite('unit', ['npx', 'vitest', 'run']);
check('package', ['make', 'ipk']);
// Each part in namespaces of its own. The tests wait for states, not for time, so that two can share a machine.
const lab_suite = 'node build/in_namespace.mjs npx vitest run --config e2e/vitest.config.ts'.split(' ');
await suite_in_parts('lab', Math.min(2, availableParallelism()), lab_suite);

const given = process.env.LINKAGG_UCODE ?? '';
console.log(`\n${slow.join(', ')}`);
console.log(
  `ucode interpreters: ${given === '' ? 'none given (LINKAGG_UCODE), vectors ran under Node only' : given}`,
);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
