/**
 * Source addresses: a connection leaves a link with an address that answers find by that link.
 *
 * For IPv4 that is the firewall's masquerading; here are only the router's own connections whose address was
 * chosen before their link (a balanced one, say), on the chains that pin connections: a chain of its own would cost
 * each forwarded connection something. IPv6 clients have addresses from every provider, and with one of another
 * provider's they would get no answer: they are masqueraded, or translated into the network that the LAN has from
 * this provider, whatever that is at the moment.
 */

import type { Family } from '../net/address.ts';
import { chain, distinct, vmap } from './nft_text.ts';
import type { RoutableLink } from './types.ts';

/**
 * Chain of a link for the router's own IPv4 connections that leave over it, to be asked on the hook of source NAT;
 * null: needs none. `nat_first`: rules that go before it. `router_source`: see `plan`.
 */
export function own_chain(
  link: RoutableLink,
  links: RoutableLink[],
  router_source: string | null,
  nat_first: string[],
): { name: string; lines: string[] } | null {
  const own = link.ip4?.address ?? null;
  if (own === null) return null;
  const foreign = (router_source === null ? [] : [router_source]).concat(
    foreign_addresses(own, links, 'ip4'),
  );
  if (foreign.length === 0) return null;
  const name = `own_${link.name}`;
  // Forwarded connections are the firewall's business.
  const rules = [
    'meta iif != 0 return',
    ...nat_first,
    `ip saddr { ${foreign.join(', ')} } snat ip to ${own}`,
  ];
  return { name, lines: chain(name, rules) };
}

/** IPv6: chains on the hook of source NAT, ahead of the firewall's, but behind whatever else is ahead of that. */
export function translate_chains(links: RoutableLink[]): string[] {
  const translated = links
    .map(link => ({ link, rules: rules6(link, links) }))
    .filter(({ rules }) => rules.length > 0);
  if (translated.length === 0) return [];
  return [
    ...translated.flatMap(({ link, rules }) => chain(`translate_${link.name}`, rules)),
    ...chain('translate', [
      'type nat hook postrouting priority srcnat - 1; policy accept;',
      `meta nfproto ipv6 oifname ${vmap(translated, ({ link }) => `"${link.device}" : goto translate_${link.name}`)}`,
    ]),
  ];
}

/** Addresses of the router on other links. */
function foreign_addresses(own: string | null, links: RoutableLink[], family: Family): string[] {
  const addresses: string[] = [];
  for (const link of links) {
    const address = link[family]?.address ?? null;
    if (address !== null && address !== own) addresses.push(address);
  }
  return distinct(addresses);
}

function rules6(link: RoutableLink, links: RoutableLink[]): string[] {
  if (link.ip6 === null) return [];
  const own = link.ip6.address;
  const to = own ?? link.lan_address6;
  if (link.nat6 === 'none') {
    const foreign = foreign_addresses(own, links, 'ip6');
    return to === null || foreign.length === 0
      ? []
      : [`ip6 saddr { ${foreign.join(', ')} } snat ip6 to ${to}`];
  }
  const native = ['fe80::/10', ...(own === null ? [] : [own]), ...link.prefixes];
  const rules = native.map(network => `ip6 saddr ${network} return`);
  if (link.nat6 === 'prefix') {
    for (const translation of link.translations) {
      rules.push(`snat ip6 prefix to ip6 saddr map { ${translation.from} : ${translation.to} }`);
    }
  }
  // Not `masquerade`: it would take another device's address while this one's is still being checked for duplicates.
  if (to !== null) rules.push(`meta nfproto ipv6 snat ip6 to ${to}`);
  return rules;
}
