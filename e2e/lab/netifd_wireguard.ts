/** WireGuard of the netifd stand-in: the kernel of a lab need not have it, so the program wireguard-go does it. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UciSection } from '../../rpcd/platform/platform.ts';
import { list_option, stored_tunnels, text_option } from '../../rpcd/src/tunnels/stored.ts';
import type { Lease } from './addresses.ts';
import { LAB_FOLDER, must_run, run_command } from './namespace.ts';

/** Options of the interface and of its peers, as text to be compared. */
export function tunnel_configuration(name: string, network: UciSection[]): string {
  const own = network.filter(section => section.name === name || section.type === `wireguard_${name}`);
  return JSON.stringify(own.map(({ options }) => options));
}

/** The address as the dump has it. */
export function tunnel_lease(section: UciSection): Lease {
  const [address = '', mask = '32'] = (list_option(section, 'addresses')[0] ?? '').split('/');
  return { address, mask: Number(mask), gateway: '', dns: [] };
}

/** What netifd's wireguard.sh does: device, `wg setconf`, addresses. No routes: the lab's tunnels have none. */
export function create_tunnel(name: string, network: UciSection[]): void {
  const tunnel = stored_tunnels(network).find(each => each.interface === name);
  const section = network.find(each => each.name === name);
  if (tunnel === undefined || section === undefined) throw new Error(`there is no tunnel ${name}`);
  const lines = [
    '[Interface]',
    `PrivateKey = ${tunnel.private_key}`,
    ...(tunnel.listen_port === null ? [] : [`ListenPort = ${tunnel.listen_port}`]),
    ...tunnel.peers.flatMap(peer => [
      '[Peer]',
      `PublicKey = ${peer.public_key}`,
      ...(peer.preshared_key === '' ? [] : [`PresharedKey = ${peer.preshared_key}`]),
      `AllowedIPs = ${peer.allowed_ips.join(', ')}`,
      `PersistentKeepalive = ${peer.persistent_keepalive}`,
      ...(peer.endpoint_host === '' ? [] : [`Endpoint = ${peer.endpoint_host}:${peer.endpoint_port}`]),
    ]),
  ];
  start_wireguard(name, `${lines.join('\n')}\n`, tunnel.addresses, text_option(section, 'mtu'));
}

/** A device in this network namespace; `conf` as for `wg setconf`. */
export function start_wireguard(device: string, conf: string, addresses: string[], mtu = ''): void {
  // It goes on in the background, and ends with its device.
  must_run(['wireguard-go', device]);
  // What Node gives a program as standard input is a socket, which `wg` cannot open as /dev/stdin.
  const file = join(LAB_FOLDER, `${device}.conf`);
  writeFileSync(file, conf, { mode: 0o600 });
  // Nobody waits for a name that cannot be looked up.
  must_run(['env', 'WG_ENDPOINT_RESOLUTION_RETRIES=1', 'wg', 'setconf', device, file]);
  rmSync(file);
  for (const address of addresses) must_run(['ip', 'address', 'replace', address, 'dev', device]);
  must_run(['ip', 'link', 'set', device, 'mtu', mtu === '' ? '1420' : mtu, 'up']);
}

export function delete_tunnel(name: string): void {
  run_command(['ip', 'link', 'delete', name]);
}
