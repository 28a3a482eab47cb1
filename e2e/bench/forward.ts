/**
 * What the router costs: bytes and new connections per second over links without limits, each subject alternating
 * with one plain route. Everything runs on the same processor, so the ratio tells less than all of the router's
 * share; CPU time per packet tells it directly.
 */

import { readFileSync } from 'node:fs';
import { type Lab, start_lab } from '../lab/lab.ts';
import type { Chart } from './chart.ts';
import { equal_shares, SERVER_ADDRESSES } from './downloads.ts';
import { by_subject, type Scenario, sleep } from './scenario.ts';
import { mean, median, percentile, standard_deviation, sum } from './statistics.ts';
import { ONE_LINK, one_link, type Subject, type SubjectName, set_sysctl, subject_of } from './subjects.ts';

const LINKS = 3;
const STREAMS = 8;
/** Connections under way at once in the test of new TCP connections. */
const PARALLEL = 32;
const WARM_UP_MS = 250;
/** Bytes scatter more than connections, so they are measured for longer. */
const BYTES_TIMES = 2;
/** Connections of one turn must have left the connection table before the next turn. */
const CONNTRACK_TIMEOUTS = {
  'net/netfilter/nf_conntrack_udp_timeout': 1,
  'net/netfilter/nf_conntrack_tcp_timeout_close': 1,
  'net/netfilter/nf_conntrack_tcp_timeout_time_wait': 1,
};
/** /proc/stat counts in these. */
const TICKS_PER_S = 100;

export interface ForwardSample {
  subject: string;
  round: number;
  bps: number;
  /** Forwarded both ways by the router while bytes were measured. */
  packets_per_s: number;
  /** Time of all processors in interrupts per forwarded packet, and in all that is not idle. */
  softirq_us_per_packet: number;
  busy_us_per_packet: number;
  tcp_per_s: number;
  udp_per_s: number;
  failed: number;
}

export const forward: Scenario<ForwardSample> = {
  name: 'forward',
  question: `${STREAMS} parallel streams and new connections over ${LINKS} unshaped links, against one plain route before and after`,
  exclusive: true,
  jobs: ({ subjects }) => [{ key: 'all', subjects: subjects.filter(subject => subject !== ONE_LINK) }],

  async run({ subjects }, { quick }, say) {
    const samples: ForwardSample[] = [];
    const lab = await start_lab({
      uplinks: Array.from({ length: LINKS }, (_, index) => ({ name: `wan${index + 1}` })),
      server_addresses: SERVER_ADDRESSES,
      daemon: false,
    });
    for (const [name, value] of Object.entries(CONNTRACK_TIMEOUTS)) set_sysctl(lab, name, value);
    drop_scattered(lab);
    await turn(lab, one_link(), quick);
    for (let round = 1; round <= (quick ? 2 : 12); round += 1) {
      for (const name of subjects) {
        samples.push({ ...(await turn(lab, one_link(), quick)), subject: before(name), round });
        samples.push({ ...(await turn(lab, subject_of(name), quick)), subject: name, round });
      }
      say(`round ${round}`);
    }
    await lab.stop();
    return samples;
  },

  tables: samples => [
    {
      title: 'Against one plain route: median of the pairs, mean ± standard deviation',
      head: ['', 'pairs', 'bytes per second', 'new TCP connections', 'new UDP connections'],
      rows: compared(samples).map(({ name, bps, tcp_per_s, udp_per_s }) => [
        name,
        `${bps.length}`,
        ...[bps, tcp_per_s, udp_per_s].map(spread),
      ]),
    },
    {
      title: 'Absolute, median',
      head: [
        '',
        'Mbit/s',
        'packets/s',
        'TCP connections/s',
        'UDP connections/s',
        'interrupt µs per packet',
        'CPU µs per packet',
        'failed',
      ],
      rows: [
        [ONE_LINK, samples.filter(({ subject }) => subject.startsWith(BEFORE))] as [string, ForwardSample[]],
        ...by_subject(samples.filter(({ subject }) => !subject.startsWith(BEFORE))),
      ].map(([subject, own]) => {
        const middle = (key: keyof ForwardSample) => median(own.map(sample => Number(sample[key])));
        return [
          subject,
          (middle('bps') / 1e6).toFixed(0),
          middle('packets_per_s').toFixed(0),
          middle('tcp_per_s').toFixed(0),
          middle('udp_per_s').toFixed(0),
          middle('softirq_us_per_packet').toFixed(2),
          middle('busy_us_per_packet').toFixed(2),
          `${sum(own.map(({ failed }) => failed))}`,
        ];
      }),
    },
  ],

  charts: samples => [
    {
      title: 'Against one plain route',
      groups: ['bytes per second', 'new TCP connections', 'new UDP connections'],
      series: compared(samples).map(({ name, bps, tcp_per_s, udp_per_s }) => ({
        name,
        bars: [bps, tcp_per_s, udp_per_s].map(ratios => ({
          value: median(ratios),
          mark: percentile(ratios, 0.25),
        })),
      })),
      mark: 'lower quartile',
    } satisfies Chart,
  ],
};

