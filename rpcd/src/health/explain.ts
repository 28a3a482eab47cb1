/** Why a link is silent, as far as the router itself can tell. */

import type { DaemonPlatform, FilePlatform } from '../../platform/platform.ts';
import { decimal } from '../net/address.ts';
import type { LinkReason } from '../rpc.ts';

/** WireGuard gives a session up when no handshake has renewed it for this time. */
export const REJECT_AFTER_S = 180;

export interface SilentLink {
  device: string;
  /** Null: on-link. */
  gateway: string | null;
  is_wireguard: boolean;
}

/** `done` is called once, later. */
export function explain_silence(
  platform: DaemonPlatform,
  { device, gateway, is_wireguard }: SilentLink,
  done: (reason: LinkReason) => void,
): void {
  if (is_wireguard) {
    read_handshake_age(platform, device, age_s => {
      done(age_s === null || age_s > REJECT_AFTER_S ? 'no-handshake' : 'no-reply');
    });
  } else if (gateway !== null) {
    read_neighbour(platform, device, gateway, state => {
      done(['FAILED', 'INCOMPLETE'].includes(state) ? 'gateway-silent' : 'no-reply');
    });
  }
}

/** State of the gateway in the neighbour table (REACHABLE, STALE, FAILED, …), empty when it is not there. */
export function read_neighbour(
  platform: DaemonPlatform,
  device: string,
  gateway: string,
  done: (state: string) => void,
): void {
  let state = '';
  platform.spawn(
    ['ip', 'neigh', 'show', 'to', gateway, 'dev', device],
    line => {
      const words = line.trim().split(' ');
      state = words[words.length - 1] ?? '';
    },
    () => done(state),
  );
}

/** Seconds since the last handshake with any peer; null when there was none, or nobody can tell. */
export function read_handshake_age(
  platform: DaemonPlatform,
  device: string,
  done: (age_s: number | null) => void,
): void {
  let last_s = 0;
  platform.spawn(
    ['wg', 'show', device, 'latest-handshakes'],
    line => {
      const digits = line.split('\t')[1] ?? '';
      if (/^[0-9]{1,12}$/.test(digits)) last_s = Math.max(last_s, decimal(digits));
    },
    () => {
      const now_s = read_epoch_s(platform);
      done(last_s === 0 || now_s === null ? null : Math.max(0, now_s - last_s));
    },
  );
}

/** The time of day, as the kernel has it: `wg` says when, not how long ago. */
export function read_epoch_s(platform: FilePlatform): number | null {
  const boot = /\nbtime ([0-9]+)/.exec(platform.read_file('/proc/stat') ?? '');
  const uptime = /^[0-9]+/.exec(platform.read_file('/proc/uptime') ?? '');
  if (boot === null || uptime === null) return null;
  return decimal(boot[1] ?? '') + decimal(uptime[0] ?? '');
}
