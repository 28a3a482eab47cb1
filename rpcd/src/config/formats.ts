/** Text formats of option values: what each accepts and how a refusal is worded. */

import { decimal, network_family } from '../net/address.ts';
import { protocol_number } from '../net/protocol.ts';
import { parse_http_url, parse_target } from '../net/target.ts';
import { mark_layout } from '../plan/marks.ts';

/** Names of the formats, as the schema's `meta({ format })` gives them. */
export type Format =
  | 'section_name'
  | 'optional_name'
  | 'interface_name'
  | 'probe_target'
  | 'http_url'
  | 'mark_mask'
  | 'protocol'
  | 'network'
  | 'port_range';

/**
 * Names that every JavaScript object has already: as keys of a record they would be found without having been
 * put there.
 */
const INHERITED_NAMES = [
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
];

/**
 * UCI section name. libuci drops sections with other characters without an error, and the name becomes part of
 * nft object names.
 */
export function is_section_name(text: string): boolean {
  return /^[A-Za-z0-9_]{1,32}$/.test(text) && !INHERITED_NAMES.includes(text);
}

/** A section name, or nothing. */
export function is_optional_name(text: string): boolean {
  return text === '' || is_section_name(text);
}

/** netifd interface name: a UCI section of /etc/config/network. */
export function is_interface_name(text: string): boolean {
  return is_section_name(text);
}

/** What a probe asks. */
export function is_probe_target(text: string): boolean {
  return parse_target(text) !== null;
}

/** A page whose answer tells a captive portal. */
export function is_http_url(text: string): boolean {
  return parse_http_url(text) !== null;
}

/** Mark bits of linkagg as `0x…`: 2 to 7 neighbouring bits. */
export function is_mark_mask(text: string): boolean {
  return mark_layout(text) !== null;
}

/** An IP protocol by name or number. */
export function is_protocol(text: string): boolean {
  return protocol_number(text) !== null;
}

/** An IPv4 or IPv6 address, or a network with its prefix length. nft reads few IPv6 addresses that end as IPv4. */
export function is_network(text: string): boolean {
  const family = network_family(text);
  return family === 'ip4' || (family === 'ip6' && !text.includes('.'));
}

/** A port, or first and last one of a range. */
export function is_port_range(text: string): boolean {
  if (!/^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$/.test(text)) return false;
  const [first, last] = text.split('-').map(digits => decimal(digits));
  return first !== undefined && first <= (last ?? first) && (last ?? first) <= 65535;
}

/** Null when `text` has the format, else what it must be. */
export function format_reason(format: Format, text: string): string | null {
  switch (format) {
    case 'section_name':
      return is_section_name(text)
        ? null
        : 'must be 1 to 32 letters, digits or underscores, and no reserved word';
    case 'optional_name':
      return is_optional_name(text)
        ? null
        : 'must be empty or a name of 1 to 32 letters, digits or underscores';
    case 'protocol':
      return is_protocol(text) ? null : 'must be a protocol such as tcp, udp, icmp or a number from 1 to 255';
    case 'network':
      return is_network(text)
        ? null
        : 'must be an address or a network such as 192.168.1.0/24 or 2001:db8::/32';
    case 'port_range':
      return is_port_range(text) ? null : 'must be a port from 1 to 65535 or a range such as 5000-5100';
    case 'interface_name':
      return is_interface_name(text) ? null : 'must be the name of a network interface (letters, digits, _)';
    case 'probe_target':
      return is_probe_target(text)
        ? null
        : 'must be an address such as 1.1.1.1 or 2606:4700:4700::1111, or tcp:1.1.1.1:443, dns:1.1.1.1, http://1.1.1.1/ (no names)';
    case 'http_url':
      return is_http_url(text)
        ? null
        : 'must be an address of the web such as http://www.gstatic.com/generate_204, with #200 at the end if its status is 200';
    case 'mark_mask':
      return is_mark_mask(text) ? null : 'must be 2 to 7 neighbouring bits such as 0x7f000000';
  }
}