const BEFORE = 'before ';

/** Name of the plain route's turn that is paired with a subject's. */
function before(subject: SubjectName): string {
  return `${BEFORE}${subject}`;
}

interface Ratios {
  name: string;
  bps: number[];
  tcp_per_s: number[];
  udp_per_s: number[];
}

/** Each turn of a subject against the mean of the plain turns before and after it. */
function compared(samples: ForwardSample[]): Ratios[] {
  const names = by_subject(samples.filter(({ subject }) => !subject.startsWith(BEFORE))).map(
    ([name]) => name,
  );
  return names.map(name => {
    const ratios = (key: 'bps' | 'tcp_per_s' | 'udp_per_s') =>
      samples.flatMap((sample, index) => {
        if (sample.subject !== name) return [];
        const plain = [samples[index - 1], samples[index + 1]].flatMap(each => each?.[key] ?? []);
        return [sample[key] / mean(plain)];
      });
    return { name, bps: ratios('bps'), tcp_per_s: ratios('tcp_per_s'), udp_per_s: ratios('udp_per_s') };
  });
}

function spread(ratios: number[]): string {
  return `${median(ratios).toFixed(2)}, ${mean(ratios).toFixed(2)} ± ${standard_deviation(ratios).toFixed(2)}`;
}

/** One turn: set up, measure all, tear down. */
async function turn(
  lab: Lab,
  subject: Subject,
  quick: boolean,
): Promise<Omit<ForwardSample, 'subject' | 'round'>> {
  await subject.set_up(lab, equal_shares(lab));
  const seconds = quick ? 0.4 : 0.8;
  const running = lab.start_download({ parallel: STREAMS });
  await sleep(WARM_UP_MS);
  const start = { ...(await running.received()), packets: forwarded_packets(lab), cpu: cpu_times() };
  await sleep(BYTES_TIMES * seconds * 1000);
  const end = { ...(await running.received()), packets: forwarded_packets(lab), cpu: cpu_times() };
  running.stop();
  await running.done;
  await sleep(WARM_UP_MS);
  const tcp = await lab.knock({ parallel: PARALLEL, seconds });
  const scattered_before = scattered(lab);
  const udp = await lab.scatter({ seconds: seconds / 2 });
  const arrived = scattered(lab) - scattered_before;
  await subject.tear_down(lab);

  const packets = end.packets - start.packets;
  const duration_s = (end.at_ms - start.at_ms) / 1000;
  const us_per_packet = (ticks: number) => round((ticks * 1e6) / TICKS_PER_S / packets, 3);
  return {
    bps: Math.round(((end.bytes - start.bytes) * 8) / duration_s),
    packets_per_s: Math.round(packets / duration_s),
    softirq_us_per_packet: us_per_packet(end.cpu.softirq - start.cpu.softirq),
    busy_us_per_packet: us_per_packet(end.cpu.busy - start.cpu.busy),
    tcp_per_s: Math.round((tcp.count * 1000) / tcp.duration_ms),
    udp_per_s: Math.round((arrived * 1000) / udp.duration_ms),
    failed: tcp.failed + (udp.count - arrived),
  };
}

function forwarded_packets(lab: Lab): number {
  return sum(
    lab.uplinks.map(uplink => uplink.counters()).map(({ rx_packets, tx_packets }) => rx_packets + tx_packets),
  );
}

/** Ticks of all processors together. */
function cpu_times(): { softirq: number; busy: number } {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .split(/\s+/)
    .map(Number);
  return { softirq: irq + softirq, busy: user + nice + system + irq + softirq };
}

/** The server counts scattered packets and says nothing. */
function drop_scattered(lab: Lab): void {
  const ruleset = `
    table ip scattered {
      counter arrived { }
      chain input {
        type filter hook prerouting priority raw;
        udp dport 10000-59999 counter name arrived drop
      }
    }`;
  const { code, stderr } = lab.server.exec(['nft', '-f', '-'], ruleset);
  if (code !== 0) throw new Error(`nft: ${stderr}`);
}

function scattered(lab: Lab): number {
  const { stdout } = lab.server.exec(['nft', 'list', 'counter', 'ip', 'scattered', 'arrived']);
  return Number(/packets (\d+)/.exec(stdout)?.[1] ?? Number.NaN);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
