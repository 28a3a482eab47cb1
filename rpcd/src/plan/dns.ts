/**
 * Name servers of the router's own (dnsmasq's): one that came with a link is asked over that link, because others'
 * customers it often refuses, and one that only a dead link brought is not asked at all.
 */

import { type Family, HEADERS, is_ipv4 } from '../net/address.ts';
import { PREF_DNS, PROTOCOL } from './constants.ts';
import { carriers, use_in } from './links.ts';
import { keep_text, type MarkLayout, mark_text, pinned_mark } from './marks.ts';
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

/**
 * Sends what the router asks a dead link's server to one of a link that works, over that link: the question has a
 * source address by then, perhaps of a third one.
 */
export function dns_chains(links: RoutableLink[], families: Family[], layout: MarkLayout): string[] {
  const asked: string[] = [];
  const answering: string[] = [];
  for (const family of families) {
    const dead = links
      .filter(link => link[family] !== null && use_in(link, family) === 'no')
      .flatMap(link => own_servers(link, links, family));
    const live = carriers(links, family).find(link => servers(link, family).length > 0) ?? null;
    const [server] = live === null ? [] : servers(live, family);
    if (dead.length === 0 || live === null || server === undefined) continue;
    const header = HEADERS[family];
    const question = `${header} daddr { ${dead.join(', ')} } meta l4proto { tcp, udp } th dport 53`;
    const mark = mark_text(pinned_mark(layout, live.slot));
    const mask = mark_text(layout.mask);
    // What has a mark already is a probe of ours.
    const unmarked = `meta mark & ${mask} == 0 ct mark & ${mask} == 0`;
    asked.push(`${question} ${unmarked} ct mark set ct mark & ${keep_text(layout)} | ${mark}`);
    answering.push(`${question} ct mark & ${mask} == ${mark} dnat ${header} to ${server}`);
  }
  if (asked.length === 0) return [];
  return [
    // Before pins become marks.
    ...chain('dns_link', ['type filter hook output priority mangle; policy accept;', ...asked]),
    ...chain('dns_server', ['type nat hook output priority -101; policy accept;', ...answering]),
  ];
}
