/** As much of DNS (RFC 1035) as the lab needs: questions for one IPv4 address, and their answers. */

const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
/** A response, recursion desired and available, no error. */
const ANSWER_FLAGS = 0x8180;
const QUESTION_FLAGS = 0x0100;
/** Where the answer's name already stands: in the question. */
const POINTER_TO_QUESTION = 0xc000 | HEADER_BYTES;
const TTL_S = 60;

export function dns_question(id: number, name: string): Buffer {
  const labels = name.split('.').flatMap(label => [Buffer.of(label.length), Buffer.from(label, 'latin1')]);
  return Buffer.concat([
    words(id, QUESTION_FLAGS, 1, 0, 0, 0),
    ...labels,
    Buffer.of(0),
    words(TYPE_A, CLASS_IN),
  ]);
}

/** Every name has the address `address_of` gives, and nothing else. Null when it is no question. */
export function dns_answer(question: Buffer, address_of: (name: string) => string): Buffer | null {
  const end = name_end(question);
  if (end === null || question.length < end + 4) return null;
  const asked = question.subarray(HEADER_BYTES, end + 4);
  const is_address = question.readUInt16BE(end) === TYPE_A;
  const record = Buffer.concat([
    words(POINTER_TO_QUESTION, TYPE_A, CLASS_IN, 0, TTL_S, 4),
    Buffer.from(address_of(name_at(question)).split('.').map(Number)),
  ]);
  return Buffer.concat([
    words(question.readUInt16BE(0), ANSWER_FLAGS, 1, is_address ? 1 : 0, 0, 0),
    asked,
    ...(is_address ? [record] : []),
  ]);
}

/** The first address of an answer to question `id`; null when it is none. */
export function dns_address(answer: Buffer, id: number): string | null {
  const end = name_end(answer);
  if (end === null || answer.readUInt16BE(0) !== id || answer.readUInt16BE(6) === 0) return null;
  // The record's name is a pointer, as `dns_answer` writes it.
  const address = answer.subarray(end + 4 + 12, end + 4 + 16);
  return address.length === 4 ? [...address].join('.') : null;
}

/** Index of what follows the name in the question. */
function name_end(message: Buffer): number | null {
  let index = HEADER_BYTES;
  while ((message[index] ?? 0) > 0) index += 1 + (message[index] ?? 0);
  return index < message.length ? index + 1 : null;
}

function name_at(message: Buffer): string {
  const labels: string[] = [];
  let index = HEADER_BYTES;
  while ((message[index] ?? 0) > 0) {
    const length = message[index] ?? 0;
    labels.push(message.toString('latin1', index + 1, index + 1 + length));
    index += 1 + length;
  }
  return labels.join('.').toLowerCase();
}

/** 16 bits each, in network order. */
function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length);
  for (const [index, value] of values.entries()) buffer.writeUInt16BE(value, 2 * index);
  return buffer;
}
