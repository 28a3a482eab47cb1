/** Networks in prefix notation, of both families: what overlaps, what covers what. */

import { address_family, address_words, decimal, type Family, network_family } from './address.ts';

/** Bits of an address. */
const LENGTHS: Record<Family, number> = { ip4: 32, ip6: 128 };

export interface Network {
  family: Family;
  /** 16 bits each. */
  words: number[];
  length: number;
}

/** Of a network, or of an address alone; null when it is neither. Bits beyond the prefix may be set. */
export function network_of(text: string): Network | null {
  const family = network_family(text);
  if (family === null) return null;
  const [address = '', length] = text.split('/');
  return {
    family,
    words: address_words(address),
    length: length === undefined ? LENGTHS[family] : decimal(length),
  };
}

/** Without bits beyond the prefix, and without a length when it is one address: as `ip rule` prints it. */
export function network_text(network: Network): string {
  const address = address_text(bound(network, 0));
  return is_host(network) ? address : `${address}/${network.length}`;
}

/** Addresses from the first to the last. */
export interface Range {
  family: Family;
  first: number[];
  last: number[];
}

/** Of an address, a network in prefix notation, or `first-last`; null when it is none of these. */
export function range_of(text: string): Range | null {
  const network = network_of(text);
  if (network !== null) {
    return { family: network.family, first: bound(network, 0), last: bound(network, 1) };
  }
  const [from = '', to = '', more] = text.split('-');
  const family = address_family(from);
  if (family === null || address_family(to) !== family || more !== undefined) return null;
  const [first, last] = [address_words(from), address_words(to)];
  return compare(first, last) < 0 ? { family, first, last } : null;
}

/** The fewest networks that make up a range: one, up to 62 of IPv4, up to 254 of IPv6. */
export function networks_of({ family, first, last }: Range): Network[] {
  const parts = (network: Network): Network[] => {
    const [low, high] = [bound(network, 0), bound(network, 1)];
    if (compare(high, first) < 0 || compare(low, last) > 0) return [];
    if (compare(low, first) >= 0 && compare(high, last) <= 0) return [network];
    const length = network.length + 1;
    const lower = { family, words: low, length };
    return parts(lower).concat(parts({ family, words: bound({ ...lower, words: high }, 0), length }));
  };
  return parts({ family, words: first.map(() => 0), length: 0 });
}

/** First address of a network, or the last: all bits beyond the prefix are `bit`. */
function bound({ words, length }: Network, bit: 0 | 1): number[] {
  return words.map((word, index) => {
    const unit = 2 ** Math.max(0, Math.min(16, 16 * (index + 1) - length));
    return Math.floor(word / unit) * unit + bit * (unit - 1);
  });
}

function compare(a: number[], b: number[]): number {
  const index = a.findIndex((word, at) => word !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

/** As inet_ntop prints it (RFC 5952). */
function address_text(words: number[]): string {
  if (words.length === 2) return words.flatMap(word => [Math.floor(word / 256), word % 256]).join('.');
  let start = -1;
  let longest = 1;
  for (const [index] of words.entries()) {
    let zeros = 0;
    while (words[index + zeros] === 0) zeros += 1;
    if (zeros <= longest) continue;
    start = index;
    longest = zeros;
  }
  const groups = words.map(word => word.toString(16));
  if (start < 0) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + longest).join(':')}`;
}

/** It is one address. */
export function is_host(network: Network): boolean {
  return network.length === LENGTHS[network.family];
}

export function overlap(a: Network, b: Network): boolean {
  return a.family === b.family && same_bits(a.words, b.words, Math.min(a.length, b.length));
}

/** All of `inner` lies in `outer`. */
export function covers(outer: Network, inner: Network): boolean {
  return outer.length <= inner.length && overlap(outer, inner);
}

function same_bits(a: number[], b: number[], count: number): boolean {
  let bits = count;
  for (let index = 0; bits > 0; index++, bits -= 16) {
    const unit = bits >= 16 ? 1 : 2 ** (16 - bits);
    if (Math.floor((a[index] ?? 0) / unit) !== Math.floor((b[index] ?? 0) / unit)) return false;
  }
  return true;
}

/** A name that can be looked up: labels of letters, digits and dashes (RFC 1123), not only digits at the end. */
export function is_host_name(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split('.');
  const last = labels[labels.length - 1] ?? '';
  return labels.every(label => is_label(label)) && !/^[0-9]+$/.test(last);
}

function is_label(label: string): boolean {
  return /^[A-Za-z0-9-]{1,63}$/.test(label) && !label.startsWith('-') && !label.endsWith('-');
}
