/** Text formats of option values: what each accepts and how a refusal is worded. */

import { address_family, decimal } from '../net/address.ts';
import { network_of, range_of } from '../net/network.ts';
import { protocol_number } from '../net/protocol.ts';
import { parse_http_url, parse_target } from '../net/target.ts';
import { mark_layout, masked_mark } from '../plan/marks.ts';

const REMARK_MAX = 200;

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

/** netifd interface name: a UCI section of /etc/config/network. */
export function is_interface_name(text: string): boolean {
  return is_section_name(text);
}

/** nft reads few IPv6 addresses that end as IPv4. */
function is_mixed(text: string): boolean {
  return text.includes(':') && text.includes('.');
}

/** For people only: on one line, and not long. */
function is_remark(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) < 32) return false;
  }
  return text.length <= REMARK_MAX;
}

/** A port, or first and last one of a range. */
function is_port_range(text: string): boolean {
  if (!/^[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?$/.test(text)) return false;
  const [first, last] = text.split('-').map(digits => decimal(digits));
  return first !== undefined && first <= (last ?? first) && (last ?? first) <= 65535;
}

/** By name, as the schema's `meta({ format })` gives it; `reason`: what the text must be. */
const FORMATS = {
  section_name: {
    fits: is_section_name,
    reason: 'must be 1 to 32 letters, digits or underscores, and no reserved word',
  },
  optional_name: {
    fits: (text: string) => text === '' || is_section_name(text),
    reason: 'must be empty or a name of 1 to 32 letters, digits or underscores',
  },
  interface_name: {
    fits: is_interface_name,
    reason: 'must be the name of a network interface (letters, digits, _)',
  },
  probe_target: {
    fits: (text: string) => parse_target(text) !== null,
    reason:
      'must be an address such as 1.1.1.1 or 2606:4700:4700::1111, or tcp:1.1.1.1:443, dns:1.1.1.1, http://1.1.1.1/ (no names)',
  },
  http_url: {
    fits: (text: string) => parse_http_url(text) !== null,
    reason:
      'must be an address of the web such as http://www.gstatic.com/generate_204, with #200 at the end if its status is 200',
  },
  mark_mask: {
    fits: (text: string) => mark_layout(text) !== null,
    reason: 'must be 2 to 7 neighbouring bits such as 0x7f000000',
  },
  protocol: {
    fits: (text: string) => protocol_number(text) !== null,
    reason: 'must be a protocol such as tcp, udp, icmp or a number from 1 to 255',
  },
  network: {
    fits: (text: string) => range_of(text) !== null && !is_mixed(text),
    reason:
      'must be an address, a network such as 192.168.1.0/24 or 2001:db8::/32, or a range such as 192.168.1.10-192.168.1.20',
  },
  /** Not the whole internet. */
  prefix: {
    fits: (text: string) => (network_of(text)?.length ?? 0) > 0 && !is_mixed(text),
    reason: 'must be a network such as 10.120.31.0/24 or fd00:120::/64',
  },
  optional_address: {
    fits: (text: string) => text === '' || (address_family(text) !== null && !is_mixed(text)),
    reason: 'must be empty or an address such as 192.0.2.1 or 2001:db8::1',
  },
  optional_mark: {
    fits: (text: string) => text === '' || masked_mark(text) !== null,
    reason: 'must be empty or a mark with a mask that has all of its bits, such as 0x10000/0xff0000',
  },
  port_range: {
    fits: is_port_range,
    reason: 'must be a port from 1 to 65535 or a range such as 5000-5100',
  },
  remark: { fits: is_remark, reason: `must be one line of at most ${REMARK_MAX} characters` },
};

export type Format = keyof typeof FORMATS;

/** Null when `text` has the format, else what it must be. */
export function format_reason(format: Format, text: string): string | null {
  const { fits, reason } = FORMATS[format];
  return fits(text) ? null : reason;
}
