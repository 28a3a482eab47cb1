/**
 * Answers of the router's own UDP services.
 *
 * A service with a wildcard socket (DNS, WireGuard, VPN servers) names no source address when it answers, so the
 * kernel takes that of whatever link its route leads to, and the one who asked never recognises the answer. Here
 * the router notes which of its addresses was asked, and gives it back to the answer before conntrack looks at
 * it: it is then part of the connection that came in, and leaves by its link.
 */

import { chain, quoted } from './nft_text.ts';
import type { RoutableLink } from './types.ts';

/** Askers at a time, and how long one is remembered; as long as conntrack's udp_stream time-out. */
const ASKERS_MAX = 16384;
const ASKER_TIMEOUT = '3m';

/** Chains `asked` and `answer`, with the map between them. */
export function answer_chains(links: RoutableLink[]): string[] {
  const addresses: string[] = [];
  for (const link of links) {
    if (!addresses.includes(link.address)) addresses.push(link.address);
  }
  const asker = (address: string, port: string, own_port: string) =>
    `ip ${address} . udp ${port} . udp ${own_port}`;
  return [
    'map asked {',
    `\ttype ipv4_addr . inet_service . inet_service : ipv4_addr; size ${ASKERS_MAX};`,
    `\tflags dynamic,timeout; timeout ${ASKER_TIMEOUT};`,
    '}',
    ...chain('asked', [
      'type filter hook input priority mangle + 1; policy accept;',
      `iifname { ${quoted(links.map(link => link.device))} } ct direction original update @asked { ${asker('saddr', 'sport', 'dport')} : ip daddr }`,
    ]),
    ...chain('answer', [
      // Before conntrack (-200). A chain of type route looks the route up again when the address has changed.
      'type route hook output priority raw + 1; policy accept;',
      `ip saddr { ${addresses.join(', ')} } ip saddr set ${asker('daddr', 'dport', 'sport')} map @asked`,
    ]),
  ];
}
