/**
 * A PC as a link: the router sends to a PC of its LAN through a tunnel between the two, and the PC forwards to a server
 * through a tunnel of its own.
 *
 * Windows cannot translate addresses of what it forwards, and a server sends answers for one network to one peer
 * only. So each PC gets a network of its own: the router translates to its address in it, the PC forwards untouched, and
 * the server allows the network to this PC.
 */

import type { Json, JsonObject, UciSection } from '../../platform/platform.ts';
import { boolean_at, is_object, objects_at, text_at } from '../json.ts';
import { is_ipv4, network_family } from '../net/address.ts';
import { network_of, overlap } from '../net/network.ts';
import type { ConfigError, StagePc, Tunnel } from '../rpc.ts';
import { KEEPALIVE_S } from './conf.ts';
import { shape_errors } from './form.ts';
import { interface_name } from './names.ts';
import { DEFAULT_PORT, type StoredTunnel } from './stored.ts';
import { addresses_of, own_address_near } from './validate.ts';

/** Of the second octets of 10.n.31.0/24: providers and companies rather use the lower ones. */
const FIRST_CHOICE = 120;
const LAST_CHOICE = 254;

/** `pc` is null when there is any error. */
export function pc_from_json(value: Json): { pc: StagePc | null; errors: ConfigError[] } {
  if (!is_object(value)) {
    return { pc: null, errors: [{ section: 'pc', option: '', reason: 'must be an object' }] };
  }
  const texts = ['name', 'address', 'network'];
  const shape = { text: texts, optional_text: [], whole: [], optional_whole: [], texts: [] };
  const errors = shape_errors('pc', value, texts.concat(['create']), shape);
  if (errors.length > 0) return { pc: null, errors };
  const pc: StagePc = {
    create: boolean_at(value, 'create'),
    name: text_at(value, 'name'),
    address: text_at(value, 'address'),
    network: text_at(value, 'network'),
  };
  return { pc, errors };
}

/** What is not a matter of the tunnel. */
export function pc_errors({ name, address, network }: StagePc, sections: UciSection[]): ConfigError[] {
  const errors: ConfigError[] = [];
  const section = interface_name(name);
  const own = own_address_near(address, sections);
  if (!is_ipv4(address) || own === '' || own === address) {
    const reason = "must be the PC's IPv4 address in a network of the router's, such as 192.168.1.20";
    errors.push({ section, option: 'address', reason });
  }
  if (network_family(network) !== 'ip4' || !network.endsWith('.0/24')) {
    const reason = 'must be a network such as 10.120.31.0/24 that nobody else uses';
    errors.push({ section, option: 'network', reason });
  }
  return errors;
}

/** The network that the PC has, or a free one; empty when there is none. `dump`: of netifd's `network.interface`. */
export function network_for(stored: StoredTunnel | null, network: UciSection[], dump: JsonObject): string {
  const own = stored === null ? '' : (stored.addresses[0] ?? '');
  if (own.endsWith('.1/24')) return `${prefix_of(own)}.0/24`;
  const up = objects_at(dump, 'interface').flatMap(each => objects_at(each, 'ipv4-address'));
  const taken = up
    .map(each => `${text_at(each, 'address')}/${text_at(each, 'mask')}`)
    .concat(network.flatMap(addresses_of));
  for (let number = FIRST_CHOICE; number <= LAST_CHOICE; number++) {
    const free = network_of(`10.${number}.31.0/24`);
    const is_free = !taken
      .map(network_of)
      .some(each => each !== null && free !== null && overlap(each, free));
    if (is_free) return `10.${number}.31.0/24`;
  }
  return '';
}

/** The first three octets. */
function prefix_of(text: string): string {
  return text.slice(0, text.lastIndexOf('.'));
}

/** The router's part: .1 is the router, .2 the PC, which may also call. */
export function pc_tunnel(
  name: string,
  address: string,
  network: string,
  keys: JsonObject,
  listen_port: number,
): Tunnel {
  return {
    name,
    private_key: null,
    listen_port,
    addresses: [`${prefix_of(network)}.1/24`],
    mtu: null,
    peers: [
      {
        public_key: text_at(keys, 'public_key'),
        preshared_key: text_at(keys, 'preshared_key'),
        endpoint_host: address,
        endpoint_port: DEFAULT_PORT,
        allowed_ips: ['0.0.0.0/0'],
        persistent_keepalive: KEEPALIVE_S,
      },
    ],
    nat: 'masquerade',
    uplink: '',
    exit: '',
  };
}
