/**
 * The balancer: which link a new connection from the LAN is proposed to leave by.
 *
 * `hash` proposes nothing: the multipath route decides (in a group other than the default one, which has no route
 * of its own, a hash over addresses and ports does). `latency` proposes the quickest link. `round-robin` goes round over the links in smooth weighted
 * order. `adaptive` starts where round-robin would, but takes the link with the fewest busy connections
 * in proportion to its weight, which nftables itself knows at every moment:
 *
 * A connection sits on a seat of its link, a set with room for one element: from its first packet on, which is
 * when the choice is made, for a moment, and then as long as data comes. It takes the lowest free seat, because
 * adding to a set that is full fails and the next seat is tried. So a link with n busy connections has its seats
 * 1 … n taken. For each level of load there is a set of the links that have reached it; a new connection gets the
 * first link, going round, that has not reached the lowest possible level.
 *
 * The end of a TCP connection gives up its seat, but the kernel lets nobody else have it before it has cleared it
 * away. Until then others sit higher than they need to, and move down with their next packet afterwards; so who
 * sits on a seat counts for all those below. The load is overestimated for a moment, never underestimated: that
 * would send all that comes to one link.
 */

import type { Config } from '../config/schema.gen.ts';
import { type Family, HEADERS, LONG_NAMES } from '../net/address.ts';
import { DEFAULT_GROUP } from './constants.ts';
import { type Group, group_carriers, is_plain_hash, is_usable, target_marks } from './groups.ts';
import { use_in } from './links.ts';
import { keep_text, type MarkLayout, mark_text, proposed_mark } from './marks.ts';
import { chain, vmap } from './nft_text.ts';
import { weighted_order } from './order.ts';
import { policy_chain, refuses } from './policies.ts';
import { sticky_chains, sticky_rules, take_chain } from './sticky.ts';
import { is_target } from './targets.ts';
import type { RoutableLink } from './types.ts';

export interface BalanceChains {
  sets: string[];
  chains: string[];
  /** There is a chain `balance` for new connections. */
  proposes: boolean;
  /** There is a chain `load_…` per link for large packets of pinned connections. */
  counts_load: boolean;
}

export interface BalanceInput {
  config: Config;
  /** All that can have live connections. */
  links: RoutableLink[];
  /** The default one first. */
  groups: Group[];
  /** Families in which any link can be routed over. */
  families: Family[];
  /** By netifd interface. */
  lan_devices: Record<string, string>;
  layout: MarkLayout;
}

/** A new connection sits for so long without having moved data: the next one must not wait to see what it becomes. */
const NEW_SEAT_MS = 300;
const SOON = ` timeout ${NEW_SEAT_MS}ms`;
/** A connection that has been silent for so long is not busy; TCP is silent for a while after losses. */
const BUSY_SEAT_MS = 1000;
/** Large packets of a link that renew seats, a second: bounds the work on fast links, is nearly all on slow ones. */
const RENEWALS_PER_S = 500;
/** New connections a second, of the router or on a link, that are weighed; a flood beyond goes in turn. */
export const CHOICES_PER_S = 200;
/** At least 512 bytes, as packets of connections that move data are; tested by bits, which nft does quickest. */
export const IS_LARGE = 'meta length & 0xfffffe00 != 0';
export const IS_SMALL = 'meta length & 0xfffffe00 == 0';
/** Up to so many links all are compared; of more, as many from the turn on: enough to find an idle one. */
const COMPARED_MAX = 16;
const COMPARED_OF_MANY = 8;
/** Any number: the same connection always hashes alike. */
const HASH_SEED = '0x6c696e6b';
/** How often the kernel clears seats that have timed out or were given up. */
const SEAT_CLEAR_MS = 100;
/** The same for the sets of links, which are never short of room. */
const BUSY_CLEAR_MS = 1000;
const BUSY_MAX = 1024;
/** Connections that have just ended. */
const ENDED_SET = 'over';
const ENDED_MAX = 4096;

export const NO_CHAINS: BalanceChains = { sets: [], chains: [], proposes: false, counts_load: false };

