/** Text formats of option values: what each accepts and how a refusal is worded. */

import { address_family, decimal } from '../net/address.ts';
import { network_of, range_of } from '../net/network.ts';
import { protocol_number } from '../net/protocol.ts';
import { parse_http_url, parse_target } from '../net/target.ts';
import { mark_layout, masked_mark } from '../plan/marks.ts';

const REMARK_MAX = 200;

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
  | 'prefix'
  | 'optional_address'
  | 'optional_mark'
  | 'port_range'
  | 'remark';

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

/** An IPv4 or IPv6 address, a network with its prefix length, or the first and last address of a range. */
export function is_network(text: string): boolean {
  return range_of(text) !== null && !is_mixed(text);
}

/** A network that is not the whole internet, or an address. */
export function is_prefix(text: string): boolean {
  return (network_of(text)?.length ?? 0) > 0 && !is_mixed(text);
}

/** nft reads few IPv6 addresses that end as IPv4. */
function is_mixed(text: string): boolean {
  return text.includes(':') && text.includes('.');
}

export function is_optional_address(text: string): boolean {
  return text === '' || (address_family(text) !== null && !is_mixed(text));
}

/** Nothing, or a packet mark and the mask under which it is looked at, as hexadecimal numbers of 32 bits. */
export function is_optional_mark(text: string): boolean {
  return text === '' || masked_mark(text) !== null;
}

/** For people only: on one line, and not long. */
export function is_remark(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) < 32) return false;
  }
  return text.length <= REMARK_MAX;
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
        : 'must be an address, a network such as 192.168.1.0/24 or 2001:db8::/32, or a range such as 192.168.1.10-192.168.1.20';
    case 'prefix':
      return is_prefix(text) ? null : 'must be a network such as 10.120.31.0/24 or fd00:120::/64';
    case 'optional_address':
      return is_optional_address(text)
        ? null
        : 'must be empty or an address such as 192.0.2.1 or 2001:db8::1';
    case 'optional_mark':
      return is_optional_mark(text)
        ? null
        : 'must be empty or a mark with a mask that has all of its bits, such as 0x10000/0xff0000';
    case 'remark':
      return is_remark(text) ? null : `must be one line of at most ${REMARK_MAX} characters`;
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
