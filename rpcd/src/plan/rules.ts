/**
 * Policy rules. In order of preference:
 *
 *   pinned connections   specific routes of main, then the link's table
 *   bound sockets        by device, then by source address: specific routes of main, then the link's table
 *   …                    everybody else's rules (netifd, pbr, the user's own)
 *   proposed links       specific routes of main, then the link's table
 *   the rest             the multipath table, for the router and the LAN devices
 *
 * Packets that are none of ours meet no rule before the last group, so other packages' rules keep their meaning;
 * when the multipath table is empty, main is next.
 */

import {
  PREF_BALANCE_MAIN,
  PREF_BOUND_ADDRESS,
  PREF_BOUND_DEVICE,
  PREF_ECMP,
  PREF_NOBODY,
  PREF_PINNED,
  PREF_PINNED_MAIN,
  PREF_PROPOSED,
  PROTOCOL,
  TABLE_ECMP,
} from './constants.ts';
import { type MarkLayout, mark_text, pinned_mark, proposed_mark } from './marks.ts';
import { table_of } from './routes.ts';
import type { RoutableLink } from './types.ts';

/** Rules as `ip rule` arguments. `proposes`: the balancer marks new connections. */
export function planned_rules(
  links: RoutableLink[],
  lan_devices: string[],
  layout: MarkLayout,
  proposes: boolean,
): string[] {
  if (links.length === 0) return [];
  const mask = mark_text(layout.mask);
  const rules: string[] = [];
  const specific = 'lookup main suppress_prefixlength 0';

  rules.push(rule(PREF_PINNED_MAIN, `not from all fwmark 0x00000000/${mask}`, specific));
  for (const link of links) {
    const mark = mark_text(pinned_mark(layout, link.slot));
    rules.push(rule(PREF_PINNED + link.slot, `from all fwmark ${mark}/${mask}`, lookup(table_of(link.slot))));
  }
  for (const link of links) {
    const bound = `from all oif ${link.device}`;
    rules.push(rule(PREF_BOUND_DEVICE + 2 * link.slot, bound, specific));
    rules.push(rule(PREF_BOUND_DEVICE + 2 * link.slot + 1, bound, lookup(table_of(link.slot))));
  }
  for (const link of links) {
    if (!has_own_address(link, links)) continue;
    const bound = `from ${link.address}`;
    rules.push(rule(PREF_BOUND_ADDRESS + 2 * link.slot, bound, specific));
    rules.push(rule(PREF_BOUND_ADDRESS + 2 * link.slot + 1, bound, lookup(table_of(link.slot))));
  }
  rules.push(rule(PREF_BALANCE_MAIN, 'from all', specific));
  if (proposes) {
    rules.push(rule(PREF_NOBODY, `from all fwmark ${mark_text(layout.proposal)}/${mask}`, 'unreachable'));
    for (const link of links) {
      const mark = mark_text(proposed_mark(layout, link.slot));
      rules.push(
        rule(PREF_PROPOSED + link.slot, `from all fwmark ${mark}/${mask}`, lookup(table_of(link.slot))),
      );
    }
  }
  for (const [index, device] of ['lo'].concat(lan_devices).entries()) {
    rules.push(rule(PREF_ECMP + index, `from all iif ${device}`, lookup(TABLE_ECMP)));
  }
  return rules;
}

/**
 * False when two links have the same address (two tunnels of one provider, two LTE sticks): it tells nothing
 * about the link then.
 */
export function has_own_address(link: RoutableLink, links: RoutableLink[]): boolean {
  return !links.some(other => other.name !== link.name && other.address === link.address);
}

function lookup(table: number): string {
  return `lookup ${table}`;
}

function rule(preference: number, selector: string, action: string): string {
  return `pref ${preference} ${selector} ${action} protocol ${PROTOCOL}`;
}
