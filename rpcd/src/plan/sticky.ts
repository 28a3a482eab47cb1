/**
 * Stickiness: connections of a client, or of a client to one destination, stay on the link that the first of them
 * got. For each link of a group a set holds who stays there; a client is in the set of one link only.
 */

import { type Family, ipv4_mask, ipv6_mask } from '../net/address.ts';
import type { Group } from './groups.ts';
import { chain } from './nft_text.ts';
import type { RoutableLink } from './types.ts';

const ENTRIES_MAX = 16384;

/** What a set of ours holds, for whoever reads the sets back. */
export interface StickySet {
  set: string;
  group: string;
  link: string;
  with_destination: boolean;
  /** Prefix length of the last address of an entry, `/24`; empty when it is a whole address. */
  length: string;
}

export function sticky_sets(group: Group, families: Family[]): StickySet[] {
  if (group.sticky === 'none') return [];
  return group.links.flatMap(link =>
    families.map(family => ({
      set: set_name(group, link, family),
      group: group.name,
      link: link.name,
      with_destination: group.sticky === 'source-destination',
      length: length_text(group, family),
    })),
  );
}

function length_text(group: Group, family: Family): string {
  const [length, whole] = family === 'ip4' ? [group.sticky_prefix, 32] : [group.sticky_prefix6, 128];
  return length < whole ? `/${length}` : '';
}

/** Declarations of a group's sets. */
export function sticky_declarations(group: Group, families: Family[]): string[] {
  if (group.sticky === 'none') return [];
  const parts = group.sticky === 'source-destination' ? 2 : 1;
  return families.flatMap(family => {
    const type = Array.from({ length: parts }, () => (family === 'ip4' ? 'ipv4_addr' : 'ipv6_addr'));
    return group.links.map(
      link =>
        `set ${set_name(group, link, family)} { type ${type.join(' . ')}; size ${ENTRIES_MAX}; flags dynamic,timeout; }`,
    );
  });
}

/** Chains `take_<group>.<link>`, which propose a link and remember it. */
export function sticky_chains(group: Group, families: Family[]): string[] {
  const forget = `forget_${group.name}`;
  return [
    ...chain(
      forget,
      families.flatMap(family =>
        group.links.map(link => `delete @${set_name(group, link, family)} { ${key(group, family)} }`),
      ),
    ),
    ...group.links.flatMap(link =>
      chain(take_chain(group, link), [
        `jump propose_${link.name}`,
        `jump ${forget}`,
        ...families.map(family => renew(group, link, family)),
        'accept',
      ]),
    ),
  ];
}

/** Proposes the link on which a client is already, if that link gets new connections. */
export function sticky_rules(group: Group, able: RoutableLink[], family: Family): string[] {
  if (group.sticky === 'none') return [];
  return able.map(
    link =>
      `${key(group, family)} @${set_name(group, link, family)} ${renew(group, link, family)} goto propose_${link.name}`,
  );
}

/** The chain that gives `link` a new connection of `group`. */
export function take_chain(group: Group, link: RoutableLink): string {
  return group.sticky === 'none' ? `propose_${link.name}` : `take_${group.name}.${link.name}`;
}

function renew(group: Group, link: RoutableLink, family: Family): string {
  return `update @${set_name(group, link, family)} { ${key(group, family)} timeout ${group.sticky_timeout}s }`;
}

function set_name(group: Group, link: RoutableLink, family: Family): string {
  const kind = group.sticky === 'source-destination' ? 'pair' : 'source';
  return `${kind}${family === 'ip6' ? '6' : ''}_${group.name}.${link.name}`;
}

function key(group: Group, family: Family): string {
  const [protocol, mask] =
    family === 'ip4'
      ? ['ip', group.sticky_prefix < 32 ? ` & ${ipv4_mask(group.sticky_prefix)}` : '']
      : ['ip6', group.sticky_prefix6 < 128 ? ` & ${ipv6_mask(group.sticky_prefix6)}` : ''];
  return group.sticky === 'source-destination'
    ? `${protocol} saddr . ${protocol} daddr${mask}`
    : `${protocol} saddr${mask}`;
}
