/** What is wrong with a tunnel: each refusal with the section and option in /etc/config, the reason and what to do. */

import type { UciSection } from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import { decimal, is_ipv4, is_ipv6 } from '../net/address.ts';
import { covers, is_host, is_host_name, type Network, network_of, overlap } from '../net/network.ts';
import { is_target_word } from '../plan/targets.ts';
import type { ConfigError, Tunnel, TunnelPeer } from '../rpc.ts';
import { is_key, KEY_REASON } from './keys.ts';
import { interface_name, is_tunnel_name, peer_section } from './names.ts';
import { list_option, type StoredTunnel, stored_tunnels, text_option } from './stored.ts';

/** What there is already, with what the session has staged. */
export interface Present {
  network: UciSection[];
  config: Config;
}

const MTU_MIN = 576;
const MTU_MAX = 9200;
const EVERYTHING = ['0.0.0.0/0', '::/0'];

/** Empty when it can be written. */
export function tunnel_errors(tunnel: Tunnel, create: boolean, present: Present): ConfigError[] {
  const errors: ConfigError[] = [];
  const section = interface_name(tunnel.name);
  const refuse = (option: string, reason: string) => {
    errors.push({ section, option, reason });
  };
  if (!is_tunnel_name(tunnel.name)) {
    refuse(
      'name',
      'must be 1 to 7 letters, digits or _: the device gets the prefix linkagg_, and 15 characters',
    );
    return errors;
  }
  const tunnels = stored_tunnels(present.network);
  const stored = tunnels.find(each => each.interface === section) ?? null;
  const taken = name_reason(tunnel, create, stored, present);
  if (taken !== null) refuse('name', taken);

  if (tunnel.private_key !== null && !is_key(tunnel.private_key)) refuse('private_key', KEY_REASON);
  const port = tunnel.listen_port;
  if (port !== null && !is_port(port)) refuse('listen_port', 'must be a port from 1 to 65535');
  const other = tunnels.find(each => each.interface !== section && each.listen_port === port) ?? null;
  if (port !== null && other !== null) {
    refuse(
      'listen_port',
      `is that of ${other.interface}: each tunnel needs a port of its own, choose another`,
    );
  }
  if (tunnel.mtu !== null && (tunnel.mtu < MTU_MIN || tunnel.mtu > MTU_MAX)) {
    refuse('mtu', `must be from ${MTU_MIN} to ${MTU_MAX}, or nothing for what WireGuard takes by itself`);
  }
  for (const reason of address_reasons(tunnel, section, present.network)) refuse('addresses', reason);
  const uplink = uplink_reason(tunnel, create, present.config);
  if (uplink !== null) refuse('uplink', uplink);
  if (tunnel.exit !== '' && !/^[A-Za-z0-9_]{1,32}$/.test(tunnel.exit)) {
    refuse('exit', 'must be empty or a name of 1 to 32 letters, digits or underscores');
  }

  if (tunnel.peers.length === 0) refuse('peers', 'is empty: a tunnel needs a peer at its other side');
  for (const [index, peer] of tunnel.peers.entries()) {
    const earlier = tunnel.peers.slice(0, index);
    errors.push(...peer_errors(peer, peer_section(section, index + 1), tunnel, earlier, present.network));
  }
  return errors;
}

/** What is allowed, but probably not what was wanted. */
export function tunnel_notes(tunnel: Tunnel): string[] {
  const notes: string[] = [];
  const allowed = tunnel.peers.flatMap(peer => peer.allowed_ips);
  if (!EVERYTHING.some(network => allowed.includes(network))) {
    notes.push(
      `${interface_name(tunnel.name)}: connections to addresses outside of ${allowed.join(', ')} are dropped by WireGuard: ` +
        'add 0.0.0.0/0 to the allowed addresses if the tunnel leads to the internet',
    );
  }
  if (tunnel.nat === 'none' && tunnel.exit === '') {
    notes.push(
      `${interface_name(tunnel.name)}: the far side has to translate addresses and to know the way back to the LAN`,
    );
  }
  return notes;
}

function name_reason(
  tunnel: Tunnel,
  create: boolean,
  stored: StoredTunnel | null,
  present: Present,
): string | null {
  if (!create) return stored === null ? `there is no tunnel ${tunnel.name}: reload the page` : null;
  return taken_reason(tunnel.name, present);
}

/** Why there cannot be one more interface with a link of this name; null when there can. */
export function taken_reason(name: string, present: Present): string | null {
  const device = interface_name(name);
  for (const section of present.network) {
    const names = [section.name, section.type === 'device' ? text_option(section, 'name') : ''];
    const taken = [name, device].find(each => names.includes(each)) ?? null;
    if (taken !== null) return `/etc/config/network has ${taken} already: choose another name`;
  }
  if (is_target_word(name)) return `${name} is reserved: choose another name`;
  const { link, group, policy, nat } = present.config;
  const used = [...link, ...group, ...policy, ...nat].some(each => each.name === name);
  return used ? `${name} is the name of a link, group, policy or NAT rule already: choose another` : null;
}

function address_reasons(tunnel: Tunnel, section: string, network: UciSection[]): string[] {
  if (tunnel.addresses.length === 0) return ['is empty: give the router an address in the tunnel'];
  const reasons: string[] = [];
  for (const address of tunnel.addresses) {
    const own = network_of(address);
    if (own === null) {
      reasons.push(`must be an address such as 10.9.0.2/32 or fd00:9::2/64, not '${address}'`);
      continue;
    }
    for (const other of network) {
      if (other.type !== 'interface' || other.name === section) continue;
      // Providers give every customer the same address: as hosts two of them are told apart by their device.
      const clash = networks_of(other).find(each => overlap(own, each) && !(is_host(own) && is_host(each)));
      if (clash !== undefined) {
        reasons.push(
          `${address} overlaps with the network of ${other.name}: choose another network, or the prefix length ${own.family === 'ip4' ? 32 : 128}`,
        );
      }
    }
  }
  return reasons;
}