/** Nothing when the multipath route is all there is to it. */
export function balance_chains(input: BalanceInput): BalanceChains {
  const { config, groups, families, layout, links } = input;
  const active = groups.filter(is_usable);
  const policies = config.policy.some(policy => policy.enabled);
  const of_default = active.find(group => group.name === DEFAULT_GROUP) ?? null;
  if (active.length === 0 ? !refuses(config) : active.every(is_plain_hash) && !policies) return NO_CHAINS;
  const keep = keep_text(layout);
  const adaptive = active.some(group => group.mode === 'adaptive');
  const levels = level_count(links.length);
  const weight_max = links.reduce((most, link) => Math.max(most, link.weight), 1);
  const seated = adaptive
    ? links.map(link => ({ name: link.name, seats: seats_of(link, weight_max, levels) }))
    : [];
  const sticky = active.filter(group => group.sticky !== 'none');
  // Also the mark of what no policy is about.
  const ask = `meta mark set meta mark & ${keep} | ${mark_text(layout.proposal)}`;
  const choice = policies ? 'choose' : `choose_${DEFAULT_GROUP}`;
  const shared_tries = active.some(group => group.mode === 'adaptive' && group.sticky === 'none');

  return {
    sets: [
      ...(adaptive
        ? numbers(levels).map(level => dynamic_set(`busy_${level}`, 'ct mark', BUSY_MAX, BUSY_CLEAR_MS))
        : []),
      ...(adaptive ? [dynamic_set(ENDED_SET, 'ct id', ENDED_MAX, BUSY_CLEAR_MS)] : []),
      ...seated.flatMap(link => link.seats.map(seat => dynamic_set(seat.set, 'ct id', 1, SEAT_CLEAR_MS))),
    ],
    chains: [
      ...(adaptive ? level_chains(levels, layout) : []),
      ...seated.flatMap(link => seat_chains(link, layout)),
      ...links.flatMap(link => chain(`propose_${link.name}`, [propose(link, layout)])),
      ...sticky.flatMap(group => sticky_chains(group, families)),
      ...(shared_tries ? links.flatMap(link => try_chains(null, link, levels, layout)) : []),
      ...(active.length > 0 ? active : groups.slice(0, 1)).flatMap(group =>
        group_chains(group, input, levels),
      ),
      ...(policies ? policy_chains(input) : []),
      ...chain('balance', [
        // In a flood nobody is asked: what others route, they route with a proposal, too, and only its turn is lost.
        // With stickiness it would be remembered, and a refusal would be for good.
        ...(sticky.length > 0 || refuses(config)
          ? []
          : flood_rules(input, policies ? null : of_default, policies ? `${ask} ` : '', choice)),
        'fib daddr type != unicast return',
        // Whatever else routes this packet (a specific route, another package's rule) finds a route for the question.
        ask,
        `fib daddr . mark oif missing goto ${choice}`,
        `meta mark set meta mark & ${keep}`,
      ]),
    ],
    proposes: true,
    counts_load: adaptive,
  };
}

/**
 * `choose_<group>`: proposes one of the group's links, the one of a client's earlier connections first. A group
 * none of whose links works leaves it to the default one.
 */
function group_chains(group: Group, input: BalanceInput, levels: number): string[] {
  const { families, layout } = input;
  const able = families.map(family => group_carriers(group, family));
  const same = able.every(each => names(each) === names(able[0] ?? []));
  const lines: string[] = [];
  if (group.mode === 'adaptive' && group.sticky !== 'none') {
    lines.push(...group.links.flatMap(link => try_chains(group, link, levels, layout)));
  }
  const rules: string[] = [];
  for (const [index, family] of families.entries()) {
    if (same && index > 0) break;
    const suffix = index === 0 ? '' : '6';
    const there = able[index] ?? [];
    if (group.mode === 'adaptive' && there.length > 1) {
      lines.push(
        ...there.flatMap((link, start) =>
          from_chain(`from${suffix}_${group.name}.${link.name}`, group, rotated(there, start), levels),
        ),
      );
    }
    const own = choose_rules(group, there, same ? families : [family], suffix, layout);
    if (suffix === '') rules.push(...own);
    else lines.push(...chain(`choose${suffix}_${group.name}`, own));
  }
  if (!same) rules.unshift(`meta nfproto ipv6 goto choose6_${group.name}`);
  return [...lines, ...chain(`choose_${group.name}`, rules)];
}

