/**
 * The wires of the lab:
 *
 *     client1 ─┐                 ┌─ wan1 ── isp_wan1 ─┐
 *     client2 ─┴─ br-lan  router ┼─ wan2 ── isp_wan2 ─┼─ server
 *                                └─ …               ──┘
 *
 * Every box is a network namespace. Each provider shapes both directions, drops what it is told to drop, and has
 * a subnet of its own: 100.64.n.0/24 with gateway .1 and the router at .2. The server owns several addresses, the
 * default probe targets among them, and answers on the way a packet came by.
 */

import type { CommandResult } from '../../rpcd/platform/platform.ts';
import { must_run, run_command } from './namespace.ts';
import type { Lease } from './netifd.ts';

export const ROUTER_LAN_ADDRESS = '192.168.1.1';

/** Queue of a shaped link: at most this long a packet waits. */
const QUEUE_LATENCY = '100ms';
/** Token bucket depth; more than one segment, little enough to be fair at 1 Mbit/s. */
const BURST = '16k';

export interface UplinkPlan {
  name: string;
  /** Bits per second; null: not shaped. */
  down_bps: number | null;
  up_bps: number | null;
  /** Metric of the default route in the main table. */
  metric: number;
}

export interface Topology {
  uplinks: UplinkPlan[];
  clients: string[];
  /** Addresses of the server. */
  server_addresses: string[];
}

/** Run a command in a namespace, without a shell. */
export function run_in(namespace: string, argv: string[], input = ''): CommandResult {
  return run_command(['ip', 'netns', 'exec', namespace, ...argv], input);
}

export function uplink_lease(number: number): Lease {
  return {
    address: `100.64.${number}.2`,
    mask: 24,
    gateway: `100.64.${number}.1`,
    dns: [`100.64.${number}.1`],
  };
}

export function client_address(number: number): string {
  return `192.168.1.${100 + number}`;
}

/** Create all namespaces and wires. The router's interfaces are left to netifd. */
export function create_topology(plan: Topology): void {
  // Left behind by a lab that did not reach its end.
  delete_topology();

  const providers = plan.uplinks.map(({ name }) => provider_of(name));
  for (const namespace of ['router', 'server', ...providers, ...plan.clients]) {
    must_run(['ip', 'netns', 'add', namespace]);
    // A new namespace may inherit strict settings from the machine; OpenWrt filters no reverse paths.
    set_sysctls(namespace, { 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 });
    ip(namespace, 'link set lo up');
  }
  for (const namespace of ['router', ...providers]) set_sysctls(namespace, { 'net.ipv4.ip_forward': 1 });
  set_sysctls('router', {
    'net.ipv4.conf.all.arp_ignore': 1,
    'net.ipv4.conf.default.arp_ignore': 1,
    'net.netfilter.nf_conntrack_acct': 1,
    'net.netfilter.nf_conntrack_tcp_timeout_established': 7440,
  });
  for (const namespace of ['router', 'server', ...plan.clients]) {
    // A veth carries the sender's socket hash into the router. Without this each retransmission timeout would
    // pick another link there, which no real wire does.
    set_sysctls(namespace, { 'net.core.txrehash': 0 });
  }

  for (const address of plan.server_addresses) ip('server', `address add ${address}/32 dev lo`);
  ip('router', 'link add br-lan type bridge');
  for (const [index, client] of plan.clients.entries()) {
    const port = `lan${index + 1}`;
    ip('router', `link add ${port} type veth peer name eth0 netns ${client}`);
    ip('router', `link set ${port} master br-lan up`);
    ip(client, `address add ${client_address(index + 1)}/24 dev eth0`);
    no_giant_packets(client, 'eth0');
    ip(client, 'link set eth0 up');
    ip(client, `route add default via ${ROUTER_LAN_ADDRESS}`);
  }
  for (const [index, uplink] of plan.uplinks.entries()) create_uplink(uplink, index + 1);
}

/** Delete the lab's namespaces and end whatever still runs in them, such as the probes of a killed daemon. */
export function delete_topology(): void {
  for (const { name } of JSON.parse(must_run(['ip', '-j', 'netns', 'list']) || '[]') as Array<{
    name: string;
  }>) {
    if (!/^(router|server|client\d+|isp_.+)$/.test(name)) continue;
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

/** Wires of the n-th uplink, from the router to the server. */
export function create_uplink({ name, down_bps, up_bps }: UplinkPlan, number: number): void {
  const provider = provider_of(name);
  const { gateway, mask } = uplink_lease(number);
  ip('router', `link add ${name} type veth peer name cpe netns ${provider}`);
  ip(provider, `address add ${gateway}/${mask} dev cpe`);
  ip(provider, 'link set cpe up');

  const [near, far] = [`10.64.${number}.2`, `10.64.${number}.1`];
  ip('server', `link add ${name} type veth peer name core netns ${provider}`);
  ip(provider, `address add ${near}/30 dev core`);
  ip(provider, 'link set core up');
  ip('server', `address add ${far}/30 dev ${name}`);
  no_giant_packets('server', name);
  ip('server', `link set ${name} up`);
  ip(provider, `route add default via ${far}`);
  ip('server', `route add 100.64.${number}.0/24 via ${near}`);
  set_rate(name, down_bps, up_bps);
  set_loss(name, 0);
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
export function set_carrier(name: string, on: boolean): void {
  ip(provider_of(name), `link set cpe ${on ? 'up' : 'down'}`);
}

/** Shape both directions; null: unlimited. */
export function set_rate(name: string, down_bps: number | null, up_bps: number | null): void {
  for (const [device, rate] of [
    ['cpe', down_bps],
    ['core', up_bps],
  ] as const) {
    const qdisc = ['tc', 'qdisc', 'replace', 'dev', device, 'root'];
    const tbf = ['tbf', 'rate', `${rate}bit`, 'burst', BURST, 'latency', QUEUE_LATENCY];
    const { code, stderr } = run_in(provider_of(name), [...qdisc, ...(rate === null ? ['pfifo_fast'] : tbf)]);
    if (code !== 0) throw new Error(`tc: ${stderr}`);
  }
}

/** Drop this share of all forwarded packets without a word, 1000 meaning all. The gateway itself answers on. */
export function set_loss(name: string, loss_permille: number): void {
  const some = loss_permille < 1000 ? `numgen random mod 1000 < ${loss_permille}` : '';
  const rule = loss_permille === 0 ? '' : `${some} drop`;
  const ruleset = `
    table ip loss
    delete table ip loss
    table ip loss {
      chain forward {
        type filter hook forward priority 0;
        ${rule}
      }
    }`;
  const { code, stderr } = run_in(provider_of(name), ['nft', '-f', '-'], ruleset);
  if (code !== 0) throw new Error(`nft: ${stderr}`);
}

function provider_of(uplink: string): string {
  return `isp_${uplink}`;
}

function ip(namespace: string, command: string): void {
  must_run(['ip', '-n', namespace, ...command.split(' ')]);
}

/**
 * Have the sender build packets of wire size. Bigger ones would pass the router as one and be dropped as one at
 * the shaper.
 */
function no_giant_packets(namespace: string, device: string): void {
  ip(namespace, `link set ${device} gso_max_segs 1`);
}

/** Settings that a kernel does not show to an unprivileged namespace keep their default. */
function set_sysctls(namespace: string, settings: Record<string, number>): void {
  for (const [name, value] of Object.entries(settings)) {
    run_in(namespace, [
      'sh',
      '-c',
      'echo "$2" > "/proc/sys/$1"',
      'sh',
      name.replaceAll('.', '/'),
      `${value}`,
    ]);
  }
}
