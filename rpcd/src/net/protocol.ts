/** IP protocols by name, as few as people write; numbers from the IANA registry. */

const PROTOCOL_NUMBERS: Record<string, number> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
};

/** Protocols whose header starts with two ports. */
const WITH_PORTS = [6, 17, 33, 132, 136];

/** Null when `text` is neither a known name nor a number from 1 to 255. */
export function protocol_number(text: string): number | null {
  if (Object.hasOwn(PROTOCOL_NUMBERS, text)) return PROTOCOL_NUMBERS[text] ?? null;
  if (!/^[1-9][0-9]{0,2}$/.test(text)) return null;
  const number = Number.parseInt(text, 10);
  return number <= 255 ? number : null;
}

export function has_ports(protocol: number): boolean {
  return WITH_PORTS.includes(protocol);
}
