/**
 * Latency, loss and state changes of every link in the last 24 hours: in memory alone, and bounded for all links
 * together. On 64-bit ucode at most 64 KB, half of it on 32 bits.
 *
 * An interval of a link is one small integer, an event two: below 2^29 they need no memory besides their place in
 * the array (ucode's `ucv_int64_new`), where an object takes some hundred bytes. An array has room for up to half as
 * much again as it holds (`uc_vector_capacity`), which the numbers below allow for.
 */

import type { ClockPlatform } from '../../platform/platform.ts';
import type { HistoryReply, LinkEvent, LinkReason, LinkState } from '../rpc.ts';

const DAY_S = 86400;

/** The more links, the wider the intervals: none of these takes more than 50 KB. */
const WIDTHS: { links_max: number; interval_s: number }[] = [
  { links_max: 4, interval_s: 60 },
  { links_max: 6, interval_s: 120 },
  { links_max: 16, interval_s: 300 },
  { links_max: 40, interval_s: 900 },
];
const WIDEST_S = 1800;

/** Of all links together. */
export const EVENTS_MAX = 300;

/** An interval's integer when nothing was probed: the others have at least the 1 that is added to the loss. */
const NOT_PROBED = 0;
const LOSS_BITS = 10;
const LOSS_MASK = 1023;
/** One less than 16 bits hold, because 0 stands for none. */
const LATENCY_MAX_MS = 65534;

const REASON_MASK = 31;
const STATE_SHIFT = 5;
const STATE_MASK = 15;
/** Set in what concerns IPv6 alone. */
const IP6_SHIFT = 9;
const SLOT_SHIFT = 10;

// Written so that the type checker misses none; what counts is their order.
const STATES = Object.keys({
  disabled: true,
  down: true,
  'no-carrier': true,
  connecting: true,
  online: true,
  degraded: true,
  standby: true,
  captive: true,
  offline: true,
} satisfies Record<LinkState, true>) as LinkState[];
const REASONS = Object.keys({
  'switched-off': true,
  'service-off': true,
  'no-interface': true,
  'interface-down': true,
  'no-address': true,
  'no-gateway': true,
  'shared-device': true,
  'no-carrier': true,
  'waiting-for-reply': true,
  'held-down': true,
  replying: true,
  'better-tier': true,
  loss: true,
  latency: true,
  jitter: true,
  portal: true,
  'no-reply': true,
  'gateway-silent': true,
  'no-handshake': true,
} satisfies Record<LinkReason, true>) as LinkReason[];

export interface LinkHistory {
  /** These are the links; others are forgotten, and what is noted of them is ignored. */
  keep(links: string[]): void;
  /** A probe was answered after `rtt_ms`, or not at all (null). */
  note_probe(link: string, rtt_ms: number | null): void;
  /** To be called for every change, also when `better`: only the reason of the last one is another. */
  note_event(link: string, event: Omit<LinkEvent, 'age_s'>, better: boolean): void;
  reply(link: string): HistoryReply;
}

/** The probes of one interval. */
interface Tally {
  sum_ms: number;
  answered: number;
  lost: number;
}

