/**
 * Downloads of all sizes that come at moments of chance, as a household's do: how much longer than alone on an
 * empty link does each take? The same arrivals for every subject, and for the fluid model (`fluid.ts`).
 */

import { type Download, type Lab, start_lab } from '../lab/lab.ts';
import {
  type Arrival,
  type BoundedPareto,
  heavy_tailed_arrivals,
  pareto_mean,
  seeded,
  small_arrivals,
} from './arrivals.ts';
import type { Chart } from './chart.ts';
import {
  equal_shares,
  GOODPUT_SHARE,
  SERVER_ADDRESSES,
  shaped_uplinks,
  single_link_rates,
} from './downloads.ts';
import {
  fewest_flows,
  fewest_flows_seen_every,
  type Policy,
  random_link,
  round_robin,
  simulate,
} from './fluid.ts';
import { by_subject, type Scenario, sleep, type Table } from './scenario.ts';
import { maximum, mean, median, percentile, sum } from './statistics.ts';
import { ONE_LINK, one_link, subject_of } from './subjects.ts';

const LINK_BPS = 8e6;
const LINKS = 4;
const LOADS = [0.7, 0.85];
const SIZES: BoundedPareto = { shape: 1.3, smallest: 90e3, largest: 10e6 };
const SMALL_PER_S = 5;
const SMALL_BYTES: [number, number] = [1000, 4000];
/** One sequence of arrivals each, for every subject at every load. */
const SEEDS = [20, 21];
/** Downloads on an empty link that are timed, and the time between them. */
const UNLOADED = 15;
const UNLOADED_PAUSE_MS = 60;
/** After the last arrival; what has not ended then counts with its time so far. */
const DRAIN_LIMIT_MS = 45_000;

export interface HeavySample {
  subject: string;
  load: number;
  seed: number;
  duration_s: number;
  /** Of the heavy-tailed downloads, in order of arrival. */
  durations_ms: number[];
  /** Of the small connections beside them. */
  small_ms: number[];
  /** Downloads by link. */
  placement: string;
  failed: number;
  /** Bytes per second of a download alone, in the same lab. */
  single: number;
  /**
   * What a download alone takes besides its bytes at that rate: connection set-up and slow start, less the burst that
   * the shaper lets through at once, so mostly negative.
   */
  setup_ms: number;
}

const MODELS: Array<(seed: number) => Policy> = [
  seed => random_link(seeded(seed)),
  round_robin,
  fewest_flows,
  () => fewest_flows_seen_every(1, true),
];

export const heavy: Scenario<HeavySample> = {
  name: 'heavy',
  question: `Heavy-tailed downloads at load ${LOADS.join(' and ')} over ${LINKS} equal links of ${LINK_BPS / 1e6} Mbit/s, ${SMALL_PER_S} small connections per second between them: duration against that on an empty link`,
  exclusive: false,
  // One link alone cannot carry this load: its queue would grow for ever.
  jobs: ({ quick, subjects }) =>
    (quick ? LOADS.slice(0, 1) : LOADS).flatMap(load =>
      subjects
        .filter(subject => subject !== ONE_LINK)
        .map(subject => ({ key: `${subject} at ${load}`, subjects: [subject] })),
    ),

  async run({ key, subjects }, { quick }, say) {
    const load = LOADS.find(each => key.endsWith(` at ${each}`)) ?? 0;
    const duration_s = quick ? 20 : 60;
    const samples: HeavySample[] = [];
    const lab = await start_lab({
      uplinks: shaped_uplinks(Array.from({ length: LINKS }, () => LINK_BPS)),
      server_addresses: SERVER_ADDRESSES,
      daemon: false,
    });
    const single = mean(await single_link_rates(lab)) * GOODPUT_SHARE;
    const setup_ms = await unloaded_setup(lab, single);
    for (const name of subjects) {
      for (const seed of quick ? SEEDS.slice(0, 1) : SEEDS) {
        const { large, small } = traffic(load, seed, duration_s);
        const subject = subject_of(name);
        await subject.set_up(lab, equal_shares(lab));
        const [downloads, small_downloads] = await replay(lab, large, small);
        await subject.tear_down(lab);
        const sample: HeavySample = {
          subject: name,
          load,
          seed,
          duration_s,
          durations_ms: downloads.map(({ duration_ms }) => Math.round(duration_ms)),
          small_ms: small_downloads.map(({ duration_ms }) => Math.round(duration_ms)),
          placement: lab.uplinks
            .map(uplink => downloads.filter(download => download.uplink === uplink.name).length)
            .join(':'),
          failed: downloads.filter(({ error }) => error !== null).length,
          single: Math.round(single),
          setup_ms: Math.round(setup_ms * 10) / 10,
        };
        samples.push(sample);
        const slowdowns = slowdowns_of(sample);
        say(`mean ${mean(slowdowns).toFixed(2)}, 95th percentile ${percentile(slowdowns, 0.95).toFixed(1)}`);
      }
    }
    await lab.stop();
    return samples;
  },

  tables: samples =>
    loads_of(samples).map(load => {
      const own = samples.filter(sample => sample.load === load);
      const rows = by_subject(own).map(([subject, runs]) => [
        subject,
        ...slowdown_cells(runs.map(slowdowns_of)),
        `${Math.round(median(runs.flatMap(({ small_ms }) => small_ms)))} ms`,
        `${sum(runs.map(({ failed }) => failed))}`,
      ]);
      const [[, first] = ['', []]] = by_subject(own);
      const model_rows = MODELS.map(make => [
        `model: ${make(0).name}`,
        ...slowdown_cells(first.map(run => modelled(make(run.seed), run))),
        '',
        '',
      ]);
      const count = sum(first.map(({ durations_ms }) => durations_ms.length));
      return {
        title: `Load ${load}: ${count} downloads of ${Math.round(pareto_mean(SIZES) / 1000)} kB on average (Pareto, shape ${SIZES.shape}, ${SIZES.smallest / 1000} kB to ${SIZES.largest / 1e6} MB) in ${first.length} sequences of ${first[0]?.duration_s ?? 0} s`,
        head: [
          '',
          'mean slowdown (of each)',
          '95th percentile',
          'largest',
          'small connections, median',
          'failed',
        ],
        rows: [...rows, ...model_rows],
      } satisfies Table;
    }),

  charts(samples) {
    const loads = loads_of(samples);
    const charted = (title: string, of: (slowdowns: number[]) => number): Chart => ({
      title: `Slowdown, ${title}`,
      groups: loads.map(load => `load ${load}`),
      series: by_subject(samples).map(([name, own]) => ({
        name,
        bars: loads.map(load => ({
          value: of(own.filter(sample => sample.load === load).flatMap(slowdowns_of)),
        })),
      })),
      mark: '',
    });
    return [charted('mean', mean), charted('95th percentile', slowdowns => percentile(slowdowns, 0.95))];
  },
};

