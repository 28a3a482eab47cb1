/** TCP segments in somebody else's name. */

import type { Bytes } from '../../platform/platform.ts';
import { address_words } from './address.ts';

export interface Endpoint {
  address: string;
  port: number;
}

const HEADER_LENGTH = 20;
const PROTOCOL_TCP = 6;
const FLAG_ACK = 0x10;

/**
 * A segment without data, such as a keep-alive probe: header and checksum, no IP header. Whoever has a connection
 * between these ends and finds `sequence_high` (the upper half of the sequence number) out of its window answers with
 * an acknowledgement of where it stands (RFC 9293, 3.10.7.4).
 */
export function bare_segment(from: Endpoint, to: Endpoint, sequence_high: number): Bytes {
  const words = [from.port, to.port, sequence_high, 0, 0, 0, (HEADER_LENGTH / 4) * 4096 + FLAG_ACK, 0, 0, 0];
  const pseudo = address_words(from.address).concat(address_words(to.address), [PROTOCOL_TCP, HEADER_LENGTH]);
  let sum = 0;
  for (const word of pseudo.concat(words)) sum += word;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  words[8] = 0xffff - sum;
  return words.flatMap(word => [Math.floor(word / 256), word % 256]);
}