export function start_history(platform: ClockPlatform): LinkHistory {
  // A link has the same place, its slot, in all of these; the name of a free slot is empty.
  const names: string[] = [];
  /** The day's intervals by number, in turn: as long from the beginning, so that memory is asked for once. */
  const rings: number[][] = [];
  // The interval under way.
  const sums_ms: number[] = [];
  const answered: number[] = [];
  const lost: number[] = [];

  /** Oldest first, and of the same length. */
  const event_times_s: number[] = [];
  const event_codes: number[] = [];

  let interval_s = width_for(0);
  /** A day, at first: no interval shall have a negative number. */
  let ahead_s = DAY_S;
  let last_s = 0;
  /** Number of the interval under way. */
  let current = Math.floor(clock_s() / interval_s);

  /** Should the clock step back, time goes on from where it was. */
  function clock_s(): number {
    let now_s = Math.floor(platform.now_ms() / 1000) + ahead_s;
    if (now_s < last_s) {
      ahead_s += last_s - now_s;
      now_s = last_s;
    }
    last_s = now_s;
    return now_s;
  }

  function tally_of(slot: number): Tally {
    return { sum_ms: sums_ms[slot] ?? 0, answered: answered[slot] ?? 0, lost: lost[slot] ?? 0 };
  }

  function start_tally(slot: number, tally: Tally): void {
    sums_ms[slot] = tally.sum_ms;
    answered[slot] = tally.answered;
    lost[slot] = tally.lost;
  }

  /** Of the interval with that number, which is not before the day that is kept. */
  function value(slot: number, number: number): number {
    if (number >= current) return number === current ? packed(tally_of(slot)) : NOT_PROBED;
    return rings[slot]?.[number % per_day(interval_s)] ?? NOT_PROBED;
  }

  /** Finish the intervals that are over. Those that nobody noted anything in stay empty. */
  function advance(): void {
    const now = Math.floor(clock_s() / interval_s);
    if (now === current) return;
    const size = per_day(interval_s);
    for (const [slot, ring] of rings.entries()) {
      if (names[slot] === '') continue;
      ring[current % size] = packed(tally_of(slot));
      start_tally(slot, nothing());
      for (let i = Math.max(current, now - size) + 1; i <= now; i++) ring[i % size] = NOT_PROBED;
    }
    current = now;
  }

  /** Cut the past of all links into intervals of another width. To be called when all is up to date. */
  function change_width(wanted_s: number): void {
    const now = Math.floor(last_s / wanted_s);
    const size = per_day(wanted_s);
    const oldest = current - per_day(interval_s) + 1;
    for (const [slot, name] of names.entries()) {
      if (name === '') continue;
      const ring = empty_ring(wanted_s);
      let tally = nothing();
      for (let i = now - size + 1; i <= now; i++) {
        tally = nothing();
        const end = Math.floor(((i + 1) * wanted_s - 1) / interval_s);
        for (let j = Math.max(oldest, Math.floor((i * wanted_s) / interval_s)); j <= end; j++) {
          // How many probes a value stands for is not known: as many as if each second had one.
          add(tally, value(slot, j), Math.min(interval_s, wanted_s));
        }
        ring[i % size] = packed(tally);
      }
      rings[slot] = ring;
      start_tally(slot, tally);
    }
    interval_s = wanted_s;
    current = now;
  }

  function add_link(name: string): void {
    const free = names.indexOf('');
    const slot = free < 0 ? names.length : free;
    names[slot] = name;
    rings[slot] = empty_ring(interval_s);
    start_tally(slot, nothing());
  }

  function forget(slot: number): void {
    names[slot] = '';
    rings[slot] = [];
    for (let i = event_codes.length - 1; i >= 0; i--) {
      if ((event_codes[i] ?? 0) >> SLOT_SHIFT === slot) drop_event(i);
    }
  }

  function drop_event(index: number): void {
    event_times_s.splice(index, 1);
    event_codes.splice(index, 1);
  }

  function drop_old_events(): void {
    while (event_times_s.length > 0 && (event_times_s[0] ?? 0) <= last_s - DAY_S) drop_event(0);
  }

  /** The oldest one of the link that has the most: a link that flaps pushes out its own alone. */
  function make_room(): void {
    const counts = names.map(() => 0);
    for (const code of event_codes) counts[code >> SLOT_SHIFT] = (counts[code >> SLOT_SHIFT] ?? 0) + 1;
    const most = counts.reduce((highest, count) => Math.max(highest, count), 0);
    drop_event(event_codes.findIndex(code => (counts[code >> SLOT_SHIFT] ?? 0) === most));
  }

  return {
    keep: links => {
      advance();
      for (const [slot, name] of names.entries()) {
        if (name !== '' && !links.includes(name)) forget(slot);
      }
      const wanted_s = width_for(links.length);
      if (wanted_s !== interval_s) change_width(wanted_s);
      for (const link of links) {
        if (!names.includes(link)) add_link(link);
      }
    },

    note_probe: (link, rtt_ms) => {
      const slot = names.indexOf(link);
      if (slot < 0) return;
      advance();
      if (rtt_ms === null) {
        lost[slot] = (lost[slot] ?? 0) + 1;
      } else {
        sums_ms[slot] = (sums_ms[slot] ?? 0) + rtt_ms;
        answered[slot] = (answered[slot] ?? 0) + 1;
      }
    },

    note_event: (link, { family, state, reason }, better) => {
      const slot = names.indexOf(link);
      if (slot < 0) return;
      const kind = (slot << SLOT_SHIFT) | ((family === null ? 0 : 1) << IP6_SHIFT);
      const code = kind | (STATES.indexOf(state) << STATE_SHIFT) | REASONS.indexOf(reason);
      if (better) {
        for (let i = event_codes.length - 1; i >= 0; i--) {
          if ((event_codes[i] ?? 0) >> IP6_SHIFT !== kind >> IP6_SHIFT) continue;
          event_codes[i] = code;
          return;
        }
        return;
      }
      event_times_s.push(clock_s());
      event_codes.push(code);
      drop_old_events();
      if (event_codes.length > EVENTS_MAX) make_room();
    },

    reply: link => {
      advance();
      drop_old_events();
      const slot = names.indexOf(link);
      if (slot < 0) return { interval_s, latency_ms: [], loss_permille: [], events: [] };
      let first = current - per_day(interval_s) + 1;
      while (first < current && value(slot, first) === NOT_PROBED) first++;
      const shown: number[] = [];
      for (let i = first; i <= current; i++) shown.push(value(slot, i));
      const events: LinkEvent[] = [];
      for (const [index, code] of event_codes.entries()) {
        if (code >> SLOT_SHIFT !== slot) continue;
        events.push({
          age_s: last_s - (event_times_s[index] ?? 0),
          family: ((code >> IP6_SHIFT) & 1) === 0 ? null : 'ip6',
          state: STATES[(code >> STATE_SHIFT) & STATE_MASK] ?? 'down',
          reason: REASONS[code & REASON_MASK] ?? 'no-interface',
        });
      }
      return {
        interval_s,
        latency_ms: shown.map(latency_ms),
        loss_permille: shown.map(loss_permille),
        events,
      };
    },
  };
}

