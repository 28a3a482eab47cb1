/** Which links can be routed over, why one cannot, and which of them get new connections. */

import type { Config, Link } from '../config/schema.gen.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import { type Network, network_of, overlap } from '../net/network.ts';
import type {
  FamilyState,
  InterfaceState,
  Observed,
  Path,
  RoutableLink,
  Translation,
  Use,
  Verdict,
} from './types.ts';

/** Why nothing can leave by a link; shown to the user as the reason of the state `down`. */
export type Obstacle = 'no-interface' | 'interface-down' | 'no-address' | 'no-gateway' | 'shared-device';

/** Null when the link can be routed over. */
export function obstacle(link: Link, config: Config, observed: Observed): Obstacle | null {
  const own = own_obstacle(link, observed);
  if (own !== null) return own;
  // Interfaces can share a device (netifd's `@wan` aliases); a packet's device then names the first link.
  const device = observed.interfaces[link.interface]?.device ?? null;
  for (const other of config.link) {
    if (other.name === link.name) break;
    if (own_obstacle(other, observed) !== null) continue;
    if ((observed.interfaces[other.interface]?.device ?? null) === device) return 'shared-device';
  }
  return null;
}

/** An uplink is there for IPv4; one for IPv6 alone does as well. */
function own_obstacle(link: Link, observed: Observed): Obstacle | null {
  const state = observed.interfaces[link.interface] ?? null;
  if (state === null) return 'no-interface';
  if (!state.up || state.device === null) return 'interface-down';
  if (path4(state, 'yes') !== null || (observed.ip6 && path6(state, 'yes') !== null)) return null;
  return state.ip4.address === null ? 'no-address' : 'no-gateway';
}

function path4(state: InterfaceState, use: Use): Path | null {
  return state.ip4.address === null ? null : path(state.ip4, use);
}

/** Some providers delegate a prefix and give the device itself no address. */
function path6(state: InterfaceState, use: Use): Path | null {
  return state.ip6.address === null && state.prefixes.length === 0 ? null : path(state.ip6, use);
}

function path(state: FamilyState, use: Use): Path | null {
  if (state.gateway === null && !state.point_to_point) return null;
  return { address: state.address, gateway: state.gateway, use };
}

/**
 * Links without an obstacle. One that is switched off or dead keeps its table and its pins, so that its live
 * connections stay where they are and probes still leave by it; it only gets no new connections.
 */
export function routable_links(config: Config, observed: Observed): RoutableLink[] {
  const links: RoutableLink[] = [];
  const taken: Network[] = [];
  for (const link of config.link) {
    if (obstacle(link, config, observed) !== null) continue;
    const state = observed.interfaces[link.interface] ?? null;
    if (state === null || state.device === null) continue;
    const use = (family: Family) => use_of(link, state, observed.verdicts[family]);
    const ip4 = path4(state, use('ip4'));
    const ip6 = observed.ip6 ? path6(state, use('ip6')) : null;
    const prefixes = state.prefixes.map(({ prefix }) => prefix);
    links.push({
      name: link.name,
      slot: observed.slots[link.name] ?? 0,
      device: state.device,
      weight: link.weight,
      tier: link.tier,
      latency_ms: observed.latency_ms[link.name] ?? null,
      networks: link.network,
      usable: [ip4, ip6].some(path => path !== null && path.use !== 'no'),
      ip4,
      ip6,
      prefixes,
      own_prefixes: ip6 === null ? [] : claimed(prefixes, taken),
      nat6: link.nat6,
      exit: link.exit,
      dns: state.dns,
      lan_address6: lan_address6(state, config, observed),
      translations: link.nat6 === 'prefix' ? translations(state, config, observed) : [],
    });
  }
  return reduced(links, config, observed);
}

/** What a link's state in one family means for new connections. */
function use_of(link: Link, state: InterfaceState, verdicts: Record<string, Verdict>): Use {
  if (!link.enabled || !state.carrier) return 'no';
  switch (verdicts[link.name] ?? 'alive') {
    case 'alive':
      return 'yes';
    case 'degraded':
      return link.degraded === 'leave' ? 'last-resort' : 'yes';
    case 'unknown':
    case 'held':
      return 'last-resort';
    case 'captive':
    case 'dead':
      return 'no';
  }
}

