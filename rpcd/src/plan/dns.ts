/**
 * Name servers of the router's own (dnsmasq's): one that came with a link is asked over that link, because others'
 * customers it often refuses, and one that only a dead link brought is not asked at all.
 */

import { type Family, HEADERS, is_ipv4 } from '../net/address.ts';
import { PREF_DNS, PROTOCOL } from './constants.ts';
import { carriers, use_in } from './links.ts';
import { chain } from './nft_text.ts';
import { table_of } from './routes.ts';
import type { RoutableLink } from './types.ts';

/** Of one family; not those that another link brought, too. */
function own_servers(link: RoutableLink, links: RoutableLink[], family: Family): string[] {
  return servers(link, family).filter(
    server => !links.some(other => other.name !== link.name && other.dns.includes(server)),
  );
}

function servers(link: RoutableLink, family: Family): string[] {
  return link.dns.filter(server => is_ipv4(server) === (family === 'ip4'));
}

/** Rules as `ip rule` arguments. */
export function dns_rules(links: RoutableLink[], family: Family): string[] {
  return links
    .filter(link => use_in(link, family) !== 'no')
    .flatMap(link =>
      own_servers(link, links, family).map(
        server =>
          `pref ${PREF_DNS + link.slot} from all to ${server} iif lo lookup ${table_of(link.slot)} protocol ${PROTOCOL}`,
      ),
    );
}

/** Sends what the router asks a dead link's server to one of a link that works. */
export function dns_chains(links: RoutableLink[], families: Family[]): string[] {
  const rules = families.flatMap(family => {
    const dead = links
      .filter(link => link[family] !== null && use_in(link, family) === 'no')
      .flatMap(link => own_servers(link, links, family));
    const [live] = carriers(links, family).flatMap(link => servers(link, family));
    if (dead.length === 0 || live === undefined) return [];
    const to = family === 'ip4' ? live : `[${live}]:53`;
    return [
      `${HEADERS[family]} daddr { ${dead.join(', ')} } meta l4proto { tcp, udp } th dport 53 dnat ${HEADERS[family]} to ${to}`,
    ];
  });
  if (rules.length === 0) return [];
  return chain('dns', ['type nat hook output priority -101; policy accept;', ...rules]);
}
