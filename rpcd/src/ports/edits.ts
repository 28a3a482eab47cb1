/** Links that share a port, in UCI: devices and interfaces in network, their links in linkagg. */

import type { FilePlatform, UciEdit, UciSection } from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import type { StagePorts } from '../rpc.ts';
import { created, new_link } from '../tunnels/edits.ts';
import { interface_name } from '../tunnels/names.ts';
import { text_option } from '../tunnels/stored.ts';
import { device_section, port_link, type StoredGroup } from './stored.ts';

/** Their routes in the main table come after those that are there already. */
const FIRST_METRIC = 5001;

/** Devices and interfaces; what the stored group has of it keeps MAC addresses and metrics. */
export function network_edits(
  wanted: StagePorts,
  stored: StoredGroup | null,
  network: UciSection[],
  platform: FilePlatform,
): UciEdit[] {
  const ports = stored === null ? [] : stored.ports;
  const edits: UciEdit[] = ports.flatMap(port => [
    { kind: 'remove', section: port.interface },
    { kind: 'remove', section: device_section(port.interface) },
  ]);
  const macs = network.map(section => text_option(section, 'macaddr').toLowerCase());
  const metrics = network.map(section => text_option(section, 'metric'));
  for (let number = 1; number <= wanted.count; number++) {
    const link = port_link(wanted.name, number);
    const name = interface_name(link);
    const before = ports.find(port => port.number === number) ?? null;
    const mac = before === null ? free_mac(macs, platform) : before.mac;
    const metric = before === null ? free_metric(metrics) : before.metric;
    macs.push(mac);
    metrics.push(metric);
    const account =
      wanted.proto === 'dhcp'
        ? {}
        : {
            username: wanted.username ?? stored?.username ?? '',
            password: wanted.password ?? stored?.password ?? '',
            // By itself it would have the interface's name in it, for which the kernel has no room.
            pppname: `pppoe-${link}`,
          };
    edits.push(
      ...created(device_section(name), 'device', {
        type: 'macvlan',
        name,
        ifname: wanted.parent,
        macaddr: mac,
        // They have nothing to say to each other; netifd's default would send it out of the port.
        mode: 'private',
      }),
      ...created(name, 'interface', { proto: wanted.proto, device: name, metric, ...account }),
    );
  }
  return edits;
}

/** Locally administered, of one station, and otherwise random (RFC 9542, 2.1). */
function free_mac(taken: string[], platform: FilePlatform): string {
  let mac = '';
  for (let attempt = 0; attempt < 9 && (mac === '' || taken.includes(mac)); attempt++) {
    const digits = (platform.read_file('/proc/sys/kernel/random/uuid') ?? '').trim().slice(-10);
    mac = `02${[0, 2, 4, 6, 8].map(at => `:${digits.slice(at, at + 2)}`).join('')}`;
  }
  return mac;
}

function free_metric(taken: string[]): string {
  let metric = FIRST_METRIC;
  while (taken.includes(`${metric}`)) metric += 1;
  return `${metric}`;
}

/** The configuration with a link for each of them. */
export function with_links(config: Config, wanted: StagePorts): Config {
  const link = config.link.slice();
  for (let number = 1; number <= wanted.count; number++) {
    const name = port_link(wanted.name, number);
    if (link.some(each => each.interface === interface_name(name))) continue;
    link.push({ ...new_link(name), interface: interface_name(name) });
  }
  return { ...config, link };
}
