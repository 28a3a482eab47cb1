/** What no single option shows: values that contradict each other across sections. */

import { address_family, FAMILIES, LONG_NAMES } from '../net/address.ts';
import { network_of, overlap, range_of } from '../net/network.ts';
import { has_ports, protocol_number } from '../net/protocol.ts';
import { DEFAULT_GROUP, ROUTER_POLICIES_MAX, ROUTER_RULES_MAX } from '../plan/constants.ts';
import { type MarkLayout, mark_layout, masked_mark, masks_overlap } from '../plan/marks.ts';
import { rule_selectors } from '../plan/policies.ts';
import { is_target, is_target_word, TARGET_MAIN, target_tiers } from '../plan/targets.ts';
import type { ConfigError } from '../rpc.ts';
import type { Config, Link, Nat, Policy } from './schema.gen.ts';

/** Empty when the sections agree. Expects every single value to be valid. */
export function conflicts(config: Config): ConfigError[] {
  const errors: ConfigError[] = [];

  const layout = mark_layout(config.globals.mark_mask);
  if (layout !== null) {
    const room = (what: string, there: number, slots: number) => {
      if (there <= slots) return;
      errors.push({
        section: 'globals',
        option: 'mark_mask',
        reason: `has room for ${slots} ${what}, but there are ${there}: add bits or remove ${what}`,
      });
    };
    const by_main = is_target(config, TARGET_MAIN);
    room(
      by_main ? 'links besides the main table' : 'links',
      config.link.length,
      layout.slots_max - (by_main ? 1 : 0),
    );
    const tiers = target_tiers(config).length;
    room(
      tiers > 0 ? 'groups and tiers that policies name' : 'groups',
      config.group.length + tiers,
      layout.slots_max,
    );
  }

  const type_of: Record<string, string> = {};
  for (const link of config.link) note_name(type_of, 'link', link.name, errors);
  for (const group of config.group) note_name(type_of, 'group', group.name, errors);
  for (const policy of config.policy) note_name(type_of, 'policy', policy.name, errors);
  for (const rule of config.nat) note_name(type_of, 'nat', rule.name, errors);
  const is_a = (name: string, type: string) => Object.hasOwn(type_of, name) && type_of[name] === type;

  const interface_owner: Record<string, string> = {};
  for (const link of config.link) {
    const owner = interface_owner[link.interface] ?? null;
    if (owner !== null) {
      errors.push({
        section: link.name,
        option: 'interface',
        reason: `${link.interface} already belongs to link ${owner}: one interface makes one link`,
      });
    }
    interface_owner[link.interface] = link.name;

    if (config.globals.lan_interface.includes(link.interface)) {
      errors.push({
        section: link.name,
        option: 'interface',
        reason: `${link.interface} is a LAN interface (globals.lan_interface), it cannot be an uplink as well`,
      });
    }
  }

  for (const link of config.link) {
    const reason = uplink_reason(link, config, is_a);
    if (reason !== null) errors.push({ section: link.name, option: 'uplink', reason });
  }
  errors.push(...network_conflicts(config.link));

  const { router_traffic, router_link } = config.globals;
  if (router_traffic === 'link' && !is_a(router_link, 'link')) {
    const given = router_link === '' ? 'is missing' : `there is no link ${router_link}`;
    errors.push({
      section: 'globals',
      option: 'router_link',
      reason: `${given}: name the link that the router itself uses`,
    });
  }

  for (const group of config.group) {
    for (const [index, name] of group.link.entries()) {
      if (!is_a(name, 'link')) {
        errors.push({ section: group.name, option: 'link', reason: `there is no link ${name}` });
      } else if (group.link.indexOf(name) !== index) {
        errors.push({ section: group.name, option: 'link', reason: `names ${name} twice` });
      }
    }
  }
  for (const policy of config.policy) errors.push(...policy_conflicts(policy, config, layout, is_a));
  const own = config.policy.filter(policy => policy.router);
  if (own.length > ROUTER_POLICIES_MAX) {
    errors.push({
      section: own[ROUTER_POLICIES_MAX]?.name ?? '',
      option: 'router',
      reason: `is on in ${own.length} policies: at most ${ROUTER_POLICIES_MAX} can be for the router itself`,
    });
  }
  for (const rule of config.nat) errors.push(...nat_conflicts(rule));
  return errors;
}

/** What comes from an address can leave by one link only. */
function network_conflicts(links: Link[]): ConfigError[] {
  const errors: ConfigError[] = [];
  const taken = links.flatMap(link => link.network.map(text => ({ link, text, network: network_of(text) })));
  for (const [index, { link, text, network }] of taken.entries()) {
    const other =
      taken
        .slice(0, index)
        .find(each => network !== null && each.network !== null && overlap(network, each.network)) ?? null;
    if (other === null) continue;
    const owner = other.link.name === link.name ? 'of this link' : `of link ${other.link.name}`;
    const reason = `${text} overlaps with ${other.text} ${owner}: an address leaves by one link`;
    errors.push({ section: link.name, option: 'network', reason });
  }
  return errors;
}

