/**
 * Policies: which new connections go to a link, a group or a tier, by the main table, or nowhere.
 *
 * Those of LAN clients are found by nftables rules. What the router itself sends is found by policy rules, because
 * the source address is chosen together with the route: an application's packets have that of the link they leave
 * by from the first one on. The rules stand behind those for tunnels, pinned connections and bound sockets. They are
 * the daemon's own: netifd of OpenWrt 23.05 ignores `ipproto` and would match everything. A mark counts there when it
 * is the socket's: one that nftables sets comes after the source address.
 */

import type { Config, Policy } from '../config/schema.gen.ts';
import { FAMILIES, type Family, HEADERS, LONG_NAMES } from '../net/address.ts';
import { network_text, networks_of, range_of } from '../net/network.ts';
import { protocol_number } from '../net/protocol.ts';
import { PREF_POLICY, PREF_POLICY_END, TABLE_GROUP } from './constants.ts';
import { type Group, group_carriers } from './groups.ts';
import { use_in } from './links.ts';
import { keep_text, type MarkLayout, mark_text, masked_mark } from './marks.ts';
import { chain, distinct, quoted } from './nft_text.ts';
import { ecmp_route, table_of } from './routes.ts';
import { lookup, rule } from './rules.ts';
import { is_target, TARGET_MAIN, TARGET_UNREACHABLE } from './targets.ts';
import type { RoutableLink } from './types.ts';

/** The chain that refuses a connection, and says so to whoever wants it. */
const REFUSE = 'refuse';

/** Something is refused, whatever else there is to route it. */
export function refuses(config: Config): boolean {
  return is_target(config, TARGET_UNREACHABLE);
}

/**
 * Chain `policies`: the first rule that fits marks the packet for its target and returns, or refuses it. `marks`: by
 * target; see `target_marks`.
 */
export function policy_chain(
  config: Config,
  marks: Record<string, string>,
  lan_devices: Record<string, string>,
  layout: MarkLayout,
): string[] {
  const keep = keep_text(layout);
  const rules: string[] = [];
  for (const policy of config.policy) {
    const mark = marks[policy.target] ?? '';
    if (!policy.enabled) continue;
    const devices = policy.interface
      .filter(name => Object.hasOwn(lan_devices, name))
      .map(name => lan_devices[name] ?? '');
    if (policy.interface.length > 0 && devices.length === 0) continue;
    const protocols = policy.protocol.map(name => protocol_number(name) ?? 0);
    const others = [
      ...(protocols.length > 0 ? [`meta l4proto { ${protocols.join(', ')} }`] : []),
      ...(policy.source_port.length > 0 ? [`th sport { ${policy.source_port.join(', ')} }`] : []),
      ...(policy.destination_port.length > 0 ? [`th dport { ${policy.destination_port.join(', ')} }`] : []),
      ...mark_match(policy),
      policy.target === TARGET_UNREACHABLE
        ? `goto ${REFUSE}`
        : `meta mark set meta mark & ${keep} | ${mark} return`,
    ];
    const incoming = devices.length > 0 ? [`iifname { ${quoted(devices)} }`] : [];
    for (const addresses of address_matches(policy.source, policy.destination, policy.family)) {
      rules.push([...incoming, ...addresses, ...others].join(' '));
    }
  }
  const refuse = refuses(config)
    ? chain(REFUSE, ['meta l4proto tcp reject with tcp reset', 'reject with icmpx type admin-prohibited'])
    : [];
  return [...refuse, ...chain('policies', rules)];
}

function mark_match({ mark }: Policy): string[] {
  const given = masked_mark(mark);
  return given === null ? [] : [`meta mark & ${mark_text(given.mask)} == ${mark_text(given.value)}`];
}