/** The arrivals of this scenario, for a model or a bench of your own. */
export function traffic(
  load: number,
  seed: number,
  duration_s: number,
): { large: Arrival[]; small: Arrival[] } {
  const random = seeded(seed + load * 10_000);
  const capacity = (LINKS * LINK_BPS * GOODPUT_SHARE) / 8;
  return {
    large: heavy_tailed_arrivals(SIZES, load, capacity, duration_s, random),
    small: small_arrivals(SMALL_PER_S, SMALL_BYTES, duration_s, random),
  };
}

/** See `HeavySample`; measured with downloads of the smallest size. */
async function unloaded_setup(lab: Lab, single: number): Promise<number> {
  const alone = one_link();
  await alone.set_up(lab, equal_shares(lab));
  const durations: number[] = [];
  for (let count = 0; count < UNLOADED; count += 1) {
    const [download] = await lab.download({ bytes: SIZES.smallest });
    durations.push(download?.duration_ms ?? 0);
    await sleep(UNLOADED_PAUSE_MS);
  }
  await alone.tear_down(lab);
  return median(durations) - (SIZES.smallest / single) * 1000;
}

async function replay(lab: Lab, large: Arrival[], small: Arrival[]): Promise<[Download[], Download[]]> {
  const random = seeded(1);
  const started = performance.now();
  const running: Array<{ stop(): void }> = [];
  const start_all = (arrivals: Arrival[]) =>
    Promise.all(
      arrivals.map(async ({ at_s, bytes }) => {
        const address = lab.server_addresses[Math.floor(random() * lab.server_addresses.length)] ?? '';
        await sleep(at_s * 1000 - (performance.now() - started));
        const download = lab.start_download({ address, bytes, timeout_ms: DRAIN_LIMIT_MS });
        running.push(download);
        const [ended] = await download.done;
        if (ended === undefined) throw new Error('a download without an end');
        return ended;
      }),
    );
  const last_s = Math.max(...[...large, ...small].map(({ at_s }) => at_s));
  const limit = setTimeout(
    () => {
      for (const download of running) download.stop();
    },
    last_s * 1000 + DRAIN_LIMIT_MS,
  );
  const ended = await Promise.all([start_all(large), start_all(small)]);
  clearTimeout(limit);
  return ended;
}

function slowdowns_of({ load, seed, duration_s, durations_ms, single, setup_ms }: HeavySample): number[] {
  return traffic(load, seed, duration_s).large.map(
    ({ bytes }, index) => (durations_ms[index] ?? 0) / ((bytes / single) * 1000 + setup_ms),
  );
}

/** The same arrivals in the fluid model, at the rate measured. */
function modelled(policy: Policy, { load, seed, duration_s, single }: HeavySample): number[] {
  const { large, small } = traffic(load, seed, duration_s);
  const heavy_ones = new Set(large);
  const arrivals = [...large, ...small].sort((a, b) => a.at_s - b.at_s);
  const links = Array.from({ length: LINKS }, () => ({ rate: single, weight: 1 }));
  return simulate(policy, arrivals, links)
    .filter(({ arrival }) => heavy_ones.has(arrival))
    .map(({ slowdown }) => slowdown);
}

/** Mean of all and of each run, 95th percentile and largest of all. */
function slowdown_cells(runs: number[][]): string[] {
  const all = runs.flat();
  return [
    `${mean(all).toFixed(2)} (${runs.map(run => mean(run).toFixed(2)).join(', ')})`,
    percentile(all, 0.95).toFixed(1),
    maximum(all).toFixed(1),
  ];
}

function loads_of(samples: HeavySample[]): number[] {
  return [...new Set(samples.map(({ load }) => load))];
}
