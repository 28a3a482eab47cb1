/** `wg show all dump`: devices and peers. Private and preshared keys in it are not kept. Pure. */

import { decimal } from '../net/address.ts';

/** WireGuard gives a session up when no handshake has renewed it for this time. */
export const REJECT_AFTER_S = 180;

export interface DevicePeer {
  public_key: string;
  /** Address and port, empty when none is known. */
  endpoint: string;
  /** Seconds since 1970, 0: never. */
  handshake_s: number;
  rx_bytes: number;
  tx_bytes: number;
}

export interface Device {
  public_key: string;
  peers: DevicePeer[];
}

/** Of wg(8): name, private key, public key, listen port, mark. */
const DEVICE_FIELDS = 5;
/** Name, public key, preshared key, endpoint, allowed addresses, last handshake, received, sent, keep-alive. */
const PEER_FIELDS = 9;
/** Exact in a double. */
const COUNT_DIGITS = 15;

/** By device name. Lines that are neither are left out. */
export function parse_dump(lines: string[]): Record<string, Device> {
  const devices: Record<string, Device> = {};
  for (const line of lines) {
    const fields = line.split('\t');
    const name = fields[0] ?? '';
    if (fields.length === DEVICE_FIELDS) {
      devices[name] = { public_key: given(fields[2] ?? ''), peers: [] };
    } else if (fields.length === PEER_FIELDS && Object.hasOwn(devices, name)) {
      devices[name]?.peers.push({
        public_key: fields[1] ?? '',
        endpoint: given(fields[3] ?? ''),
        handshake_s: count(fields[5] ?? ''),
        rx_bytes: count(fields[6] ?? ''),
        tx_bytes: count(fields[7] ?? ''),
      });
    }
  }
  return devices;
}

/** Null: there was none, or the time of day is not known. */
export function handshake_age_s(handshake_s: number, now_s: number | null): number | null {
  return handshake_s === 0 || now_s === null ? null : Math.max(0, now_s - handshake_s);
}

function given(field: string): string {
  return field === '(none)' ? '' : field;
}

function count(field: string): number {
  return /^[0-9]+$/.test(field) && field.length <= COUNT_DIGITS ? decimal(field) : 0;
}
