/**
 * Changes of rpcd sessions as files, as libuci's delta.c and rpcd's uci.c have them: one command a line, in one
 * file for each package, in one folder for each session.
 *
 * `LINKAGG_RPCD_DIR` (default /var/run/rpcd) is the folder of all that.
 */

import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { UciEdit, UciSection } from '../platform.ts';
import { edit_uci, read_uci_file } from './uci.ts';

/** A line: `-` removes, `|` adds to a list, nothing sets. */
export interface Change {
  command: 'set' | 'remove' | 'list-add';
  section: string;
  option: string | null;
  value: string;
}

const PREFIXES: Record<Change['command'], string> = { set: '', remove: '-', 'list-add': '|' };

/** RPC_UCI_DIR_PREFIX. */
export const rpcd_folder = () => process.env.LINKAGG_RPCD_DIR ?? '/var/run/rpcd';

/** Folder of a session's changes; null for what is no session id. */
export function session_folder(session: string): string | null {
  return /^[0-9a-f]{32}$/.test(session) ? join(rpcd_folder(), `uci-${session}`) : null;
}

/** Packages that the session has changed. */
export function staged_packages(session: string): string[] {
  const folder = session_folder(session);
  if (folder === null) return [];
  try {
    return readdirSync(folder)
      .filter(name => statSync(join(folder, name)).size > 0)
      .sort();
  } catch {
    return [];
  }
}

/** Changes of a package in the order in which they were made. */
export function staged_changes(session: string, config: string): Change[] {
  const folder = session_folder(session);
  if (folder === null) return [];
  try {
    return parse_delta(readFileSync(join(folder, config), 'utf8'), config);
  } catch {
    return [];
  }
}

export function read_staged(uci_folder: string, session: string, config: string): UciSection[] | null {
  const stored = session_folder(session) === null ? null : read_uci_file(uci_folder, config);
  return stored === null ? null : with_changes(stored, staged_changes(session, config));
}

export function write_staged(
  uci_folder: string,
  session: string,
  config: string,
  edits: UciEdit[],
): string | null {
  const folder = session_folder(session);
  const before = read_staged(uci_folder, session, config);
  if (folder === null || before === null) return `/etc/config/${config} cannot be read`;
  const edited = edit_uci(before, edits);
  if (typeof edited === 'string') return `${config}: ${edited}`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  appendFileSync(join(folder, config), format_delta(edits.flatMap(changes_of), config), { mode: 0o600 });
  return null;
}

export function revert_staged(session: string, config: string): boolean {
  const folder = session_folder(session);
  if (folder === null) return false;
  rmSync(join(folder, config), { force: true });
  return true;
}

/** The sections with the changes made; what no longer fits is left out, as in libuci. */
export function with_changes(sections: UciSection[], changes: Change[]): UciSection[] {
  let result = sections;
  for (const { command, section, option, value } of changes) {
    const present = result.find(each => each.name === section);
    const before = option === null ? [] : [present?.options[option] ?? []].flat();
    const edit: UciEdit =
      option === null
        ? command === 'remove'
          ? { kind: 'remove', section }
          : { kind: 'create', section, type: value }
        : {
            kind: 'set',
            section,
            option,
            value: command === 'remove' ? null : command === 'set' ? value : [...before, value],
          };
    const edited = edit_uci(result, [edit]);
    if (typeof edited !== 'string') result = edited;
  }
  return result;
}

function changes_of(edit: UciEdit): Change[] {
  const { section } = edit;
  if (edit.kind === 'create') return [{ command: 'set', section, option: null, value: edit.type }];
  if (edit.kind === 'remove') return [{ command: 'remove', section, option: null, value: '' }];
  const { option, value } = edit;
  if (value === null || value === '') return [{ command: 'remove', section, option, value: '' }];
  if (typeof value === 'string') return [{ command: 'set', section, option, value }];
  return [
    { command: 'remove', section, option, value: '' },
    ...value.map((item): Change => ({ command: 'list-add', section, option, value: item })),
  ];
}

function format_delta(changes: Change[], config: string): string {
  const lines = changes.map(({ command, section, option, value }) => {
    const path = [config, section, ...(option === null ? [] : [option])].join('.');
    const assigned = command === 'remove' ? '' : `='${value.replaceAll("'", "'\\''")}'`;
    return `${PREFIXES[command]}${path}${assigned}\n`;
  });
  return lines.join('');
}

function parse_delta(text: string, config: string): Change[] {
  const changes: Change[] = [];
  const line = /^([-|]?)([^.\n]+)\.([^.=\n]+)(?:\.([^=\n]+))?(?:='((?:[^']|'\\'')*)')?$/gm;
  for (const [, prefix = '', , section = '', option, value = ''] of text.matchAll(line)) {
    const command = prefix === '-' ? 'remove' : prefix === '|' ? 'list-add' : 'set';
    changes.push({ command, section, option: option ?? null, value: value.replaceAll("'\\''", "'") });
  }
  if (text !== '' && changes.length === 0) throw new Error(`changes of ${config} cannot be read`);
  return changes;
}
