/**
 * `make bench`: ways of spreading connections over links, measured side by side in the lab.
 *
 *     make bench BENCH="few heavy --quick"
 *
 * Each job of a scenario gets a lab in namespaces of its own, several at a time unless the processor itself is
 * what is measured. A full run writes docs/bench; a quick one and one of chosen subjects only print.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkout } from '../lab/build.ts';
import { lab_problem, set_up_namespace, spawn_in_namespace } from '../lab/namespace.ts';
import { change } from './change.ts';
import { few } from './few.ts';
import { forward } from './forward.ts';
import { FORWARD_LAB, serve_forward_lab } from './forward_lab.ts';
import { health } from './health.ts';
import { heavy } from './heavy.ts';
import { as_text, measured, read_measured, write_measured, write_report } from './report.ts';
import type { BenchOptions, Job, Scenario } from './scenario.ts';
import { OUR_MODES, SUBJECT_NAMES } from './subjects.ts';
import { unequal } from './unequal.ts';

const SCENARIOS: Scenario<unknown>[] = [few, unequal, heavy, change, health, forward];

/** A shaped lab keeps two processors busy for a tenth of their time; what waits for them is measured as slowness. */
const LABS_AT_ONCE = 3;
/** More than the longest job takes; an end for a lab that hangs. */
const JOB_LIMIT_MS = 25 * 60_000;

const REPORT_FOLDER = join(checkout, 'docs/bench');

const USAGE = `usage: make bench BENCH="[scenario …] [option …]"
  scenarios: ${SCENARIOS.map(({ name }) => name).join(' ')}; all when none is named
  --quick            a few minutes for all, too few repetitions to quote; writes no files
  --modes a,b        only these modes of ours (also: MODES=a,b); there are: ${OUR_MODES.join(', ')}
  --subjects a,b     only these; there are: ${SUBJECT_NAMES.join(', ')}
  --labs n           labs at the same time, ${LABS_AT_ONCE} by default
  --write            write docs/bench although the run is quick or of chosen subjects
  --report           run nothing: tables and pictures of docs/bench anew from the raw data there
`;

interface Work {
  scenario: string;
  job: Job;
  options: BenchOptions;
}

type Message =
  | { kind: 'progress'; line: string }
  | { kind: 'samples'; samples: unknown[]; busy_share: number };

function scenario_of(name: string): Scenario<unknown> {
  const found = SCENARIOS.find(scenario => scenario.name === name);
  if (found === undefined) fail(`there is no scenario ${name}\n${USAGE}`);
  return found;
}

function fail(reason: string): never {
  process.stderr.write(`${reason.trimEnd()}\n`);
  process.exit(2);
}

async function start_outside(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      modes: { type: 'string' },
      subjects: { type: 'string' },
      labs: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const chosen = (positionals.length === 0 ? SCENARIOS.map(({ name }) => name) : positionals).map(
    scenario_of,
  );
  if (values.report) {
    for (const scenario of chosen) {
      const data = read_measured(REPORT_FOLDER, scenario.name);
      if (data !== null) write_report(REPORT_FOLDER, scenario, data);
    }
    return;
  }
  const modes = chosen_of('mode', values.modes ?? process.env.MODES, OUR_MODES);
  const subjects = chosen_of('subject', values.subjects, SUBJECT_NAMES).filter(
    name => !OUR_MODES.includes(name) || modes.includes(name),
  );
  const options: BenchOptions = { quick: values.quick, subjects };
  const whole = !options.quick && subjects.length === SUBJECT_NAMES.length;
  const labs_at_once = Number(values.labs ?? LABS_AT_ONCE);
  if (!(labs_at_once >= 1)) fail(`--labs: a number of at least 1 is needed\n${USAGE}`);
  const problem = lab_problem();
  if (problem !== null) fail(problem);

  const started = performance.now();
  for (const scenario of chosen) {
    const { samples, busy_share } = await run_jobs(scenario, options, scenario.exclusive ? 1 : labs_at_once);
    process.stdout.write(`\n${scenario.name}: ${scenario.question}\n\n`);
    for (const table of scenario.tables(samples)) process.stdout.write(`${as_text(table)}\n`);
    process.stdout.write(`processors busy for ${Math.round(busy_share * 100)} % of the time\n\n`);
    if (whole || values.write) {
      const command = `make bench BENCH="${scenario.name}${options.quick ? ' --quick' : ''}"`;
      const data = measured(scenario.name, command, busy_share, samples);
      write_measured(REPORT_FOLDER, data);
      write_report(REPORT_FOLDER, scenario, data);
    }
  }
  process.stdout.write(`${Math.round((performance.now() - started) / 1000)} s\n`);
}

