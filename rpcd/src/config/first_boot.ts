/** The configuration a router starts with: switched off, but it already knows the router's uplinks. */

import type { UciEdit, UciSection } from '../../platform/platform.ts';
import { is_target_word } from '../plan/targets.ts';
import { is_interface_name } from './formats.ts';
import { type Config, SECTIONS_MAX } from './schema.gen.ts';
import { config_edits } from './store.ts';
import { config_from_uci, GLOBALS_SECTION } from './validate.ts';

/** Names of OpenWrt's stock firewall zones. */
const LAN_ZONE = 'lan';
const WAN_ZONE = 'wan';

/** Most LAN interfaces taken over: what `globals.lan_interface` can hold. */
const LAN_INTERFACES_MAX = 16;

/** netifd protocols that bring no IPv4 route of their own; `none` is an interface somebody else configures. */
const PROTOCOLS_WITHOUT_IPV4 = ['dhcpv6', '6in4', '6to4', '6rd', 'none'];

/** netifd protocols whose addresses sit on the device itself; others (PPPoE, WireGuard) make a device of their own. */
const PROTOCOLS_ON_DEVICE = ['dhcp', 'static'];

/**
 * Edits of /etc/config/linkagg: one link for each IPv4 interface of the firewall's wan zone, in the zone's order.
 * Arguments are the sections of the packages `firewall`, `network` and `linkagg` (null when there is no file).
 * Empty when linkagg has any section already: an existing configuration is never touched.
 */
export function first_boot_edits(
  firewall: UciSection[],
  network: UciSection[],
  linkagg: UciSection[] | null,
): UciEdit[] {
  if (linkagg !== null && linkagg.length > 0) return [];

  const globals: Record<string, string | string[]> = { enabled: '0' };
  const lan = zone_interfaces(firewall, LAN_ZONE);
  if (lan.length > 0) globals.lan_interface = lan.slice(0, LAN_INTERFACES_MAX);
  const sections: UciSection[] = [new_section('globals', GLOBALS_SECTION, globals)];

  // Reading it back gives every option that is not set its fallback.
  const without_links = config_from_uci(sections).config;
  if (without_links === null) return [];

  for (const name of uplinks(zone_interfaces(firewall, WAN_ZONE), network)) {
    const taken = sections.some(section => section.name === link_name(name));
    if (taken || without_links.globals.lan_interface.includes(name)) continue;
    if (sections.length > SECTIONS_MAX.link) break;
    sections.push(new_section('link', link_name(name), { interface: name }));
  }
  const config = config_from_uci(sections).config;
  return config === null ? [] : first_edits(config);
}

/** The options that people look for in the file are there from the start, the others when they are set. */
function first_edits(config: Config): UciEdit[] {
  const { mode, mark_mask, lan_interface } = config.globals;
  const shown: UciEdit[] = [];
  const show = (section: string, option: string, value: string | string[]) => {
    shown.push({ kind: 'set', section, option, value });
  };
  show(GLOBALS_SECTION, 'enabled', '0');
  show(GLOBALS_SECTION, 'mode', mode);
  show(GLOBALS_SECTION, 'mark_mask', mark_mask);
  show(GLOBALS_SECTION, 'lan_interface', lan_interface);
  for (const link of config.link) {
    show(link.name, 'enabled', '1');
    show(link.name, 'weight', `${link.weight}`);
    show(link.name, 'probe', link.probe);
  }
  return config_edits([], config).concat(shown);
}

/** Interfaces of a zone. `option network` may hold several names separated by blanks, `list network` one each. */
function zone_interfaces(firewall: UciSection[], zone_name: string): string[] {
  const names: string[] = [];
  for (const section of firewall) {
    if (section.type !== 'zone' || option_text(section, 'name') !== zone_name) continue;
    for (const name of option_text(section, 'network').split(' ')) {
      if (is_interface_name(name) && !names.includes(name)) names.push(name);
    }
  }
  return names;
}

/** Those of the named interfaces that exist and can carry IPv4, one for each device. */
function uplinks(names: string[], network: UciSection[]): string[] {
  const found: string[] = [];
  const devices: string[] = [];
  for (const name of names) {
    const section =
      network.find(candidate => candidate.type === 'interface' && candidate.name === name) ?? null;
    if (section === null) continue;
    const protocol = option_text(section, 'proto');
    if (PROTOCOLS_WITHOUT_IPV4.includes(protocol)) continue;
    // Without a gateway it is a way into a modem's own page, say, but none to the internet.
    if (protocol === 'static' && option_text(section, 'gateway') === '') continue;

    // A Wi-Fi client's interface names no device: the wireless section names the interface instead.
    const device = PROTOCOLS_ON_DEVICE.includes(protocol) ? configured_device(section) : '';
    if (device !== '' && devices.includes(device)) continue;
    found.push(name);
    // An alias interface (`device '@wan'`) shares whatever device its target has.
    devices.push(device, `@${name}`);
  }
  return found;
}

/** `option device`, before OpenWrt 21.02 `option ifname`. */
function configured_device(section: UciSection): string {
  const device = option_text(section, 'device');
  return device === '' ? option_text(section, 'ifname') : device;
}

/** Sections are named after their interface, except those that bear a reserved name. */
function link_name(interface_name: string): string {
  const reserved = interface_name === GLOBALS_SECTION || is_target_word(interface_name);
  return reserved ? `${interface_name}_link` : interface_name;
}

/** An option as one text, the items of a list separated by blanks; empty when it is not set. */
function option_text(section: UciSection, option: string): string {
  const value = section.options[option] ?? '';
  return Array.isArray(value) ? value.join(' ') : value;
}

function new_section(type: string, name: string, options: Record<string, string | string[]>): UciSection {
  return { name, type, anonymous: false, options };
}
