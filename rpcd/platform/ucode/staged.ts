/** What sessions of rpcd have changed and not applied; see rpcd's uci.c. */

import { lsdir, readfile } from 'ucode:fs';
import { type Cursor, cursor } from 'ucode:uci';
import type { StagedPlatform } from '../platform.ts';
import { CONFIG_DIR, is_package, make_edits, read_sections } from './files.ts';

/** RPC_UCI_SAVEDIR_PREFIX; the session's id follows. */
const SAVE_DIR_PREFIX = '/var/run/rpcd/uci-';

/** Null for what is no session id: it would name another folder. */
function save_dir(session: string): string | null {
  return /^[0-9a-f]{32}$/.test(session) ? `${SAVE_DIR_PREFIX}${session}` : null;
}

function staged_cursor(session: string): Cursor | null {
  const folder = save_dir(session);
  return folder === null ? null : cursor(CONFIG_DIR, folder);
}

export const staged: StagedPlatform = {
  staged_packages: session => {
    const folder = save_dir(session);
    const names = folder === null ? null : lsdir(folder);
    return (names ?? []).filter(name => is_package(name) && (readfile(`${folder}/${name}`) ?? '') !== '');
  },
  staged_read: (session, config) => {
    const reader = staged_cursor(session);
    return reader === null ? null : read_sections(reader, config);
  },
  staged_write: (session, config, edits) => {
    const writer = staged_cursor(session);
    if (writer === null || writer.load(config) !== true) return `/etc/config/${config} cannot be read`;
    const refused = make_edits(writer, config, edits);
    if (refused !== null) return refused;
    return writer.save(config) === true ? null : `${config}: ${writer.error() ?? 'cannot be written'}`;
  },
  staged_revert: (session, config) => {
    const writer = staged_cursor(session);
    return writer !== null && writer.load(config) === true && writer.revert(config) === true;
  },
};
