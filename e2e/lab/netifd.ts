/**
 * Stand-in for netifd: configures the router's interfaces from /etc/config/network, follows their carrier and
 * tells about them as `network.interface` and by ubus events, in netifd's own words.
 *
 * `proto dhcp` gets its lease from a file at once. As in netifd, a `static` interface does not notice the loss of
 * its carrier unless `force_link` is 0, and goes down only with its device.
 */

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect_ubus, signature_of, type UbusAnswer } from '../../rpcd/platform/node/ubus.ts';
import { read_uci_file } from '../../rpcd/platform/node/uci.ts';
import {
  type JsonObject,
  UBUS_STATUS_METHOD_NOT_FOUND,
  UBUS_STATUS_OK,
} from '../../rpcd/platform/platform.ts';

/** What a DHCP server would hand out, by device. */
export interface Lease {
  address: string;
  mask: number;
  gateway: string;
  dns: string[];
}

export interface NetifdOptions {
  ubus_socket: string;
  uci_folder: string;
  /** JSON file with `Record<device, Lease>`, read at each set-up. */
  lease_file: string;
}

interface Interface {
  name: string;
  proto: string;
  device: string;
  metric: number;
  /** Of a `static` interface; `dhcp` has its lease. */
  static_address: Lease;
  /** Stay up without a carrier. */
  force_link: boolean;
  /** Options as text: a difference after a reload means that the interface is set up anew. */
  configuration: string;
  /** False after `down`, until `up`. */
  wanted: boolean;
  available: boolean;
  /** Null while down. */
  up: { lease: Lease; since_ms: number } | null;
}

const EMPTY_LISTS = ['ipv4-address', 'ipv6-address', 'route', 'dns-server', 'dns-search', 'neighbors'];

/** Runs in the router's network namespace. Resolves when the first set-up is done. */
export async function start_netifd(options: NetifdOptions): Promise<void> {
  const interfaces = new Map<string, Interface>();
  const ubus = connect_ubus(options.ubus_socket, invoked, () => {});
  const without_arguments = (methods: string[]) =>
    signature_of(Object.fromEntries(methods.map(method => [method, { args: {} }])));

  function invoked(object: string, method: string): UbusAnswer {
    if (object === 'network') {
      if (method === 'restart') for (const entry of interfaces.values()) take_down(entry);
      read_configuration();
      return { status: UBUS_STATUS_OK, reply: {} };
    }
    if (object === 'network.interface') {
      const names = [...interfaces.keys()].sort();
      const dump = names.flatMap(name => {
        const entry = interfaces.get(name);
        return entry === undefined ? [] : [{ interface: name, ...status(entry) }];
      });
      return { status: UBUS_STATUS_OK, reply: { interface: dump } };
    }
    const entry = interfaces.get(object.replace('network.interface.', ''));
    if (entry === undefined) return { status: UBUS_STATUS_METHOD_NOT_FOUND, reply: null };
    if (method === 'status') return { status: UBUS_STATUS_OK, reply: status(entry) };
    entry.wanted = method === 'up';
    follow_devices();
    return { status: UBUS_STATUS_OK, reply: {} };
  }

  function read_configuration(): void {
    const configured = new Map<string, Interface>();
    for (const { name, type, options: given } of read_uci_file(options.uci_folder, 'network') ?? []) {
      if (type !== 'interface') continue;
      const text = (option: string) => [given[option] ?? ''].flat()[0] ?? '';
      configured.set(name, {
        name,
        proto: text('proto'),
        device: text('device'),
        metric: Number(text('metric')),
        static_address: {
          address: text('ipaddr'),
          mask: mask_length(text('netmask')),
          gateway: text('gateway'),
          dns: [given.dns ?? []].flat(),
        },
        force_link: (text('force_link') || (text('proto') === 'static' ? '1' : '0')) === '1',
        configuration: JSON.stringify(given),
        wanted: text('disabled') !== '1',
        available: false,
        up: null,
      });
    }
    for (const [name, entry] of interfaces) {
      if (configured.get(name)?.configuration === entry.configuration) continue;
      take_down(entry);
      interfaces.delete(name);
      void ubus.withdraw(`network.interface.${name}`);
    }
    for (const [name, entry] of configured) {
      if (interfaces.has(name)) continue;
      interfaces.set(name, entry);
      void ubus.publish(`network.interface.${name}`, without_arguments(['status', 'up', 'down']), 'libubus');
    }
    follow_devices();
  }

  /** Bring every interface into the state its device allows. */
  function follow_devices(): void {
    const links = JSON.parse(run_ip(['-j', 'link', 'show'])) as Array<{ ifname: string; flags: string[] }>;
    for (const entry of interfaces.values()) {
      const link = links.find(({ ifname }) => ifname === entry.device);
      entry.available = link !== undefined;
      if (link !== undefined && entry.wanted && !link.flags.includes('UP')) {
        // The carrier, if there is one, is reported next.
        try_ip(['link', 'set', 'dev', entry.device, 'up']);
      }
      const usable = link !== undefined && (entry.force_link || link.flags.includes('LOWER_UP'));
      if (usable && entry.wanted) set_up(entry);
      else take_down(entry);
    }
  }

  function set_up(entry: Interface): void {
    if (entry.up !== null) return;
    const lease = lease_of(entry);
    if (lease === null) return;
    const { device, metric } = entry;
    const metric_option = metric > 0 ? ['metric', `${metric}`] : [];
    try_ip(['address', 'replace', `${lease.address}/${lease.mask}`, 'brd', '+', 'dev', device]);
    if (metric > 0) {
      // The subnet's route gets the metric as well: netifd puts one of its own in place of the kernel's.
      const subnet = [subnet_of(lease), 'dev', device];
      try_ip(['route', 'replace', ...subnet, 'proto', 'static', 'scope', 'link', ...metric_option]);
      try_ip(['route', 'delete', ...subnet, 'proto', 'kernel']);
    }
    if (lease.gateway !== '') {
      const source = entry.proto === 'static' ? [] : ['src', lease.address];
      const path = ['via', lease.gateway, 'dev', device, 'proto', 'static', ...source];
      try_ip(['route', 'replace', 'default', ...path, ...metric_option]);
    }
    entry.up = { lease, since_ms: performance.now() };
    ubus.send('network.interface', { action: 'ifup', interface: entry.name });
  }

  function take_down(entry: Interface): void {
    if (entry.up === null) return;
    entry.up = null;
    // The device may be gone; its routes are then, too.
    try_ip(['route', 'flush', 'dev', entry.device, 'proto', 'static']);
    try_ip(['address', 'flush', 'dev', entry.device]);
    ubus.send('network.interface', { action: 'ifdown', interface: entry.name });
  }

  function lease_of(entry: Interface): Lease | null {
    if (entry.proto === 'static') return entry.static_address;
    const leases = JSON.parse(readFileSync(options.lease_file, 'utf8')) as Record<string, Lease>;
    return leases[entry.device] ?? null;
  }

  await ubus.publish('network', without_arguments(['reload', 'restart']), 'libubus');
  await ubus.publish('network.interface', without_arguments(['dump']), 'libubus');
  const monitor = spawn('ip', ['-o', 'monitor', 'link'], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: monitor.stdout }).on('line', follow_devices);
  read_configuration();
}

