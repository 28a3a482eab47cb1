/**
 * IPv6 of the netifd stand-in: what `proto dhcpv6` and the subnets for the LAN put into the kernel, and how netifd
 * reports them. Sources: netifd's interface-ip.c and ubus.c, and dhcpv6.script of odhcp6c; compared with what the
 * netifd of 24.10 does when such a script tells it the same.
 */

import type { JsonObject } from '../../rpcd/platform/platform.ts';
import { host_in, type Lease6, length_of, network_of, ROUTER_LINK_LOCAL, subnet6 } from './addresses.ts';

/** Defaults of a router advertisement (RFC 4861, 6.2.1). */
const VALID_S = 2_592_000;
const PREFERRED_S = 604_800;
const ROUTER_LIFETIME_S = 1800;
const WITHDRAWN_S = 7200;
/** odhcp6c's metrics, for an on-link prefix and for a default router of medium preference. */
const ON_LINK_METRIC = 256;
const DEFAULT_ROUTER_METRIC = 512;
/** Of the route that catches what no more specific one does: the last, as netifd's INT32_MAX. */
const NULL_ROUTE_METRIC = 2_147_483_647;
/** Of the rule that refuses a LAN subnet's packets when no table had a route (iprule.h). */
const REJECT_RULE_PREFERENCE = 4_200_000_000;
const SUBNET_BITS = 64;

/** Commands with `ip -6` that bring a leased state about. */
export function lease6_added(device: string, lease: Lease6): string[] {
  const { address, mask, prefix } = lease;
  const lifetime = `valid_lft ${VALID_S} preferred_lft ${PREFERRED_S}`;
  return [
    // The kernel would choose one by the hardware address.
    `address replace ${ROUTER_LINK_LOCAL}/64 dev ${device}`,
    `address replace ${address}/${mask} dev ${device} ${lifetime} noprefixroute`,
    ...routes_of(device, lease).map(route => `route replace ${route}`),
    ...[subnet6(lease), prefix].map(network => `route replace ${null_route(network)}`),
  ];
}

export function lease6_removed(device: string, lease: Lease6): string[] {
  return [
    ...routes_of(device, lease).map(route => `route delete ${route}`),
    ...[subnet6(lease), lease.prefix].map(network => `route delete ${null_route(network)}`),
    `address delete ${lease.address}/${lease.mask} dev ${device}`,
  ];
}

/** The first /64 of a prefix, for the LAN. A local prefix never expires. */
export function subnet_added(device: string, prefix: string, is_local: boolean): string[] {
  const lifetime = is_local ? '' : ` valid_lft ${VALID_S} preferred_lft ${PREFERRED_S}`;
  const local_address = `${host_in(prefix, '1')}/${SUBNET_BITS}`;
  return [
    `address replace ${local_address} dev ${device}${lifetime} noprefixroute`,
    `route replace ${subnet_route(device, prefix)}`,
    `route delete ${withdrawn_route(device, prefix)}`,
    is_local ? `route replace ${null_route(prefix)}` : `rule add ${reject_rule(device, prefix)}`,
  ];
}

/** The lease is away for now: hosts may keep the addresses they have for a while (RFC 7084, L-14). */
export function subnet_withdrawn(device: string, prefix: string): string[] {
  return [
    `rule delete ${reject_rule(device, prefix)}`,
    `route delete ${subnet_route(device, prefix)}`,
    // Without `noprefixroute`, so the kernel makes a route to them in place of netifd's.
    `address replace ${host_in(prefix, '1')}/${SUBNET_BITS} dev ${device} valid_lft ${WITHDRAWN_S} preferred_lft 0`,
  ];
}

export function subnet_removed(device: string, prefix: string, is_local: boolean): string[] {
  return [
    is_local ? `route delete ${null_route(prefix)}` : `rule delete ${reject_rule(device, prefix)}`,
    `route delete ${subnet_route(device, prefix)}`,
    `address delete ${host_in(prefix, '1')}/${SUBNET_BITS} dev ${device}`,
    `route delete ${withdrawn_route(device, prefix)}`,
  ];
}

/** Fields of the `dhcpv6` interface itself. `lan`: name of the interface that takes a subnet, null: none. */
export function lease6_status(
  interface_name: string,
  lease: Lease6,
  age_s: number,
  lan: string | null,
): JsonObject {
  const { address, mask, prefix, gateway } = lease;
  const network = { address: network_of(prefix), mask: length_of(prefix) };
  const assigned = lan === null ? {} : { [lan]: { address: network_of(prefix), mask: SUBNET_BITS } };
  const lifetime = { preferred: PREFERRED_S - age_s, valid: VALID_S - age_s };
  // odhcp6c makes one default route per prefix and address; netifd sorts by length, metric and source length.
  const default_routes = [prefix, `${address}/${mask}`].map(source => ({
    target: '::',
    mask: 0,
    nexthop: gateway,
    metric: DEFAULT_ROUTER_METRIC,
    valid: ROUTER_LIFETIME_S - (age_s % (ROUTER_LIFETIME_S / 3)),
    source,
  }));
  return {
    'ipv6-address': [{ address, mask, ...lifetime }],
    'ipv6-prefix': [{ ...network, ...lifetime, class: interface_name, assigned }],
    route: [
      {
        target: network_of(subnet6(lease)),
        mask,
        nexthop: '::',
        metric: ON_LINK_METRIC,
        valid: lifetime.valid,
        source: '::/0',
      },
      ...default_routes,
    ],
  };
}

/** An element of the LAN interface's `ipv6-prefix-assignment`; `age_s` null for a local prefix. */
export function subnet_status(prefix: string, age_s: number | null): JsonObject {
  const lifetime = age_s === null ? {} : { preferred: PREFERRED_S - age_s, valid: VALID_S - age_s };
  return {
    address: network_of(prefix),
    mask: SUBNET_BITS,
    ...lifetime,
    'local-address': { address: host_in(prefix, '1'), mask: SUBNET_BITS },
  };
}

function routes_of(device: string, lease: Lease6): string[] {
  const { address, mask, prefix, gateway } = lease;
  return [
    `${subnet6(lease)} dev ${device} proto static metric ${ON_LINK_METRIC}`,
    ...[prefix, `${address}/${mask}`].map(
      source =>
        `default from ${source} via ${gateway} dev ${device} proto static metric ${DEFAULT_ROUTER_METRIC}`,
    ),
  ];
}

function null_route(prefix: string): string {
  return `unreachable ${prefix} dev lo proto static metric ${NULL_ROUTE_METRIC}`;
}

function subnet_route(device: string, prefix: string): string {
  return `${network_of(prefix)}/${SUBNET_BITS} dev ${device} proto static`;
}

/** The kernel's own, for a withdrawn subnet; it would stay until it expires, which makes states hard to compare. */
function withdrawn_route(device: string, prefix: string): string {
  return `${network_of(prefix)}/${SUBNET_BITS} dev ${device} proto kernel`;
}

function reject_rule(device: string, prefix: string): string {
  return `from ${host_in(prefix, '1')}/${SUBNET_BITS} iif ${device} unreachable pref ${REJECT_RULE_PREFERENCE}`;
}
