/** Links that share a port, as /etc/config/network has them: for each a macvlan device and an interface on it. */

import type { UciSection } from '../../platform/platform.ts';
import { decimal } from '../net/address.ts';
import type { PortProtocol } from '../rpc.ts';
import { interface_name, PREFIX } from '../tunnels/names.ts';
import { text_option } from '../tunnels/stored.ts';

export interface StoredPort {
  /** From 1 on. */
  number: number;
  /** Name of interface and device. */
  interface: string;
  mac: string;
  metric: string;
}

export interface StoredGroup {
  name: string;
  parent: string;
  proto: PortProtocol;
  /** Never leave the router. */
  username: string;
  password: string;
  /** By number. */
  ports: StoredPort[];
}

/** Most links of one group, so that their numbers have two digits. */
export const COUNT_MAX = 16;

/** With two digits and the prefix it has to fit into the 15 characters that the kernel has for a device. */
export function is_group_name(text: string): boolean {
  return /^[A-Za-z0-9_]{0,4}[A-Za-z_]$/.test(text);
}

/** Of the section with the device; the interface has the section named as the device. */
export function device_section(interface_name: string): string {
  return `${interface_name}_dev`;
}

export function port_link(group: string, number: number): string {
  return `${group}${number}`;
}

export function stored_groups(network: UciSection[]): StoredGroup[] {
  const groups: StoredGroup[] = [];
  for (const device of network) {
    const place = place_of(device);
    if (place === null) continue;
    const own = network.find(({ type, name }) => type === 'interface' && name === place.interface) ?? device;
    let group = groups.find(each => each.name === place.group) ?? null;
    if (group === null) {
      group = {
        name: place.group,
        parent: text_option(device, 'ifname'),
        proto: text_option(own, 'proto') === 'pppoe' ? 'pppoe' : 'dhcp',
        username: text_option(own, 'username'),
        password: text_option(own, 'password'),
        ports: [],
      };
      groups.push(group);
    }
    group.ports.push({
      number: place.number,
      interface: place.interface,
      mac: text_option(device, 'macaddr').toLowerCase(),
      metric: text_option(own, 'metric'),
    });
  }
  for (const group of groups) group.ports.sort((a, b) => a.number - b.number);
  return groups;
}

/** Null for devices that are none of ours. */
function place_of({
  name,
  type,
  options,
}: UciSection): { group: string; number: number; interface: string } | null {
  const found = /^([A-Za-z0-9_]{0,4}[A-Za-z_])([1-9][0-9]?)_dev$/.exec(name.slice(PREFIX.length));
  if (type !== 'device' || options.type !== 'macvlan' || !name.startsWith(PREFIX) || found === null)
    return null;
  const group = found[1] ?? '';
  const number = decimal(found[2] ?? '');
  return { group, number, interface: interface_name(port_link(group, number)) };
}
