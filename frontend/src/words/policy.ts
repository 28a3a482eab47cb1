/** What a policy fits and where it sends that, in words. */

import type { Config, Policy } from '../../../rpcd/src/config/schema.gen.ts';
import { DEFAULT_GROUP } from '../../../rpcd/src/plan/constants.ts';
import { _, fill, N_ } from '../translate.ts';

/** Items of one option that are spelt out. */
const ITEMS_SHOWN = 3;

/** `UDP, from 192.168.1.10, to port 5000–5100`. Null as limit spells everything out. */
export function policy_text(policy: Policy, limit: number | null = ITEMS_SHOWN): string {
  const list = (items: string[]) => list_text(items, limit);
  const ports = (items: string[]) => list(items.map(range => range.replace('-', '–')));
  const parts = [list(policy.protocol.map(name => name.toUpperCase()))];
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
  return parts.filter(part => part !== '').join(', ') || _('All connections');
}

/** Whatever a policy can send connections to, with its name in words. */
export function policy_targets(config: Config): { value: string; text: string }[] {
  return [
    { value: DEFAULT_GROUP, text: _('All links') },
    ...config.group.map(({ name }) => ({ value: name, text: fill(_('Group %s'), name) })),
    ...config.link.map(({ name }) => ({ value: name, text: fill(_('Link %s'), name) })),
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
