/** Groups of links, and the policies that say which connections each gets. */

import type { Config, Globals } from '../config/schema.gen.ts';
import { FAMILIES, HEADERS } from '../net/address.ts';
import { protocol_number } from '../net/protocol.ts';
import { DEFAULT_GROUP } from './constants.ts';
import { keep_text, type MarkLayout, mark_text, pinned_mark, proposed_mark } from './marks.ts';
import { quoted } from './nft_text.ts';
import type { RoutableLink } from './types.ts';

export interface Group {
  name: string;
  mode: Globals['mode'];
  sticky: Globals['sticky'];
  /** Seconds. */
  sticky_timeout: number;
  sticky_prefix: number;
  sticky_prefix6: number;
  links: RoutableLink[];
}

/** The default group of all links, then the configured ones; each with those of its links that can be routed over. */
export function groups_of(config: Config, links: RoutableLink[]): Group[] {
  const groups: Group[] = [{ ...balance_options(config.globals), name: DEFAULT_GROUP, links }];
  for (const group of config.group) {
    groups.push({
      ...balance_options(group),
      name: group.name,
      links: links.filter(link => group.link.includes(link.name)),
    });
  }
  return groups;
}

type BalanceOptions = Pick<
  Globals,
  'mode' | 'sticky' | 'sticky_timeout' | 'sticky_prefix' | 'sticky_prefix6'
>;

function balance_options(options: BalanceOptions): BalanceOptions {
  const { mode, sticky, sticky_timeout, sticky_prefix, sticky_prefix6 } = options;
  return { mode, sticky, sticky_timeout, sticky_prefix, sticky_prefix6 };
}

/** The kernel's multipath route does what the group wants, without a word of ours. */
export function is_plain_hash(group: Group): boolean {
  return group.name === DEFAULT_GROUP && group.mode === 'hash' && group.sticky === 'none';
}

/**
 * How the chain `policies` tells its caller about a target: as a mark that no packet has at that point. Links have
 * their proposal, groups the pin of as many slots; what cannot be used has the mark of the default group.
 */
export function target_marks(
  config: Config,
  links: RoutableLink[],
  groups: Group[],
  layout: MarkLayout,
): Record<string, string> {
  const marks: Record<string, string> = {};
  marks[DEFAULT_GROUP] = mark_text(layout.proposal);
  for (const { name } of config.link) {
    const link = links.find(candidate => candidate.name === name && candidate.usable) ?? null;
    marks[name] = mark_text(link === null ? layout.proposal : proposed_mark(layout, link.slot));
  }
  for (const [index, { name }] of config.group.entries()) {
    const usable = groups.some(group => group.name === name && is_usable(group));
    marks[name] = mark_text(usable ? pinned_mark(layout, index + 1) : layout.proposal);
  }
  return marks;
}

export function is_usable(group: Group): boolean {
  return group.links.some(link => link.usable);
}

/** Rules of the chain `policies`: the first that fits marks the packet for its target and returns. */
export function policy_rules(
  config: Config,
  marks: Record<string, string>,
  lan_devices: Record<string, string>,
  layout: MarkLayout,
): string[] {
  const keep = keep_text(layout);
  const rules: string[] = [];
  for (const policy of config.policy) {
    const mark = marks[policy.target] ?? null;
    if (!policy.enabled || mark === null) continue;
    const verdict = `meta mark set meta mark & ${keep} | ${mark} return`;
    const devices = policy.interface
      .filter(name => Object.hasOwn(lan_devices, name))
      .map(name => lan_devices[name] ?? '');
    if (policy.interface.length > 0 && devices.length === 0) continue;
    const protocols = policy.protocol.map(name => protocol_number(name) ?? 0);
    const others = [
      ...(protocols.length > 0 ? [`meta l4proto { ${protocols.join(', ')} }`] : []),
      ...(policy.source_port.length > 0 ? [`th sport { ${policy.source_port.join(', ')} }`] : []),
      ...(policy.destination_port.length > 0 ? [`th dport { ${policy.destination_port.join(', ')} }`] : []),
      verdict,
    ];
    const incoming = devices.length > 0 ? [`iifname { ${quoted(devices)} }`] : [];
    for (const addresses of address_matches(policy.source, policy.destination)) {
      rules.push([...incoming, ...addresses, ...others].join(' '));
    }
  }
  return rules;
}

/** For each family that both lists allow, what selects it; one empty selection when neither list says anything. */
function address_matches(source: string[], destination: string[]): string[][] {
  if (source.length === 0 && destination.length === 0) return [[]];
  const matches: string[][] = [];
  for (const family of FAMILIES) {
    const keyword = HEADERS[family];
    const from = source.filter(network => is_ip6(network) === (family === 'ip6'));
    const to = destination.filter(network => is_ip6(network) === (family === 'ip6'));
    if (source.length > 0 && from.length === 0) continue;
    if (destination.length > 0 && to.length === 0) continue;
    matches.push([
      ...(from.length > 0 ? [`${keyword} saddr { ${from.join(', ')} }`] : []),
      ...(to.length > 0 ? [`${keyword} daddr { ${to.join(', ')} }`] : []),
    ]);
  }
  return matches;
}

/** Of a valid address or network. */
function is_ip6(network: string): boolean {
  return network.includes(':');
}