function choose_rules(
  group: Group,
  able: RoutableLink[],
  families: Family[],
  suffix: string,
  layout: MarkLayout,
): string[] {
  if (is_plain_hash(group) || able.length === 0) {
    return [
      group.name === DEFAULT_GROUP
        ? `meta mark set meta mark & ${keep_text(layout)}`
        : `goto choose_${DEFAULT_GROUP}`,
    ];
  }
  const rules = families.flatMap(family => sticky_rules(group, able, family));
  const order = weighted_order(able.map(link => link.weight));
  const turns = (chain_of: (link: RoutableLink) => string) =>
    vmap(order, (index, turn) => {
      const link = able[index] ?? null;
      return `${turn} : goto ${link === null ? '' : chain_of(link)}`;
    });
  const take = (link: RoutableLink) => take_chain(group, link);
  const only = able.length === 1 ? (able[0] ?? null) : null;
  if (only !== null) {
    rules.push(`goto ${take(only)}`);
  } else if (group.mode === 'hash') {
    for (const family of families) {
      const protocol = HEADERS[family];
      const hash = `jhash ${protocol} saddr . ${protocol} daddr . th sport . th dport mod ${order.length} seed ${HASH_SEED}`;
      rules.push(`meta nfproto ${LONG_NAMES[family]} ${hash} ${turns(take)}`);
    }
    // Packets too short to have ports.
    const first = able[0] ?? null;
    if (first !== null) rules.push(`goto ${take(first)}`);
  } else {
    const next = `numgen inc mod ${order.length}`;
    if (group.mode === 'adaptive') {
      const from = turns(link => `from${suffix}_${group.name}.${link.name}`);
      rules.push(`limit rate ${CHOICES_PER_S}/second burst ${CHOICES_PER_S} packets ${next} ${from}`);
    }
    rules.push(`${next} ${turns(take)}`);
  }
  return rules;
}

/** `choose`, which asks the chain `policies`, and a chain for each link that is a target. */
function policy_chains(input: BalanceInput): string[] {
  const { config, links, groups, families, layout, lan_devices } = input;
  const marks = target_marks(config, links, groups, layout);
  const lines = policy_chain(config, marks, lan_devices, layout);
  const elements = [`${marks[DEFAULT_GROUP] ?? ''} : goto choose_${DEFAULT_GROUP}`];
  for (const { name } of groups.filter(is_usable)) {
    if (name !== DEFAULT_GROUP && is_target(config, name)) {
      elements.push(`${marks[name] ?? ''} : goto choose_${name}`);
    }
  }
  for (const link of links) {
    if (!link.usable || !is_target(config, link.name)) continue;
    elements.push(`${marks[link.name] ?? ''} : goto choose_${link.name}`);
    const able = families.filter(family => use_in(link, family) !== 'no');
    const chosen =
      able.length === families.length
        ? [`goto propose_${link.name}`]
        : able
            .map(family => `meta nfproto ${LONG_NAMES[family]} goto propose_${link.name}`)
            .concat([`goto choose_${DEFAULT_GROUP}`]);
    lines.push(...chain(`choose_${link.name}`, chosen));
  }
  const dispatch = `meta mark & ${mark_text(layout.mask)} vmap { ${elements.join(', ')} }`;
  return [...lines, ...chain('choose', ['jump policies', dispatch])];
}

/**
 * What a flood costs is felt: of nobody else's packets the mark is written whole, by a map instead of a chain for each
 * link. `group`: the one that all goes to, null when policies choose.
 */
function flood_rules(input: BalanceInput, group: Group | null, ask: string, choice: string): string[] {
  const { families, layout } = input;
  const flood = `limit rate over ${CHOICES_PER_S}/second burst ${CHOICES_PER_S} packets`;
  const able = group === null ? [] : families.map(family => group_carriers(group, family));
  const links = able[0] ?? [];
  const in_turn =
    group !== null &&
    group.mode !== 'hash' &&
    links.length > 0 &&
    able.every(each => names(each) === names(links));
  if (!in_turn) return [`${flood} ${ask}goto ${choice}`];
  const order = weighted_order(links.map(link => link.weight));
  const marks = order.map((index, turn) => {
    const link = links[index] ?? null;
    return `${turn} : ${link === null ? '' : mark_text(proposed_mark(layout, link.slot))}`;
  });
  return [
    `meta mark 0x00000000 ${flood} meta mark set numgen inc mod ${order.length} map { ${marks.join(', ')} } accept`,
  ];
}

function names(links: RoutableLink[]): string {
  return links.map(link => link.name).join(' ');
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
  /** Levels that the link reaches when this seat is taken. */
  added: number[];
  /** Those that it has reached with the seats below. */
  below: number[];
}

interface SeatedLink {
  name: string;
  seats: Seat[];
}

function seats_of(link: RoutableLink, weight_max: number, levels: number): Seat[] {
  const limits = numbers(levels).map(level => seats_at(level, link.weight, weight_max));
  const levels_at = (fits: (limit: number) => boolean) =>
    numbers(levels).filter(level => fits(limits[level - 1] ?? 0));
  return numbers(limits[levels - 1] ?? 1).map(seat => ({
    set: `seat_${seat}_${link.name}`,
    added: levels_at(limit => limit === seat),
    below: levels_at(limit => limit < seat),
  }));
}

function dynamic_set(name: string, key: string, size: number, clear_ms: number): string {
  return (
    `set ${name} { typeof ${key}; size ${size}; flags dynamic,timeout; ` +
    `timeout ${BUSY_SEAT_MS}ms; gc-interval ${clear_ms}ms; }`
  );
}

