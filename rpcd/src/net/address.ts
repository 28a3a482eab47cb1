/** IPv4 and IPv6 addresses and networks as text: checks only, no resolving. */

export type Family = 'ip4' | 'ip6';

export const FAMILIES: Family[] = ['ip4', 'ip6'];

/** As nft's `meta nfproto`, conntrack and sysctls call them. */
export const LONG_NAMES: Record<Family, 'ipv4' | 'ipv6'> = { ip4: 'ipv4', ip6: 'ipv6' };

/** As nft calls their headers. */
export const HEADERS: Record<Family, string> = { ip4: 'ip', ip6: 'ip6' };

/** Dotted quad as inet_pton accepts it: four decimal numbers 0–255 without leading zeros. */
export function is_ipv4(text: string): boolean {
  const parts = text.split('.');
  if (parts.length !== 4) return false;
  return parts.every(part => /^(0|[1-9][0-9]{0,2})$/.test(part) && decimal(part) <= 255);
}

/**
 * IPv6 address as inet_pton accepts it, without a zone: eight groups of up to four hexadecimal digits, one run of
 * zero groups as `::`, the last two groups perhaps as an IPv4 address.
 */
export function is_ipv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const head = groups_of(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups_of(halves[1] ?? '', true) : 0;
  if (head < 0 || tail < 0) return false;
  return halves.length === 2 ? head + tail <= 7 : head === 8;
}

/** Number of 16-bit groups, -1 when one is malformed; `last`: an IPv4 address may stand at the end. */
function groups_of(text: string, last: boolean): number {
  if (text === '') return 0;
  const parts = text.split(':');
  let count = 0;
  for (const [index, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) count += 1;
    else if (last && index === parts.length - 1 && is_ipv4(part)) count += 2;
    else return -1;
  }
  return count;
}

/** Family of an address; null when it is none. */
export function address_family(text: string): Family | null {
  if (is_ipv4(text)) return 'ip4';
  return is_ipv6(text) ? 'ip6' : null;
}

/** Family of an address or of a network in prefix notation; null when it is neither. */
export function network_family(text: string): Family | null {
  const [address = '', length, more] = text.split('/');
  if (more !== undefined) return null;
  const family = address_family(address);
  if (family === null || length === undefined) return family;
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length)) return null;
  return decimal(length) <= (family === 'ip4' ? 32 : 128) ? family : null;
}

/** The eight groups of a valid IPv6 address. */
function ipv6_groups(text: string): number[] {
  const halves = text.split('::').map(half => (half === '' ? [] : half.split(':')).flatMap(group_values));
  const head = halves[0] ?? [];
  const tail = halves[1] ?? [];
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0);
  return head.concat(zeros, tail);
}

/** One group, or the two of an IPv4 address. */
function group_values(text: string): number[] {
  if (!text.includes('.')) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(decimal);
  return [a * 256 + b, c * 256 + d];
}

/** A valid address as 16-bit words: two, or eight. */
export function address_words(address: string): number[] {
  return address.includes(':') ? ipv6_groups(address) : group_values(address);
}

/** Netmask of an IPv4 prefix length, as dotted quad. */
export function ipv4_mask(length: number): string {
  return [0, 8, 16, 24].map(start => 256 - 2 ** (8 - bits_from(start, 8, length))).join('.');
}

/** The same for IPv6, as eight groups. */
export function ipv6_mask(length: number): string {
  const groups = [0, 16, 32, 48, 64, 80, 96, 112].map(
    start => 65536 - 2 ** (16 - bits_from(start, 16, length)),
  );
  return groups.map(group => group.toString(16)).join(':');
}

/** How many of the `width` bits from `start` on are among the first `length`. */
function bits_from(start: number, width: number, length: number): number {
  return Math.max(0, Math.min(width, length - start));
}

/** Decimal digits to a number; the caller has checked that there is nothing else and no overflow. */
export function decimal(digits: string): number {
  return Number.parseInt(digits, 10);
}
