/** Links that fail, fail again and again, or are merely bad: how soon is that noticed, and what does it break? */

import { type Lab, monotonic_ms, start_lab } from '../lab/lab.ts';
import type { Chart } from './chart.ts';
import { equal_shares, SERVER_ADDRESSES } from './downloads.ts';
import {
  ATTEMPT_INTERVAL_MS,
  ATTEMPT_TIMEOUT_MS,
  EVENTS,
  HEAL_GIVE_UP_MS,
  measure_outage,
  type Outage,
  STEADY_MS,
} from './outage.ts';
import { each_way_permille } from './recovery.ts';
import { type BenchOptions, by_subject, type Job, type Scenario, sleep, type Table } from './scenario.ts';
import { maximum, median, sum } from './statistics.ts';
import { ECMP_L4, OUR_MODES, type SubjectName, subject_of } from './subjects.ts';

const LINKS = 3;
const REPETITIONS = 5;

/** A link that dies every 30 s. */
const ALIVE_MS = 20_000;
const DEAD_MS = 10_000;
const FLAPS = 10;
const FLAPPING = 'flapping';

/** Of the round trips, on one link each. */
const LOSSES = [0.01, 0.05, 0.2];
const ALARM_WATCH_MS = 600_000;
const STATE_INTERVAL_MS = 200;
const ALARMS = 'false alarms';

export interface OutageSample extends Outage {
  kind: 'outage';
  subject: string;
  event: string;
  repetition: number;
}

export interface FlapSample {
  kind: 'flapping';
  subject: string;
  attempts: number;
  /** From each death to the next. */
  failed: number[];
  /** While the link was alive: the share of the connections that it got. */
  used: number;
}

export interface AlarmSample {
  kind: 'alarms';
  subject: string;
  /** Of round trips, 0 to 1. */
  loss: number;
  watched_s: number;
  /** How often the link was taken for dead. */
  offline: number;
  degraded_s: number;
  /** Neither of these nor online. */
  other_s: number;
}

export type HealthSample = OutageSample | FlapSample | AlarmSample;

export const health: Scenario<HealthSample> = {
  name: 'health',
  question: `New connections every ${ATTEMPT_INTERVAL_MS} ms, and others that live long, over ${LINKS} links one of which fails`,
  exclusive: false,

  jobs: ({ subjects }) => {
    const mode = subjects.filter(name => OUR_MODES.includes(name)).at(-1);
    const own = mode === undefined ? [] : [mode];
    // Modes differ in nothing that is measured here.
    const compared = [...(subjects.includes(ECMP_L4) ? [ECMP_L4] : []), ...own];
    // Longest first, so that they end together.
    return [
      ...own.map(subject => job(ALARMS, subject)),
      ...[FLAPPING, ...EVENTS.map(({ name }) => name)].flatMap(what =>
        compared.map(subject => job(what, subject)),
      ),
    ];
  },

  async run({ key, subjects: [name = ''] }, options, say) {
    const what = key.slice(0, key.lastIndexOf(SEPARATOR));
    const proto = EVENTS.find(event => event.name === what)?.proto ?? 'dhcp';
    const lab = await start_lab({
      uplinks: Array.from({ length: LINKS }, (_, index) => ({ name: `wan${index + 1}`, proto })),
      server_addresses: SERVER_ADDRESSES,
      daemon: false,
    });
    const samples =
      what === ALARMS
        ? await watch_alarms(lab, name, options, say)
        : what === FLAPPING
          ? await watch_flapping(lab, name, options, say)
          : await measure_outages(lab, name, what, options, say);
    await lab.stop();
    return samples;
  },

  tables: samples => {
    const outages = samples.filter(sample => sample.kind === 'outage');
    return [
      outage_table(
        `Until new connections work again and go on to for ${STEADY_MS / 1000} s more: median (longest)`,
        outages,
        own => times(own.map(({ recovered_ms }) => recovered_ms)),
        ['≤ 2 s', '≤ 2 s', '', '≤ 0.2 s', '≤ 0.2 s', '≤ 0.2 s'],
      ),
      outage_table(
        'Connections on the other links that broke, fell silent or moved: TCP, UDP',
        outages,
        own =>
          `${sum(own.map(({ tcp_lost }) => tcp_lost))} of ${sum(own.map(({ tcp }) => tcp))}, ${sum(own.map(({ udp_lost }) => udp_lost))} of ${sum(own.map(({ udp }) => udp))}`,
        EVENTS.map(() => '0'),
      ),
      outage_table(
        'Until downloads on the failed link that only wait are told: median (longest)',
        outages,
        own => times(own.flatMap(({ waiting_ended_ms }) => waiting_ended_ms)),
        ['≤ 3 s', '≤ 3 s', '', '≤ 3 s', '≤ 3 s', '≤ 3 s'],
      ),
      outage_table(
        'Until the link carries new connections again once nothing is wrong any more: median (longest)',
        outages,
        own =>
          times(
            own.map(({ healed_ms }) => healed_ms),
            `> ${HEAL_GIVE_UP_MS / 1000} s`,
          ),
      ),
      flap_table(samples.filter(sample => sample.kind === 'flapping')),
      alarm_table(samples.filter(sample => sample.kind === 'alarms')),
    ].filter(({ rows }) => rows.length > 0);
  },

  charts: samples => {
    const outages = samples.filter(sample => sample.kind === 'outage');
    return [
      outage_chart('Until new connections work again, s', outages, own =>
        own.map(({ recovered_ms }) => recovered_ms),
      ),
      outage_chart('Until waiting downloads on the failed link are told, s', outages, own =>
        own.flatMap(({ waiting_ended_ms }) => waiting_ended_ms),
      ),
    ];
  },
};

