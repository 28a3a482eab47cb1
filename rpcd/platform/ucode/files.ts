/** Files, UCI and the clock on the router: thin over ucode's native modules. */

import { clock } from 'ucode:core';
import { access, mkdir, open, readfile, rename, stat, unlink, writefile } from 'ucode:fs';
import { type Cursor, cursor, type StoredSection } from 'ucode:uci';
import { type FilePlatform, RUN_DIR, type UciEdit, type UciPlatform, type UciSection } from '../platform.ts';

export const CONFIG_DIR = '/etc/config';
/** A place of our own for unsaved changes, so that a commit never takes along what somebody else has staged. */
const SAVE_DIR = `${RUN_DIR}/uci`;

export function read_file(path: string): string | null {
  return readfile(path);
}

export function write_file(path: string, text: string): boolean {
  const temporary = `${path}.new`;
  if (writefile(temporary, text) === null) return false;
  return rename(temporary, path) === true;
}

export function write_proc(path: string, text: string): boolean {
  return writefile(path, text) !== null;
}

export function make_dir(path: string): boolean {
  let made = '';
  for (const part of path.split('/')) {
    if (part === '') continue;
    made = `${made}/${part}`;
    if (access(made, 'f') !== true && mkdir(made, 0o755) !== true) return false;
  }
  return true;
}

export function remove_file(path: string): boolean {
  return unlink(path) === true;
}

export function now_ms(): number {
  const now = clock(true);
  return now === null ? 0 : now[0] * 1000 + Math.floor(now[1] / 1000000);
}

export function uci_read(config: string): UciSection[] | null {
  const reader = cursor(CONFIG_DIR, SAVE_DIR);
  return reader === null ? null : read_sections(reader, config);
}

export function read_sections(reader: Cursor, config: string): UciSection[] | null {
  if (reader.load(config) !== true) return null;
  const sections: UciSection[] = [];
  reader.foreach(config, null, stored => {
    sections.push(section_of(stored));
  });
  return sections;
}

export function uci_write(config: string, edits: UciEdit[]): string | null {
  make_dir(SAVE_DIR);
  const writer = cursor(CONFIG_DIR, SAVE_DIR);
  if (writer === null || writer.load(config) !== true) return `/etc/config/${config} cannot be read`;
  const refused = make_edits(writer, config, edits);
  if (refused !== null) {
    writer.revert(config);
    return refused;
  }
  if (writer.commit(config) !== true) return `${config}: ${writer.error() ?? 'cannot be written'}`;
  return null;
}

/** In the cursor's memory. Null on success. */
export function make_edits(writer: Cursor, config: string, edits: UciEdit[]): string | null {
  for (const edit of edits) {
    let done: boolean | null = null;
    if (edit.kind === 'create') done = writer.set(config, edit.section, edit.type);
    else if (edit.kind === 'remove') done = writer.delete(config, edit.section);
    else if (edit.value === null) done = writer.delete(config, edit.section, edit.option);
    else done = writer.set(config, edit.section, edit.option, edit.value);
    if (done !== true) return `${config}.${edit.section}: ${writer.error() ?? 'unknown reason'}`;
  }
  return null;
}

export function config_text(config: string): string | null {
  return is_package(config) ? readfile(`${CONFIG_DIR}/${config}`) : null;
}

/** The new file is as private as the one it replaces. */
export function restore_config(config: string, text: string): boolean {
  const path = `${CONFIG_DIR}/${config}`;
  const old = stat(path);
  const temporary = `${path}.linkagg`;
  unlink(temporary);
  const file = open(temporary, 'w', old === null ? 0o600 : old.mode);
  if (!is_package(config) || file === null) return false;
  const written = file.write(text) !== null;
  file.close();
  return written && rename(temporary, path) === true;
}

export function is_package(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text);
}

function section_of(stored: StoredSection): UciSection {
  const options: Record<string, string | string[]> = {};
  for (const key of Object.keys(stored)) {
    const value = stored[key] ?? '';
    if (key.startsWith('.')) continue;
    if (typeof value === 'string' || Array.isArray(value)) options[key] = value;
  }
  return {
    name: text_of(stored['.name'] ?? ''),
    type: text_of(stored['.type'] ?? ''),
    anonymous: stored['.anonymous'] === true,
    options,
  };
}

function text_of(value: string | string[] | number | boolean): string {
  return typeof value === 'string' ? value : '';
}

/** Both programs' share of their platform. */
export const files: FilePlatform & UciPlatform = {
  read_file,
  write_file,
  write_proc,
  make_dir,
  remove_file,
  uci_read,
  uci_write,
};
