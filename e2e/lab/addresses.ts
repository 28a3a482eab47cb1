/**
 * Who has which address in the lab, by the number of the uplink (1 to 62) or client. Every IPv6 address here is
 * written `<subnet>::<host>`, every prefix `<subnet>::/<length>`, as the kernel writes them.
 */

import { BlockList } from 'node:net';

export const ROUTER_LAN_ADDRESS = '192.168.1.1';
/** As many as linkagg can have links. */
export const UPLINKS_MAX = 62;
export const ULA_PREFIX = 'fdab:cdef:1::/48';
export const LAN_SUBNET = '192.168.1.0/24';
/** Network of what providers have for their own customers, and for nobody else's. */
export const PROVIDERS_SUBNET = '100.127.0.0/16';
/** Where the portals of all providers are. */
export const PORTAL_ADDRESS = '100.127.0.80';
export const PORTAL_ADDRESS6 = '2001:db8:fffe::80';
/** Of the router on br-lan, and of each provider on the wire to the router. */
export const GATEWAY_LINK_LOCAL = 'fe80::1';
/** Of the router on the wire to a provider. */
export const ROUTER_LINK_LOCAL = 'fe80::2';

/** What a DHCP server would hand out. */
export interface Lease {
  address: string;
  mask: number;
  gateway: string;
  dns: string[];
}

/** What a provider's router advertisement and DHCPv6 server would hand out. */
export interface Lease6 {
  address: string;
  mask: number;
  /** Delegated prefix with its length. */
  prefix: string;
  gateway: string;
}

export function uplink_lease(number: number): Lease {
  return {
    address: `100.64.${number}.2`,
    mask: 24,
    gateway: `100.64.${number}.1`,
    dns: [name_server(number)],
  };
}

/** Of a provider: beyond its gateway, and out of reach over any other uplink. */
export function name_server(number: number): string {
  return `100.127.${number}.53`;
}

export function uplink_lease6(number: number): Lease6 {
  const digits = number.toString(16);
  return {
    address: `2001:db8:0:${digits}::2`,
    mask: 64,
    prefix: `2001:db8:${digits}00::/56`,
    gateway: GATEWAY_LINK_LOCAL,
  };
}

export function server_address(number: number): string {
  return `198.51.100.${number}`;
}

export function server_address6(number: number): string {
  return `2001:db8:ffff::${number.toString(16)}`;
}

export function client_address(number: number): string {
  return `192.168.1.${100 + number}`;
}

/** The address a client gives itself in the first /64 of a prefix. */
export function client_address6(number: number, prefix: string): string {
  return host_in(prefix, `${100 + number}`);
}

/** Address of a host in the first /64 of a prefix. */
export function host_in(prefix: string, host: string): string {
  return `${network_of(prefix)}${host}`;
}

/** `2001:db8:100::` of `2001:db8:100::/56`. */
export function network_of(prefix: string): string {
  return prefix.split('/')[0] ?? '';
}

export function length_of(prefix: string): number {
  return Number(prefix.split('/')[1]);
}

/** `2001:db8:0:1::/64` of `2001:db8:0:1::2` and 64. */
export function subnet6({ address, mask }: { address: string; mask: number }): string {
  return `${address.replace(/[^:]*$/, '')}/${mask}`;
}

/** Throws unless it is a prefix that a provider could delegate, in the form that this file promises. */
export function check_prefix(prefix: string): void {
  const length = length_of(prefix);
  if (/^[0-9a-f]+(:[0-9a-f]+){0,3}::\/(4[89]|5\d|6[0-4])$/.test(prefix)) {
    const subnet = Number.parseInt(prefix.split('::')[0]?.split(':')[3] ?? '0', 16);
    if (subnet % 2 ** (64 - length) === 0) return;
  }
  throw new Error(`"${prefix}" cannot be delegated: write it like 2001:db8:aa00::/56, with 48 to 64 bits`);
}

export function is_inside(address: string, prefix: string): boolean {
  const block = new BlockList();
  block.addSubnet(network_of(prefix), length_of(prefix), 'ipv6');
  return block.check(address, 'ipv6');
}
