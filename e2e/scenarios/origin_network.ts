/**
 * The network that linkagg was made for, as far as an ordinary lab does not have it: PCs with an uplink of their own
 * besides their cable to the router, and a far side, a server that is a router itself.
 *
 *     phone ──┐          ┌─ wired ─────────────────────┐
 *     PC ─────┼─ router ─┴─ guest (only UDP passes) ───┼─ server ── far (192.168.35.2, knows only the server)
 *     │  PC ──┘                                        │
 *     │  └── Wi-Fi of its own ─────────────────────────┤
 *     └───── Wi-Fi of its own ─────────────────────────┘
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Host, Lab } from '../lab/lab.ts';
import { LAB_FOLDER } from '../lab/namespace.ts';
import { create_box, ip, run_in, set_sysctls } from '../lab/topology.ts';
import { type Agent, SERVICE_PORT, start_agent } from '../lab/traffic.ts';
import { start_wireguard_server, type WireguardServer } from '../lab/wireguard_server.ts';

export const FAR_ADDRESS = '192.168.35.2';
/** The server's in the far network. */
export const FAR_ROUTER_ADDRESS = '192.168.35.1';
const FAR_NETWORK = '192.168.35.0/24';

/** A client with a Wi-Fi. */
export interface Pc {
  host: Host;
  /** Its address in the LAN. */
  address: string;
  /** Out of reach of its Wi-Fi, and back. */
  wifi_off(): void;
  wifi_on(): void;
  /** Its cable to the router. */
  unplug(): void;
  plug(): void;
}

/** The `number`-th client of the lab (from 1 on) gets an uplink of its own, straight to the server. */
export function pc_of(lab: Lab, number: number): Pc {
  const host = lab.clients[number - 1] as Host;
  const provider = `isp_${host.name}`;
  create_box(provider, true);
  ip(host.name, [`link add wlan0 type veth peer name cpe netns ${provider}`]);
  ip('server', [`link add ${host.name} type veth peer name core netns ${provider}`]);
  ip(provider, [
    `address add 172.16.${number}.1/24 dev cpe`,
    'link set cpe up',
    `address add 172.17.${number}.2/30 dev core`,
    'link set core up',
    `route add default via 172.17.${number}.1`,
  ]);
  ip('server', [
    `address add 172.17.${number}.1/30 dev ${host.name}`,
    `link set ${host.name} up`,
    `route add 172.16.${number}.0/24 via 172.17.${number}.2`,
  ]);
  const wifi_on = () =>
    ip(host.name, [
      `address replace 172.16.${number}.2/24 dev wlan0`,
      'link set wlan0 up',
      // As with DHCP: the cable goes first.
      `route replace default via 172.16.${number}.1 metric 600`,
    ]);
  // As most distributions have it.
  set_sysctls(host.name, { 'net.ipv4.conf.all.rp_filter': 1 });
  wifi_on();
  const cable = (state: string) => ip('router', [`link set lan${number} ${state}`]);
  return {
    host,
    address: `192.168.1.${100 + number}`,
    wifi_off: () => ip(provider, ['link set cpe down']),
    wifi_on: () => ip(provider, ['link set cpe up']),
    unplug: () => cable('down'),
    plug: () => cable('up'),
  };
}

/** Only UDP passes this uplink: it wants a login that nobody has. */
export function guests_only(lab: Lab, uplink: string): void {
  const ruleset =
    'table inet guests { chain forward { type filter hook forward priority 10; meta l4proto != udp drop; }; }';
  expect(lab.uplink(uplink).provider.exec(['nft', ruleset])).toMatchObject({ code: 0 });
}

/** Runs shell commands for root of a Linux PC, whose systemd starts `wg-quick` units at once. */
export function run_on_linux({ host }: Pc, commands: string): void {
  const programs = join(LAB_FOLDER, 'systemd');
  mkdirSync(programs, { recursive: true });
  const systemctl =
    '#!/bin/sh\n[ "$1 $2" = "enable --now" ] && exec wg-quick up $(echo "$3" | cut -d@ -f2)\n';
  writeFileSync(join(programs, 'systemctl'), systemctl, { mode: 0o755 });
  // A folder of its own; it goes with the shell.
  const script = `mount -t tmpfs tmpfs /etc/wireguard && PATH="${programs}:$PATH" exec sh -e -s`;
  expect(host.exec(['sh', '-c', script], commands)).toMatchObject({ code: 0 });
}

export interface FarSide {
  server: WireguardServer;
  agent: Agent;
}

/** The far network and the server's part in it, as its own admin has set it up. */
export async function far_side(lab: Lab): Promise<FarSide> {
  const server = start_wireguard_server(lab);
  create_box('far', false);
  set_sysctls('server', { 'net.ipv4.ip_forward': 1 });
  ip('server', [
    'link add wg_s2s type veth peer name eth0 netns far',
    `address add ${FAR_ROUTER_ADDRESS}/24 dev wg_s2s`,
    'link set wg_s2s up',
    // What comes from the tunnels finds the far network, whatever else the server's tables say.
    `route add ${FAR_NETWORK} dev wg_s2s table 35`,
    `rule add iif ${server.device} lookup 35 pref 4`,
  ]);
  ip('far', [`address add ${FAR_ADDRESS}/24 dev eth0`, 'link set eth0 up']);
  const ruleset = `table inet far { chain srcnat { type nat hook postrouting priority srcnat;
    iifname "${server.device}" oifname "wg_s2s" masquerade; }; }`;
  expect(lab.server.exec(['nft', ruleset])).toMatchObject({ code: 0 });
  const agent = start_agent('far', join(LAB_FOLDER, 'lab/programs/traffic_agent.js'));
  await agent.order({ kind: 'serve', port: SERVICE_PORT, udp_addresses: [FAR_ADDRESS] }).reply;
  return { server, agent };
}

/** How many TCP connections to the far network came to the server from each of these networks, since the last call. */
export function ways_to_far(networks: Record<string, string>): Record<string, number> {
  const { stdout } = run_in('server', ['conntrack', '-L', '-p', 'tcp', '-d', FAR_ADDRESS]);
  run_in('server', ['conntrack', '-F']);
  const counts: Record<string, number> = {};
  for (const [, source = ''] of stdout.matchAll(/src=(\S+) dst=192\.168\.35\.2 /g)) {
    const name = Object.keys(networks).find(each => source.startsWith(networks[each] ?? '-')) ?? source;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