const SEPARATOR = ', ';

function job(what: string, subject: SubjectName): Job {
  return { key: `${what}${SEPARATOR}${subject}`, subjects: [subject] };
}

/** Each repetition starts with a subject that knows of no failure yet. */
async function measure_outages(
  lab: Lab,
  name: SubjectName,
  event_name: string,
  { quick }: BenchOptions,
  say: (line: string) => void,
): Promise<HealthSample[]> {
  const event = EVENTS.find(each => each.name === event_name);
  if (event === undefined) throw new Error(`there is no event ${event_name}`);
  const samples: HealthSample[] = [];
  for (let repetition = 1; repetition <= (quick ? 1 : REPETITIONS); repetition += 1) {
    const uplink = lab.uplinks[repetition % LINKS];
    if (uplink === undefined) throw new Error('there are no links');
    const subject = subject_of(name);
    await subject.set_up(lab, equal_shares(lab));
    const outage = await measure_outage(lab, uplink, event);
    await subject.tear_down(lab);
    samples.push({ kind: 'outage', subject: name, event: event_name, repetition, ...outage });
    const { recovered_ms, failed, tcp_lost, udp_lost, waiting_ended_ms, healed_ms } = outage;
    say(
      `${times([recovered_ms])}, ${failed} failed, ${tcp_lost + udp_lost} others lost, waiting ${times(waiting_ended_ms)}, healed ${times([healed_ms])}`,
    );
  }
  return samples;
}

