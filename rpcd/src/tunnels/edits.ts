/**
 * A tunnel in UCI: its interface and peers in network, its membership in firewall, its link in linkagg.
 *
 * Sections of ours are written whole and removed whole. In a zone of somebody else's only our own item of its list
 * is touched.
 */

import type { UciEdit, UciSection } from '../../platform/platform.ts';
import type { Config, Link } from '../config/schema.gen.ts';
import { link_fields } from '../config/schema.gen.ts';
import type { ConfigError, Tunnel } from '../rpc.ts';
import {
  EXIT_SECTION,
  EXIT_ZONE,
  forwarding_section,
  interface_name,
  PREFIX,
  peer_section,
  peer_type,
} from './names.ts';
import { list_option, type StoredTunnel, stored_tunnel, stored_tunnels, text_option } from './stored.ts';

/** First of the ports that tunnels get by themselves; not WireGuard's own, which a server on the router may have. */
const FIRST_PORT = 51821;

/** Interface and peers. `private_key` and `listen_port` are decided already. */
export function network_edits(tunnel: Tunnel, network: UciSection[]): UciEdit[] {
  const section = interface_name(tunnel.name);
  const stored = stored_tunnel(network, section);
  const edits = network_removal(section, network);
  const set = (to: string, option: string, value: string | string[] | null) => {
    const empty = value === null || (Array.isArray(value) ? value.length === 0 : value === '');
    if (!empty) edits.push({ kind: 'set', section: to, option, value });
  };
  edits.push({ kind: 'create', section, type: 'interface' });
  set(section, 'proto', 'wireguard');
  set(section, 'private_key', tunnel.private_key);
  set(section, 'listen_port', `${tunnel.listen_port ?? 0}`);
  set(section, 'addresses', tunnel.addresses);
  set(section, 'mtu', tunnel.mtu === null ? null : `${tunnel.mtu}`);
  // The way to the server is a matter of the rules for its own packets: a route would be the same for all tunnels.
  set(section, 'nohostroute', '1');
  for (const [index, peer] of tunnel.peers.entries()) {
    const to = peer_section(section, index + 1);
    edits.push({ kind: 'create', section: to, type: peer_type(section) });
    set(to, 'public_key', peer.public_key);
    set(to, 'preshared_key', peer.preshared_key ?? stored_preshared_key(stored, peer.public_key));
    if (peer.endpoint_host !== '') {
      set(to, 'endpoint_host', peer.endpoint_host);
      set(to, 'endpoint_port', `${peer.endpoint_port}`);
    }
    set(to, 'allowed_ips', peer.allowed_ips);
    set(to, 'persistent_keepalive', `${peer.persistent_keepalive}`);
    set(to, 'route_allowed_ips', '0');
  }
  return edits;
}

function stored_preshared_key(stored: StoredTunnel | null, public_key: string): string {
  const peer = stored?.peers.find(each => each.public_key === public_key) ?? null;
  return peer === null ? '' : peer.preshared_key;
}

/** Takes an interface with its peers away. */
export function network_removal(section: string, network: UciSection[]): UciEdit[] {
  return network
    .filter(({ name, type }) => (name === section && type === 'interface') || type === peer_type(section))
    .map(({ name }) => ({ kind: 'remove', section: name }));
}

/** A port that no WireGuard interface of the router has. */
export function free_port(network: UciSection[]): number {
  const taken = stored_tunnels(network).map(({ listen_port }) => listen_port);
  let port = FIRST_PORT;
  while (taken.includes(port)) port += 1;
  return port;
}

/** In which zone an interface is: translated there or not. */
export function nat_of(name: string, firewall: UciSection[]): 'masquerade' | 'none' | 'other' {
  const zone = firewall.find(each => each.type === 'zone' && list_option(each, 'network').includes(name));
  if (zone === undefined) return 'other';
  if (zone.name === EXIT_SECTION) return 'none';
  return text_option(zone, 'masq') === '1' ? 'masquerade' : 'other';
}

/** Puts the tunnel into the zone that it shall be in, and out of all others. `error` when there is no such zone. */
export function firewall_edits(
  tunnel: Tunnel,
  config: Config,
  firewall: UciSection[],
): { edits: UciEdit[]; error: ConfigError | null } {
  const name = interface_name(tunnel.name);
  const uplink = config.link.find(each => each.name === tunnel.uplink)?.interface ?? '';
  const { wan, error } = wan_zone(uplink, firewall);
  if (wan === null) return { edits: [], error };
  if (tunnel.nat === 'masquerade') return { edits: zone_edits(firewall, [], [name], wan.name), error };
  const edits = zone_edits(firewall, [], [name], EXIT_SECTION);
  if (!firewall.some(each => each.name === EXIT_SECTION)) edits.push(...new_exit_zone(name, wan, firewall));
  return { edits, error };
}