/** Addresses of a static interface or a tunnel, with their prefix lengths as far as they have any. */
export function addresses_of(section: UciSection): string[] {
  const mask = text_option(section, 'netmask');
  const length = is_ipv4(mask) ? `/${mask_length(mask)}` : '';
  return list_option(section, 'ipaddr')
    .map(address => (address.includes('/') ? address : `${address}${length}`))
    .concat(list_option(section, 'ip6addr'), list_option(section, 'addresses'));
}

export function networks_of(section: UciSection): Network[] {
  return addresses_of(section).flatMap(text => {
    const network = network_of(text);
    return network === null ? [] : [network];
  });
}

/** The router's address in a network of a static interface's in which this host is, too; empty when there is none. */
export function own_address_near(host: string, network: UciSection[]): string {
  const wanted = network_of(host);
  for (const section of network) {
    if (text_option(section, 'proto') !== 'static' || wanted === null) continue;
    for (const text of addresses_of(section)) {
      const own = network_of(text);
      if (own !== null && !is_host(own) && covers(own, wanted)) return text.split('/')[0] ?? '';
    }
  }
  return '';
}

/** Of a netmask in dotted quad, as far as its ones go. */
function mask_length(mask: string): number {
  let length = 0;
  for (const part of mask.split('.').map(decimal)) {
    let rest = part;
    while (rest >= 128) {
      length += 1;
      rest = (rest - 128) * 2;
    }
    if (part !== 255) break;
  }
  return length;
}

function uplink_reason(tunnel: Tunnel, create: boolean, config: Config): string | null {
  if (tunnel.uplink === '') return null;
  if (tunnel.uplink === tunnel.name) return 'is the tunnel itself: it cannot run through itself';
  const way = [tunnel.name];
  let next = tunnel.uplink;
  while (next !== '') {
    if (way.includes(next)) return `leads back to itself: ${way.join(', ')}, ${next}: choose another`;
    const name = next;
    const link = config.link.find(each => each.name === name) ?? null;
    if (link === null) return `there is no link ${name}: choose one that exists, or none`;
    way.push(name);
    next = !create && name === tunnel.name ? tunnel.uplink : link.uplink;
  }
  return null;
}

function peer_errors(
  peer: TunnelPeer,
  section: string,
  tunnel: Tunnel,
  earlier: TunnelPeer[],
  network: UciSection[],
): ConfigError[] {
  const errors: ConfigError[] = [];
  const refuse = (option: string, reason: string) => {
    errors.push({ section, option, reason });
  };
  if (!is_key(peer.public_key)) refuse('public_key', KEY_REASON);
  else if (earlier.some(other => other.public_key === peer.public_key)) {
    refuse('public_key', 'is that of another peer of this tunnel: each key can be there once');
  }
  const preshared = peer.preshared_key ?? '';
  if (preshared !== '' && !is_key(preshared)) refuse('preshared_key', KEY_REASON);
  if (!is_port(peer.endpoint_port)) refuse('endpoint_port', 'must be a port from 1 to 65535');
  if (peer.persistent_keepalive < 0 || peer.persistent_keepalive > 65535) {
    refuse('persistent_keepalive', 'must be seconds from 0 (never) to 65535; 25 does for most');
  }
  const host = peer.endpoint_host;
  const is_address = is_ipv4(host) || is_ipv6(host);
  if (host !== '' && !is_address && !is_host_name(host)) {
    refuse('endpoint_host', 'must be an address or a host name, without port or brackets');
  }
  if (peer.allowed_ips.length === 0) {
    refuse('allowed_ips', 'is empty: WireGuard would drop everything, 0.0.0.0/0 and ::/0 allow all');
  }
  for (const allowed of peer.allowed_ips) {
    const wanted = network_of(allowed);
    if (wanted === null) {
      refuse('allowed_ips', `must be networks such as 0.0.0.0/0 or 10.9.0.0/24, not '${allowed}'`);
      continue;
    }
    if (earlier.some(other => other.allowed_ips.some(each => is_same(network_of(each), wanted)))) {
      refuse(
        'allowed_ips',
        `${allowed} is allowed for another peer already: WireGuard sends it to one of them only`,
      );
    }
  }
  // A host in a network of the router's own is reached by its route, whatever goes into the tunnel.
  const is_neighbour = own_address_near(host, network) !== '';
  if (tunnel.uplink === '' && host !== '' && !is_neighbour && may_lie_in(host, peer.allowed_ips)) {
    refuse(
      'endpoint_host',
      "lies within this tunnel's allowed addresses, so the tunnel's own packets could go into the tunnel: choose its uplink",
    );
  }
  return errors;
}

function is_same(a: Network | null, b: Network): boolean {
  return a !== null && a.length === b.length && overlap(a, b);
}

/** A name may become any address. */
function may_lie_in(host: string, allowed: string[]): boolean {
  if (!is_ipv4(host) && !is_ipv6(host)) return EVERYTHING.some(network => allowed.includes(network));
  const address = network_of(host);
  return allowed.some(text => {
    const network = network_of(text);
    return address !== null && network !== null && covers(network, address);
  });
}

function is_port(port: number): boolean {
  return port >= 1 && port <= 65535;
}
