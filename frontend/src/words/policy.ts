/** What policies and NAT rules fit and what becomes of that, in words. */

import type { Config, Nat, Policy } from '../../../rpcd/src/config/schema.gen.ts';
import { DEFAULT_GROUP } from '../../../rpcd/src/plan/constants.ts';
import { TARGET_MAIN, TARGET_UNREACHABLE } from '../../../rpcd/src/plan/targets.ts';
import { _, fill, N_ } from '../translate.ts';

/** Items of one option that are spelt out. */
const ITEMS_SHOWN = 3;

/** `UDP, from 192.168.1.10, to port 5000–5100`. Null as limit spells everything out. */
export function policy_text(policy: Policy, limit: number | null = ITEMS_SHOWN): string {
  const list = (items: string[]) => list_text(items, limit);
  const ports = (items: string[]) => list(items.map(range => range.replace('-', '–')));
  const parts = [family_text(policy.family), list(policy.protocol.map(name => name.toUpperCase()))];
  if (policy.source.length > 0) parts.push(fill(_('from %s'), list(policy.source)));
  if (policy.source_port.length > 0) {
    const template = N_(policy.source_port.length, 'from port %s', 'from ports %s');
    parts.push(fill(template, ports(policy.source_port)));
  }
  if (policy.interface.length > 0) parts.push(fill(_('coming in by %s'), list(policy.interface)));
  if (policy.destination.length > 0) parts.push(fill(_('to %s'), list(policy.destination)));
  if (policy.destination_port.length > 0) {
    const template = N_(policy.destination_port.length, 'to port %s', 'to ports %s');
    parts.push(fill(template, ports(policy.destination_port)));
  }
  if (policy.mark !== '') parts.push(fill(_('marked %s'), policy.mark));
  const text = parts.filter(part => part !== '').join(', ') || _('All connections');
  return policy.router ? fill(_('%s; the router as well'), text) : text;
}

export function family_text(family: Policy['family']): string {
  return { any: '', ipv4: 'IPv4', ipv6: 'IPv6' }[family];
}

/** `from lan to wan2, from 192.168.2.0/24`. */
export function nat_text(rule: Nat): string {
  const list = (items: string[]) => list_text(items, ITEMS_SHOWN);
  const parts = [
    rule.in === '' ? fill(_('out by %s'), rule.out) : fill(_('in by %1$s, out by %2$s'), rule.in, rule.out),
  ];
  if (rule.source.length > 0) parts.push(fill(_('from %s'), list(rule.source)));
  if (rule.destination.length > 0) parts.push(fill(_('to %s'), list(rule.destination)));
  return parts.join(', ');
}

/** Whatever a policy can send connections to, with its name in words. */
export function policy_targets(config: Config): { value: string; text: string }[] {
  const used = [...new Set(config.link.map(({ tier }) => tier))].sort();
  const tiers = used.length > 1 ? used : [];
  return [
    { value: DEFAULT_GROUP, text: _('All links') },
    ...config.group.map(({ name }) => ({ value: name, text: fill(_('Group %s'), name) })),
    ...config.link.map(({ name }) => ({ value: name, text: fill(_('Link %s'), name) })),
    ...tiers.map(tier => ({ value: `tier${tier}`, text: fill(_('Tier %s'), tier) })),
    { value: TARGET_MAIN, text: _('Main routing table, as without this service') },
    { value: TARGET_UNREACHABLE, text: _('Nowhere: refused') },
  ];
}

/** `a, b or c`, `a, b, c or 5 more`. */
function list_text(items: string[], limit: number | null): string {
  const most = limit ?? items.length;
  const words =
    items.length <= most + 1 ? items : [...items.slice(0, most), fill(_('%s more'), items.length - most)];
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : fill(_('%1$s or %2$s'), words.slice(0, -1).join(', '), last);
}
