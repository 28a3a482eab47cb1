/**
 * Stand-in for netifd: configures the router's interfaces from /etc/config/network, follows their carrier and
 * tells about them as `network.interface` and by ubus events, in netifd's own words.
 *
 * `proto wireguard` makes its device with wireguard-go; devices of type `macvlan` are there while an interface uses
 * them. `proto dhcp` and `dhcpv6` get their lease from a file at once; `renew` reads it again for the latter. As in
 * netifd, a `static` interface does not notice the loss of its carrier unless `force_link` is 0, and goes down only
 * with its device; one with a lease is down at once, but keeps its addresses for a while.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect_ubus, signature_of, type UbusAnswer } from '../../rpcd/platform/node/ubus.ts';
import { read_uci_file } from '../../rpcd/platform/node/uci.ts';
import {
  type JsonObject,
  UBUS_STATUS_METHOD_NOT_FOUND,
  UBUS_STATUS_OK,
  type UciSection,
} from '../../rpcd/platform/platform.ts';
import { GATEWAY_LINK_LOCAL, type Lease, type Lease6 } from './addresses.ts';
import { must_run, run_command } from './namespace.ts';
import { default_route, lease_added, mask_length } from './netifd_ipv4.ts';
import {
  lease6_added,
  lease6_removed,
  lease6_status,
  subnet_added,
  subnet_removed,
  subnet_status,
  subnet_withdrawn,
} from './netifd_ipv6.ts';
import {
  create_macvlan,
  delete_macvlan,
  type Macvlan,
  macvlan_lease,
  macvlans_of,
} from './netifd_macvlan.ts';
import { create_tunnel, delete_tunnel, tunnel_configuration, tunnel_lease } from './netifd_wireguard.ts';
import type { Announcement } from './odhcpd.ts';

/** What the provider hands out, by device. */
export type Leases = Record<string, { lease: Lease; lease6: Lease6 | null }>;

export interface NetifdOptions {
  ubus_socket: string;
  uci_folder: string;
  /** JSON file with `Leases`, read at each set-up. */
  lease_file: string;
  /** Told about every change of the prefixes that the LAN has a subnet of. */
  announce(prefixes: Announcement[]): void;
}

interface Interface {
  name: string;
  proto: string;
  device: string;
  metric: number;
  /** Of a `static` interface; `dhcp` has its lease. */
  static_address: Lease;
  /** Takes a /64 of every prefix (`ip6assign`). */
  takes_subnets: boolean;
  /** Stay up without a carrier. */
  force_link: boolean;
  /** Options as text: a difference after a reload means that the interface is set up anew. */
  configuration: string;
  /** False after `down`, until `up`. */
  wanted: boolean;
  available: boolean;
  /** The last lease of a `dhcpv6` interface, also while it is down. */
  lease6: Lease6 | null;
  /** Null while down; `lease` is null for `dhcpv6`. */
  up: { lease: Lease | null; since_ms: number } | null;
  /** Down, but its addresses are still there. */
  pending: NodeJS.Timeout | null;
}

/** A /64 that an interface has in the kernel. */
interface Subnet {
  device: string;
  prefix: string;
  is_local: boolean;
  /** False while the interface that has leased the prefix is down. */
  in_force: boolean;
}

/**
 * From the loss of the carrier until the addresses go: netifd 2025 with dhcp.sh and udhcpc, which it ends first, was seen
 * to take 17 to 45 ms on a PC.
 */
const TEARDOWN_MS = 30;

/** Protocols that this one knows, as the package of each brings them to netifd. */
const PROTOCOLS = ['static', 'dhcp', 'dhcpv6', 'wireguard'];

const EMPTY_LISTS = ['ipv4-address', 'ipv6-address', 'route', 'dns-server', 'dns-search', 'neighbors'];

