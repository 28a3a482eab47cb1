/** Reading the counters behind the status. */

import type { DaemonPlatform, Json, JsonObject } from '../../platform/platform.ts';
import { is_object, number_at, object_at, objects_at, text_at } from '../json.ts';
import { decimal } from '../net/address.ts';
import { NFT_TABLE } from '../plan/constants.ts';

/** Packets counted by each named counter of our table; empty when there is no table. */
export function read_connection_counters(platform: DaemonPlatform): Record<string, number> {
  const counters: Record<string, number> = {};
  for (const entry of nft_objects(platform, 'counters')) {
    const counter = object_at(entry, 'counter');
    const name = text_at(counter, 'name');
    if (name !== '') counters[name] = number_at(counter, 'packets');
  }
  return counters;
}

/** Objects of one kind in our table, as libnftables-json words them; none without a table or without JSON support. */
export function nft_objects(platform: DaemonPlatform, kind: 'counters' | 'sets'): JsonObject[] {
  const result = platform.run(['nft', '-j', 'list', kind, 'table', 'inet', NFT_TABLE]);
  if (result.code !== 0) return [];
  try {
    const answer = JSON.parse(result.stdout) as Json;
    return is_object(answer) ? objects_at(answer, 'nftables') : [];
  } catch {
    return [];
  }
}

/** A device's counter, 0 when the device is gone. */
export function read_device_counter(
  platform: DaemonPlatform,
  device: string,
  counter: 'rx_bytes' | 'tx_bytes' | 'rx_packets' | 'tx_packets',
): number {
  const text = platform.read_file(`/sys/class/net/${device}/statistics/${counter}`);
  const digits = text === null ? '' : text.trim();
  return /^[0-9]{1,15}$/.test(digits) ? decimal(digits) : 0;
}
