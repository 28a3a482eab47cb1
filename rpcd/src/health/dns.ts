/** The little of DNS (RFC 1035) that a probe needs: one question, and the addresses in the answer. */

import type { Bytes } from '../../platform/platform.ts';

const TYPE_A = 1;
const TYPE_NS = 2;
const CLASS_IN = 1;
const HEADER_LENGTH = 12;
/** A compressed name ends with two octets that begin with these bits. */
const POINTER = 0xc0;

/** Asks for the IPv4 addresses of a name, or, without one, for the root's name servers, which every resolver knows. */
export function dns_question(id: number, name: string): Bytes {
  const octets = [Math.floor(id / 256), id % 256, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const label of name === '' ? [] : name.split('.')) {
    octets.push(label.length);
    for (let i = 0; i < label.length; i++) octets.push(label.charCodeAt(i));
  }
  octets.push(0, 0, name === '' ? TYPE_NS : TYPE_A, 0, CLASS_IN);
  return octets;
}

/** Addresses in the answer, none when the server has none; null when this is no answer to the question. */
export function dns_addresses(answer: Bytes, id: number): string[] | null {
  if (answer.length < HEADER_LENGTH || word(answer, 0) !== id || (answer[2] ?? 0) < 0x80) return null;
  let at = HEADER_LENGTH;
  for (let questions = word(answer, 4); questions > 0 && at < answer.length; questions--) {
    at = after_name(answer, at) + 4;
  }
  const addresses: string[] = [];
  for (let records = word(answer, 6); records > 0 && at < answer.length; records--) {
    at = after_name(answer, at);
    const length = word(answer, at + 8);
    const is_address = word(answer, at) === TYPE_A && word(answer, at + 2) === CLASS_IN && length === 4;
    at += 10;
    if (is_address && at + 4 <= answer.length) addresses.push(answer.slice(at, at + 4).join('.'));
    at += length;
  }
  return addresses;
}

function word(octets: Bytes, at: number): number {
  return (octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0);
}

/** A name ends with an empty label or with a pointer. */
function after_name(octets: Bytes, start: number): number {
  let at = start;
  while (at < octets.length) {
    const length = octets[at] ?? 0;
    if (length >= POINTER) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
  }
  return at;
}
