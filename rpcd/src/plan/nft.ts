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

import type { Config } from '../config/schema.gen.ts';
import type { Family } from '../net/address.ts';
import { answer_chains } from './answers.ts';
import { balance_chains, CHOICES_PER_S } from './balance.ts';
import { DEFAULT_GROUP, NFT_TABLE } from './constants.ts';
import { groups_of } from './groups.ts';
import { type MarkLayout, mark_text, pinned_mark } from './marks.ts';
import { chain, quoted, vmap } from './nft_text.ts';
import { own_address } from './rules.ts';
import { translate_chains } from './translate.ts';
import type { RoutableLink } from './types.ts';

/** Named counter of the connections from the LAN that were pinned to a link. */
export function counter_name(link_name: string): string {
  return `new_${link_name}`;
}

export interface TableInput {
  config: Config;
  links: RoutableLink[];
  /** Families in which any link can be routed over. */
  families: Family[];
  /** By netifd interface. */
  lan_devices: Record<string, string>;
  layout: MarkLayout;
  /** Source address of the router's own balanced connections before they have a link; see `plan`. */
  router_source: string | null;
  /** See `Observed`. */
  leaving: string[];
}

export interface PlannedTable {
  /** As `nft -f` reads it. */
  text: string;
  /** New connections get a proposal in the packet mark. */
  proposes: boolean;
}

/** Null when there is nothing to pin. */
export function planned_table(input: TableInput): PlannedTable | null {
  const { config, links, families, layout, router_source } = input;
  if (links.length === 0) return null;
  const mask = mark_text(layout.mask);
  const keep = mark_text(4294967295 - layout.mask);
  const groups = groups_of(config, links);
  const lan_devices = Object.values(input.lan_devices);
  const balance =
    lan_devices.length === 0
      ? { sets: [], chains: [], proposes: false, counts_load: false }
      : balance_chains({ ...input, groups });

  const by_device = (chain_of: string) =>
    vmap(links, link => `"${link.device}" : goto ${chain_of}_${link.name}`);
  const by_mark = vmap(
    links,
    link => `${mark_text(pinned_mark(layout, link.slot))} : goto route_${link.name}`,
  );
  const restore = `ct mark & ${mask} ${by_mark}`;
  const adopt = families.flatMap(family => adopt_rules(links, family, mask));
  const counted = (link: RoutableLink) => {
    const sit = ` limit rate ${CHOICES_PER_S}/second burst ${CHOICES_PER_S} packets goto sit_${link.name}`;
    return `counter name ${counter_name(link.name)}${balance.counts_load ? sit : ''}`;
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
    ...answer_chains(links, families),
    ...chain('prerouting', [
      'type filter hook prerouting priority mangle + 1; policy accept;',
      restore,
      // None of the rest concerns these, and floods of them are what costs most.
      ...(lan_devices.length > 0
        ? [`iifname { ${quoted(lan_devices)} } ct state new ${balance.proposes ? 'goto balance' : 'accept'}`]
        : []),
      `ct mark & ${mask} == 0 ct direction original iifname ${by_device('pin')}`,
      ...adopt,
    ]),
    ...chain('output', [
      'type route hook output priority mangle + 1; policy accept;',
      restore,
      ...adopt,
      ...(balance.proposes && router_source !== null
        ? [
            `ip saddr ${router_source} oifname { ${quoted(links.map(link => link.device))} } ct state new ct direction original goto choose_${DEFAULT_GROUP}`,
          ]
        : []),
    ]),
    ...chain('postrouting', [
      'type filter hook postrouting priority mangle + 1; policy accept;',
      `ct mark & ${mask} == 0 oifname ${by_device('leave')}`,
    ]),
    ...translate_chains(links, router_source),
    ...end_chain(input, lan_devices),
  );
  return {
    text: [`table inet ${NFT_TABLE} {`, ...lines.map(line => `\t${line}`), '}', ''].join('\n'),
    proposes: balance.proposes,
  };
}

/** A connection that is older than the table is known by the router's address that it uses already. */
function adopt_rules(links: RoutableLink[], family: Family, mask: string): string[] {
  const protocol = family === 'ip4' ? 'ip' : 'ip6';
  const addresses: string[] = [];
  const networks: string[] = [];
  for (const link of links) {
    if (link[family] === null) continue;
    const address = own_address(link, links, family);
    if (address !== null) addresses.push(`${address} : goto adopt_${link.name}`);
    if (family === 'ip4') continue;
    for (const prefix of link.own_prefixes) networks.push(`${prefix} : goto adopt_${link.name}`);
  }
  const maps = [addresses, networks].filter(each => each.length > 0);
  return maps.flatMap(elements => [
    `ct mark & ${mask} == 0 ct direction original ct reply ${protocol} daddr vmap { ${elements.join(', ')} }`,
    `ct mark & ${mask} == 0 ct direction reply ct original ${protocol} daddr vmap { ${elements.join(', ')} }`,
  ]);
}

/**
 * Ends the connections that LAN clients have over links of a worse tier, now that better ones are back: the next
 * TCP packet of either side becomes a reset for the other one.
 */
function end_chain({ links, layout, leaving }: TableInput, lan_devices: string[]): string[] {
  const left = links.filter(link => leaving.includes(link.name));
  if (left.length === 0 || lan_devices.length === 0) return [];
  const marks = left.map(link => mark_text(pinned_mark(layout, link.slot))).join(', ');
  const pinned = `ct mark & ${mark_text(layout.mask)} { ${marks} } meta l4proto tcp`;
  const lan = quoted(lan_devices);
  return chain('end', [
    'type filter hook forward priority mangle + 1; policy accept;',
    `${pinned} ct direction original iifname { ${lan} } tcp flags set rst`,
    `${pinned} ct direction reply oifname { ${lan} } tcp flags set rst`,
  ]);
}
