/**
 * Answers of the router's own UDP services.
 *
 * A service with a wildcard socket (DNS, WireGuard, VPN servers) names no source address when it answers, so the
 * kernel takes that of whatever link its route leads to, and the one who asked never recognises the answer. Here
 * the router notes which of its addresses was asked, and gives it back to the answer before conntrack looks at
 * it: it is then part of the connection that came in, and leaves by its link.
 *
 * For IPv6 a set per link stands for the map: nft (1.0.6) runs out of registers when two IPv6 addresses and two
 * ports go into one map element.
 */

import type { Family } from '../net/address.ts';
import { chain, quoted } from './nft_text.ts';
import type { RoutableLink } from './types.ts';

/** Askers at a time, and how long one is remembered; as long as conntrack's udp_stream time-out. */
const ASKERS_MAX = 16384;
const ASKER_TIMEOUT = '3m';

interface AnswerRules {
  declarations: string[];
  asked: string[];
  answer: string[];
}

/** Chains `asked` and `answer`, with what they remember. */
export function answer_chains(links: RoutableLink[], families: Family[]): string[] {
  const rules = families.map(family => (family === 'ip4' ? rules4(links) : rules6(links)));
  const declarations = rules.flatMap(each => each.declarations);
  if (declarations.length === 0) return [];
  return [
    ...declarations,
    ...chain('asked', [
      // After the firewall: what it drops is not remembered.
      'type filter hook input priority filter + 1; policy accept;',
      ...rules.flatMap(each => each.asked),
    ]),
    // Before conntrack (-200). A chain of type route looks the route up again when the address has changed.
    ...chain('answer', [
      'type route hook output priority raw + 1; policy accept;',
      ...rules.flatMap(each => each.answer),
    ]),
  ];
}

function rules4(links: RoutableLink[]): AnswerRules {
  const there = links.filter(link => link.ip4 !== null);
  const addresses: string[] = [];
  for (const link of there) {
    const address = link.ip4?.address ?? null;
    if (address !== null && !addresses.includes(address)) addresses.push(address);
  }
  if (addresses.length === 0) return { declarations: [], asked: [], answer: [] };
  const devices = quoted(there.map(link => link.device));
  return {
    declarations: [
      'map asked {',
      `\ttype ipv4_addr . inet_service . inet_service : ipv4_addr; size ${ASKERS_MAX};`,
      `\tflags dynamic,timeout; timeout ${ASKER_TIMEOUT};`,
      '}',
    ],
    asked: [
      `iifname { ${devices} } ct direction original update @asked { ip saddr . udp sport . udp dport : ip daddr }`,
    ],
    answer: [`ip saddr { ${addresses.join(', ')} } ip saddr set ip daddr . udp dport . udp sport map @asked`],
  };
}

function rules6(links: RoutableLink[]): AnswerRules {
  const rules: AnswerRules = { declarations: [], asked: [], answer: [] };
  const addresses: string[] = [];
  for (const link of links) {
    const address = link.ip6?.address ?? null;
    if (address === null || addresses.includes(address)) continue;
    addresses.push(address);
    const set = `asked6_${link.name}`;
    rules.declarations.push(
      `set ${set} {`,
      `\ttype ipv6_addr . inet_service . inet_service; size ${ASKERS_MAX};`,
      `\tflags dynamic,timeout; timeout ${ASKER_TIMEOUT};`,
      '}',
    );
    rules.asked.push(
      `iifname "${link.device}" ip6 daddr ${address} ct direction original update @${set} { ip6 saddr . udp sport . udp dport }`,
    );
    rules.answer.push(`ip6 daddr . udp dport . udp sport @${set} ip6 saddr set ${address} return`);
  }
  return rules;
}
