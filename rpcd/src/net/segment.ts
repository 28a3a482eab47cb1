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
/** Half of the sequence numbers: of two that far apart one is out of any window. */
const HALF = 0x8000;

/**
 * Two segments without data, such as keep-alive probes: header and checksum, no IP header. Whoever has a connection
 * between these ends finds the number of one of them out of its window and answers with an acknowledgement of where it
 * stands (RFC 9293, 3.10.7.4).
 */
export function bare_segments(from: Endpoint, to: Endpoint): Bytes[] {
  const flags = (HEADER_LENGTH / 4) * 4096 + FLAG_ACK;
  let sum = from.port + to.port + flags + PROTOCOL_TCP + HEADER_LENGTH;
  for (const word of address_words(from.address)) sum += word;
  for (const word of address_words(to.address)) sum += word;
  const ports = octets(from.port).concat(octets(to.port));
  return [0, HALF].map(sequence_high => {
    const rest = [0, 0, 0, 0, 0, 0].concat(
      octets(flags),
      [0, 0],
      octets(checksum(sum + sequence_high)),
      [0, 0],
    );
    return ports.concat(octets(sequence_high), rest);
  });
}

/** Of words that have been added up (RFC 1071). */
function checksum(given: number): number {
  let sum = given;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

function octets(word: number): Bytes {
  return [Math.floor(word / 256), word % 256];
}
