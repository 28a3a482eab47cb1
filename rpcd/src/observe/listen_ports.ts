/** The ports that WireGuard devices send from: /etc/config/network says them, `network.interface dump` does not. */

import type { UciSection } from '../../platform/platform.ts';
import { decimal } from '../net/address.ts';

/** By interface name. `network`: sections of /etc/config/network. */
export function listen_ports(network: UciSection[]): Record<string, number> {
  const ports: Record<string, number> = {};
  for (const { name, type, options } of network) {
    if (type !== 'interface' || options.proto !== 'wireguard') continue;
    const given = options.listen_port ?? '';
    const port = typeof given === 'string' ? port_number(given) : null;
    if (port !== null) ports[name] = port;
  }
  return ports;
}

/** 1 to 65535; null when `text` is none of these. */
export function port_number(text: string): number | null {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return null;
  const port = decimal(text);
  return port <= 65535 ? port : null;
}
