/** What netifd says about interfaces: `ubus call network.interface dump`. */

import type { JsonObject } from '../../platform/platform.ts';
import { is_interface_name } from '../config/formats.ts';
import { boolean_at, number_at, object_at, objects_at, text_at } from '../json.ts';
import { is_ipv4 } from '../net/address.ts';
import type { InterfaceState } from '../plan/types.ts';

const ANY_ADDRESS = '0.0.0.0';

/** Protocols whose devices reach the other side without a gateway, with or without a default route of netifd's. */
const POINT_TO_POINT_PROTOCOLS = ['wireguard', 'ppp', 'pppoe', 'pptp', 'l2tp', 'sstp', '3g'];

/** Interfaces by name. Names and addresses that are not what they should be are taken for missing. */
export function interfaces_from_dump(dump: JsonObject): Record<string, InterfaceState> {
  const interfaces: Record<string, InterfaceState> = {};
  for (const entry of objects_at(dump, 'interface')) {
    const name = text_at(entry, 'interface');
    if (is_interface_name(name)) interfaces[name] = interface_state(entry);
  }
  // Modems (QMI, MBIM, NCM) bring a dynamic interface for IPv4 that holds the address; the link names the parent.
  for (const name of Object.keys(interfaces)) {
    const parent = interfaces[name] ?? null;
    const child = interfaces[`${name}_4`] ?? null;
    if (parent === null || child === null || parent.address !== null || parent.device !== child.device)
      continue;
    if (parent.device !== null) interfaces[name] = child;
  }
  return interfaces;
}

function interface_state(entry: JsonObject): InterfaceState {
  const up = boolean_at(entry, 'up');
  const device = text_at(entry, 'l3_device');
  const addresses = objects_at(entry, 'ipv4-address').map(address => text_at(address, 'address'));
  const address = addresses.find(is_ipv4) ?? null;

  // `defaultroute '0'` and a lower metric elsewhere leave the route in `inactive`, with its gateway.
  const routes = objects_at(entry, 'route').concat(objects_at(object_at(entry, 'inactive'), 'route'));
  const defaults = routes.filter(
    route => number_at(route, 'mask') === 0 && is_ipv4(text_at(route, 'target')),
  );
  const gateway =
    defaults.map(route => text_at(route, 'nexthop')).find(hop => is_ipv4(hop) && hop !== ANY_ADDRESS) ?? null;

  return {
    up,
    device: up && is_device_name(device) ? device : null,
    address,
    gateway,
    point_to_point:
      gateway === null && (defaults.length > 0 || POINT_TO_POINT_PROTOCOLS.includes(text_at(entry, 'proto'))),
  };
}

/** Linux allows nearly anything of 15 bytes; these are the characters that need no quoting in ip, nft and /proc. */
export function is_device_name(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,14}$/.test(text) && text !== 'lo';
}
