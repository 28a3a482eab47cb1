/**
 * The nft table `inet linkagg`: it pins connections to links, nothing else.
 *
 * A connection's link is written to the conntrack mark where it leaves (postrouting, by device), whoever chose
 * it; packets of a pinned connection get the mark back before they are routed. A connection that came in on a
 * link is pinned to that link, so its answers leave there. One that is older than the table is recognised by the
 * router address it already uses.
 *
 * Marks are changed under our mask only. The kernel (6.12) has no bitwise operation with two registers, so the
 * conntrack mark is copied by a verdict map into one chain per link, each with a constant.
 */

import { NFT_TABLE } from './constants.ts';
import { type MarkLayout, mark_text, pinned_mark } from './marks.ts';
import { has_own_address } from './rules.ts';
import type { RoutableLink } from './types.ts';

/** Named counter of the connections from the LAN that were pinned to a link. */
export function counter_name(link_name: string): string {
  return `new_${link_name}`;
}

/** The table as `nft -f` reads it, or null when there is nothing to pin. */
export function planned_nft(links: RoutableLink[], lan_devices: string[], layout: MarkLayout): string | null {
  if (links.length === 0) return null;
  const mask = mark_text(layout.mask);
  const keep = mark_text(4294967295 - layout.mask);
  const owners = links.filter(link => has_own_address(link, links));

  const by_device = (verdict: string) =>
    elements(links, link => `"${link.device}" : goto ${verdict}_${link.name}`);
  const by_address = elements(owners, link => `${link.address} : goto adopt_${link.name}`);
  const by_mark = elements(links, link => {
    return `${mark_text(pinned_mark(layout, link.slot))} : goto route_${link.name}`;
  });
  const restore = [`ct mark & ${mask} vmap { ${by_mark} }`];
  const adopt =
    owners.length === 0
      ? []
      : [
          `ct mark & ${mask} == 0 ct direction original ct reply ip daddr vmap { ${by_address} }`,
          `ct mark & ${mask} == 0 ct direction reply ct original ip daddr vmap { ${by_address} }`,
        ];

  const lines: string[] = [];
  for (const link of links) lines.push(`counter ${counter_name(link.name)} { }`);
  for (const link of links) {
    const mark = mark_text(pinned_mark(layout, link.slot));
    lines.push(...chain(`route_${link.name}`, [`meta mark set meta mark & ${keep} | ${mark}`]));
    lines.push(...chain(`pin_${link.name}`, [`ct mark set ct mark & ${keep} | ${mark}`]));
    lines.push(...chain(`adopt_${link.name}`, [`jump pin_${link.name}`, `goto route_${link.name}`]));
    lines.push(
      ...chain(`leave_${link.name}`, [
        ...(lan_devices.length === 0
          ? []
          : [`iifname { ${quoted(lan_devices)} } counter name ${counter_name(link.name)}`]),
        `goto pin_${link.name}`,
      ]),
    );
  }
  lines.push(
    ...chain('prerouting', [
      'type filter hook prerouting priority mangle + 1; policy accept;',
      'meta nfproto != ipv4 return',
      ...restore,
      `ct mark & ${mask} == 0 ct direction original iifname vmap { ${by_device('pin')} }`,
      ...adopt,
    ]),
    ...chain('output', [
      'type route hook output priority mangle + 1; policy accept;',
      'meta nfproto != ipv4 return',
      ...restore,
      ...adopt,
    ]),
    ...chain('postrouting', [
      'type filter hook postrouting priority mangle + 1; policy accept;',
      'meta nfproto != ipv4 return',
      `ct mark & ${mask} == 0 oifname vmap { ${by_device('leave')} }`,
    ]),
  );
  return [`table inet ${NFT_TABLE} {`, ...lines.map(line => `\t${line}`), '}', ''].join('\n');
}

function chain(name: string, rules: string[]): string[] {
  return [`chain ${name} {`, ...rules.map(rule => `\t${rule}`), '}'];
}

function elements(links: RoutableLink[], element: (link: RoutableLink) => string): string {
  return links.map(element).join(', ');
}

function quoted(names: string[]): string {
  return names.map(name => `"${name}"`).join(', ');
}