/** How much less a degraded link gets. */
const REDUCED = 4;
/** The kernel's multipath routes take no more. */
const WEIGHT_MAX = 256;

/** A degraded link's share is reduced by giving all others more, as far as weights allow it. */
function reduced(links: RoutableLink[], config: Config, observed: Observed): RoutableLink[] {
  const names = config.link
    .filter(link => link.degraded === 'reduce')
    .filter(link => FAMILIES.some(family => (observed.verdicts[family][link.name] ?? 'alive') === 'degraded'))
    .map(link => link.name);
  if (names.length === 0) return links;
  const factor = links.every(link => link.weight * REDUCED <= WEIGHT_MAX) ? REDUCED : 1;
  return links.map(link => {
    const weight = names.includes(link.name)
      ? Math.max(1, Math.floor((link.weight * factor) / REDUCED))
      : link.weight * factor;
    return { ...link, weight };
  });
}

/** Those of a link's prefixes that overlap with none of `taken`, the earlier links'; all of them are taken then. */
function claimed(prefixes: string[], taken: Network[]): string[] {
  const networks = prefixes.map(network_of);
  const own = prefixes.filter((_prefix, index) => {
    const network = networks[index] ?? null;
    return network !== null && !taken.some(earlier => overlap(earlier, network));
  });
  taken.push(...networks.filter(network => network !== null));
  return own;
}

/**
 * Those of `links` that get new connections of a family: of the lowest tier that has any, and those that are a last
 * resort only when no other is there.
 */
export function carriers(links: RoutableLink[], family: Family): RoutableLink[] {
  const good = links.filter(link => use_in(link, family) === 'yes');
  const able = good.length > 0 ? good : links.filter(link => use_in(link, family) === 'last-resort');
  const tier = able.reduce((lowest, link) => Math.min(lowest, link.tier), 9);
  return able.filter(link => link.tier === tier);
}

export function use_in(link: RoutableLink, family: Family): Use {
  const path = link[family];
  return path === null ? 'no' : path.use;
}

/** The link that goes on with the connections of a dead one of this exit; null without an exit, or without another. */
export function heir_of(exit: string, links: RoutableLink[], family: Family): RoutableLink | null {
  if (exit === '') return null;
  return links.find(link => link.exit === exit && use_in(link, family) !== 'no') ?? null;
}

/** Names of the links that get new connections of the default group, in any family. */
export function carrying(links: RoutableLink[]): string[] {
  return FAMILIES.flatMap(family => carriers(links, family)).map(link => link.name);
}

/** The router's own address in a network that a LAN interface has from this uplink's prefixes. */
function lan_address6(state: InterfaceState, config: Config, observed: Observed): string | null {
  for (const { assigned } of state.prefixes) {
    for (const name of config.globals.lan_interface) {
      const network = Object.hasOwn(assigned, name) ? assigned[name] : null;
      const own = observed.interfaces[name]?.assignments.find(each => each.network === network) ?? null;
      if (own !== null && own.address !== null) return own.address;
    }
  }
  return null;
}

/** From each other network of a LAN interface to the one of the same length that it has from this uplink. */
function translations(state: InterfaceState, config: Config, observed: Observed): Translation[] {
  const found: Translation[] = [];
  for (const name of config.globals.lan_interface) {
    const own = state.prefixes.find(({ assigned }) => Object.hasOwn(assigned, name)) ?? null;
    const to = own === null ? null : (own.assigned[name] ?? null);
    if (to === null) continue;
    for (const { network } of observed.interfaces[name]?.assignments ?? []) {
      const ours = state.prefixes.some(
        ({ assigned }) => Object.hasOwn(assigned, name) && assigned[name] === network,
      );
      if (!ours && length_of(network) === length_of(to)) found.push({ from: network, to });
    }
  }
  return found;
}

function length_of(network: string): string {
  return network.split('/')[1] ?? '';
}
