/** WireGuard's own configuration files (wg-quick(8)): read strictly, and written for the other side. */

import { decimal } from '../net/address.ts';
import { port_number } from '../observe/listen_ports.ts';
import type { ConfigError, ParseReply, Tunnel, TunnelPeer } from '../rpc.ts';
import { is_key, KEY_REASON } from './keys.ts';
import { DEFAULT_PORT } from './stored.ts';

/** Seconds; keeps a NAT in between open, and tells a dead tunnel. */
export const KEEPALIVE_S = 25;

/** Keys that wg-quick has and a tunnel here does not, with the reason. */
const IGNORED: Record<string, string> = {
  dns: 'the router asks its own name servers; set them on the interface if the tunnel brings some',
  table: 'linkagg has routing tables of its own',
  fwmark: 'the tunnel is told by its port instead',
  preup: 'no commands are taken from a file',
  postup: 'no commands are taken from a file',
  predown: 'no commands are taken from a file',
  postdown: 'no commands are taken from a file',
  saveconfig: 'the configuration is in UCI',
};
const INTERFACE_KEYS = ['privatekey', 'listenport', 'address', 'mtu'];
const PEER_KEYS = ['publickey', 'presharedkey', 'endpoint', 'allowedips', 'persistentkeepalive'];
const LENGTH_MAX = 65536;

/** A tunnel without a name, from the text of a .conf file. Whether it fits the router is not asked here. */
export function parse_conf(text: string): ParseReply {
  const errors: ConfigError[] = [];
  const ignored: ConfigError[] = [];
  const peers: TunnelPeer[] = [];
  const tunnel: Tunnel = {
    name: '',
    private_key: null,
    listen_port: null,
    addresses: [],
    mtu: null,
    peers,
    nat: 'masquerade',
    uplink: '',
    exit: '',
  };
  let section = '';
  let interfaces = 0;
  const refuse = (option: string, reason: string) => {
    errors.push({ section, option, reason });
  };
  if (text.length > LENGTH_MAX)
    return { tunnel: null, errors: [refusal('', 'the file is too long')], ignored };

  for (const [index, line] of text.split('\n').entries()) {
    const words = (line.split('#')[0] ?? '').trim();
    if (words === '') continue;
    if (words.toLowerCase() === '[interface]') {
      section = 'Interface';
      interfaces += 1;
      if (interfaces > 1) refuse('', 'is there twice: one file is one tunnel');
      continue;
    }
    if (words.toLowerCase() === '[peer]') {
      peers.push(new_peer());
      section = `Peer ${peers.length}`;
      continue;
    }
    const assign = words.indexOf('=');
    const key = assign < 0 ? '' : words.slice(0, assign).trim();
    const value = words.slice(assign + 1).trim();
    const known = key.toLowerCase();
    const peer = section === '' || section === 'Interface' ? null : (peers[peers.length - 1] ?? null);
    if (key === '' || section === '') {
      errors.push(refusal(section, `line ${index + 1} is neither a [section] nor a key with a value`));
    } else if (Object.hasOwn(IGNORED, known) && peer === null) {
      ignored.push({ section, option: key, reason: IGNORED[known] ?? '' });
    } else if (!(peer === null ? INTERFACE_KEYS : PEER_KEYS).includes(known)) {
      refuse(key, 'is unknown here: check the spelling and the section');
    } else {
      const reason = peer === null ? take_interface(tunnel, known, value) : take_peer(peer, known, value);
      if (reason !== null) refuse(key, reason);
    }
  }
  if (interfaces === 0) errors.push(refusal('Interface', 'is missing: this is no WireGuard configuration'));
  if (peers.length === 0) errors.push(refusal('Peer', 'is missing: there is nobody to talk to'));
  for (const [index, peer] of peers.entries()) {
    if (peer.public_key !== '') continue;
    errors.push({ section: `Peer ${index + 1}`, option: 'PublicKey', reason: 'is missing' });
  }
  return { tunnel: errors.length === 0 ? tunnel : null, errors, ignored };
}

