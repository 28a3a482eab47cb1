/* Generated from frontend/schema/config.ts by `make schema`; edit that file instead. */

import type { Field } from './field.ts';

export interface Globals {
  /** Balance new connections over the links. */
  enabled: boolean;
  /** How a new connection gets its link. */
  mode: 'adaptive' | 'round-robin' | 'hash' | 'latency';
  /** Whose connections stay on one link: those of a client, or of a client to one destination. */
  sticky: 'none' | 'source' | 'source-destination';
  /** Seconds after the last new connection until a link is chosen anew. */
  sticky_timeout: number;
  /** IPv4 prefix length within which addresses (sources, or destinations) count as one. */
  sticky_prefix: number;
  /** The same for IPv6. */
  sticky_prefix6: number;
  /** When links of a better tier return: new connections go there, or all are made to. */
  failback: 'soft' | 'hard';
  /** How the router's own connections get their link. */
  router_traffic: 'ecmp' | 'balanced' | 'link';
  /** The link of the router's own connections, for `link`. */
  router_link: string;
  /** End the connections of a dead link, so that applications connect anew over another. */
  reset_dead: boolean;
  /** Look for captive portals. */
  captive_check: boolean;
  /** Asked now and then over each link; an answer other than 204 comes from a captive portal. */
  captive_url: string[];
  /** Mark bits that no other package uses. */
  mark_mask: string;
  /** Interfaces whose clients are balanced. */
  lan_interface: string[];
}

export interface Link {
  name: string;
  /** Network interface of this uplink. */
  interface: string;
  /** Use this link for new connections. */
  enabled: boolean;
  /** Share relative to the other links. */
  weight: number;
  /** New connections use the lowest tier that has a working link; higher ones are backups. */
  tier: number;
  /** IPv6 sources of other links: the address of this one, its delegated prefix, or untouched. */
  nat6: 'masquerade' | 'prefix' | 'none';
  /** What is asked to see whether the link works: any answer will do. */
  probe: string[];
  /** Seconds between probes while the link is in use; at least ten while it is not. */
  probe_interval: number;
  /** Percentage of lost probes from which the link is degraded; 0: any. */
  loss_limit: number;
  /** Round-trip time in milliseconds from which the link is degraded; 0: any. */
  latency_limit: number;
  /** Mean change of the round-trip time in milliseconds from which the link is degraded; 0: any. */
  jitter_limit: number;
  /** A degraded link gets new connections only while no better one works, a quarter, or its share. */
  degraded: 'leave' | 'reduce' | 'keep';
  /** Links of the same name lead to one place that translates addresses: they inherit connections. */
  exit: string;
  /** The link by which a WireGuard tunnel's own packets leave; empty: any. */
  uplink: string;
  /** Networks behind this link: what comes from their addresses leaves by it. */
  network: string[];
}

export interface Group {
  name: string;
  /** Its links. */
  link: string[];
  /** How a new connection gets its link. */
  mode: 'adaptive' | 'round-robin' | 'hash' | 'latency';
  /** Whose connections stay on one link: those of a client, or of a client to one destination. */
  sticky: 'none' | 'source' | 'source-destination';
  /** Seconds after the last new connection until a link is chosen anew. */
  sticky_timeout: number;
  /** IPv4 prefix length within which addresses (sources, or destinations) count as one. */
  sticky_prefix: number;
  /** The same for IPv6. */
  sticky_prefix6: number;
}

export interface Policy {
  name: string;
  /** Use this policy. */
  enabled: boolean;
  /** A group, a link, a tier (tier1 to tier9), main (as without linkagg) or unreachable (refused). */
  target: string;
  /** For what the router itself sends as well as for connections from the LAN. */
  router: boolean;
  /** Of the addresses. */
  family: 'any' | 'ipv4' | 'ipv6';
  /** Any of these protocols; none: all. */
  protocol: string[];
  /** From any of these addresses. */
  source: string[];
  /** To any of these addresses. */
  destination: string[];
  /** From any of these ports. */
  source_port: string[];
  /** To any of these ports. */
  destination_port: string[];
  /** From any of these LAN interfaces. */
  interface: string[];
  /** Packets with this mark of somebody else's; empty: any. */
  mark: string;
}

export interface Nat {
  name: string;
  /** Use this rule. */
  enabled: boolean;
  /** Interface that the connections come in by; empty: any. */
  in: string;
  /** Interface that they leave by. */
  out: string;
  /** From any of these addresses. */
  source: string[];
  /** To any of these addresses. */
  destination: string[];
  /** They get the address of the interface that they leave by, or the one given here. */
  action: 'masquerade' | 'snat';
  /** The new source address, for `snat`. */
  address: string;
  /** What the rule is for. */
  comment: string;
}

export interface Config {
  globals: Globals;
  link: Link[];
  group: Group[];
  policy: Policy[];
  nat: Nat[];
}

/** Most sections of each type in one configuration. */
export const SECTIONS_MAX = {
  link: 62,
  group: 16,
  policy: 1000,
  nat: 64,
};

