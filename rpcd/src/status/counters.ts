/** Reading the counters behind the status. */

import type { DaemonPlatform, Json } from '../../platform/platform.ts';
import { is_object, number_at, object_at, objects_at, text_at } from '../json.ts';
import { decimal } from '../net/address.ts';
import { NFT_TABLE } from '../plan/constants.ts';

/** Packets counted by each named counter of our table; empty when there is no table. */
export function read_connection_counters(platform: DaemonPlatform): Record<string, number> {
  const counters: Record<string, number> = {};
  const result = platform.run(['nft', '-j', 'list', 'counters', 'table', 'inet', NFT_TABLE]);
  if (result.code !== 0) return counters;
  try {
    const answer = JSON.parse(result.stdout) as Json;
    if (!is_object(answer)) return counters;
    for (const entry of objects_at(answer, 'nftables')) {
      const counter = object_at(entry, 'counter');
      const name = text_at(counter, 'name');
      if (name !== '') counters[name] = number_at(counter, 'packets');
    }
  } catch {
    // An nft without JSON support: shares are not shown.
  }
  return counters;
}

/** A device's byte counter, 0 when the device is gone. */
export function read_device_bytes(
  platform: DaemonPlatform,
  device: string,
  counter: 'rx_bytes' | 'tx_bytes',
): number {
  const text = platform.read_file(`/sys/class/net/${device}/statistics/${counter}`);
  const digits = text === null ? '' : text.trim();
  return /^[0-9]{1,15}$/.test(digits) ? decimal(digits) : 0;
}
