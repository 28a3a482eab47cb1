/**
 * The nft table `inet linkagg`: it pins connections to links, and proposes a link for new ones.
 *
 * A connection's link is written to the conntrack mark where it leaves (postrouting, by device), whoever chose
 * it; packets of a pinned connection get the mark back before they are routed. A connection that came in on a
 * link is pinned to that link, so its answers leave there. One that is older than the table is recognised by the
 * router address it already uses.
 *
 * Marks are changed under our mask only. The kernel (6.12) has no bitwise operation with two registers, so the
 * conntrack mark is copied by a verdict map into one chain per link, each with a constant.
 */

import { answer_chains } from './answers.ts';
import { balance_chains } from './balance.ts';
import { NFT_TABLE } from './constants.ts';
import { type MarkLayout, mark_text, pinned_mark } from './marks.ts';
import { chain, quoted, vmap } from './nft_text.ts';
import { has_own_address } from './rules.ts';
import type { BalanceMode, RoutableLink } from './types.ts';

/** Named counter of the connections from the LAN that were pinned to a link. */
export function counter_name(link_name: string): string {
  return `new_${link_name}`;
}

/** The table as `nft -f` reads it, or null when there is nothing to pin. */
export function planned_nft(
  links: RoutableLink[],
  lan_devices: string[],
  layout: MarkLayout,
  mode: BalanceMode,
): string | null {
  if (links.length === 0) return null;
  const mask = mark_text(layout.mask);
  const keep = mark_text(4294967295 - layout.mask);
  const owners = links.filter(link => has_own_address(link, links));

  const by_device = (chain_of: string) =>
    vmap(links, link => `"${link.device}" : goto ${chain_of}_${link.name}`);
  const by_address = vmap(owners, link => `${link.address} : goto adopt_${link.name}`);
  const by_mark = vmap(
    links,
    link => `${mark_text(pinned_mark(layout, link.slot))} : goto route_${link.name}`,
  );
  const restore = `ct mark & ${mask} ${by_mark}`;
  const adopt =
    owners.length === 0
      ? []
      : [
          `ct mark & ${mask} == 0 ct direction original ct reply ip daddr ${by_address}`,
          `ct mark & ${mask} == 0 ct direction reply ct original ip daddr ${by_address}`,
        ];
  const balance = balance_chains(
    links.filter(link => link.carries_new),
    links,
    layout,
    lan_devices.length === 0 ? 'hash' : mode,
  );

  const counted = (link: RoutableLink) => {
    return `counter name ${counter_name(link.name)}${balance.counts_load ? ` goto sit_${link.name}` : ''}`;
  };

  const lines: string[] = [];
  for (const link of links) lines.push(`counter ${counter_name(link.name)} { }`);
  lines.push(...balance.sets);
  for (const link of links) {
    const mark = mark_text(pinned_mark(layout, link.slot));
    lines.push(...chain(`pin_${link.name}`, [`ct mark set ct mark & ${keep} | ${mark}`]));
    lines.push(
      ...chain(`leave_${link.name}`, [
        `jump pin_${link.name}`,
        ...(lan_devices.length === 0 ? [] : [`iifname { ${quoted(lan_devices)} } ${counted(link)}`]),
      ]),
    );
  }
  lines.push(...balance.chains);
  for (const link of links) {
    const mark = mark_text(pinned_mark(layout, link.slot));
    lines.push(
      ...chain(`route_${link.name}`, [
        `meta mark set meta mark & ${keep} | ${mark}`,
        ...(balance.counts_load
          ? [`tcp flags & (fin | rst) != 0 goto end_${link.name}`, `meta length > 500 goto load_${link.name}`]
          : []),
      ]),
    );
    lines.push(...chain(`adopt_${link.name}`, [`jump pin_${link.name}`, `goto route_${link.name}`]));
  }
  lines.push(
    ...answer_chains(links),
    ...chain('prerouting', [
      'type filter hook prerouting priority mangle + 1; policy accept;',
      'meta nfproto != ipv4 return',
      restore,
      `ct mark & ${mask} == 0 ct direction original iifname ${by_device('pin')}`,
      ...adopt,
      ...(balance.proposes
        ? [`iifname { ${quoted(lan_devices)} } ct state new ct direction original goto balance`]
        : []),
    ]),
    ...chain('output', [
      'type route hook output priority mangle + 1; policy accept;',
      'meta nfproto != ipv4 return',
      restore,
      ...adopt,
    ]),
    ...chain('postrouting', [
      'type filter hook postrouting priority mangle + 1; policy accept;',
      'meta nfproto != ipv4 return',
      `ct mark & ${mask} == 0 oifname ${by_device('leave')}`,
    ]),
  );
  return [`table inet ${NFT_TABLE} {`, ...lines.map(line => `\t${line}`), '}', ''].join('\n');
}
