/** A configuration with that many links, groups and policies, and a router that has them all. */

import type { JsonObject, UciSection } from '../platform/platform.ts';
import type { InterfaceState, Observed } from '../src/plan/types.ts';

export interface Size {
  links: number;
  groups: number;
  policies: number;
}

const MODES = ['adaptive', 'round-robin', 'hash'];
const STICKY = ['none', 'source', 'source-destination'];
/** Prefix names of each other: `wan1`, `wan10` … */
const link_name = (number: number) => `wan${number}`;
const group_name = (number: number) => `group${number}`;

export interface Sections extends JsonObject {
  globals: JsonObject;
  link: JsonObject[];
  group: JsonObject[];
  policy: JsonObject[];
  nat: JsonObject[];
}

/** Every group has half of the links, in every mode and with every stickiness; policies of all kinds. */
export function sections_of_size({ links, groups, policies }: Size): Sections {
  return {
    globals: { enabled: true, sticky: 'source-destination' },
    link: numbers(links).map(number => ({
      name: link_name(number),
      interface: link_name(number),
      weight: 1 + (number % 5),
    })),
    group: numbers(groups).map(number => ({
      name: group_name(number),
      link: numbers(links)
        .filter(link => (link + number) % 2 === 0)
        .map(link_name),
      mode: MODES[number % 3] ?? '',
      sticky: STICKY[Math.floor(number / 3) % 3] ?? '',
    })),
    policy: numbers(policies).map(number => ({
      name: `policy${number}`,
      target: number % 3 === 0 ? link_name(1 + (number % links)) : group_name(1 + (number % groups)),
      protocol: ['tcp', 'udp'],
      source: [`192.168.${number % 250}.0/24`, `fd00:${(number % 250) + 1}::/64`],
      destination_port: [`${number}`, `${10_000 + number}-${20_000 + number}`],
    })),
    nat: [],
  };
}

/** The same as /etc/config/linkagg. */
export function uci_of_size(size: Size): UciSection[] {
  const { globals, link, group, policy } = sections_of_size(size);
  const section = (type: string, { name, ...options }: JsonObject): UciSection => ({
    type,
    name: String(name),
    anonymous: false,
    options: Object.fromEntries(
      Object.entries(options).map(([option, value]) => [
        option,
        Array.isArray(value) ? value.map(String) : value === true ? '1' : String(value),
      ]),
    ),
  });
  return [
    section('globals', { name: 'globals', ...globals }),
    ...link.map(each => section('link', each)),
    ...group.map(each => section('group', each)),
    ...policy.map(each => section('policy', each)),
  ];
}

const ordinary = { carrier: true, dns: [], is_wireguard: false };
const nothing = { address: null, gateway: null, point_to_point: false };

/** All links up, with an address and a delegated prefix each. */
export function router_of_size({ links }: Size): Observed {
  const interfaces: Record<string, InterfaceState> = {
    lan: {
      up: true,
      device: 'br-lan',
      ...ordinary,
      ip4: { ...nothing, address: '192.168.1.1' },
      ip6: nothing,
      prefixes: [],
      assignments: [
        { network: 'fd00:1::/64', address: 'fd00:1::1' },
        ...numbers(links).map(number => ({
          network: `2001:db8:${hex(number)}00::/64`,
          address: `2001:db8:${hex(number)}00::1`,
        })),
      ],
    },
  };
  for (const number of numbers(links)) {
    interfaces[link_name(number)] = {
      up: true,
      device: link_name(number),
      ...ordinary,
      ip4: { ...nothing, address: `100.64.${number}.2`, gateway: `100.64.${number}.1` },
      ip6: { ...nothing, address: `2001:db8:0:${hex(number)}::2`, gateway: 'fe80::1' },
      prefixes: [
        { prefix: `2001:db8:${hex(number)}00::/56`, assigned: { lan: `2001:db8:${hex(number)}00::/64` } },
      ],
      assignments: [],
    };
  }
  return {
    interfaces,
    verdicts: { ip4: {}, ip6: {} },
    slots: {},
    strict_rp_filter: [],
    ip6: true,
    leaving: { ip4: [], ip6: [] },
    listen_ports: {},
    latency_ms: {},
    ended: { ip4: { slots: [], forgotten: false }, ip6: { slots: [], forgotten: false } },
  };
}

function hex(number: number): string {
  return number.toString(16);
}

/** 1 … count. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
