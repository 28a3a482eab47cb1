/**
 * Policy rules. In order of preference:
 *
 *   tunnels              a tunnel's own packets by the table of its uplink, or nowhere
 *   pinned connections   specific routes of main, then the link's table
 *   bound sockets        by device, then by source address: specific routes of main, then the link's table
 *   networks of a link   by source address: specific routes of main, then the link's table
 *   …                    everybody else's rules (netifd, pbr, the user's own)
 *   proposed links       specific routes of main, then the link's table, or all of main for a policy that says so
 *   the router itself    policies (`policies.ts`); name servers: the table of the link they came with; the table of
 *                        the link chosen for it
 *   the rest             the multipath table, for the router and the LAN devices
 *
 * Packets that are none of ours meet no rule before the last group, so other packages' rules keep their meaning;
 * when the multipath table is empty, main is next.
 *
 * The kernel walks over all of this for every packet, and once more to check its source (always, as soon as there
 * are rules of anybody's). So packets go past what cannot concern them; a `goto` whose target is missing for a moment
 * is passed over by the kernel, and they take the long way.
 */

import type { Family } from '../net/address.ts';
import { network_of, network_text } from '../net/network.ts';
import {
  PREF_BALANCE_MAIN,
  PREF_BOUND,
  PREF_BOUND_ADDRESS,
  PREF_BOUND_DEVICE,
  PREF_BOUND_END,
  PREF_BOUND_MAIN,
  PREF_ECMP,
  PREF_FROM_ADDRESS,
  PREF_NETWORK,
  PREF_NOBODY,
  PREF_PINNED,
  PREF_PINNED_MAIN,
  PREF_PROPOSED,
  PREF_ROUTER,
  PREF_TO_DEVICE,
  PREF_UNBOUND,
  PREF_UNDECIDED,
  PREF_UNPINNED,
  PREF_UNPROPOSED,
  PROTOCOL,
  TABLE_ECMP,
} from './constants.ts';
import { dns_rules } from './dns.ts';
import { use_in } from './links.ts';
import { type MarkLayout, main_mark, mark_text, pinned_mark, proposed_mark } from './marks.ts';
import { table_of } from './routes.ts';
import type { RoutableLink } from './types.ts';

export interface RuleOptions {
  family: Family;
  layout: MarkLayout;
  lan_devices: string[];
  /** The balancer marks new connections. */
  proposes: boolean;
  /** The link that the router itself uses, if one is chosen. */
  router_link: string;
  /** A policy refuses something, also without any link. */
  refuses: boolean;
  /** A policy leaves something to the main table. */
  by_main: boolean;
}

