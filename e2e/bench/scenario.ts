/** What every scenario of the bench offers to the command (`bench.ts`) and to the report (`report.ts`). */

import type { Chart } from './chart.ts';
import { SUBJECT_NAMES, type SubjectName } from './subjects.ts';

export interface BenchOptions {
  /** Fewer repetitions and shorter times: to see that it works, not to quote. */
  quick: boolean;
  subjects: SubjectName[];
}

/** Work for one lab of its own: `key` is the scenario's own name for it. */
export interface Job {
  key: string;
  subjects: SubjectName[];
}

export interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

/** `Sample` is one line of the raw data. */
export interface Scenario<Sample> {
  name: string;
  /** One line: what is asked. */
  question: string;
  /** True: nothing else may run meanwhile, because the processor is what is measured. */
  exclusive: boolean;
  jobs(options: BenchOptions): Job[];
  /** Runs inside private namespaces, with no other lab there. `say` reports progress. */
  run(job: Job, options: BenchOptions, say: (line: string) => void): Promise<Sample[]>;
  tables(samples: Sample[]): Table[];
  charts(samples: Sample[]): Chart[];
}

export function sleep(duration_ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, duration_ms));
}

/** One job for each subject. */
export function job_per_subject(subjects: SubjectName[]): Job[] {
  return subjects.map(subject => ({ key: subject, subjects: [subject] }));
}

/** Samples by subject, subjects in the order of the bench. */
export function by_subject<Sample extends { subject: string }>(samples: Sample[]): Array<[string, Sample[]]> {
  const place = (name: string) =>
    SUBJECT_NAMES.includes(name) ? SUBJECT_NAMES.indexOf(name) : SUBJECT_NAMES.length;
  const names = [...new Set(samples.map(({ subject }) => subject))].sort((a, b) => place(a) - place(b));
  return names.map(name => [name, samples.filter(({ subject }) => subject === name)]);
}