/** For each family that the lists and `only` allow, what selects it; one empty selection when nothing says anything. */
export function address_matches(source: string[], destination: string[], only: Policy['family']): string[][] {
  if (source.length === 0 && destination.length === 0) {
    return only === 'any' ? [[]] : [[`meta nfproto ${only}`]];
  }
  const matches: string[][] = [];
  for (const family of FAMILIES) {
    if (only !== 'any' && only !== LONG_NAMES[family]) continue;
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

/** Of a valid address, network or range. */
function is_ip6(network: string): boolean {
  return network.includes(':');
}

/** What selects the router's own packets that a policy is for, as `ip rule` words it; one for each combination. */
export function rule_selectors(policy: Policy, family: Family): string[] {
  if (policy.family !== 'any' && policy.family !== LONG_NAMES[family]) return [];
  const mark = masked_mark(policy.mark);
  const marked = mark === null ? '' : ` fwmark ${mark_text(mark.value)}/${mark_text(mark.mask)}`;
  let selectors = addresses_of(policy.source, family).map(address => `from ${address ?? 'all'}`);
  const combine = (key: string, values: (string | null)[]) => {
    selectors = selectors.flatMap(before =>
      values.map(value => (value === null ? before : `${before} ${key} ${value}`)),
    );
  };
  combine('to', addresses_of(policy.destination, family));
  selectors = selectors.map(before => `${before}${marked} iif lo`);
  combine('ipproto', any_of(policy.protocol.map(name => `${protocol_number(name) ?? 0}`)));
  combine('sport', any_of(policy.source_port.map(port_range)));
  combine('dport', any_of(policy.destination_port.map(port_range)));
  return distinct(selectors);
}

/** Null stands for any. None of this family: nothing fits. */
function addresses_of(list: string[], family: Family): (string | null)[] {
  if (list.length === 0) return [null];
  const networks = list.flatMap(text => {
    const range = range_of(text);
    return range === null || range.family !== family ? [] : networks_of(range);
  });
  return networks.some(network => network.length === 0) ? [null] : networks.map(network_text);
}

function any_of(list: string[]): (string | null)[] {
  return list.length === 0 ? [null] : list;
}

/** `5000-5000` is one port, and listed as that. */
function port_range(text: string): string {
  const [first = '', last] = text.split('-');
  return last === undefined || last === first ? first : text;
}

interface RouterPolicy {
  policy: Policy;
  preference: number;
}

/** A policy keeps its preference when another one is switched off. */
function router_policies(config: Config): RouterPolicy[] {
  return config.policy
    .filter(policy => policy.router)
    .map((policy, index) => ({ policy, preference: PREF_POLICY + 1 + index }))
    .filter(({ policy }) => policy.enabled);
}

/** Names of the policies by the preference of their rules. */
export function policy_names(config: Config): Record<string, string> {
  const names: Record<string, string> = {};
  for (const { policy, preference } of router_policies(config)) names[`${preference}`] = policy.name;
  return names;
}

/** Rules for the router itself. Where a target cannot be used, its packets go on as without any policy. */
export function policy_rules(
  config: Config,
  links: RoutableLink[],
  groups: Group[],
  family: Family,
): string[] {
  const there = refuses(config) || links.some(link => link[family] !== null);
  const policies = there ? router_policies(config) : [];
  if (policies.length === 0) return [];
  const rules = policies.flatMap(({ policy, preference }) => {
    const action = router_action(policy.target, links, groups, family);
    return rule_selectors(policy, family).map(selector => rule(preference, selector, action));
  });
  return [
    rule(PREF_POLICY, 'not from all iif lo', `goto ${PREF_POLICY_END}`),
    ...rules,
    rule(PREF_POLICY_END, 'from all', 'nop'),
  ];
}

function router_action(target: string, links: RoutableLink[], groups: Group[], family: Family): string {
  if (target === TARGET_UNREACHABLE) return 'unreachable';
  if (target === TARGET_MAIN) return lookup(TARGET_MAIN);
  const link = links.find(each => each.name === target && use_in(each, family) !== 'no') ?? null;
  if (link !== null) return lookup(table_of(link.slot));
  const index = groups.findIndex(each => each.name === target);
  const group = groups[index] ?? null;
  const usable = index > 0 && group !== null && group_carriers(group, family).length > 0;
  return usable ? lookup(TABLE_GROUP + index) : `goto ${PREF_POLICY_END}`;
}

/** Multipath routes of the groups and tiers to which policies send what the router itself sends. */
export function group_routes(config: Config, groups: Group[], family: Family): string[] {
  const policies = router_policies(config);
  return groups.flatMap((group, index) => {
    const able = group_carriers(group, family);
    const wanted = index > 0 && policies.some(({ policy }) => policy.target === group.name);
    return wanted && able.length > 0 ? [ecmp_route(able, family, null, TABLE_GROUP + index)] : [];
  });
}
