/** A tunnel as JSON from the page: only what the contract has, each value of its type. */

import type { Json, JsonObject } from '../../platform/platform.ts';
import { is_object, objects_at, text_at, texts_at } from '../json.ts';
import { refusal } from '../refusal.ts';
import type { ConfigError, Tunnel, TunnelPeer } from '../rpc.ts';

const TUNNEL_KEYS = [
  'name',
  'private_key',
  'listen_port',
  'addresses',
  'mtu',
  'peers',
  'nat',
  'uplink',
  'exit',
];
const PEER_KEYS = [
  'public_key',
  'preshared_key',
  'endpoint_host',
  'endpoint_port',
  'allowed_ips',
  'persistent_keepalive',
];

/** `tunnel` is null when there is any error. */
export function tunnel_from_json(value: Json): { tunnel: Tunnel | null; errors: ConfigError[] } {
  if (!is_object(value)) return { tunnel: null, errors: [refusal('tunnel', '', 'must be an object')] };
  const errors = shape_errors('tunnel', value, TUNNEL_KEYS, {
    text: ['name', 'nat', 'uplink', 'exit'],
    optional_text: ['private_key'],
    whole: [],
    optional_whole: ['listen_port', 'mtu'],
    texts: ['addresses'],
  });
  const peers = value.peers ?? null;
  if (!Array.isArray(peers) || !peers.every(is_object)) {
    errors.push(refusal('tunnel', 'peers', 'must be a list of objects'));
    return { tunnel: null, errors };
  }
  const nat = text_at(value, 'nat');
  if (nat !== 'masquerade' && nat !== 'none') {
    errors.push(refusal('tunnel', 'nat', 'must be one of: masquerade, none'));
  }
  for (const [index, peer] of objects_at(value, 'peers').entries()) {
    errors.push(
      ...shape_errors(`peer ${index + 1}`, peer, PEER_KEYS, {
        text: ['public_key', 'endpoint_host'],
        optional_text: ['preshared_key'],
        whole: ['endpoint_port', 'persistent_keepalive'],
        optional_whole: [],
        texts: ['allowed_ips'],
      }),
    );
  }
  if (errors.length > 0) return { tunnel: null, errors };
  const tunnel: Tunnel = {
    name: text_at(value, 'name'),
    private_key: text_or_null(value, 'private_key'),
    listen_port: number_or_null(value, 'listen_port'),
    addresses: texts_at(value, 'addresses'),
    mtu: number_or_null(value, 'mtu'),
    peers: objects_at(value, 'peers').map(peer_of),
    nat: nat === 'none' ? 'none' : 'masquerade',
    uplink: text_at(value, 'uplink'),
    exit: text_at(value, 'exit'),
  };
  return { tunnel, errors };
}

function peer_of(value: JsonObject): TunnelPeer {
  return {
    public_key: text_at(value, 'public_key'),
    preshared_key: text_or_null(value, 'preshared_key'),
    endpoint_host: text_at(value, 'endpoint_host'),
    endpoint_port: number_or_null(value, 'endpoint_port') ?? 0,
    allowed_ips: texts_at(value, 'allowed_ips'),
    persistent_keepalive: number_or_null(value, 'persistent_keepalive') ?? 0,
  };
}

/** Options by the type that they must have. */
export interface Shape {
  text: string[];
  optional_text: string[];
  whole: string[];
  optional_whole: string[];
  texts: string[];
}

/** What is unknown, or of another type than the shape says. */
export function shape_errors(
  section: string,
  value: JsonObject,
  keys: string[],
  shape: Shape,
): ConfigError[] {
  const errors: ConfigError[] = [];
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) errors.push(refusal(section, key, `is unknown: use ${keys.join(', ')}`));
  }
  const check = (options: string[], fits: (given: Json) => boolean, reason: string) => {
    for (const option of options) {
      if (!fits(value[option] ?? null)) errors.push(refusal(section, option, reason));
    }
  };
  check(shape.text, is_text, 'must be text');
  check(shape.optional_text, given => given === null || is_text(given), 'must be text or null');
  check(shape.whole, is_whole, 'must be a whole number');
  check(shape.optional_whole, given => given === null || is_whole(given), 'must be a whole number or null');
  check(shape.texts, given => Array.isArray(given) && given.every(is_text), 'must be a list of text');
  return errors;
}

function is_text(value: Json): boolean {
  return typeof value === 'string';
}

function is_whole(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value);
}

export function text_or_null(object: JsonObject, key: string): string | null {
  const value = object[key] ?? null;
  return typeof value === 'string' ? value : null;
}

export function number_or_null(object: JsonObject, key: string): number | null {
  const value = object[key] ?? null;
  return typeof value === 'number' ? value : null;
}