/** The zone of an uplink's interface, or the first one with address translation. */
export function wan_zone(
  uplink: string,
  firewall: UciSection[],
): { wan: UciSection | null; error: ConfigError | null } {
  const zones = firewall.filter(({ type, name }) => type === 'zone' && name !== EXIT_SECTION);
  const masquerading = zones.filter(zone => text_option(zone, 'masq') === '1');
  const of_uplink = masquerading.find(zone => list_option(zone, 'network').includes(uplink)) ?? null;
  const named_wan = masquerading.find(zone => text_option(zone, 'name') === 'wan') ?? null;
  const wan = of_uplink ?? named_wan ?? masquerading[0] ?? null;
  const reason = 'there is no firewall zone with masquerading: make one for the uplinks first';
  return { wan, error: wan === null ? { section: 'firewall', option: 'zone', reason } : null };
}

/** Puts the interfaces `joined` into the zone `to` and no other, and takes those in `gone` out of all. */
export function zone_edits(firewall: UciSection[], gone: string[], joined: string[], to: string): UciEdit[] {
  const edits: UciEdit[] = [];
  for (const zone of firewall) {
    if (zone.type !== 'zone') continue;
    const before = list_option(zone, 'network');
    const leave = zone.name === to ? gone : gone.concat(joined);
    let members = before.filter(member => !leave.includes(member));
    if (zone.name === to) members = members.concat(joined.filter(name => !members.includes(name)));
    if (members.length === before.length && members.every(member => before.includes(member))) continue;
    if (zone.name === EXIT_SECTION && members.length === 0) {
      edits.push(...exit_removal(firewall));
    } else {
      const value = members.length === 0 ? null : members;
      edits.push({ kind: 'set', section: zone.name, option: 'network', value });
    }
  }
  return edits;
}

/** Like the zone of the uplinks, but without address translation: who may go there may go here. */
function new_exit_zone(name: string, wan: UciSection, firewall: UciSection[]): UciEdit[] {
  const edits = created(EXIT_SECTION, 'zone', {
    name: EXIT_ZONE,
    network: [name],
    input: text_option(wan, 'input') === '' ? 'REJECT' : text_option(wan, 'input'),
    output: 'ACCEPT',
    forward: 'REJECT',
    masq: '0',
    mtu_fix: '1',
  });
  const wan_name = text_option(wan, 'name');
  for (const forwarding of firewall) {
    if (forwarding.type !== 'forwarding' || text_option(forwarding, 'dest') !== wan_name) continue;
    const source = text_option(forwarding, 'src');
    edits.push(...created(forwarding_section(source), 'forwarding', { src: source, dest: EXIT_ZONE }));
  }
  return edits;
}

/** A section with its options. */
export function created(
  section: string,
  type: string,
  options: Record<string, string | string[]>,
): UciEdit[] {
  const edits: UciEdit[] = [{ kind: 'create', section, type }];
  for (const [option, value] of Object.entries(options)) edits.push({ kind: 'set', section, option, value });
  return edits;
}

function exit_removal(firewall: UciSection[]): UciEdit[] {
  return firewall
    .filter(({ name }) => name === EXIT_SECTION || name.startsWith(`${PREFIX}exit_from_`))
    .map(({ name }) => ({ kind: 'remove', section: name }));
}

/** The configuration with the tunnel's link, which keeps what else was set of it. */
export function with_link(config: Config, tunnel: Tunnel): Config {
  const { name, uplink, exit } = tunnel;
  const before = config.link.find(each => each.name === name) ?? null;
  const link = { ...(before ?? new_link(name)), interface: interface_name(name), uplink, exit };
  if (before === null) return { ...config, link: config.link.concat([link]) };
  return { ...config, link: config.link.map(each => (each.name === name ? link : each)) };
}

/** All as the schema has it. */
export function new_link(name: string): Link {
  const link: Record<string, unknown> = { name };
  for (const { option, fallback } of link_fields) {
    if (fallback !== null) link[option] = fallback;
  }
  return link as unknown as Link;
}

/** The configuration without the links of these interfaces; groups and policies that name one are in the way. */
export function without_links(
  config: Config,
  interfaces: string[],
): { config: Config; errors: ConfigError[] } {
  const errors: ConfigError[] = [];
  const refuse = (section: string, option: string, reason: string) => {
    errors.push({ section, option, reason });
  };
  const gone = config.link.filter(link => interfaces.includes(link.interface));
  const link = config.link.filter(each => !interfaces.includes(each.interface));
  for (const { name } of gone) {
    for (const group of config.group) {
      if (group.link.includes(name))
        refuse(group.name, 'link', `names ${name}: take it out of the group first`);
    }
    for (const policy of config.policy) {
      if (policy.target === name) refuse(policy.name, 'target', `is ${name}: choose another target first`);
    }
    for (const other of link) {
      if (other.uplink === name) refuse(other.name, 'uplink', `is ${name}: choose another uplink first`);
    }
    if (config.globals.router_traffic === 'link' && config.globals.router_link === name) {
      refuse('globals', 'router_link', `is ${name}: choose another link for the router itself first`);
    }
  }
  return { config: { ...config, link }, errors };
}