/** Rules as `ip rule` arguments; none without a link in this family. */
export function planned_rules(all_links: RoutableLink[], options: RuleOptions): string[] {
  const { family, layout, lan_devices, proposes } = options;
  const links = all_links.filter(link => link[family] !== null);
  const mask = mark_text(layout.mask);
  const proposal = mark_text(layout.proposal);
  const specific = 'lookup main suppress_prefixlength 0';
  const balance_main = rule(PREF_BALANCE_MAIN, 'from all', specific);
  const nobody = rule(PREF_NOBODY, `from all fwmark ${proposal}/${mask}`, 'unreachable');
  if (links.length === 0) return options.refuses ? [balance_main, nobody] : [];

  const rules: string[] = [];
  rules.push(rule(PREF_UNPINNED, `from all fwmark 0x00000000/${mask}`, `goto ${PREF_BOUND}`));
  if (proposes) {
    rules.push(rule(PREF_UNDECIDED, `from all fwmark ${proposal}/${proposal}`, `goto ${PREF_BOUND_END}`));
  }
  rules.push(rule(PREF_PINNED_MAIN, `not from all fwmark 0x00000000/${mask}`, specific));
  for (const link of links) {
    const mark = mark_text(pinned_mark(layout, link.slot));
    rules.push(rule(PREF_PINNED + link.slot, `from all fwmark ${mark}/${mask}`, lookup(table_of(link.slot))));
  }
  rules.push(rule(PREF_BOUND, 'not from all iif lo', `goto ${PREF_BOUND_END}`));
  const to_device = (link: RoutableLink) => `from all oif ${link.device}`;
  const bound = `goto ${PREF_BOUND_MAIN}`;
  for (const link of links) rules.push(rule(PREF_TO_DEVICE + link.slot, to_device(link), bound));
  for (const link of links) {
    for (const source of sources(link, links, family, mask)) {
      rules.push(rule(PREF_FROM_ADDRESS + link.slot, source, bound));
    }
  }
  rules.push(rule(PREF_UNBOUND, 'from all', `goto ${PREF_BOUND_END}`));
  rules.push(rule(PREF_BOUND_MAIN, 'from all', specific));
  for (const link of links) {
    rules.push(rule(PREF_BOUND_DEVICE + link.slot, to_device(link), lookup(table_of(link.slot))));
  }
  for (const link of links) {
    for (const source of sources(link, links, family, mask)) {
      rules.push(rule(PREF_BOUND_ADDRESS + link.slot, source, lookup(table_of(link.slot))));
    }
  }
  rules.push(rule(PREF_BOUND_END, 'from all', 'nop'));
  for (const link of links) {
    for (const text of link.networks) {
      const network = network_of(text);
      if (network === null || network.family !== family) continue;
      const behind = `from ${network_text(network)}`;
      rules.push(rule(PREF_NETWORK + 2 * link.slot, behind, specific));
      rules.push(rule(PREF_NETWORK + 2 * link.slot + 1, behind, lookup(table_of(link.slot))));
    }
  }
  rules.push(balance_main);
  if (proposes) {
    rules.push(rule(PREF_UNPROPOSED, `from all fwmark 0x00000000/${mask}`, `goto ${PREF_NOBODY}`));
    for (const link of links) {
      if (use_in(link, family) === 'no') continue;
      const mark = mark_text(proposed_mark(layout, link.slot));
      rules.push(
        rule(PREF_PROPOSED + link.slot, `from all fwmark ${mark}/${mask}`, lookup(table_of(link.slot))),
      );
    }
  }
  if (options.by_main) {
    const mark = mark_text(main_mark(layout));
    rules.push(rule(PREF_PROPOSED + layout.slots_max, `from all fwmark ${mark}/${mask}`, lookup('main')));
  }
  if (proposes) rules.push(nobody);
  rules.push(...dns_rules(links, family));
  const router_link =
    links.find(link => link.name === options.router_link && use_in(link, family) !== 'no') ?? null;
  if (router_link !== null) {
    rules.push(rule(PREF_ROUTER, 'from all iif lo', lookup(table_of(router_link.slot))));
  }
  for (const [index, device] of ['lo'].concat(lan_devices).entries()) {
    rules.push(rule(PREF_ECMP + index, `from all iif ${device}`, lookup(TABLE_ECMP)));
  }
  return rules;
}

/**
 * Selectors of sockets that are bound to an address of `link`, and of answers from there. Of the networks that
 * LAN clients have from the link's prefixes only the router's own packets: the clients' are balanced. These have no
 * mark of ours, unlike the balancer's question: it also looks like the router's own, with the client's address.
 */
function sources(link: RoutableLink, links: RoutableLink[], family: Family, mask: string): string[] {
  const address = own_address(link, links, family);
  const selectors = address === null ? [] : [`from ${address}`];
  if (family === 'ip4') return selectors;
  return selectors.concat(link.own_prefixes.map(prefix => `from ${prefix} fwmark 0x00000000/${mask} iif lo`));
}

/**
 * The link's address; null when it has none, and when two links have the same (two tunnels of one provider, two LTE
 * sticks): it tells nothing about the link then.
 */
export function own_address(link: RoutableLink, links: RoutableLink[], family: Family): string | null {
  const address = link[family]?.address ?? null;
  const shared = links.some(
    other => other.name !== link.name && (other[family]?.address ?? null) === address,
  );
  return shared ? null : address;
}

export function lookup(table: number | 'main'): string {
  return `lookup ${table}`;
}

export function rule(preference: number, selector: string, action: string): string {
  return `pref ${preference} ${selector} ${action} protocol ${PROTOCOL}`;
}
