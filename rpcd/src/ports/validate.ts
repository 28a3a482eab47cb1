/** What is wrong with links that shall share a port: section, option, the reason and what to do. */

import type { FilePlatform, Json } from '../../platform/platform.ts';
import { is_object, text_at } from '../json.ts';
import { is_device_name } from '../observe/netifd.ts';
import { LINKS_MAX } from '../plan/constants.ts';
import type { ConfigError, StagePorts } from '../rpc.ts';
import { number_or_null, shape_errors, text_or_null } from '../tunnels/form.ts';
import { PREFIX } from '../tunnels/names.ts';
import { list_option, text_option } from '../tunnels/stored.ts';
import { type Present, taken_reason } from '../tunnels/validate.ts';
import { COUNT_MAX, is_group_name, port_link, stored_groups } from './stored.ts';

/** ARPHRD_ETHER of if_arp.h. */
const ETHERNET = '1';

const KEYS = ['create', 'name', 'parent', 'count', 'proto', 'username', 'password'];

/** `wanted` is null when there is any error. */
export function ports_from_json(value: Json): { wanted: StagePorts | null; errors: ConfigError[] } {
  const refuse = (option: string, reason: string) => ({
    wanted: null,
    errors: [{ section: 'ports', option, reason }],
  });
  if (!is_object(value)) return refuse('', 'must be an object');
  const create = value.create ?? null;
  if (typeof create !== 'boolean') return refuse('create', 'must be true or false');
  const proto = text_at(value, 'proto');
  if (proto !== 'dhcp' && proto !== 'pppoe') return refuse('proto', 'must be one of: dhcp, pppoe');
  const errors = shape_errors('ports', value, KEYS, {
    text: ['name', 'parent'],
    optional_text: ['username', 'password'],
    whole: ['count'],
    optional_whole: [],
    texts: [],
  });
  if (errors.length > 0) return { wanted: null, errors };
  const wanted: StagePorts = {
    create,
    name: text_at(value, 'name'),
    parent: text_at(value, 'parent'),
    count: number_or_null(value, 'count') ?? 0,
    proto,
    username: text_or_null(value, 'username'),
    password: text_or_null(value, 'password'),
  };
  return { wanted, errors };
}

/** Empty when it can be written. */
export function ports_errors(wanted: StagePorts, present: Present, platform: FilePlatform): ConfigError[] {
  const errors: ConfigError[] = [];
  const { name, count } = wanted;
  const refuse = (option: string, reason: string) => {
    errors.push({ section: name, option, reason });
  };
  const stored = stored_groups(present.network).find(group => group.name === name) ?? null;
  if (!is_group_name(name)) {
    refuse(
      'name',
      'must be 1 to 5 letters, digits or _ and end without a digit: the links get a number each',
    );
  } else if (wanted.create !== (stored === null)) {
    refuse('name', stored === null ? 'is none of them: reload the page' : 'is there already: choose another');
  }
  if (count < 0 || count > COUNT_MAX || (wanted.create && count === 0)) {
    refuse('count', `must be from 1 to ${COUNT_MAX}`);
  }
  if (errors.length > 0 || count === 0) return errors;

  const parent = parent_reason(wanted.parent, present, platform);
  if (parent !== null) refuse('parent', parent);
  for (let number = 1; number <= count; number++) {
    if (stored?.ports.some(port => port.number === number)) continue;
    const taken = taken_reason(port_link(name, number), present);
    if (taken === null) continue;
    refuse('name', taken);
    break;
  }
  const others = present.config.link.filter(
    link => !stored?.ports.some(port => port.interface === link.interface),
  );
  if (others.length + count > LINKS_MAX) {
    refuse('count', `would make ${others.length + count} links, and there can be ${LINKS_MAX}: choose fewer`);
  }
  if (wanted.proto === 'pppoe') {
    for (const option of ['username', 'password'] as const) {
      if (!/^[ -~]{1,255}$/.test(wanted[option] ?? stored?.[option] ?? '')) {
        refuse(option, 'must be 1 to 255 characters of ASCII, as the provider has given it');
      }
    }
  }
  return errors;
}

/** Why links cannot share this device; null when they can. */
export function parent_reason(
  device: string,
  { network, config }: Present,
  platform: FilePlatform,
): string | null {
  if (!is_device_name(device)) return 'must be the name of a network device such as eth1 or wan';
  const read = (file: string) => platform.read_file(`/sys/class/net/${device}/${file}`);
  if (device.startsWith(PREFIX)) return 'is one of linkagg itself: choose the port that it is on';
  const bridge = network.find(
    section => section.type === 'device' && list_option(section, 'ports').includes(device),
  );
  if (bridge !== undefined || read('master/ifindex') !== null) {
    const owner = bridge === undefined ? 'its bridge' : text_option(bridge, 'name');
    return `is in a bridge, which takes all that comes in: take it out of ${owner} first, or choose the bridge`;
  }
  const lan = config.globals.lan_interface;
  if (network.some(each => lan.includes(each.name) && text_option(each, 'device') === device)) {
    return 'carries the LAN (globals.lan_interface): choose the port of an uplink';
  }
  const type = read('type');
  if (type === null) return `there is no device ${device}: choose one that exists, or plug it in`;
  if (read('phy80211/index') !== null) {
    return 'is Wi-Fi, where an access point takes one MAC address from each client: choose a wired port';
  }
  return type.trim() === ETHERNET ? null : 'is no Ethernet device: choose the port that it is on';
}
