/** The program `linkaggd` and its arguments. */

import type { DaemonPlatform } from '../platform/platform.ts';
import { first_boot_edits } from './config/first_boot.ts';
import { removal_edits, SHARED_PACKAGES } from './config/removal.ts';
import { CONFIG_PACKAGE } from './config/store.ts';
import { start_daemon, stop_daemon } from './daemon.ts';

/**
 * No argument: the daemon. `stop`: remove everything of ours from the kernel. `first-boot`: write the initial
 * configuration unless there is one. `remove`: take what is ours out of other packages' configuration. Returns the
 * exit code.
 */
export function run_command(platform: DaemonPlatform, args: string[]): number {
  const command = args[0] ?? '';
  switch (command) {
    case '':
      start_daemon(platform);
      return 0;
    case 'stop':
      stop_daemon(platform);
      return 0;
    case 'first-boot':
      return write_first_boot(platform);
    case 'remove':
      return remove_from_others(platform);
    default:
      platform.log('error', `unknown command ${command}: use no argument, stop, first-boot or remove`);
      return 1;
  }
}

function write_first_boot(platform: DaemonPlatform): number {
  const edits = first_boot_edits(
    platform.uci_read('firewall') ?? [],
    platform.uci_read('network') ?? [],
    platform.uci_read(CONFIG_PACKAGE),
  );
  if (edits.length === 0) return 0;
  const failed = platform.uci_write(CONFIG_PACKAGE, edits);
  if (failed === null) return 0;
  platform.log('error', failed);
  return 1;
}

function remove_from_others(platform: DaemonPlatform): number {
  let code = 0;
  for (const config of SHARED_PACKAGES) {
    const edits = removal_edits(platform.uci_read(config) ?? []);
    if (edits.length === 0) continue;
    const failed = platform.uci_write(config, edits);
    if (failed === null) {
      platform.ubus_call('service', 'event', { type: 'config.change', data: { package: config } });
    } else {
      platform.log('error', failed);
      code = 1;
    }
  }
  return code;
}