/** Runs in the router's network namespace. Resolves when the first set-up is done. */
export async function start_netifd(options: NetifdOptions): Promise<void> {
  const interfaces = new Map<string, Interface>();
  let ula_prefix: string | null = null;
  let subnets: Subnet[] = [];
  let network: UciSection[] = [];
  let macvlans: Macvlan[] = [];
  const ubus = connect_ubus(options.ubus_socket, invoked, () => {});
  const without_arguments = (methods: string[]) =>
    signature_of(Object.fromEntries(methods.map(method => [method, { args: {} }])));

  function invoked(object: string, method: string): UbusAnswer {
    if (object === 'network') {
      if (method === 'get_proto_handlers') {
        return { status: UBUS_STATUS_OK, reply: Object.fromEntries(PROTOCOLS.map(name => [name, {}])) };
      }
      if (method === 'restart') for (const entry of interfaces.values()) take_down(entry);
      read_configuration();
      return { status: UBUS_STATUS_OK, reply: {} };
    }
    if (object === 'network.interface') {
      const names = [...interfaces.keys()].sort();
      const dump = names.flatMap(name => {
        const entry = interfaces.get(name);
        return entry === undefined ? [] : [{ interface: name, ...status_of(entry) }];
      });
      return { status: UBUS_STATUS_OK, reply: { interface: dump } };
    }
    const entry = interfaces.get(object.replace('network.interface.', ''));
    if (entry === undefined) return { status: UBUS_STATUS_METHOD_NOT_FOUND, reply: null };
    if (method === 'status') return { status: UBUS_STATUS_OK, reply: status_of(entry) };
    if (method === 'renew') {
      renew(entry);
    } else {
      entry.wanted = method === 'up';
      follow_devices();
    }
    return { status: UBUS_STATUS_OK, reply: {} };
  }

  function read_configuration(): void {
    const configured = new Map<string, Interface>();
    ula_prefix = null;
    network = read_uci_file(options.uci_folder, 'network') ?? [];
    const macvlans_before = macvlans;
    macvlans = macvlans_of(network);
    for (const section of network) {
      const { name, type, options: given } = section;
      const text = (option: string) => [given[option] ?? ''].flat()[0] ?? '';
      if (type === 'globals') ula_prefix = text('ula_prefix') || null;
      if (type !== 'interface') continue;
      const is_tunnel = text('proto') === 'wireguard';
      configured.set(name, {
        name,
        proto: text('proto'),
        device: is_tunnel ? name : text('device'),
        metric: Number(text('metric')),
        static_address: is_tunnel
          ? tunnel_lease(section)
          : {
              address: text('ipaddr'),
              mask: mask_length(text('netmask')),
              gateway: text('gateway'),
              dns: [given.dns ?? []].flat(),
            },
        takes_subnets: text('ip6assign') !== '',
        force_link: (text('force_link') || (text('proto') === 'static' ? '1' : '0')) === '1',
        configuration: is_tunnel
          ? tunnel_configuration(name, network)
          : JSON.stringify([given, macvlan_of(text('device'))]),
        wanted: text('disabled') !== '1',
        available: false,
        lease6: null,
        up: null,
        pending: null,
      });
    }
    for (const [name, entry] of interfaces) {
      if (configured.get(name)?.configuration === entry.configuration) continue;
      take_down(entry);
      interfaces.delete(name);
      void ubus.withdraw(`network.interface.${name}`);
    }
    for (const before of macvlans_before) {
      if (JSON.stringify(before) !== JSON.stringify(macvlan_of(before.name))) delete_macvlan(before);
    }
    for (const [name, entry] of configured) {
      if (interfaces.has(name)) continue;
      interfaces.set(name, entry);
      void ubus.publish(
        `network.interface.${name}`,
        without_arguments(['status', 'up', 'down', 'renew']),
        'libubus',
      );
    }
    follow_devices();
  }

  function macvlan_of(device: string): Macvlan | null {
    return macvlans.find(each => each.name === device) ?? null;
  }

  /** Bring every interface into the state its device allows. */
  function follow_devices(): void {
    const read_links = () =>
      JSON.parse(must_run(['ip', '-j', 'link', 'show'])) as Array<{ ifname: string; flags: string[] }>;
    const there = read_links().map(({ ifname }) => ifname);
    for (const { device, wanted } of interfaces.values()) {
      const macvlan = macvlan_of(device);
      if (macvlan === null) continue;
      if (wanted && !there.includes(device) && there.includes(macvlan.parent)) create_macvlan(macvlan);
      if (!wanted && there.includes(device)) delete_macvlan(macvlan);
    }
    const links = read_links();
    for (const entry of interfaces.values()) {
      const link = links.find(({ ifname }) => ifname === entry.device);
      if (entry.proto === 'wireguard') {
        follow_tunnel(entry, link !== undefined);
        continue;
      }
      entry.available = link !== undefined;
      if (link !== undefined && entry.wanted && !link.flags.includes('UP')) {
        // The carrier, if there is one, is reported next.
        try_ip(4, [`link set dev ${entry.device} up`]);
      }
      const usable = link !== undefined && (entry.force_link || link.flags.includes('LOWER_UP'));
      if (usable && entry.wanted) set_up(entry);
      else take_down(entry, entry.proto !== 'static' && entry.available && entry.wanted ? TEARDOWN_MS : 0);
    }
    follow_prefixes();
  }

  /** A tunnel makes its device itself. */
  function follow_tunnel(entry: Interface, exists: boolean): void {
    entry.available = true;
    if (entry.up !== null && (!exists || !entry.wanted)) take_down(entry);
    else if (entry.up === null && entry.wanted) set_up(entry);
  }

  function set_up(entry: Interface): void {
    if (entry.up !== null || entry.pending !== null) return;
    const { device } = entry;
    if (entry.proto === 'dhcpv6') {
      entry.lease6 = leases()[device]?.lease6 ?? null;
      if (entry.lease6 === null) return;
      try_ip(6, lease6_added(device, entry.lease6));
      entry.up = { lease: null, since_ms: performance.now() };
    } else if (entry.proto === 'wireguard') {
      delete_tunnel(device);
      create_tunnel(device, network);
      entry.up = { lease: entry.static_address, since_ms: performance.now() };
    } else {
      const lease = entry.proto === 'static' ? entry.static_address : lease_of(device);
      if (lease === undefined) return;
      try_ip(4, lease_added(entry, lease));
      // The kernel would choose one by the hardware address.
      if (entry.takes_subnets) try_ip(6, [`address replace ${GATEWAY_LINK_LOCAL}/64 dev ${device}`]);
      entry.up = { lease, since_ms: performance.now() };
    }
    ubus.send('network.interface', { action: 'ifup', interface: entry.name });
  }

  function take_down(entry: Interface, teardown_ms = 0): void {
    if (entry.pending !== null && teardown_ms === 0) {
      clearTimeout(entry.pending);
      unset(entry);
    }
    if (entry.up === null) return;
    entry.up = null;
    if (teardown_ms === 0) unset(entry);
    else {
      entry.pending = setTimeout(() => {
        unset(entry);
        // The carrier may be back meanwhile.
        follow_devices();
      }, teardown_ms);
    }
    ubus.send('network.interface', { action: 'ifdown', interface: entry.name });
  }

  /** What an interface has in the kernel. */
  function unset(entry: Interface): void {
    entry.pending = null;
    const { device } = entry;
    // The device may be gone; its routes are then, too.
    if (entry.proto === 'wireguard') delete_tunnel(device);
    else if (entry.lease6 !== null) try_ip(6, lease6_removed(device, entry.lease6));
    else try_ip(4, [`route flush dev ${device} proto static`, `address flush dev ${device}`]);
  }

  /** As netifd does when an interface only changes, this sends no event on the bus. */
  function renew(entry: Interface): void {
    const renewed = leases()[entry.device]?.lease6 ?? null;
    if (entry.up === null || entry.lease6 === null || renewed === null) return;
    const before = lease6_removed(entry.device, entry.lease6);
    const after = lease6_added(entry.device, renewed);
    entry.lease6 = renewed;
    const kept = new Set(after.map(line => line.replace(' replace ', ' delete ')));
    try_ip(6, [...before.filter(line => !kept.has(line)), ...after]);
    follow_prefixes();
  }

  /** Give the LAN its subnet of every prefix there is, and announce them. */
  function follow_prefixes(): void {
    const prefixes = [
      ...(ula_prefix === null ? [] : [{ prefix: ula_prefix, is_local: true, in_force: true }]),
      ...[...interfaces.values()].flatMap(({ lease6, up }) =>
        lease6 === null ? [] : [{ prefix: lease6.prefix, is_local: false, in_force: up !== null }],
      ),
    ];
    const wanted: Subnet[] = [...interfaces.values()]
      .filter(({ takes_subnets, up }) => takes_subnets && up !== null)
      .flatMap(({ device }) => prefixes.map(prefix => ({ device, ...prefix })));
    const before = (one: Subnet) => subnets.find(is_same(one));
    const gone = subnets.filter(one => !wanted.some(is_same(one)));
    const changed = wanted.filter(one => (before(one)?.in_force ?? false) !== one.in_force);
    subnets = wanted;
    try_ip(6, [
      ...gone.flatMap(({ device, prefix, is_local }) => subnet_removed(device, prefix, is_local)),
      ...changed.flatMap(({ device, prefix, is_local, in_force }) =>
        in_force ? subnet_added(device, prefix, is_local) : subnet_withdrawn(device, prefix),
      ),
    ]);

    // Clients keep the address of an uplink that went down, for the connections they have.
    const known = [...interfaces.values()].filter(({ lease6 }) => lease6 !== null);
    const chosen = known.find(({ up }) => up !== null);
    options.announce([
      ...(ula_prefix === null ? [] : [{ prefix: ula_prefix, preferred: true }]),
      ...known.map(entry => ({ prefix: entry.lease6?.prefix ?? '', preferred: entry === chosen })),
    ]);
  }

  /** Delegated prefixes, the last that came first. */
  function leased_prefixes(): Array<{ prefix: string; since_ms: number }> {
    return [...interfaces.values()]
      .flatMap(({ lease6, up }) =>
        lease6 === null || up === null ? [] : [{ prefix: lease6.prefix, since_ms: up.since_ms }],
      )
      .sort((one, other) => other.since_ms - one.since_ms);
  }

  /** Whoever asks with a MAC address of its own gets an address of its own. */
  function lease_of(device: string): Lease | undefined {
    const macvlan = macvlan_of(device);
    const lease = leases()[macvlan?.parent ?? device]?.lease;
    return macvlan === null || lease === undefined ? lease : macvlan_lease(macvlan, lease);
  }

  function leases(): Leases {
    return JSON.parse(readFileSync(options.lease_file, 'utf8')) as Leases;
  }

  function status_of(entry: Interface): JsonObject {
    const lan = [...interfaces.values()].find(({ takes_subnets }) => takes_subnets)?.name ?? null;
    const has_subnets = entry.takes_subnets && entry.up !== null;
    const assignments = [
      ...leased_prefixes().map(({ prefix, since_ms }) => subnet_status(prefix, seconds_since(since_ms))),
      ...(ula_prefix === null ? [] : [subnet_status(ula_prefix, null)]),
    ];
    return status(entry, lan, has_subnets ? assignments : []);
  }

  await ubus.publish('network', without_arguments(['reload', 'restart', 'get_proto_handlers']), 'libubus');
  await ubus.publish('network.interface', without_arguments(['dump']), 'libubus');
  const monitor = spawn('ip', ['-o', 'monitor', 'link'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let is_due = false;
  createInterface({ input: monitor.stdout }).on('line', () => {
    if (is_due) return;
    is_due = true;
    // Once for all lines that have come.
    setImmediate(() => {
      is_due = false;
      follow_devices();
    });
  });
  read_configuration();
}

/** In the field order of netifd's ubus.c. `lan`: name of the interface that takes subnets of prefixes. */
function status(entry: Interface, lan: string | null, assignments: JsonObject[]): JsonObject {
  const { up, pending, available, proto, device, metric } = entry;
  const state: JsonObject = {
    up: up !== null,
    pending: pending !== null,
    available,
    autostart: true,
    dynamic: false,
  };
  if (up !== null) {
    state.uptime = seconds_since(up.since_ms);
    state.l3_device = device;
  }
  state.proto = proto;
  state.device = device;
  if (up === null) return { ...state, data: {} };

  const { lease6 } = entry;
  const leased6 = lease6 === null ? {} : lease6_status(entry.name, lease6, seconds_since(up.since_ms), lan);
  const routes = up.lease === null || up.lease.gateway === '' ? [] : [default_route(proto, up.lease)];
  const updated = ['addresses'];
  if (routes.length > 0 || lease6 !== null) updated.push('routes');
  if (lease6 !== null) updated.push('prefixes');
  return {
    ...state,
    updated,
    metric,
    dns_metric: 0,
    delegation: true,
    'ipv4-address': up.lease === null ? [] : [{ address: up.lease.address, mask: up.lease.mask }],
    'ipv6-address': [],
    'ipv6-prefix': [],
    'ipv6-prefix-assignment': assignments,
    route: routes,
    'dns-server': up.lease?.dns ?? [],
    'dns-search': [],
    neighbors: [],
    inactive: Object.fromEntries(EMPTY_LISTS.map(name => [name, []])),
    data: {},
    ...leased6,
  };
}

function is_same({ device, prefix }: Subnet): (other: Subnet) => boolean {
  return other => other.device === device && other.prefix === prefix;
}

function seconds_since(start_ms: number): number {
  return Math.floor((performance.now() - start_ms) / 1000);
}

/** For changes that fail when the device vanishes in between; the next link event sorts that out. */
function try_ip(family: 4 | 6, lines: string[]): void {
  if (lines.length > 0) run_command(['ip', `-${family}`, '-force', '-batch', '-'], `${lines.join('\n')}\n`);
}
