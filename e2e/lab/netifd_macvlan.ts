/** Devices of type `macvlan` of the netifd stand-in, and what a provider hands out to them. */

import type { UciSection } from '../../rpcd/platform/platform.ts';
import { text_option } from '../../rpcd/src/tunnels/stored.ts';
import type { Lease } from './addresses.ts';
import { run_command } from './namespace.ts';

export interface Macvlan {
  name: string;
  parent: string;
  mac: string;
  mode: string;
}

/** Sections that netifd's config.c and macvlan.c would take. */
export function macvlans_of(network: UciSection[]): Macvlan[] {
  return network
    .filter(section => section.type === 'device' && text_option(section, 'type') === 'macvlan')
    .map(section => ({
      name: text_option(section, 'name'),
      parent: text_option(section, 'ifname'),
      mac: text_option(section, 'macaddr'),
      mode: text_option(section, 'mode'),
    }));
}

/** Fails, like netifd, when its name is too long for the kernel or the parent cannot have one. */
export function create_macvlan({ name, parent, mac, mode }: Macvlan): void {
  const kind = mode === '' ? ['type', 'macvlan'] : ['type', 'macvlan', 'mode', mode];
  // netifd brings the parent up before.
  run_command(['ip', 'link', 'set', parent, 'up']);
  run_command(['ip', 'link', 'add', 'link', parent, 'name', name, 'address', mac, ...kind]);
}

export function delete_macvlan({ name }: Macvlan): void {
  run_command(['ip', 'link', 'delete', name]);
}

/** Host numbers by MAC address: a client that comes back gets the address that it had. */
const hosts = new Map<string, number>();
const FIRST_HOST = 100;

/** An address in the subnet that the parent's lease is of. */
export function macvlan_lease({ mac, parent }: Macvlan, lease: Lease): Lease {
  const key = `${parent} ${mac}`;
  const host = hosts.get(key) ?? FIRST_HOST + hosts.size;
  hosts.set(key, host);
  return { ...lease, address: lease.address.replace(/\d+$/, String(host)) };
}
