/**
 * The wires of the lab:
 *
 *     client1 ─┐                 ┌─ wan1 ── isp_wan1 ─┐
 *     client2 ─┴─ br-lan  router ┼─ wan2 ── isp_wan2 ─┼─ server
 *                                └─ …               ──┘
 *
 * Every box is a network namespace. Each provider shapes both directions, drops what it is told to drop, and has
 * a subnet of its own: 100.64.n.0/24 with gateway .1 and the router at .2. The server owns several addresses, the
 * default probe targets among them, and answers on the way a packet came by. It also has what providers keep for
 * their own customers, a name server each and a portal; none of them forwards to another's name server.
 *
 * With IPv6 each provider also has 2001:db8:0:n::/64 with the router at ::2 and delegates a prefix to it. Like
 * real ones it drops what comes from the router with any other source (RFC 2827).
 */

import type { CommandResult } from '../../rpcd/platform/platform.ts';
import {
  client_address,
  GATEWAY_LINK_LOCAL,
  LAN_SUBNET,
  type Lease,
  type Lease6,
  name_server,
  PORTAL_ADDRESS,
  PROVIDERS_SUBNET,
  ROUTER_LAN_ADDRESS,
  ROUTER_LINK_LOCAL,
  subnet6,
} from './addresses.ts';
import { type Fault, is_faulty, provider_ruleset } from './fault.ts';
import { must_run, run_command } from './namespace.ts';

/** Queue of a shaped link: at most this long a packet waits. */
const QUEUE_LATENCY = '100ms';
/** Token bucket depth; more than one segment, little enough to be fair at 1 Mbit/s. */
const BURST = '16k';

/** On the wire between a provider and the server. */
const SERVER_LINK_LOCAL = 'fe80::1';
const PROVIDER_LINK_LOCAL = 'fe80::2';

/** An uplink as it is now: what its provider does changes while the lab runs. */
export interface UplinkPlan {
  /** netifd interface and device at once. */
  name: string;
  /** netifd's IPv6 interface on the same device. */
  name6: string;
  number: number;
  /** Bits per second; null: not shaped. */
  down_bps: number | null;
  up_bps: number | null;
  fault: Fault;
  /** Metric of the default route in the main table. */
  metric: number;
  proto: 'dhcp' | 'static';
  lease: Lease;
  /** Null in a lab without IPv6. */
  lease6: Lease6 | null;
}

export interface Topology {
  uplinks: UplinkPlan[];
  clients: string[];
  /** Addresses of the server, of both families. */
  server_addresses: string[];
  ipv6: boolean;
}

const SYSCTLS = {
  // A new namespace may inherit strict settings from the machine; OpenWrt filters no reverse paths.
  all: { 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 },
  // Of devices that come later. Addresses count at once, and only those that the lab gives.
  all_ipv6: {
    'net.ipv6.conf.all.disable_ipv6': 0,
    'net.ipv6.conf.default.disable_ipv6': 0,
    'net.ipv6.conf.all.accept_dad': 0,
    'net.ipv6.conf.default.accept_dad': 0,
    'net.ipv6.conf.default.dad_transmits': 0,
    'net.ipv6.conf.default.accept_ra': 0,
  },
  forwarding: { 'net.ipv4.ip_forward': 1 },
  forwarding_ipv6: { 'net.ipv6.conf.all.forwarding': 1, 'net.ipv6.conf.default.forwarding': 1 },
  router: {
    'net.ipv4.conf.all.arp_ignore': 1,
    'net.ipv4.conf.default.arp_ignore': 1,
    'net.netfilter.nf_conntrack_acct': 1,
    'net.netfilter.nf_conntrack_tcp_timeout_established': 7440,
    // A router without br_netfilter: what the bridge carries meets nftables only once it is routed.
    'net.bridge.bridge-nf-call-iptables': 0,
    'net.bridge.bridge-nf-call-ip6tables': 0,
    'net.bridge.bridge-nf-call-arptables': 0,
  },
  // A veth carries the sender's socket hash into the router. Without this each retransmission timeout would
  // pick another link there, which no real wire does.
  hosts: { 'net.core.txrehash': 0 },
};

/** Run a command in a namespace, without a shell. */
export function run_in(namespace: string, argv: string[], input = ''): CommandResult {
  return run_command(['ip', 'netns', 'exec', namespace, ...argv], input);
}

