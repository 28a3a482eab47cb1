/**
 * The balancer: which link a new connection from the LAN is proposed to leave by.
 *
 * `hash` proposes nothing: the multipath route decides. `round-robin` goes round over the links in smooth
 * weighted order. `adaptive` starts where round-robin would, but takes the link with the fewest busy connections
 * in proportion to its weight, which nftables itself knows at every moment:
 *
 * A connection sits on a seat of its link, a set with room for one element: from its first packet on, which is
 * when the choice is made, for a moment, and then as long as data comes. It takes the lowest free seat, because
 * adding to a set that is full fails and the next seat is tried. So a link with n busy connections has its seats
 * 1 … n taken. For each level of load there is a set of the links that have reached it; a new connection gets the
 * first link, going round, that has not reached the lowest possible level. The end of a TCP connection frees its
 * seat at once.
 */

import { type MarkLayout, mark_text, proposed_mark } from './marks.ts';
import { chain, vmap } from './nft_text.ts';
import { weighted_order } from './order.ts';
import type { BalanceMode, RoutableLink } from './types.ts';

export interface BalanceChains {
  sets: string[];
  chains: string[];
  /** There is a chain `balance` for new connections. */
  proposes: boolean;
  /** There is a chain `load_…` per link for large packets of pinned connections. */
  counts_load: boolean;
}

/** A new connection sits for so long without having moved data: the next one must not wait to see what it becomes. */
const NEW_SEAT_MS = 300;
/** A connection that has been silent for so long is not busy; TCP is silent for a while after losses. */
const BUSY_SEAT_MS = 1000;
/** Large packets of a link that renew seats, a second: bounds the work on fast links, is nearly all on slow ones. */
const RENEWALS_PER_S = 500;
/** The rules grow with the square of the links; beyond this many, turns alone spread connections well. */
const ADAPTIVE_LINKS_MAX = 16;
/** How often the kernel clears seats that have timed out; until then nobody else can take them. */
const SEAT_CLEAR_MS = 200;

/** `carriers` get new connections; `links` are all that can have live ones. */
export function balance_chains(
  carriers: RoutableLink[],
  links: RoutableLink[],
  layout: MarkLayout,
  mode: BalanceMode,
): BalanceChains {
  if (mode === 'hash' || carriers.length === 0) {
    return { sets: [], chains: [], proposes: false, counts_load: false };
  }
  const keep = mark_text(4294967295 - layout.mask);
  const order = weighted_order(carriers.map(link => link.weight));
  const start = (chain_of: string) => {
    return `numgen inc mod ${order.length} ${vmap(order, (index, turn) => `${turn} : goto ${chain_of}_${carriers[index]?.name ?? ''}`)}`;
  };
  const balance = chain('balance', [
    'fib daddr type != unicast return',
    // Whatever else routes this packet (a specific route, another package's rule) finds a route for the question.
    `meta mark set meta mark & ${keep} | ${mark_text(layout.proposal)}`,
    'fib daddr . mark oif missing goto choose',
    `meta mark set meta mark & ${keep}`,
  ]);
  const propose = carriers.flatMap(link =>
    chain(`propose_${link.name}`, [
      `meta mark set meta mark & ${keep} | ${mark_text(proposed_mark(layout, link.slot))}`,
    ]),
  );
  if (mode === 'round-robin' || carriers.length > ADAPTIVE_LINKS_MAX) {
    return {
      sets: [],
      chains: [...propose, ...chain('choose', [start('propose')]), ...balance],
      proposes: true,
      counts_load: false,
    };
  }

  const levels = level_count(carriers.length);
  const weight_max = Math.max(...links.map(link => link.weight));
  const seated = links.map(link => ({ name: link.name, seats: seats_of(link, weight_max, levels) }));
  return {
    sets: [
      ...numbers(levels).map(level => dynamic_set(`busy_${level}`, 'ct mark', links.length)),
      ...seated.flatMap(link => link.seats.map(seat => dynamic_set(seat.set, 'ct id', 1))),
    ],
    chains: [
      ...seated.flatMap(link => seat_chains(link, layout)),
      ...seated.flatMap(link => end_chain(link, layout)),
      ...propose,
      ...carriers.flatMap(link => numbers(levels).flatMap(level => try_chain(link, level, layout))),
      ...carriers.flatMap((link, index) => from_chain(link, rotated(carriers, index), levels)),
      ...chain('choose', [start('from')]),
      ...balance,
    ],
    proposes: true,
    counts_load: true,
  };
}

