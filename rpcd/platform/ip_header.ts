/** IP headers of TCP segments in somebody else's name. */

import type { Bytes } from './platform.ts';

const PROTOCOL_TCP = 6;
const HOPS_MAX = 64;
/** In the third of the header's words: no fragments. */
const FLAG_DF = 0x40;

/**
 * For a raw socket of IPPROTO_RAW. `source` and `target`: both of four or both of sixteen octets; `length`: octets of
 * what follows. In IPv4 the kernel adds length, identification and checksum.
 */
export function ip_header(source: Bytes, target: Bytes, length: number): Bytes {
  const start =
    source.length === 4
      ? [0x45, 0, 0, 0, 0, 0, FLAG_DF, 0, HOPS_MAX, PROTOCOL_TCP, 0, 0]
      : [0x60, 0, 0, 0, Math.floor(length / 256), length % 256, PROTOCOL_TCP, HOPS_MAX];
  return start.concat(source, target);
}
