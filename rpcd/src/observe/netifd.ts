/** What netifd says about interfaces: `ubus call network.interface dump`. */

import type { JsonObject } from '../../platform/platform.ts';
import { is_interface_name } from '../config/formats.ts';
import { boolean_at, number_at, object_at, objects_at, text_at, texts_at } from '../json.ts';
import { address_family, is_ipv4, is_ipv6 } from '../net/address.ts';
import { type Network, network_of, overlap } from '../net/network.ts';
import { distinct } from '../plan/nft_text.ts';
import type { AssignedNetwork, DelegatedPrefix, FamilyState, InterfaceState } from '../plan/types.ts';

const ANY_ADDRESS4 = '0.0.0.0';
const ANY_ADDRESS6 = '::';

/** Protocols whose devices reach the other side without a gateway, with or without a default route of netifd's. */
const POINT_TO_POINT_PROTOCOLS = ['wireguard', 'ppp', 'pppoe', 'pptp', 'l2tp', 'sstp', '3g'];

/** Interfaces by name. Names and addresses that are not what they should be are taken for missing. */
export function interfaces_from_dump(dump: JsonObject): Record<string, InterfaceState> {
  const interfaces: Record<string, InterfaceState> = {};
  for (const entry of objects_at(dump, 'interface')) {
    const name = text_at(entry, 'interface');
    if (is_interface_name(name)) interfaces[name] = interface_state(entry);
  }
  // Modems (QMI, MBIM, NCM) bring a dynamic interface for IPv4 that holds the address; the link names the parent.
  for (const name of Object.keys(interfaces)) {
    const parent = interfaces[name] ?? null;
    const child = interfaces[`${name}_4`] ?? null;
    if (parent === null || child === null || parent.ip4.address !== null) continue;
    if (parent.device !== null && parent.device === child.device) parent.ip4 = child.ip4;
  }
  // IPv6 has an interface of its own on the same device: `wan6` by configuration, `wan_6` with PPP and modems.
  const with_ip6: Record<string, InterfaceState> = {};
  for (const name of Object.keys(interfaces)) {
    const state = interfaces[name] ?? null;
    if (state === null || state.device === null || !has_uplink6(state)) continue;
    if (!Object.hasOwn(with_ip6, state.device)) with_ip6[state.device] = state;
  }
  for (const name of Object.keys(interfaces)) {
    const state = interfaces[name] ?? null;
    if (state === null || state.device === null || has_uplink6(state)) continue;
    const other = Object.hasOwn(with_ip6, state.device) ? (with_ip6[state.device] ?? null) : null;
    if (other === null) continue;
    state.ip6 = other.ip6;
    state.prefixes = other.prefixes;
    state.dns = distinct(state.dns.concat(other.dns));
  }
  return interfaces;
}

/** What netifd broadcasts no event for when it changes, and the kernel neither: name servers and prefixes. */
export function unannounced(dump: JsonObject): string {
  const lines = objects_at(dump, 'interface').map(entry =>
    [
      text_at(entry, 'interface'),
      ...texts_at(entry, 'dns-server'),
      ...objects_at(entry, 'ipv6-prefix').map(prefix => text_at(prefix, 'address')),
    ].join(' '),
  );
  return lines.join('\n');
}

function has_uplink6(state: InterfaceState): boolean {
  return state.ip6.gateway !== null || state.ip6.point_to_point || state.prefixes.length > 0;
}

function interface_state(entry: JsonObject): InterfaceState {
  const up = boolean_at(entry, 'up');
  const device = text_at(entry, 'l3_device');
  return {
    up,
    device: up && is_device_name(device) ? device : null,
    carrier: true,
    is_wireguard: text_at(entry, 'proto') === 'wireguard',
    dns: texts_at(entry, 'dns-server').filter(server => address_family(server) !== null),
    ip4: family_state(entry, 'ipv4-address', is_ipv4, ANY_ADDRESS4),
    ip6: family_state(entry, 'ipv6-address', is_ipv6, ANY_ADDRESS6),
    prefixes: delegated_prefixes(entry),
    assignments: assigned_networks(entry),
  };
}

function family_state(
  entry: JsonObject,
  list: string,
  is_address: (text: string) => boolean,
  any_address: string,
): FamilyState {
  const address = best_address(objects_at(entry, list).filter(each => is_address(text_at(each, 'address'))));

  // `defaultroute '0'` and a lower metric elsewhere leave the route in `inactive`, with its gateway.
  const routes = objects_at(entry, 'route').concat(objects_at(object_at(entry, 'inactive'), 'route'));
  const defaults = routes.filter(
    route => number_at(route, 'mask') === 0 && is_address(text_at(route, 'target')),
  );
  const hops = defaults.map(route => text_at(route, 'nexthop'));
  const gateway = hops.find(hop => is_address(hop) && hop !== any_address) ?? null;
  const tunnel = address !== null && POINT_TO_POINT_PROTOCOLS.includes(text_at(entry, 'proto'));
  return { address, gateway, point_to_point: gateway === null && (defaults.length > 0 || tunnel) };
}

/**
 * The first one that is not deprecated (`preferred` 0, after a provider renumbered) and not unique local (from a
 * router in between); the first one at all when there is none.
 */
function best_address(addresses: JsonObject[]): string | null {
  const rank = (address: JsonObject) => {
    const deprecated = Object.hasOwn(address, 'preferred') && number_at(address, 'preferred') === 0;
    return (deprecated ? 2 : 0) + (/^f[cd]/i.test(text_at(address, 'address')) ? 1 : 0);
  };
  let best: JsonObject | null = null;
  for (const address of addresses) {
    if (best === null || rank(address) < rank(best)) best = address;
  }
  return best === null ? null : text_at(best, 'address');
}

function delegated_prefixes(entry: JsonObject): DelegatedPrefix[] {
  const prefixes: DelegatedPrefix[] = [];
  const taken: Network[] = [];
  for (const given of objects_at(entry, 'ipv6-prefix')) {
    const prefix = network_text(given);
    const parsed = network_of(prefix ?? '');
    // What overlaps could not be told apart.
    if (prefix === null || parsed === null || taken.some(other => overlap(other, parsed))) continue;
    taken.push(parsed);
    const assigned: Record<string, string> = {};
    const given_assigned = object_at(given, 'assigned');
    for (const name of Object.keys(given_assigned)) {
      const network = network_text(object_at(given_assigned, name));
      if (network !== null && is_interface_name(name)) assigned[name] = network;
    }
    prefixes.push({ prefix, assigned });
  }
  return prefixes;
}

function assigned_networks(entry: JsonObject): AssignedNetwork[] {
  const networks: AssignedNetwork[] = [];
  for (const given of objects_at(entry, 'ipv6-prefix-assignment')) {
    const network = network_text(given);
    if (network === null) continue;
    const address = text_at(object_at(given, 'local-address'), 'address');
    networks.push({ network, address: is_ipv6(address) ? address : null });
  }
  return networks;
}

/** `address` and `mask` of an IPv6 network in prefix notation; null when they are none, or the whole internet. */
function network_text(network: JsonObject): string | null {
  const address = text_at(network, 'address');
  const length = number_at(network, 'mask');
  return is_ipv6(address) && length >= 1 && length <= 128 ? `${address}/${length}` : null;
}

/** Linux allows nearly anything of 15 bytes; these are the characters that need no quoting in ip, nft and /proc. */
export function is_device_name(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,14}$/.test(text) && text !== 'lo';
}