function width_for(links: number): number {
  const width = WIDTHS.find(({ links_max }) => links <= links_max) ?? null;
  return width === null ? WIDEST_S : width.interval_s;
}

function per_day(interval_s: number): number {
  return Math.floor(DAY_S / interval_s);
}

function empty_ring(interval_s: number): number[] {
  const ring: number[] = [];
  // From the end: an array that grows by and by leaves holes in the heap.
  for (let i = per_day(interval_s) - 1; i >= 0; i--) ring[i] = NOT_PROBED;
  return ring;
}

function nothing(): Tally {
  return { sum_ms: 0, answered: 0, lost: 0 };
}

function packed({ sum_ms, answered, lost }: Tally): number {
  const probes = answered + lost;
  if (probes === 0) return NOT_PROBED;
  const latency = answered === 0 ? 0 : Math.min(LATENCY_MAX_MS, Math.round(sum_ms / answered)) + 1;
  return (latency << LOSS_BITS) | (Math.round((lost * 1000) / probes) + 1);
}

function latency_ms(value: number): number | null {
  return value >> LOSS_BITS === 0 ? null : (value >> LOSS_BITS) - 1;
}

function loss_permille(value: number): number | null {
  return value === NOT_PROBED ? null : (value & LOSS_MASK) - 1;
}

/** Count a finished interval in as so many probes. */
function add(tally: Tally, value: number, probes: number): void {
  const loss = loss_permille(value);
  if (loss === null) return;
  const lost = Math.round((loss * probes) / 1000);
  tally.lost += lost;
  const latency = latency_ms(value);
  if (latency === null) return;
  // Of a few answers among many lost probes the latency is not to be lost, too.
  const answered = Math.max(1, probes - lost);
  tally.answered += answered;
  tally.sum_ms += latency * answered;
}
