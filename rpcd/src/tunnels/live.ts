/**
 * What WireGuard says of its devices, asked with a command that goes on by itself: answers are those of the last
 * time, and asking starts the next one. Also looks up names of silent peers again, because netifd does it once.
 */

import type { DaemonPlatform, JsonObject } from '../../platform/platform.ts';
import { read_epoch_s } from '../health/explain.ts';
import { objects_at, text_at } from '../json.ts';
import { is_ipv4, is_ipv6 } from '../net/address.ts';
import { is_host_name } from '../net/network.ts';
import type { Packages } from '../packages.ts';
import { type Device, handshake_age_s, parse_dump, REJECT_AFTER_S } from './dump.ts';
import { is_key } from './keys.ts';
import { type StoredTunnel, stored_tunnels } from './stored.ts';

/** Younger than this, the last answer is good enough. */
const FRESH_MS = 900;
const RESOLVE_INTERVAL_MS = 30000;

export interface Tunnels {
  /** `keys`: interfaces whose public key is asked for, with their private keys. */
  reply(args: JsonObject): JsonObject;
  /** New keys, or `failure` in words. */
  make_keys(): JsonObject;
}

/** `can_leave`: a packet of this interface's device would get out at the moment. */
export function start_tunnels(
  platform: DaemonPlatform,
  packages: Packages,
  can_leave: (interface_name: string) => boolean,
): Tunnels {
  let devices: Record<string, Device> = {};
  let asked_ms: number | null = null;
  let asking = false;
  /** By private key; in memory only. */
  const public_keys: Record<string, string> = {};

  function ask(then: () => void): void {
    if (asking) return;
    asking = true;
    const lines: string[] = [];
    platform.spawn(
      ['wg', 'show', 'all', 'dump'],
      line => {
        lines.push(line);
      },
      () => {
        asking = false;
        asked_ms = platform.now_ms();
        devices = parse_dump(lines);
        then();
      },
    );
  }

  function public_key(private_key: string): string {
    if (!is_key(private_key)) return '';
    if (!Object.hasOwn(public_keys, private_key)) {
      const made = platform.run_with_input(['wg', 'pubkey'], `${private_key}\n`).stdout.trim();
      if (!is_key(made)) return '';
      public_keys[private_key] = made;
    }
    return public_keys[private_key] ?? '';
  }

  function interface_json(name: string, private_key: string): JsonObject {
    const device = Object.hasOwn(devices, name) ? (devices[name] ?? null) : null;
    const now_s = read_epoch_s(platform);
    const peers = device === null ? [] : device.peers;
    return {
      interface: name,
      public_key: private_key === '' ? (device?.public_key ?? '') : public_key(private_key),
      peers: peers.map(({ public_key: key, endpoint, handshake_s, rx_bytes, tx_bytes }) => ({
        public_key: key,
        endpoint,
        handshake_age_s: handshake_age_s(handshake_s, now_s),
        rx_bytes,
        tx_bytes,
      })),
    };
  }

  /** The name of a peer that has been silent for long may have another address by now. */
  function resolve(): void {
    // As nearly always without tunnels: no need to parse it.
    if (!(platform.config_text('network') ?? '').includes('endpoint_host')) return;
    const stored = stored_tunnels(platform.uci_read('network') ?? []);
    const named = stored.filter(tunnel => tunnel.peers.some(peer => is_name(peer.endpoint_host)));
    if (named.length === 0) return;
    ask(() => {
      for (const tunnel of named) {
        if (can_leave(tunnel.interface)) resolve_peers(tunnel);
      }
    });
  }

  function resolve_peers(tunnel: StoredTunnel): void {
    const device = Object.hasOwn(devices, tunnel.interface) ? (devices[tunnel.interface] ?? null) : null;
    const now_s = read_epoch_s(platform);
    if (device === null || now_s === null) return;
    for (const peer of tunnel.peers) {
      const there = device.peers.find(each => each.public_key === peer.public_key) ?? null;
      if (there === null || !is_name(peer.endpoint_host) || now_s - there.handshake_s <= REJECT_AFTER_S)
        continue;
      // `wg` looks the name up itself, as long as it takes, and changes nothing when it cannot.
      const endpoint = `${peer.endpoint_host}:${peer.endpoint_port}`;
      platform.spawn(
        [
          'env',
          'WG_ENDPOINT_RESOLUTION_RETRIES=1',
          'wg',
          'set',
          tunnel.interface,
          'peer',
          peer.public_key,
          'endpoint',
          endpoint,
        ],
        () => {},
        () => {},
      );
    }
  }

  function resolve_again(): void {
    resolve();
    platform.timer(RESOLVE_INTERVAL_MS, resolve_again);
  }

  platform.timer(RESOLVE_INTERVAL_MS, resolve_again);
  return {
    reply: args => {
      if (asked_ms === null || platform.now_ms() - asked_ms > FRESH_MS) ask(() => {});
      return {
        missing: packages.missing(['wireguard']),
        interfaces: objects_at(args, 'keys').map(given =>
          interface_json(text_at(given, 'interface'), text_at(given, 'private_key')),
        ),
      };
    },
    make_keys: () => {
      const private_key = platform.run_with_input(['wg', 'genkey'], '').stdout.trim();
      const preshared_key = platform.run_with_input(['wg', 'genpsk'], '').stdout.trim();
      const made = public_key(private_key);
      // Not known to be used.
      delete public_keys[private_key];
      const ok = is_key(private_key) && is_key(preshared_key) && made !== '';
      const failure = ok ? '' : `no keys can be made: ${packages.missing(['wireguard'])}`;
      return { private_key, public_key: made, preshared_key, failure };
    },
  };
}

function is_name(host: string): boolean {
  return !is_ipv4(host) && !is_ipv6(host) && is_host_name(host);
}