/** Create all namespaces and wires. The router's interfaces are left to netifd. */
export function create_topology({ uplinks, clients, server_addresses, ipv6 }: Topology): void {
  // Left behind by a lab that did not reach its end.
  delete_topology();

  const providers = uplinks.map(({ name }) => provider_of(name));
  for (const namespace of ['router', 'server', ...providers, ...clients]) {
    must_run(['ip', 'netns', 'add', namespace]);
    const forwards = namespace === 'router' || providers.includes(namespace);
    set_sysctls(namespace, {
      ...SYSCTLS.all,
      ...(ipv6 ? SYSCTLS.all_ipv6 : {}),
      ...(forwards ? SYSCTLS.forwarding : {}),
      ...(forwards && ipv6 ? SYSCTLS.forwarding_ipv6 : {}),
      ...(namespace === 'router' ? SYSCTLS.router : {}),
      ...(providers.includes(namespace) ? {} : SYSCTLS.hosts),
    });
  }

  ip('server', [
    'link set lo up',
    ...server_addresses.map(address => `address add ${address}/${address.includes(':') ? 128 : 32} dev lo`),
  ]);
  ip('router', [
    'link set lo up',
    'link add br-lan type bridge',
    ...clients.flatMap((client, index) => [
      `link add lan${index + 1} type veth peer name eth0 netns ${client}`,
      `link set lan${index + 1} master br-lan up`,
    ]),
  ]);
  for (const [index, client] of clients.entries()) {
    ip(client, [
      'link set lo up',
      `address add ${client_address(index + 1)}/24 dev eth0`,
      wire_size_packets('eth0'),
      'link set eth0 up',
      `route add default via ${ROUTER_LAN_ADDRESS}`,
      ...(ipv6 ? [`route add ::/0 via ${GATEWAY_LINK_LOCAL} dev eth0`] : []),
    ]);
  }
  for (const { name } of uplinks) ip(provider_of(name), ['link set lo up']);
  create_uplinks(uplinks);
}

/** Delete the lab's namespaces and end whatever still runs in them, such as the probes of a killed daemon. */
export function delete_topology(): void {
  for (const { name } of JSON.parse(must_run(['ip', '-j', 'netns', 'list']) || '[]') as Array<{
    name: string;
  }>) {
    if (!/^(router|server|far|client\d+|isp_.+)$/.test(name)) continue;
    for (const pid of run_command(['ip', 'netns', 'pids', name]).stdout.split('\n').filter(Boolean)) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended by itself meanwhile.
      }
    }
    run_command(['ip', 'netns', 'delete', name]);
  }
}

/** A box more, which may forward. */
export function create_box(namespace: string, forwards: boolean): void {
  must_run(['ip', 'netns', 'add', namespace]);
  set_sysctls(namespace, { ...SYSCTLS.all, ...(forwards ? SYSCTLS.forwarding : {}) });
  ip(namespace, ['link set lo up']);
}

/** Wires of these uplinks, from the router to the server. */
export function create_uplinks(uplinks: UplinkPlan[]): void {
  const wires = (end: string) =>
    uplinks.map(({ name }) => `link add ${name} type veth peer name ${end} netns ${provider_of(name)}`);

  ip('router', wires('cpe'));
  ip('server', [
    ...wires('core'),
    ...uplinks.flatMap(uplink => [
      `address add ${far(uplink)}/30 dev ${uplink.name}`,
      ...(uplink.lease6 === null ? [] : [`address add ${SERVER_LINK_LOCAL}/64 dev ${uplink.name}`]),
      wire_size_packets(uplink.name),
      `link set ${uplink.name} up`,
      `route add 100.64.${uplink.number}.0/24 via ${near(uplink)}`,
      ...to_customer(uplink).map(
        prefix => `route add ${prefix} via ${PROVIDER_LINK_LOCAL} dev ${uplink.name}`,
      ),
    ]),
  ]);
  for (const uplink of uplinks) {
    const { gateway, mask } = uplink.lease;
    ip(provider_of(uplink.name), [
      `address add ${gateway}/${mask} dev cpe`,
      'link set cpe up',
      ...customer_side(uplink),
      `address add ${near(uplink)}/30 dev core`,
      'link set core up',
      `route add default via ${far(uplink)}`,
      ...[name_server(uplink.number), PORTAL_ADDRESS].map(own => `route add ${own} via ${far(uplink)}`),
      `route replace blackhole ${PROVIDERS_SUBNET}`,
      ...(uplink.lease6 === null
        ? []
        : [
            `address add ${PROVIDER_LINK_LOCAL}/64 dev core`,
            `route add ::/0 via ${SERVER_LINK_LOCAL} dev core`,
          ]),
    ]);
    if (uplink.down_bps !== null || uplink.up_bps !== null) set_rate(uplink);
    if (uplink.lease6 !== null || is_faulty(uplink.fault)) set_filter(uplink);
  }
}

/** Take the uplink's device out of the router, as if an adapter was unplugged. */
export function remove_uplink(name: string): void {
  run_in('router', ['ip', 'link', 'delete', name]);
  run_in('server', ['ip', 'link', 'delete', name]);
}

