/**
 * What must outlive the daemon but not the kernel: a file on tmpfs. Lost with a reboot, as the state it
 * describes.
 */

import { type FilePlatform, type Json, type JsonObject, RUN_DIR } from '../../platform/platform.ts';
import { is_object, number_at, object_at, text_at } from '../json.ts';

const MEMORY_FILE = `${RUN_DIR}/state.json`;
const TABLE_PLANNED_FILE = `${RUN_DIR}/table.planned`;
const TABLE_LISTED_FILE = `${RUN_DIR}/table.listed`;

export interface Memory {
  /** Slot numbers that live connections may carry. */
  slots: Record<string, number>;
  /** Values of sysctls from before we changed them, by path below /proc/sys. */
  sysctls: Record<string, string>;
}

/** Empty when there is none or it cannot be read. */
export function recall(platform: FilePlatform): Memory {
  const text = platform.read_file(MEMORY_FILE);
  const stored = text === null ? {} : parsed(text);
  const slots: Record<string, number> = {};
  const stored_slots = object_at(stored, 'slots');
  for (const name of Object.keys(stored_slots)) slots[name] = number_at(stored_slots, name);
  const sysctls: Record<string, string> = {};
  const stored_sysctls = object_at(stored, 'sysctls');
  for (const path of Object.keys(stored_sysctls)) sysctls[path] = text_at(stored_sysctls, path);
  return { slots, sysctls };
}

/** False when it could not be written. Writes only what differs from the file. */
export function remember(platform: FilePlatform, memory: Memory): boolean {
  return write_changed(platform, MEMORY_FILE, `${JSON.stringify(memory)}\n`);
}

/**
 * The nft table as it was planned and as `nft` listed it right after. Both texts, because comparing them is
 * quick and hashing them in ucode is not.
 */
export interface TableMemory {
  planned: string | null;
  listed: string | null;
}

export function recall_table(platform: FilePlatform): TableMemory {
  return { planned: platform.read_file(TABLE_PLANNED_FILE), listed: platform.read_file(TABLE_LISTED_FILE) };
}

export function remember_table(platform: FilePlatform, planned: string, listed: string): boolean {
  return (
    write_changed(platform, TABLE_PLANNED_FILE, planned) && write_changed(platform, TABLE_LISTED_FILE, listed)
  );
}

export function forget_table(platform: FilePlatform): void {
  platform.remove_file(TABLE_PLANNED_FILE);
  platform.remove_file(TABLE_LISTED_FILE);
}

function write_changed(platform: FilePlatform, path: string, text: string): boolean {
  return platform.read_file(path) === text || platform.write_file(path, text);
}

function parsed(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    return is_object(value) ? value : {};
  } catch {
    return {};
  }
}
