/** One link of several fails while connections of all kinds are open: what becomes of them, and of new ones. */

import {
  type Connections,
  type Lab,
  monotonic_ms,
  type OpenConnection,
  type ServiceProbe,
  type Uplink,
  wait_for,
} from '../lab/lab.ts';
import { each_way_permille, recovery_ms } from './recovery.ts';
import { sleep } from './scenario.ts';

export interface OutageEvent {
  name: string;
  /** netifd's protocol on the links. Of a static interface it hides the loss of the carrier. */
  proto?: 'static';
  happen(uplink: Uplink): void;
}

const HEAVY_LOSS = 0.6;

export const EVENTS: OutageEvent[] = [
  { name: 'blackhole', happen: uplink => uplink.blackhole() },
  { name: 'silence', happen: uplink => uplink.silence() },
  {
    name: `${HEAVY_LOSS * 100} % loss`,
    happen: uplink => uplink.set_loss(each_way_permille(HEAVY_LOSS)),
  },
  { name: 'carrier loss', happen: uplink => uplink.cut() },
  { name: 'carrier loss, static', proto: 'static', happen: uplink => uplink.cut() },
  { name: 'device removal', happen: uplink => uplink.remove() },
];

export const ATTEMPT_INTERVAL_MS = 100;
export const ATTEMPT_TIMEOUT_MS = 1000;
/** New connections work again when none has failed for so long. */
export const STEADY_MS = 10_000;
/** What does not work by then never will. */
const GIVE_UP_MS = STEADY_MS + 10_000;
export const HEAL_GIVE_UP_MS = 15_000;

const TCP = 100;
const UDP = 50;
/** Half of them get something now and then, the others nothing; all of them only listen. */
const WAITING = 24;
const EXCHANGE_INTERVAL_MS = 200;
/**
 * Age of all connections when the fault comes: ours notes those of busy links every ten seconds, which is all that
 * is left of them when a device has been removed.
 */
const AGE_MS = 12_000;
/** A connection that is silent for this long is broken. */
const SILENT_MS = 1500;

export interface Outage {
  /** Until new connections work again and go on to; null: never. */
  recovered_ms: number | null;
  /** New connections that failed. */
  failed: number;
  /** Connections on the other links, and how many of them ended, fell silent or moved. */
  tcp: number;
  tcp_lost: number;
  udp: number;
  udp_lost: number;
  /** Downloads on the link that only wait: after what time each has ended; null: not yet. */
  waiting_ended_ms: Array<number | null>;
  /** After the end of the trouble: until the link carries a new connection; null: not yet. */
  healed_ms: number | null;
}

/** Leaves the lab as it was, but for what the subject has learned from it. */
export async function measure_outage(lab: Lab, uplink: Uplink, event: OutageEvent): Promise<Outage> {
  const groups = {
    tcp: lab.open_connections(TCP, { protocol: 'tcp', interval_ms: EXCHANGE_INTERVAL_MS }),
    udp: lab.open_connections(UDP, { protocol: 'udp', interval_ms: EXCHANGE_INTERVAL_MS }),
    quiet: lab.open_connections(WAITING / 2, { waiting: 'never' }),
    trickle: lab.open_connections(WAITING / 2, { waiting: 'interval', interval_ms: EXCHANGE_INTERVAL_MS }),
  };
  const all = Object.values(groups);
  await wait_for(async () => (await Promise.all(all.map(has_begun))).every(Boolean), {
    what: 'all connections to stand',
    interval_ms: 100,
  });
  await sleep(AGE_MS);
  const before = await states_of(groups);
  const probe = lab.probe_service({ interval_ms: ATTEMPT_INTERVAL_MS, timeout_ms: ATTEMPT_TIMEOUT_MS });
  await sleep(5 * ATTEMPT_INTERVAL_MS);

  const at_ms = monotonic_ms();
  event.happen(uplink);
  const recovered_ms = await recovery_of(probe, at_ms);
  const failed = (await probe.attempts()).filter(each => each.at_ms >= at_ms && each.error !== null).length;
  const after = await states_of(groups);

  const healed_at_ms = monotonic_ms();
  uplink.restore();
  const healed_ms = await return_of(probe, uplink.name, healed_at_ms);
  await probe.stop();
  await Promise.all(all.map(each => each.close()));

  const [tcp, tcp_lost] = lost_elsewhere(before.tcp, after.tcp, uplink.name);
  const [udp, udp_lost] = lost_elsewhere(before.udp, after.udp, uplink.name);
  const waiting_ended_ms = [
    ...on_link(before.quiet, after.quiet, uplink.name),
    ...on_link(before.trickle, after.trickle, uplink.name),
  ].map(({ broken_at_ms }) => (broken_at_ms === null ? null : rounded(broken_at_ms - at_ms)));
  return { recovered_ms, failed, tcp, tcp_lost, udp, udp_lost, waiting_ended_ms, healed_ms };
}

type Groups<Value> = Record<'tcp' | 'udp' | 'quiet' | 'trickle', Value>;

async function states_of(groups: Groups<Connections>): Promise<Groups<OpenConnection[]>> {
  const [tcp, udp, quiet, trickle] = await Promise.all(
    [groups.tcp, groups.udp, groups.quiet, groups.trickle].map(each => each.states()),
  );
  return { tcp: tcp ?? [], udp: udp ?? [], quiet: quiet ?? [], trickle: trickle ?? [] };
}

async function has_begun(connections: Connections): Promise<boolean> {
  return (await connections.states()).every(({ sources }) => sources.length > 0);
}

async function recovery_of(probe: ServiceProbe, since_ms: number): Promise<number | null> {
  for (;;) {
    await sleep(500);
    const now_ms = monotonic_ms();
    const recovered_ms = recovery_ms(await probe.attempts(), since_ms, STEADY_MS);
    if (recovered_ms !== null) return rounded(recovered_ms);
    if (now_ms - since_ms > GIVE_UP_MS + ATTEMPT_TIMEOUT_MS) return null;
  }
}

/** Until the start of the first attempt that the link carried. */
async function return_of(probe: ServiceProbe, link: string, since_ms: number): Promise<number | null> {
  for (;;) {
    await sleep(500);
    const now_ms = monotonic_ms();
    const attempts = await probe.attempts();
    const carried = attempts.find(({ at_ms, uplink }) => at_ms >= since_ms && uplink === link);
    if (carried !== undefined) return rounded(carried.at_ms - since_ms);
    if (now_ms - since_ms > HEAL_GIVE_UP_MS) return null;
  }
}

/** States after of the connections that were on the link before. */
function on_link(before: OpenConnection[], after: OpenConnection[], link: string): OpenConnection[] {
  return after.filter((_state, index) => before[index]?.uplink === link);
}

/** Connections on other links, and how many of them broke, fell silent or moved. */
function lost_elsewhere(before: OpenConnection[], after: OpenConnection[], link: string): [number, number] {
  const elsewhere = after.filter((_state, index) => before[index]?.uplink !== link);
  const lost = elsewhere.filter(
    ({ broken, silent_ms, sources }) => broken !== null || silent_ms > SILENT_MS || sources.length > 1,
  );
  return [elsewhere.length, lost.length];
}

function rounded(duration_ms: number): number {
  return Math.round(duration_ms);
}