export const globals_fields: Field[] = [
  { option: 'enabled', kind: 'boolean', fallback: false },
  {
    option: 'mode',
    kind: 'enum',
    values: ['adaptive', 'round-robin', 'hash', 'latency'],
    fallback: 'adaptive',
  },
  { option: 'sticky', kind: 'enum', values: ['none', 'source', 'source-destination'], fallback: 'none' },
  { option: 'sticky_timeout', kind: 'integer', min: 1, max: 86400, fallback: 600 },
  { option: 'sticky_prefix', kind: 'integer', min: 1, max: 32, fallback: 32 },
  { option: 'sticky_prefix6', kind: 'integer', min: 1, max: 128, fallback: 128 },
  { option: 'failback', kind: 'enum', values: ['soft', 'hard'], fallback: 'soft' },
  { option: 'router_traffic', kind: 'enum', values: ['ecmp', 'balanced', 'link'], fallback: 'ecmp' },
  { option: 'router_link', kind: 'string', format: 'optional_name', fallback: '' },
  { option: 'reset_dead', kind: 'boolean', fallback: true },
  { option: 'captive_check', kind: 'boolean', fallback: true },
  {
    option: 'captive_url',
    kind: 'list',
    items_min: 1,
    items_max: 4,
    format: 'http_url',
    fallback: ['http://connect.rom.miui.com/generate_204', 'http://www.gstatic.com/generate_204'],
  },
  { option: 'mark_mask', kind: 'string', format: 'mark_mask', fallback: '0x7f000000' },
  {
    option: 'lan_interface',
    kind: 'list',
    items_min: 1,
    items_max: 16,
    format: 'interface_name',
    fallback: ['lan'],
  },
];

export const link_fields: Field[] = [
  { option: 'name', kind: 'string', format: 'section_name', fallback: null },
  { option: 'interface', kind: 'string', format: 'interface_name', fallback: null },
  { option: 'enabled', kind: 'boolean', fallback: true },
  { option: 'weight', kind: 'integer', min: 1, max: 256, fallback: 1 },
  { option: 'tier', kind: 'integer', min: 1, max: 9, fallback: 1 },
  { option: 'nat6', kind: 'enum', values: ['masquerade', 'prefix', 'none'], fallback: 'masquerade' },
  {
    option: 'probe',
    kind: 'list',
    items_min: 1,
    items_max: 8,
    format: 'probe_target',
    fallback: ['223.5.5.5', '1.1.1.1', '8.8.8.8', '2400:3200::1', '2606:4700:4700::1111'],
  },
  { option: 'probe_interval', kind: 'integer', min: 1, max: 60, fallback: 1 },
  { option: 'loss_limit', kind: 'integer', min: 0, max: 100, fallback: 25 },
  { option: 'latency_limit', kind: 'integer', min: 0, max: 60000, fallback: 0 },
  { option: 'jitter_limit', kind: 'integer', min: 0, max: 60000, fallback: 0 },
  { option: 'degraded', kind: 'enum', values: ['leave', 'reduce', 'keep'], fallback: 'leave' },
  { option: 'exit', kind: 'string', format: 'optional_name', fallback: '' },
  { option: 'uplink', kind: 'string', format: 'optional_name', fallback: '' },
  { option: 'network', kind: 'list', items_min: 0, items_max: 16, format: 'prefix', fallback: [] },
];

export const group_fields: Field[] = [
  { option: 'name', kind: 'string', format: 'section_name', fallback: null },
  { option: 'link', kind: 'list', items_min: 1, items_max: 62, format: 'section_name', fallback: null },
  {
    option: 'mode',
    kind: 'enum',
    values: ['adaptive', 'round-robin', 'hash', 'latency'],
    fallback: 'adaptive',
  },
  { option: 'sticky', kind: 'enum', values: ['none', 'source', 'source-destination'], fallback: 'none' },
  { option: 'sticky_timeout', kind: 'integer', min: 1, max: 86400, fallback: 600 },
  { option: 'sticky_prefix', kind: 'integer', min: 1, max: 32, fallback: 32 },
  { option: 'sticky_prefix6', kind: 'integer', min: 1, max: 128, fallback: 128 },
];

export const policy_fields: Field[] = [
  { option: 'name', kind: 'string', format: 'section_name', fallback: null },
  { option: 'enabled', kind: 'boolean', fallback: true },
  { option: 'target', kind: 'string', format: 'section_name', fallback: null },
  { option: 'router', kind: 'boolean', fallback: false },
  { option: 'family', kind: 'enum', values: ['any', 'ipv4', 'ipv6'], fallback: 'any' },
  { option: 'protocol', kind: 'list', items_min: 0, items_max: 16, format: 'protocol', fallback: [] },
  { option: 'source', kind: 'list', items_min: 0, items_max: 64, format: 'network', fallback: [] },
  { option: 'destination', kind: 'list', items_min: 0, items_max: 64, format: 'network', fallback: [] },
  { option: 'source_port', kind: 'list', items_min: 0, items_max: 64, format: 'port_range', fallback: [] },
  {
    option: 'destination_port',
    kind: 'list',
    items_min: 0,
    items_max: 64,
    format: 'port_range',
    fallback: [],
  },
  { option: 'interface', kind: 'list', items_min: 0, items_max: 16, format: 'interface_name', fallback: [] },
  { option: 'mark', kind: 'string', format: 'optional_mark', fallback: '' },
];

export const nat_fields: Field[] = [
  { option: 'name', kind: 'string', format: 'section_name', fallback: null },
  { option: 'enabled', kind: 'boolean', fallback: true },
  { option: 'in', kind: 'string', format: 'optional_name', fallback: '' },
  { option: 'out', kind: 'string', format: 'interface_name', fallback: null },
  { option: 'source', kind: 'list', items_min: 0, items_max: 64, format: 'network', fallback: [] },
  { option: 'destination', kind: 'list', items_min: 0, items_max: 64, format: 'network', fallback: [] },
  { option: 'action', kind: 'enum', values: ['masquerade', 'snat'], fallback: 'masquerade' },
  { option: 'address', kind: 'string', format: 'optional_address', fallback: '' },
  { option: 'comment', kind: 'string', format: 'remark', fallback: '' },
];
