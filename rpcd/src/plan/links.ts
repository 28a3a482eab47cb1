/** Which links can be routed over, why one cannot, and which of them get new connections. */

import type { Config, Link } from '../config/schema.gen.ts';
import { FAMILIES, type Family, type Network6, network6, networks6_overlap } from '../net/address.ts';
import type { FamilyState, InterfaceState, Observed, Path, RoutableLink, Translation } from './types.ts';

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
  if (path4(state) !== null || (observed.ip6 && path6(state) !== null)) return null;
  return state.ip4.address === null ? 'no-address' : 'no-gateway';
}

function path4(state: InterfaceState): Path | null {
  return state.ip4.address === null ? null : path(state.ip4);
}

/** Some providers delegate a prefix and give the device itself no address. */
function path6(state: InterfaceState): Path | null {
  return state.ip6.address === null && state.prefixes.length === 0 ? null : path(state.ip6);
}

function path(state: FamilyState): Path | null {
  if (state.gateway === null && !state.point_to_point) return null;
  return { address: state.address, gateway: state.gateway };
}

/**
 * Links without an obstacle. One that is switched off or dead keeps its table and its pins, so that its live
 * connections stay where they are and probes still leave by it; it only gets no new connections.
 */
export function routable_links(
  config: Config,
  observed: Observed,
  slots: Record<string, number>,
): RoutableLink[] {
  const links: RoutableLink[] = [];
  const taken: Network6[] = [];
  for (const link of config.link) {
    if (obstacle(link, config, observed) !== null) continue;
    const state = observed.interfaces[link.interface] ?? null;
    if (state === null || state.device === null) continue;
    const ip6 = observed.ip6 ? path6(state) : null;
    const prefixes = state.prefixes.map(({ prefix }) => prefix);
    links.push({
      name: link.name,
      slot: slots[link.name] ?? 0,
      device: state.device,
      weight: link.weight,
      tier: link.tier,
      usable: link.enabled && (observed.verdicts[link.name] ?? 'unknown') !== 'dead',
      ip4: path4(state),
      ip6,
      prefixes,
      own_prefixes: ip6 === null ? [] : claimed(prefixes, taken),
      nat6: link.nat6,
      lan_address6: lan_address6(state, config, observed),
      translations: link.nat6 === 'prefix' ? translations(state, config, observed) : [],
    });
  }
  return links;
}

/** Those of a link's prefixes that overlap with none of `taken`, the earlier links'; all of them are taken then. */
function claimed(prefixes: string[], taken: Network6[]): string[] {
  const networks = prefixes.map(network6);
  const own = prefixes.filter((_prefix, index) => {
    const network = networks[index] ?? null;
    return network !== null && !taken.some(earlier => networks6_overlap(earlier, network));
  });
  taken.push(...networks);
  return own;
}

/** Those of `links` that get new connections of a family: of the lowest tier that has any. */
export function carriers(links: RoutableLink[], family: Family): RoutableLink[] {
  const able = links.filter(link => link.usable && link[family] !== null);
  const tier = able.reduce((lowest, link) => Math.min(lowest, link.tier), 9);
  return able.filter(link => link.tier === tier);
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