async function watch_flapping(
  lab: Lab,
  name: SubjectName,
  { quick }: BenchOptions,
  say: (line: string) => void,
): Promise<HealthSample[]> {
  const [uplink] = lab.uplinks;
  if (uplink === undefined) throw new Error('there are no links');
  const subject = subject_of(name);
  await subject.set_up(lab, equal_shares(lab));
  const probe = lab.probe_service({ interval_ms: ATTEMPT_INTERVAL_MS, timeout_ms: ATTEMPT_TIMEOUT_MS });
  const deaths_ms: number[] = [];
  const births_ms: number[] = [];
  for (let flap = 1; flap <= (quick ? 2 : FLAPS); flap += 1) {
    births_ms.push(monotonic_ms());
    uplink.restore();
    await sleep(ALIVE_MS);
    deaths_ms.push(monotonic_ms());
    uplink.blackhole();
    await sleep(DEAD_MS);
    say(`${flap} of ${FLAPS}`);
  }
  uplink.restore();
  const attempts = await probe.stop();
  await subject.tear_down(lab);

  const between = (from_ms: number, to_ms: number) =>
    attempts.filter(({ at_ms }) => at_ms >= from_ms && at_ms < to_ms);
  const alive = births_ms.flatMap((birth_ms, flap) => between(birth_ms, deaths_ms[flap] ?? birth_ms));
  return [
    {
      kind: 'flapping',
      subject: name,
      attempts: attempts.length,
      failed: deaths_ms.map(
        (death_ms, flap) =>
          between(death_ms, deaths_ms[flap + 1] ?? Number.POSITIVE_INFINITY).filter(
            ({ error }) => error !== null,
          ).length,
      ),
      used: alive.filter(each => each.uplink === uplink.name).length / alive.length,
    },
  ];
}

/** With new connections all the time, so that what is noticed by missing answers to them is put to the test, too. */
async function watch_alarms(
  lab: Lab,
  name: SubjectName,
  { quick }: BenchOptions,
  say: (line: string) => void,
): Promise<HealthSample[]> {
  const subject = subject_of(name);
  await subject.set_up(lab, equal_shares(lab));
  const samples = LOSSES.map(
    (loss): AlarmSample => ({
      kind: 'alarms',
      subject: name,
      loss,
      watched_s: 0,
      offline: 0,
      degraded_s: 0,
      other_s: 0,
    }),
  );
  for (const [index, { loss }] of samples.entries()) lab.uplinks[index]?.set_loss(each_way_permille(loss));
  const probe = lab.probe_service({ interval_ms: ATTEMPT_INTERVAL_MS, timeout_ms: ATTEMPT_TIMEOUT_MS });
  const before = samples.map(() => 'online');
  const started_ms = monotonic_ms();
  let at_ms = started_ms;
  let minutes = 0;
  while (at_ms - started_ms < (quick ? 60_000 : ALARM_WATCH_MS)) {
    await sleep(STATE_INTERVAL_MS);
    const states = await states_of_links(lab);
    const span_s = (monotonic_ms() - at_ms) / 1000;
    at_ms = monotonic_ms();
    for (const [index, sample] of samples.entries()) {
      const state = states[index] ?? '';
      sample.watched_s += span_s;
      if (state === 'offline' && before[index] !== 'offline') sample.offline += 1;
      if (state === 'degraded') sample.degraded_s += span_s;
      else if (state !== 'online' && state !== 'offline') sample.other_s += span_s;
      before[index] = state;
    }
    if (at_ms - started_ms > (minutes + 1) * 60_000) {
      minutes += 1;
      const told = samples.map(({ loss, offline, degraded_s }) => {
        const degraded_share = degraded_s / ((at_ms - started_ms) / 1000);
        return `${percent(loss)}: ${offline} alarms, degraded ${percent(degraded_share)}`;
      });
      say(`${minutes} min; ${told.join('; ')}`);
    }
  }
  await probe.stop();
  for (const uplink of lab.uplinks) uplink.restore();
  await subject.tear_down(lab);
  return samples.map(sample => ({
    ...sample,
    watched_s: Math.round(sample.watched_s),
    degraded_s: Math.round(sample.degraded_s),
    other_s: Math.round(sample.other_s),
  }));
}

/** In the order of the lab's uplinks. */
async function states_of_links(lab: Lab): Promise<string[]> {
  const { reply } = await lab.ubus.call('linkagg.daemon', 'status', {});
  const links = (reply?.links ?? []) as Array<{ name: string; state: string }>;
  return lab.uplinks.map(uplink => links.find(({ name }) => name === uplink.name)?.state ?? 'unknown');
}