function chosen_of(what: string, given: string | undefined, all: string[]): string[] {
  if (given === undefined || given === '') return all;
  const wanted = given.split(',').map(name => name.trim());
  for (const name of wanted) {
    if (!all.includes(name)) fail(`there is no ${what} ${name}; there are: ${all.join(', ')}`);
  }
  return all.filter(name => wanted.includes(name));
}

/** Samples in the order of the jobs, whichever ended first. */
async function run_jobs(
  scenario: Scenario<unknown>,
  options: BenchOptions,
  labs_at_once: number,
): Promise<{ samples: unknown[]; busy_share: number }> {
  const jobs = scenario.jobs(options);
  const results: Array<Extract<Message, { kind: 'samples' }>> = [];
  let next = 0;
  const one_after_the_other = async () => {
    for (;;) {
      const index = next++;
      const job = jobs[index];
      if (job === undefined) return;
      results[index] = await run_job({ scenario: scenario.name, job, options });
    }
  };
  await Promise.all(Array.from({ length: Math.min(labs_at_once, jobs.length) }, one_after_the_other));
  return {
    samples: results.flatMap(({ samples }) => samples),
    busy_share: Math.max(...results.map(({ busy_share }) => busy_share)),
  };
}

function run_job(work: Work): Promise<Extract<Message, { kind: 'samples' }>> {
  const what = `${work.scenario}, ${work.job.key}`;
  return new Promise((resolve, reject) => {
    const inside = spawn_in_namespace([fileURLToPath(import.meta.url), '--inside', JSON.stringify(work)]);
    const limit = setTimeout(() => inside.kill('SIGKILL'), JOB_LIMIT_MS);
    let result: Extract<Message, { kind: 'samples' }> | null = null;
    inside.on('message', (message: Message) => {
      if (message.kind === 'progress') process.stderr.write(`${what}: ${message.line}\n`);
      else result = message;
    });
    inside.on('exit', code => {
      clearTimeout(limit);
      if (result !== null) resolve(result);
      else reject(new Error(`${what}: ended without a result (exit code ${code})`));
    });
  });
}

async function run_inside({ scenario, job, options }: Work): Promise<void> {
  set_up_namespace();
  const say = (line: string) => process.send?.({ kind: 'progress', line } satisfies Message);
  const before = cpu_ticks();
  const samples = await scenario_of(scenario).run(job, options, say);
  const after = cpu_ticks();
  const busy_share = (after.busy - before.busy) / (after.all - before.all);
  // Its first process ends the namespace, and the message must be out before.
  process.send?.({ kind: 'samples', samples, busy_share } satisfies Message, () => process.exit(0));
}

function cpu_ticks(): { busy: number; all: number } {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).map(Number);
  const all = ticks.slice(0, 8).reduce((sum, value) => sum + value, 0);
  const [, , , idle = 0, waiting = 0] = ticks;
  return { busy: all - idle - waiting, all };
}

const [first, given] = process.argv.slice(2);
function start(): Promise<void> {
  if (first === '--inside') return run_inside(JSON.parse(given ?? '{}') as Work);
  return first === FORWARD_LAB ? serve_forward_lab() : start_outside();
}
start().catch((error: Error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
});