function new_peer(): TunnelPeer {
  return {
    public_key: '',
    preshared_key: '',
    endpoint_host: '',
    endpoint_port: DEFAULT_PORT,
    allowed_ips: [],
    persistent_keepalive: KEEPALIVE_S,
  };
}

/** Null when the value has been taken, else what it must be. */
function take_interface(tunnel: Tunnel, key: string, value: string): string | null {
  switch (key) {
    case 'privatekey':
      tunnel.private_key = value;
      return is_key(value) ? null : KEY_REASON;
    case 'address':
      tunnel.addresses.push(...items(value));
      return null;
    case 'listenport':
      tunnel.listen_port = port_number(value);
      return tunnel.listen_port === null ? 'must be a port from 1 to 65535' : null;
    default:
      tunnel.mtu = /^[0-9]{1,5}$/.test(value) ? decimal(value) : null;
      return tunnel.mtu === null ? 'must be a number of octets' : null;
  }
}

function take_peer(peer: TunnelPeer, key: string, value: string): string | null {
  switch (key) {
    case 'publickey':
      peer.public_key = value;
      return is_key(value) ? null : KEY_REASON;
    case 'presharedkey':
      peer.preshared_key = value;
      return is_key(value) ? null : KEY_REASON;
    case 'allowedips':
      peer.allowed_ips.push(...items(value));
      return null;
    case 'endpoint': {
      const colon = value.lastIndexOf(':');
      const port = port_number(value.slice(colon + 1));
      const host = value.slice(0, Math.max(colon, 0));
      if (port === null || host === '') return 'must be address:port, [IPv6 address]:port or name:port';
      peer.endpoint_host = host.startsWith('[') && host.endsWith(']') ? host.slice(1, host.length - 1) : host;
      peer.endpoint_port = port;
      return null;
    }
    default:
      if (value.toLowerCase() === 'off') peer.persistent_keepalive = 0;
      else if (/^[0-9]{1,5}$/.test(value)) peer.persistent_keepalive = decimal(value);
      else return 'must be seconds or off';
      return null;
  }
}

function items(value: string): string[] {
  return value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '');
}

function refusal(section: string, reason: string): ConfigError {
  return { section, option: '', reason };
}

/** What the other side's file says. */
export interface OtherSide {
  /** Empty: a placeholder. */
  private_key: string;
  /** Empty: a placeholder, if there is one at all. */
  preshared_key: string;
  has_preshared_key: boolean;
  /** Its addresses: what the router allows it. */
  addresses: string[];
  /** Where the router calls it; null: it does not. */
  listen_port: number | null;
  router: {
    public_key: string;
    /** Empty: the router is not called. */
    endpoint_host: string;
    endpoint_port: number;
    allowed_ips: string[];
  };
}

export function format_conf(side: OtherSide): string {
  const { router } = side;
  const host = router.endpoint_host.includes(':') ? `[${router.endpoint_host}]` : router.endpoint_host;
  const addresses = side.addresses.filter(address => !address.endsWith('/0'));
  const lines = [
    '[Interface]',
    `PrivateKey = ${side.private_key === '' ? '(the private key of this side)' : side.private_key}`,
    addresses.length === 0 ? '# Address = (of this side in the tunnel)' : `Address = ${addresses.join(', ')}`,
    ...(side.listen_port === null ? [] : [`ListenPort = ${side.listen_port}`]),
    '',
    '[Peer]',
    `PublicKey = ${router.public_key}`,
  ];
  if (side.has_preshared_key) {
    lines.push(`PresharedKey = ${side.preshared_key === '' ? '(as on the router)' : side.preshared_key}`);
  }
  if (host !== '') lines.push(`Endpoint = ${host}:${router.endpoint_port}`);
  lines.push(`AllowedIPs = ${router.allowed_ips.join(', ')}`);
  if (host !== '') lines.push(`PersistentKeepalive = ${KEEPALIVE_S}`);
  return `${lines.join('\n')}\n`;
}