function outage_table(
  title: string,
  samples: OutageSample[],
  cell: (own: OutageSample[]) => string,
  targets: string[] = [],
): Table {
  const rows = by_subject(samples).map(([subject, own]) => [
    subject,
    ...EVENTS.map(({ name }) => {
      const those = own.filter(({ event }) => event === name);
      return those.length === 0 ? '' : cell(those);
    }),
  ]);
  if (rows.length > 0 && targets.length > 0) rows.push(['target', ...targets]);
  return { title, head: ['', ...EVENTS.map(({ name }) => name)], rows };
}

function flap_table(samples: FlapSample[]): Table {
  return {
    title: `A link that dies every ${(ALIVE_MS + DEAD_MS) / 1000} s for ${DEAD_MS / 1000} s, ${FLAPS} times`,
    head: ['', 'new connections', 'failed', 'after each death', 'carried by it while it was alive'],
    rows: by_subject(samples).flatMap(([subject, own]) =>
      own.map(({ attempts, failed, used }) => [
        subject,
        `${attempts}`,
        `${sum(failed)} (${percent(sum(failed) / attempts)})`,
        failed.join(' '),
        percent(used),
      ]),
    ),
  };
}

function alarm_table(samples: AlarmSample[]): Table {
  const watched_s = maximum([0, ...samples.map(sample => sample.watched_s)]);
  return {
    title: `Loss at random for ${Math.round(watched_s / 60)} minutes: how often the link was taken for dead, and its time in other states`,
    head: ['', ...LOSSES.map(loss => `${percent(loss)} of round trips`)],
    rows: by_subject(samples).flatMap(([subject, own]) => {
      const cells = (value: (sample: AlarmSample) => string) =>
        LOSSES.map(loss =>
          own
            .filter(sample => sample.loss === loss)
            .map(value)
            .join(', '),
        );
      return [
        [`${subject}: false alarms`, ...cells(({ offline }) => `${offline}`)],
        [`${subject}: degraded`, ...cells(sample => percent(sample.degraded_s / sample.watched_s))],
        [`${subject}: in other states`, ...cells(sample => percent(sample.other_s / sample.watched_s))],
        ['target: false alarms', ...LOSSES.map(loss => (loss <= 0.05 ? '0' : ''))],
      ];
    }),
  };
}

/** Bars that end at the top have no end. */
const CHART_TOP_S = 10;

function outage_chart(
  title: string,
  samples: OutageSample[],
  durations_ms: (own: OutageSample[]) => Array<number | null>,
): Chart {
  return {
    title: `${title} (${CHART_TOP_S}: later or never)`,
    groups: EVENTS.map(({ name }) => name),
    series: by_subject(samples).map(([name, own]) => ({
      name,
      bars: EVENTS.map(event => {
        const durations_s = durations_ms(own.filter(sample => sample.event === event.name)).map(
          duration_ms => (duration_ms === null ? CHART_TOP_S : Math.min(CHART_TOP_S, duration_ms / 1000)),
        );
        return { value: median(durations_s), mark: maximum(durations_s) };
      }),
    })),
    mark: 'longest',
    top: CHART_TOP_S,
  };
}

/** Cell of a table: those that were seen to end, and how many were not; `not_seen` says so. */
function times(durations_ms: Array<number | null>, not_seen = 'never'): string {
  const ended_s = durations_ms.flatMap(duration_ms => (duration_ms === null ? [] : [duration_ms / 1000]));
  const never = durations_ms.length - ended_s.length;
  if (ended_s.length === 0) return never > 0 ? not_seen : '';
  const text = `${median(ended_s).toFixed(2)} (${maximum(ended_s).toFixed(2)}) s`;
  return never === 0 ? text : `${text}, ${never} of ${durations_ms.length} ${not_seen}`;
}

function percent(share: number): string {
  return `${+(100 * share).toFixed(1)} %`;
}