/** In the field order of netifd's ubus.c. */
function status(entry: Interface): JsonObject {
  const { up, available, proto, device, metric } = entry;
  const state: JsonObject = { up: up !== null, pending: false, available, autostart: true, dynamic: false };
  if (up !== null) {
    state.uptime = Math.floor((performance.now() - up.since_ms) / 1000);
    state.l3_device = device;
  }
  state.proto = proto;
  state.device = device;
  if (up === null) return { ...state, data: {} };

  const { address, mask, gateway, dns } = up.lease;
  const route = {
    target: '0.0.0.0',
    mask: 0,
    nexthop: gateway,
    source: proto === 'static' ? '0.0.0.0/0' : `${address}/32`,
  };
  return {
    ...state,
    updated: gateway === '' ? ['addresses'] : ['addresses', 'routes'],
    metric,
    dns_metric: 0,
    delegation: true,
    'ipv4-address': [{ address, mask }],
    'ipv6-address': [],
    'ipv6-prefix': [],
    'ipv6-prefix-assignment': [],
    route: gateway === '' ? [] : [route],
    'dns-server': dns,
    'dns-search': [],
    neighbors: [],
    inactive: Object.fromEntries(EMPTY_LISTS.map(name => [name, []])),
    data: {},
  };
}

function run_ip(args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', maxBuffer: 16 << 20 });
}

/** For changes that fail when the device vanishes in between; the next link event sorts that out. */
function try_ip(args: string[]): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'ignore'] });
  } catch {
    // See above.
  }
}

function mask_length(netmask: string): number {
  const bits = netmask.split('.').map(byte => Number(byte).toString(2).padStart(8, '0'));
  return bits.join('').lastIndexOf('1') + 1;
}

function subnet_of({ address, mask }: Lease): string {
  const whole = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
  const subnet = whole - (whole % 2 ** (32 - mask));
  return `${[24, 16, 8, 0].map(shift => Math.floor(subnet / 2 ** shift) % 256).join('.')}/${mask}`;
}
