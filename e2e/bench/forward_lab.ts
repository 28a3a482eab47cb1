/**
 * One lab of the bench *forward*: a program of its own in namespaces of its own, so that two labs can stand side by
 * side and take turns. One subject at a time is set up there, and what the router forwards is measured in short turns.
 */

import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Lab, start_lab } from '../lab/lab.ts';
import { set_up_namespace, spawn_in_namespace } from '../lab/namespace.ts';
import { equal_shares, SERVER_ADDRESSES } from './downloads.ts';
import { sleep } from './scenario.ts';
import { sum } from './statistics.ts';
import { type Subject, type SubjectName, subject_of } from './subjects.ts';

export const LINKS = 3;
export const STREAMS = 8;
/** Connections under way at once while TCP connections are opened. */
const PARALLEL = 32;
/** Streams have left slow start. */
const WARM_UP_MS = 250;
/** What a turn leaves behind is cleared away before the other lab's begins. */
const SETTLE_MS = 60;
/** /proc/stat counts in these. */
const TICKS_PER_S = 100;

/** What is counted in a turn: bytes of streams, new TCP connections, or new UDP connections. */
export type Quantity = 'bytes' | 'tcp' | 'udp';

/** One turn. */
export interface Turn {
  /** Bits or connections per second. */
  per_s: number;
  /** Connections that did not come to anything. */
  failed: number;
  /** Forwarded both ways by the router. */
  packets_per_s: number;
  /** Time of all processors in interrupts per forwarded packet, and in all that is not idle. */
  softirq_us: number;
  busy_us: number;
}

type Order =
  | { kind: 'set_up'; subject: SubjectName }
  | { kind: 'measure'; quantity: Quantity; duration_ms: number }
  | { kind: 'tear_down' };

type Answer = { kind: 'done'; turn: Turn | null } | { kind: 'failed'; reason: string };

/** The argument with which `bench.ts` becomes such a lab. */
export const FORWARD_LAB = '--forward-lab';

export interface ForwardLab {
  set_up(subject: SubjectName): Promise<void>;
  measure(quantity: Quantity, duration_ms: number): Promise<Turn>;
  tear_down(): Promise<void>;
  stop(): void;
}

/** Start `program` (the bundled `bench.ts`) as a lab. */
export async function open_forward_lab(program: string): Promise<ForwardLab> {
  const child = spawn_in_namespace([program, FORWARD_LAB]);
  await answer_of(child);
  const ask = (order: Order) => {
    child.send(order);
    return answer_of(child);
  };
  return {
    async set_up(subject) {
      await ask({ kind: 'set_up', subject });
    },
    async measure(quantity, duration_ms) {
      const turn = await ask({ kind: 'measure', quantity, duration_ms });
      if (turn === null) throw new Error('the lab has measured nothing');
      return turn;
    },
    async tear_down() {
      await ask({ kind: 'tear_down' });
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function answer_of(child: ChildProcess): Promise<Turn | null> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a lab ended (exit code ${code})`));
    child.once('exit', ended);
    child.once('message', (answer: Answer) => {
      child.off('exit', ended);
      if (answer.kind === 'done') resolve(answer.turn);
      else reject(new Error(answer.reason));
    });
  });
}

/** The lab itself. */
export async function serve_forward_lab(): Promise<void> {
  set_up_namespace();
  const lab = await start_lab({
    uplinks: Array.from({ length: LINKS }, (_, index) => ({ name: `wan${index + 1}` })),
    server_addresses: SERVER_ADDRESSES,
    daemon: false,
  });
  drop_scattered(lab);
  let subject: Subject | null = null;
  const follow = async (order: Order): Promise<Turn | null> => {
    switch (order.kind) {
      case 'set_up':
        subject = subject_of(order.subject);
        await subject.set_up(lab, equal_shares(lab));
        return null;
      case 'tear_down':
        await subject?.tear_down(lab);
        subject = null;
        return null;
      case 'measure':
        return measure(lab, order.quantity, order.duration_ms);
    }
  };
  process.on('message', async (order: Order) => {
    let answer: Answer;
    try {
      answer = { kind: 'done', turn: await follow(order) };
    } catch (error) {
      answer = { kind: 'failed', reason: String(error) };
    }
    process.send?.(answer);
  });
  process.send?.({ kind: 'done', turn: null } satisfies Answer);
}

async function measure(lab: Lab, quantity: Quantity, duration_ms: number): Promise<Turn> {
  const turn = await MEASURES[quantity](lab, duration_ms);
  // Connections of one turn would slow down the next one's look-ups.
  lab.router.exec(['conntrack', '-F']);
  await sleep(SETTLE_MS);
  return turn;
}

const MEASURES: Record<Quantity, (lab: Lab, duration_ms: number) => Promise<Turn>> = {
  async bytes(lab, duration_ms) {
    const running = lab.start_download({ parallel: STREAMS });
    await sleep(WARM_UP_MS);
    const used = usage(lab);
    const start = await running.received();
    await sleep(duration_ms);
    const end = await running.received();
    const turn = used();
    running.stop();
    await running.done;
    return {
      ...turn,
      per_s: Math.round(((end.bytes - start.bytes) * 8000) / (end.at_ms - start.at_ms)),
      failed: 0,
    };
  },
  async tcp(lab, duration_ms) {
    const used = usage(lab);
    const {
      count,
      failed,
      duration_ms: took_ms,
    } = await lab.knock({ parallel: PARALLEL, seconds: duration_ms / 1000 });
    return { ...used(), per_s: Math.round((count * 1000) / took_ms), failed };
  },
  async udp(lab, duration_ms) {
    const before = scattered(lab);
    const used = usage(lab);
    const { count, duration_ms: took_ms } = await lab.scatter({ seconds: duration_ms / 1000 });
    const turn = used();
    const arrived = scattered(lab) - before;
    return { ...turn, per_s: Math.round((arrived * 1000) / took_ms), failed: count - arrived };
  },
};

/** Start counting; the function returned stops it. */
function usage(lab: Lab): () => Pick<Turn, 'packets_per_s' | 'softirq_us' | 'busy_us'> {
  const now = () => ({ packets: forwarded_packets(lab), cpu: cpu_times(), at_ms: performance.now() });
  const start = now();
  return () => {
    const end = now();
    const packets = end.packets - start.packets;
    const us_per_packet = (ticks: number) => round((ticks * 1e6) / TICKS_PER_S / packets, 3);
    return {
      packets_per_s: Math.round((packets * 1000) / (end.at_ms - start.at_ms)),
      softirq_us: us_per_packet(end.cpu.softirq - start.cpu.softirq),
      busy_us: us_per_packet(end.cpu.busy - start.cpu.busy),
    };
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
