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
import { list_option, type StoredTunnel, stored_tunnels, text_option } from './stored.ts';

/** First of the ports that tunnels get by themselves; not WireGuard's own, which a server on the router may have. */
const FIRST_PORT = 51821;

/** Interface and peers. `private_key` and `listen_port` are decided already. */
export function network_edits(tunnel: Tunnel, network: UciSection[]): UciEdit[] {
  const section = interface_name(tunnel.name);
  const stored = stored_tunnels(network).find(each => each.interface === section) ?? null;
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
  const wan = wan_zone(tunnel, config, firewall);
  if (wan === null) {
    const reason = 'there is no firewall zone with masquerading: make one for the uplinks first';
    return { edits: [], error: { section: 'firewall', option: 'zone', reason } };
  }
  if (tunnel.nat === 'masquerade') {
    return { edits: left_zones(name, firewall, wan.name).concat(joined(name, wan)), error: null };
  }
  const edits = left_zones(name, firewall, EXIT_SECTION);
  const exit = firewall.find(each => each.name === EXIT_SECTION) ?? null;
  edits.push(...(exit === null ? new_exit_zone(name, wan, firewall) : joined(name, exit)));
  return { edits, error: null };
}

/** Takes the interface out of all zones. */
export function firewall_removal(name: string, firewall: UciSection[]): UciEdit[] {
  return left_zones(name, firewall, '');
}

/** The zone of the tunnel's uplink, or the first one with address translation. */
function wan_zone(tunnel: Tunnel, config: Config, firewall: UciSection[]): UciSection | null {
  const zones = firewall.filter(({ type, name }) => type === 'zone' && name !== EXIT_SECTION);
  const masquerading = zones.filter(zone => text_option(zone, 'masq') === '1');
  const uplink = config.link.find(each => each.name === tunnel.uplink)?.interface ?? '';
  const of_uplink = masquerading.find(zone => list_option(zone, 'network').includes(uplink)) ?? null;
  const named_wan = masquerading.find(zone => text_option(zone, 'name') === 'wan') ?? null;
  return of_uplink ?? named_wan ?? masquerading[0] ?? null;
}

function joined(name: string, zone: UciSection): UciEdit[] {
  const members = list_option(zone, 'network');
  if (members.includes(name)) return [];
  return [{ kind: 'set', section: zone.name, option: 'network', value: members.concat([name]) }];
}

function left_zones(name: string, firewall: UciSection[], except: string): UciEdit[] {
  const edits: UciEdit[] = [];
  for (const zone of firewall) {
    const members = list_option(zone, 'network');
    if (zone.type !== 'zone' || zone.name === except || !members.includes(name)) continue;
    const others = members.filter(member => member !== name);
    if (zone.name === EXIT_SECTION && others.length === 0) {
      edits.push(...exit_removal(firewall));
    } else {
      const value = others.length === 0 ? null : others;
      edits.push({ kind: 'set', section: zone.name, option: 'network', value });
    }
  }
  return edits;
}

/** Like the zone of the uplinks, but without address translation: who may go there may go here. */
function new_exit_zone(name: string, wan: UciSection, firewall: UciSection[]): UciEdit[] {
  const edits: UciEdit[] = [];
  const create = (section: string, type: string, options: Record<string, string | string[]>) => {
    edits.push({ kind: 'create', section, type });
    for (const [option, value] of Object.entries(options)) {
      edits.push({ kind: 'set', section, option, value });
    }
  };
  create(EXIT_SECTION, 'zone', {
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
    create(forwarding_section(source), 'forwarding', { src: source, dest: EXIT_ZONE });
  }
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
function new_link(name: string): Link {
  const link: Record<string, unknown> = { name };
  for (const { option, fallback } of link_fields) {
    if (fallback !== null) link[option] = fallback;
  }
  return link as unknown as Link;
}

/** The configuration without the link; groups and policies that name it are in the way. */
export function without_link(config: Config, name: string): { config: Config; errors: ConfigError[] } {
  const errors: ConfigError[] = [];
  const refuse = (section: string, option: string, reason: string) => {
    errors.push({ section, option, reason });
  };
  for (const group of config.group) {
    if (group.link.includes(name))
      refuse(group.name, 'link', `names ${name}: take it out of the group first`);
  }
  for (const policy of config.policy) {
    if (policy.target === name) refuse(policy.name, 'target', `is ${name}: choose another target first`);
  }
  for (const link of config.link) {
    if (link.uplink === name) refuse(link.name, 'uplink', `is ${name}: choose another uplink first`);
  }
  if (config.globals.router_traffic === 'link' && config.globals.router_link === name) {
    refuse('globals', 'router_link', `is ${name}: choose another link for the router itself first`);
  }
  return { config: { ...config, link: config.link.filter(link => link.name !== name) }, errors };
}