/** Levels of load that are told apart: fewer with many links, because each costs a rule per pair of links. */
export function level_count(links: number): number {
  if (links <= 4) return 8;
  return links <= 8 ? 6 : 4;
}

/**
 * Busy connections at which a link has reached a level: one at level 1, so that idle links come first, then in
 * proportion to its weight, so that the expected delay is about the same on all links.
 */
export function seats_at(level: number, weight: number, weight_max: number): number {
  return Math.max(1, Math.floor((level * weight) / weight_max));
}

interface Seat {
  set: string;
  /** Levels that the link has reached when this seat is taken. */
  reached: number[];
}

interface SeatedLink {
  name: string;
  seats: Seat[];
}

function seats_of(link: RoutableLink, weight_max: number, levels: number): Seat[] {
  const limits = numbers(levels).map(level => seats_at(level, link.weight, weight_max));
  return numbers(limits[levels - 1] ?? 1).map(seat => ({
    set: `seat_${seat}_${link.name}`,
    reached: numbers(levels).filter(level => limits[level - 1] === seat),
  }));
}

function dynamic_set(name: string, key: string, size: number): string {
  return (
    `set ${name} { typeof ${key}; size ${size}; flags dynamic,timeout; ` +
    `timeout ${BUSY_SEAT_MS}ms; gc-interval ${SEAT_CLEAR_MS}ms; }`
  );
}

/** `sit_` for the first packet of a connection on `link`, `load_` for its large ones. */
function seat_chains(link: SeatedLink, layout: MarkLayout): string[] {
  const sit = (timeout: string) => {
    const mark = `{ ct mark & ${mark_text(layout.mask)}${timeout} }`;
    return link.seats.map(seat => {
      const marks = seat.reached.map(level => `update @busy_${level} ${mark} `);
      return `update @${seat.set} { ct id${timeout} } ${marks.join('')}return`;
    });
  };
  return [
    ...chain(`sit_${link.name}`, sit(` timeout ${NEW_SEAT_MS}ms`)),
    ...chain(`load_${link.name}`, [`limit rate over ${RENEWALS_PER_S}/second return`, ...sit('')]),
  ];
}

/** The last packets of a TCP connection on `link`: its seat is free at once. */
function end_chain(link: SeatedLink, layout: MarkLayout): string[] {
  const mark = `{ ct mark & ${mark_text(layout.mask)} }`;
  return chain(
    `end_${link.name}`,
    link.seats.map(seat => {
      const marks = seat.reached.map(level => `delete @busy_${level} ${mark} `);
      return `ct id @${seat.set} delete @${seat.set} { ct id } ${marks.join('')}return`;
    }),
  );
}

/** Proposes `link` for good when it has not reached `level`. */
function try_chain(link: RoutableLink, level: number, layout: MarkLayout): string[] {
  return chain(`try_${level}_${link.name}`, [
    `jump propose_${link.name}`,
    `meta mark & ${mark_text(layout.slot_mask)} != @busy_${level} accept`,
  ]);
}

/** Starting at a link, all links level by level; with all of them full, the first. */
function from_chain(link: RoutableLink, rotation: RoutableLink[], levels: number): string[] {
  return chain(`from_${link.name}`, [
    ...numbers(levels).flatMap(level => rotation.map(each => `jump try_${level}_${each.name}`)),
    `goto propose_${link.name}`,
  ]);
}

function rotated(links: RoutableLink[], start: number): RoutableLink[] {
  return links.slice(start).concat(links.slice(0, start));
}

/** 1 … count. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
