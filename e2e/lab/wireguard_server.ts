/** A WireGuard server in the lab (wireguard-go), reached at the server's first address over every uplink. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from './lab.ts';
import { LAB_FOLDER } from './namespace.ts';

const DEVICE = 'wgserver';
const PORT = 51820;

export interface WireguardServer {
  device: string;
  public_key: string;
  host: string;
  port: number;
  /** Let somebody in, with these addresses. */
  add_peer(public_key: string, allowed_ips: string): void;
}

/** Throws when it cannot be started. */
export function start_wireguard_server(lab: Lab): WireguardServer {
  const run = (argv: string[], input?: string): string => {
    const { code, stdout, stderr } = lab.server.exec(argv, input);
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    return stdout;
  };
  const private_key = run(['wg', 'genkey']);
  const key_file = join(LAB_FOLDER, 'server.key');
  writeFileSync(key_file, private_key);
  run(['wireguard-go', DEVICE]);
  run(['wg', 'set', DEVICE, 'listen-port', `${PORT}`, 'private-key', key_file]);
  run(['ip', 'address', 'add', '10.9.0.1/16', 'dev', DEVICE]);
  run(['ip', 'link', 'set', DEVICE, 'mtu', '1420', 'up']);
  return {
    device: DEVICE,
    public_key: run(['wg', 'pubkey'], private_key).trim(),
    host: lab.server_addresses[0] ?? '',
    port: PORT,
    add_peer: (public_key, allowed_ips) => {
      run(['wg', 'set', DEVICE, 'peer', public_key, 'allowed-ips', allowed_ips]);
    },
  };
}
