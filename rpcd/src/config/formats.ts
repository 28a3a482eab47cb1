/** Text formats of option values: what each accepts and how a refusal is worded. */

import { is_ipv4 } from '../net/address.ts';
import { mark_layout } from '../plan/marks.ts';

/** Names of the formats, as the schema's `meta({ format })` gives them. */
export type Format = 'section_name' | 'interface_name' | 'probe_target' | 'mark_mask';

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

/** Address that a probe asks. A name would have to be resolved over the very link under test. */
export function is_probe_target(text: string): boolean {
  return is_ipv4(text);
}

/** Mark bits of linkagg as `0x…`: 2 to 7 neighbouring bits. */
export function is_mark_mask(text: string): boolean {
  return mark_layout(text) !== null;
}

/** Null when `text` has the format, else what it must be. */
export function format_reason(format: Format, text: string): string | null {
  switch (format) {
    case 'section_name':
      return is_section_name(text)
        ? null
        : 'must be 1 to 32 letters, digits or underscores, and no reserved word';
    case 'interface_name':
      return is_interface_name(text) ? null : 'must be the name of a network interface (letters, digits, _)';
    case 'probe_target':
      return is_probe_target(text) ? null : 'must be an IPv4 address such as 1.1.1.1';
    case 'mark_mask':
      return is_mark_mask(text) ? null : 'must be 2 to 7 neighbouring bits such as 0x7f000000';
  }
}
