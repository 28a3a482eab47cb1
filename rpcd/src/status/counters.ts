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

export interface DeviceCounters {
  rx_bytes: number;
  rx_packets: number;
  tx_bytes: number;
  tx_packets: number;
}

/** The kernel's table of all devices: one file, where those in /sys/class/net are one for each number. */
export function read_device_table(platform: DaemonPlatform): string {
  return platform.read_file('/proc/net/dev') ?? '';
}

/** A device's line in that table, and where it stood; row -1: the device is gone. */
export interface DeviceLine {
  row: number;
  text: string;
}

/** The same object as `before` when nothing has changed. */
export function device_line(lines: string[], device: string, before: DeviceLine | null): DeviceLine {
  const name = `${device}:`;
  if (before !== null) {
    const text = lines[before.row] ?? '';
    if (text === before.text) return before;
    if (text.trim().startsWith(name)) return { row: before.row, text };
  }
  const row = lines.findIndex(line => line.includes(name) && line.trim().startsWith(name));
  return { row, text: lines[row] ?? '' };
}

/** A device's counters, 0 when the device is gone. */
export function counters_of({ text }: DeviceLine): DeviceCounters {
  const words = text.trim().split(/ +/);
  return {
    rx_bytes: count(words[1]),
    rx_packets: count(words[2]),
    tx_bytes: count(words[9]),
    tx_packets: count(words[10]),
  };
}

export function device_counters(table: string, device: string): DeviceCounters {
  return counters_of(device_line(table.split('\n'), device, null));
}

function count(digits: string | undefined): number {
  return digits !== undefined && /^[0-9]{1,15}$/.test(digits) ? decimal(digits) : 0;
}
