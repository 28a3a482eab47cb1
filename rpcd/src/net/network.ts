/** Networks in prefix notation, of both families: what overlaps, what covers what. */

import { address_words, decimal, type Family, network_family } from './address.ts';

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