/** UCI has one name for one section, of whatever type, and policies name links and groups alike. */
function note_name(type_of: Record<string, string>, type: string, name: string, errors: ConfigError[]): void {
  const before = Object.hasOwn(type_of, name) ? (type_of[name] ?? '') : null;
  if (before !== null) {
    const reason = before === type ? `is used by two sections` : `is the name of a ${before} already`;
    errors.push({ section: name, option: 'name', reason: `${reason}: rename one` });
    return;
  }
  const is_target_name = name === DEFAULT_GROUP || (['link', 'group'].includes(type) && is_target_word(name));
  if (name === 'globals' || is_target_name) {
    errors.push({ section: name, option: 'name', reason: 'is reserved: choose another' });
  }
  type_of[name] = type;
}

/** Why a tunnel's own packets could not leave by the link it names; null when they can. */
function uplink_reason(
  link: Link,
  config: Config,
  is_a: (name: string, type: string) => boolean,
): string | null {
  if (link.uplink === '') return null;
  if (!is_a(link.uplink, 'link')) {
    return `there is no link ${link.uplink}: name the link that the tunnel's own packets leave by, or none`;
  }
  if (link.uplink === link.name) return 'is the link itself: a tunnel cannot run through itself';
  const way = [link.name];
  let next = link.uplink;
  while (next !== '') {
    // A circle that this link only leads to is told of the links in it.
    if (way.includes(next)) {
      return next === link.name ? `leads back to itself: ${way.join(', ')}, ${next}: choose another` : null;
    }
    way.push(next);
    const name = next;
    next = config.link.find(each => each.name === name)?.uplink ?? '';
  }
  return null;
}

function policy_conflicts(
  policy: Policy,
  config: Config,
  layout: MarkLayout | null,
  is_a: (name: string, type: string) => boolean,
): ConfigError[] {
  const errors: ConfigError[] = [];
  const refuse = (option: string, reason: string) => {
    errors.push({ section: policy.name, option, reason });
  };
  const target = policy.target;
  if (!is_target_word(target) && !is_a(target, 'link') && !is_a(target, 'group')) {
    refuse('target', `there is no link or group ${target}`);
  }
  for (const name of policy.interface) {
    if (!config.globals.lan_interface.includes(name)) {
      refuse('interface', `${name} is no LAN interface (globals.lan_interface)`);
    }
  }
  const ports = policy.source_port.length > 0 || policy.destination_port.length > 0;
  const numbers = policy.protocol.map(name => protocol_number(name) ?? 0);
  if (ports && (numbers.length === 0 || !numbers.every(has_ports))) {
    refuse('protocol', 'must be tcp, udp or others with ports where ports are given');
  }
  for (const [option, reason] of family_conflicts(policy.source, policy.destination, policy.family)) {
    refuse(option, reason);
  }
  const mark = masked_mark(policy.mark);
  if (mark !== null && layout !== null && masks_overlap(mark.mask, layout.mask)) {
    refuse(
      'mark',
      `overlaps with the bits of linkagg itself (globals.mark_mask ${config.globals.mark_mask})`,
    );
  }
  const rules = policy.router
    ? Math.max(...FAMILIES.map(family => rule_selectors(policy, family).length))
    : 0;
  if (rules > ROUTER_RULES_MAX) {
    refuse(
      'router',
      `would take ${rules} rules of the kernel, one for each combination, and at most ${ROUTER_RULES_MAX} are possible: name fewer addresses, protocols and ports`,
    );
  }
  return errors;
}

function nat_conflicts({ name, action, address, source, destination }: Nat): ConfigError[] {
  const errors: ConfigError[] = [];
  const given = address_family(address);
  if (action === 'snat' && given === null) {
    errors.push({ section: name, option: 'address', reason: 'is missing: the source address for snat' });
  }
  const family = action === 'snat' && given !== null ? LONG_NAMES[given] : 'any';
  for (const [option, reason] of family_conflicts(source, destination, family)) {
    errors.push({ section: name, option, reason });
  }
  return errors;
}

/** Pairs of option and reason: addresses of a family that nothing has. `family`: as in a policy. */
function family_conflicts(source: string[], destination: string[], family: string): [string, string][] {
  const found: [string, string][] = [];
  const families = (list: string[]) =>
    list.map(text => range_of(text)?.family ?? 'ip4').map(each => LONG_NAMES[each]);
  const from = families(source);
  const to = families(destination);
  for (const [option, list] of [
    ['source', from],
    ['destination', to],
  ] as [string, string[]][]) {
    if (family !== 'any' && list.length > 0 && !list.includes(family)) {
      found.push([option, `has no ${family} address: it would fit no connection`]);
    }
  }
  if (found.length === 0 && from.length > 0 && to.length > 0 && !from.some(each => to.includes(each))) {
    found.push(['destination', 'has no address of the family of the sources: it would fit no connection']);
  }
  return found;
}
