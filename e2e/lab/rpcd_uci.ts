/**
 * Object `uci` of the rpcd stand-in, as far as changes are applied and undone: rpcd's uci.c, its holes included.
 *
 * What is in force without being confirmed stays for good when rpcd is told to reload, and cannot be undone any
 * more once another session applied without rollback.
 */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  revert_staged,
  rpcd_folder,
  session_folder,
  staged_changes,
  staged_packages,
  with_changes,
} from '../../rpcd/platform/node/staged.ts';
import type { UbusAnswer } from '../../rpcd/platform/node/ubus.ts';
import { format_uci, parse_uci } from '../../rpcd/platform/node/uci.ts';
import {
  type JsonObject,
  UBUS_STATUS_INVALID_ARGUMENT,
  UBUS_STATUS_METHOD_NOT_FOUND,
  UBUS_STATUS_NO_DATA,
  UBUS_STATUS_OK,
  UBUS_STATUS_PERMISSION_DENIED,
} from '../../rpcd/platform/platform.ts';

/** RPC_APPLY_TIMEOUT. */
const DEFAULT_TIMEOUT_S = 60;

export const UCI_ARGUMENTS = {
  changes: { args: { config: '' } },
  revert: { args: { config: '' } },
  apply: { args: { rollback: true, timeout: 0 } },
  confirm: { args: {} },
  rollback: { args: {} },
  /** SIGHUP, which has no method of its own in the real one. */
  reload: { args: {} },
};

export interface RpcdUci {
  call(method: string, args: JsonObject): UbusAnswer;
}

/** `may_write`: the session's access list; `config_changed`: what procd does about it. */
export function rpcd_uci(
  uci_folder: string,
  may_write: (session: string, config: string) => boolean,
  config_changed: (config: string) => void,
): RpcdUci {
  const files = join(rpcd_folder(), 'snapshot-files');
  const deltas = join(rpcd_folder(), 'snapshot-delta');
  let applied_by: string | null = null;
  let timer: NodeJS.Timeout | null = null;

  const answer = (status: number, reply: JsonObject = {}): UbusAnswer => ({
    status,
    reply: status === UBUS_STATUS_OK ? reply : null,
  });

  function forget(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    applied_by = null;
  }

  function purge(): void {
    for (const folder of [files, deltas]) rmSync(folder, { recursive: true, force: true });
  }

  function apply(session: string, rollback: boolean, timeout_s: number): UbusAnswer {
    if (applied_by !== null && rollback) return answer(UBUS_STATUS_PERMISSION_DENIED);
    purge();
    if (applied_by !== null) return answer(UBUS_STATUS_OK);
    const packages = staged_packages(session);
    for (const folder of [files, deltas]) mkdirSync(folder, { recursive: true });
    if (packages.length === 0) return answer(UBUS_STATUS_NO_DATA);
    if (!packages.every(config => may_write(session, config))) return answer(UBUS_STATUS_PERMISSION_DENIED);
    const folder = session_folder(session) ?? '';
    for (const config of packages) {
      const path = join(uci_folder, config);
      copyFileSync(path, join(files, config));
      copyFileSync(join(folder, config), join(deltas, config));
      const changed = with_changes(parse_uci(readFileSync(path, 'utf8')), staged_changes(session, config));
      writeFileSync(path, format_uci(changed));
      revert_staged(session, config);
      config_changed(config);
    }
    if (rollback) {
      applied_by = session;
      timer = setTimeout(roll_back, timeout_s * 1000);
    }
    return answer(UBUS_STATUS_OK);
  }

  function roll_back(): void {
    const folder = session_folder(applied_by ?? '');
    for (const config of existsSync(files) ? readdirSync(files) : []) {
      copyFileSync(join(files, config), join(uci_folder, config));
      config_changed(config);
      if (folder === null) continue;
      mkdirSync(folder, { recursive: true });
      copyFileSync(join(deltas, config), join(folder, config));
    }
    purge();
    forget();
  }

  return {
    call: (method, args) => {
      const session = String(args.ubus_rpc_session ?? '');
      if (session === '') return answer(UBUS_STATUS_INVALID_ARGUMENT);
      switch (method) {
        case 'changes': {
          const changes = staged_packages(session).map(config => [
            config,
            staged_changes(session, config).map(({ command, section, option, value }) =>
              [command, section, option, value].filter(word => word !== null && word !== ''),
            ),
          ]);
          return answer(UBUS_STATUS_OK, { changes: Object.fromEntries(changes) });
        }
        case 'revert':
          if (applied_by !== null) return answer(UBUS_STATUS_PERMISSION_DENIED);
          revert_staged(session, String(args.config ?? ''));
          return answer(UBUS_STATUS_OK);
        case 'apply': {
          const timeout_s = typeof args.timeout === 'number' ? args.timeout : DEFAULT_TIMEOUT_S;
          return apply(session, args.rollback === true, timeout_s);
        }
        case 'confirm':
        case 'rollback':
          if (applied_by === null) return answer(UBUS_STATUS_NO_DATA);
          if (applied_by !== session) return answer(UBUS_STATUS_PERMISSION_DENIED);
          if (method === 'rollback') {
            roll_back();
          } else {
            purge();
            forget();
          }
          return answer(UBUS_STATUS_OK);
        case 'reload':
          forget();
          return answer(UBUS_STATUS_OK);
        default:
          return answer(UBUS_STATUS_METHOD_NOT_FOUND);
      }
    },
  };
}