/** All links share, for the levels 1 … n: `soon_<n>`, reached for a moment at least, and `gone_<n>`, not any more. */
function level_chains(levels: number, layout: MarkLayout): string[] {
  return numbers(levels).flatMap(level => [
    ...chain(`soon_${level}`, [reach(numbers(level), layout, SOON)]),
    ...chain(`gone_${level}`, [give_up(numbers(level), layout)]),
  ]);
}

/** The link of the packet's connection has reached these levels. */
function reach(levels: number[], layout: MarkLayout, timeout: string): string {
  return levels.map(level => `update @busy_${level} { ${link_key(layout)}${timeout} }`).join(' ');
}

function give_up(levels: number[], layout: MarkLayout): string {
  return levels.map(level => `delete @busy_${level} { ${link_key(layout)} }`).join(' ');
}

function link_key(layout: MarkLayout): string {
  return `ct mark & ${mark_text(layout.mask)}`;
}

/**
 * `sit_` for the first packet of a connection on `link`; `load_` for its large ones, which give up a higher seat
 * when they get a lower one; `end_` for the last packets of a TCP connection.
 */
function seat_chains(link: SeatedLink, layout: MarkLayout): string[] {
  const leave = (seat: Seat) => `ct id @${seat.set} delete @${seat.set} { ct id }`;
  // A link that has reached a level has reached all below.
  const reached = (seat: Seat) => seat.below.length + seat.added.length;
  const highest = link.seats[link.seats.length - 1] ?? null;
  return [
    ...chain(`sit_${link.name}`, [
      ...link.seats.map(seat => `update @${seat.set} { ct id${SOON} } goto soon_${reached(seat)}`),
      ...(highest === null ? [] : [`goto soon_${reached(highest)}`]),
    ]),
    ...link.seats.flatMap((own, index) =>
      chain(`move_${index + 1}_${link.name}`, [
        ...(own.below.length === 0 ? [] : [`jump soon_${own.below.length}`]),
        ...link.seats
          .slice(index + 1)
          .map(seat => [leave(seat), give_up(seat.added, layout), 'return'].join(' ')),
      ]),
    ),
    ...chain(`load_${link.name}`, [
      `limit rate over ${RENEWALS_PER_S}/second return`,
      `ct id @${ENDED_SET} return`,
      ...link.seats.map((seat, index) =>
        [
          `update @${seat.set} { ct id }`,
          reach(seat.added, layout, ''),
          `goto move_${index + 1}_${link.name}`,
        ].join(' '),
      ),
    ]),
    // What was under way when the connection ended still comes, and sits nowhere. Whoever sits on the seats below
    // says so with the next packet.
    ...chain(`end_${link.name}`, [
      `limit rate over ${RENEWALS_PER_S}/second return`,
      `add @${ENDED_SET} { ct id }`,
      ...link.seats.map(seat => `${leave(seat)} goto gone_${reached(seat)}`),
    ]),
  ];
}

function propose(link: RoutableLink, layout: MarkLayout): string {
  return `meta mark set meta mark & ${keep_text(layout)} | ${mark_text(proposed_mark(layout, link.slot))}`;
}

/** `try_<level>_…` gives `link` the connection for good when it has not reached the level. */
function try_chains(group: Group | null, link: RoutableLink, levels: number, layout: MarkLayout): string[] {
  return numbers(levels).flatMap(level => {
    const load = `meta mark & ${mark_text(layout.slot_mask)}`;
    const verdict = group === null ? 'accept' : `goto ${take_chain(group, link)}`;
    return chain(try_name(group, link, level), [
      `${propose(link, layout)} ${load} != @busy_${level} ${verdict}`,
    ]);
  });
}

/** Groups without stickiness share the chains. */
function try_name(group: Group | null, link: RoutableLink, level: number): string {
  return group === null ? `try_${level}_${link.name}` : `try_${level}_${group.name}.${link.name}`;
}

/** Starting at a link, all links level by level; with all of them full, the first. */
function from_chain(name: string, group: Group, rotation: RoutableLink[], levels: number): string[] {
  const compared = rotation.length <= COMPARED_MAX ? rotation : rotation.slice(0, COMPARED_OF_MANY);
  const own = group.sticky === 'none' ? null : group;
  const first = rotation[0] ?? null;
  return chain(name, [
    ...numbers(levels).flatMap(level => compared.map(link => `jump ${try_name(own, link, level)}`)),
    ...(first === null ? [] : [`goto ${take_chain(group, first)}`]),
  ]);
}

function rotated(links: RoutableLink[], start: number): RoutableLink[] {
  return links.slice(start).concat(links.slice(0, start));
}

/** 1 … count. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