export function uplink_exists(name: string): boolean {
  return run_in('router', ['ip', 'link', 'show', name]).code === 0;
}

/** Carrier of the router's device, switched at the provider's end of the wire. */
export function set_carrier(uplink: UplinkPlan, on: boolean): void {
  // A device that was down has lost its IPv6 addresses and routes.
  const lines = on ? ['link set cpe up', ...customer_side(uplink)] : ['link set cpe down'];
  ip(provider_of(uplink.name), lines);
}

/** Shape both directions. */
export function set_rate({ name, down_bps, up_bps }: UplinkPlan): void {
  const tbf = (rate: number) => `tbf rate ${rate}bit burst ${BURST} latency ${QUEUE_LATENCY}`;
  const lines = [['cpe', down_bps] as const, ['core', up_bps] as const].map(
    ([device, rate]) => `qdisc replace dev ${device} root ${rate === null ? 'pfifo_fast' : tbf(rate)}`,
  );
  must_run(['tc', '-n', provider_of(name), '-batch', '-'], lines.join('\n'));
}

/** Has the provider do to packets what its fault says; the gateway itself answers on, unless all is silent. */
export function set_filter(uplink: UplinkPlan): void {
  const ruleset = provider_ruleset(uplink.fault, to_customer(uplink));
  const { code, stderr } = run_in(provider_of(uplink.name), ['nft', '-f', '-'], ruleset);
  if (code !== 0) throw new Error(`nft: ${stderr}`);
}

/** The provider delegates `prefix` in place of the present one: its routes, the server's and the filter. */
export function set_delegation(uplink: UplinkPlan, prefix: string): void {
  const { name, lease6 } = uplink;
  if (lease6 === null) throw new Error(`${name} has no IPv6: start the lab with "ipv6: true"`);
  // Where the device is away or down there is no route to delete, and none is added until it is back.
  const replaced = (way: string) => [
    `route delete ${lease6.prefix} ${way}`,
    `route replace ${prefix} ${way}`,
  ];
  try_ip(provider_of(name), replaced(`via ${ROUTER_LINK_LOCAL} dev cpe`));
  try_ip('server', replaced(`via ${PROVIDER_LINK_LOCAL} dev ${name}`));
  lease6.prefix = prefix;
  set_filter(uplink);
}

/** The server sends what is for the clients' own addresses by this uplink, until that is removed. */
export function set_return(uplink: UplinkPlan): void {
  ip('server', [`route replace ${LAN_SUBNET} via ${near(uplink)} dev ${uplink.name}`]);
}

/** Routes and IPv6 addresses of the provider's end of the router's wire, which go with its carrier. */
function customer_side({ lease, lease6 }: UplinkPlan): string[] {
  const to_clients = `route replace ${LAN_SUBNET} via ${lease.address} dev cpe`;
  if (lease6 === null) return [to_clients];
  return [
    to_clients,
    `address replace ${lease6.gateway}/64 dev cpe`,
    `route replace ${subnet6(lease6)} dev cpe`,
    `route replace ${lease6.prefix} via ${ROUTER_LINK_LOCAL} dev cpe`,
  ];
}

/** IPv6 destinations that lie behind this uplink. */
function to_customer({ lease6 }: UplinkPlan): string[] {
  return lease6 === null ? [] : [subnet6(lease6), lease6.prefix];
}

/** The provider's address on its wire to the server, and the server's. */
function near({ number }: UplinkPlan): string {
  return `10.64.${number}.2`;
}

function far({ number }: UplinkPlan): string {
  return `10.64.${number}.1`;
}

/** The namespace of an uplink's provider. */
export function provider_of(uplink: string): string {
  return `isp_${uplink}`;
}

/** Run `ip` commands in a namespace; the first that fails throws. */
export function ip(namespace: string, lines: string[]): void {
  must_run(['ip', '-n', namespace, '-batch', '-'], `${lines.join('\n')}\n`);
}

/** Run `ip` commands in a namespace, whether they fail or not. */
function try_ip(namespace: string, lines: string[]): void {
  run_command(['ip', '-n', namespace, '-force', '-batch', '-'], `${lines.join('\n')}\n`);
}

/**
 * Have the sender build packets of wire size. Bigger ones would pass the router as one and be dropped as one at
 * the shaper.
 */
function wire_size_packets(device: string): string {
  return `link set ${device} gso_max_segs 1`;
}

/** Settings that a kernel does not show to an unprivileged namespace keep their default. */
export function set_sysctls(namespace: string, settings: Record<string, number>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${value} ${name.replaceAll('.', '/')}\n`);
  const script = 'while read -r value name; do echo "$value" > "/proc/sys/$name"; done';
  run_in(namespace, ['sh', '-c', script], lines.join(''));
}
