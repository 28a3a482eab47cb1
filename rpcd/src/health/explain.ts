/** Why a link is silent, as far as the router itself can tell: whether its first hop answers. */

import type { DaemonPlatform, FilePlatform } from '../../platform/platform.ts';
import { decimal } from '../net/address.ts';
import type { LinkReason } from '../rpc.ts';
import { handshake_age_s, parse_dump, REJECT_AFTER_S } from '../tunnels/dump.ts';

/** Entries that the kernel could ask about, of those that it has not found silent. */
const IN_DOUBT = ['REACHABLE', 'STALE', 'DELAY'];

export interface SilentPath {
  device: string;
  /** Null: on-link. */
  gateway: string | null;
  is_wireguard: boolean;
}

/** What is found when one looks. */
export interface Silence {
  reason: LinkReason;
  /** Octets that WireGuard has received from its peers; null on other links. */
  received_bytes: number | null;
}

/**
 * `before`: octets that had been received when the path fell silent, null when that is now. A gateway in doubt is asked
 * by the kernel, which takes three seconds; WireGuard asks its peers within 15 s by itself. So what is found at first
 * is a guess. `done` is called once, later, unless there is nothing to look at.
 */
export function explain_silence(
  platform: DaemonPlatform,
  { device, gateway, is_wireguard }: SilentPath,
  before: number | null,
  done: (silence: Silence) => void,
): void {
  if (is_wireguard) {
    read_session(platform, device, ({ lives, received_bytes }) => {
      const heard = lives && (before === null || received_bytes > before);
      done({ reason: heard ? 'no-reply' : 'no-handshake', received_bytes });
    });
  } else if (gateway !== null) {
    ask_neighbour(platform, device, gateway, ({ answers }) =>
      done({ reason: answers ? 'no-reply' : 'gateway-silent', received_bytes: null }),
    );
  }
}

export interface Neighbour {
  /** In the neighbour table: REACHABLE, PROBE (being asked), FAILED, …; empty when it is not there. */
  state: string;
  /** As far as the kernel knows by now. */
  answers: boolean;
}

/** What is known of it, and then the kernel asks whether that still holds. */
export function ask_neighbour(
  platform: DaemonPlatform,
  device: string,
  gateway: string,
  done: (neighbour: Neighbour) => void,
): void {
  read_neighbour(platform, device, gateway, neighbour => {
    done(neighbour);
    if (!IN_DOUBT.includes(neighbour.state)) return;
    platform.spawn(
      ['ip', 'neigh', 'change', gateway, 'dev', device, 'nud', 'probe'],
      () => {},
      () => {},
    );
  });
}

export function read_neighbour(
  platform: DaemonPlatform,
  device: string,
  gateway: string,
  done: (neighbour: Neighbour) => void,
): void {
  let state = '';
  platform.spawn(
    // Those of devices that need no addresses would not be shown otherwise.
    ['ip', 'neigh', 'show', 'nud', 'all', 'to', gateway, 'dev', device],
    line => {
      const words = line.trim().split(' ');
      state = words[words.length - 1] ?? '';
    },
    () => done({ state, answers: !['', 'INCOMPLETE', 'FAILED'].includes(state) }),
  );
}

/** Of all peers of a WireGuard device. */
export interface Session {
  /** Seconds since the last handshake; null when there was none, or nobody can tell. */
  age_s: number | null;
  /** There are keys that both sides still take. */
  lives: boolean;
  received_bytes: number;
}

export function read_session(
  platform: DaemonPlatform,
  device: string,
  done: (session: Session) => void,
): void {
  const lines: string[] = [];
  platform.spawn(
    ['wg', 'show', device, 'dump'],
    line => {
      lines.push(`${device}\t${line}`);
    },
    () => {
      const found = parse_dump(lines);
      const peers = Object.hasOwn(found, device) ? (found[device]?.peers ?? []) : [];
      let last_s = 0;
      let received_bytes = 0;
      for (const { handshake_s, rx_bytes } of peers) {
        last_s = Math.max(last_s, handshake_s);
        received_bytes += rx_bytes;
      }
      const age_s = handshake_age_s(last_s, read_epoch_s(platform));
      done({ age_s, lives: age_s !== null && age_s <= REJECT_AFTER_S, received_bytes });
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
