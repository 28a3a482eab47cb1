/** What no single option shows: values that contradict each other across sections. */

import { network_family } from '../net/address.ts';
import { has_ports, protocol_number } from '../net/protocol.ts';
import { DEFAULT_GROUP } from '../plan/constants.ts';
import { mark_layout } from '../plan/marks.ts';
import type { ConfigError } from '../rpc.ts';
import type { Config, Link, Policy } from './schema.gen.ts';

/** Empty when the sections agree. Expects every single value to be valid. */
export function conflicts(config: Config): ConfigError[] {
  const errors: ConfigError[] = [];

  const layout = mark_layout(config.globals.mark_mask);
  if (layout !== null && config.link.length > layout.slots_max) {
    errors.push({
      section: 'globals',
      option: 'mark_mask',
      reason: `has room for ${layout.slots_max} links, but there are ${config.link.length}: add bits or remove links`,
    });
  }
  if (layout !== null && config.group.length > layout.slots_max) {
    errors.push({
      section: 'globals',
      option: 'mark_mask',
      reason: `has room for ${layout.slots_max} groups, but there are ${config.group.length}: add bits or remove groups`,
    });
  }

  const type_of: Record<string, string> = {};
  for (const link of config.link) note_name(type_of, 'link', link.name, errors);
  for (const group of config.group) note_name(type_of, 'group', group.name, errors);
  for (const policy of config.policy) note_name(type_of, 'policy', policy.name, errors);
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
  for (const policy of config.policy) errors.push(...policy_conflicts(policy, config, is_a));
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
  if (name === 'globals' || name === DEFAULT_GROUP) {
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
  is_a: (name: string, type: string) => boolean,
): ConfigError[] {
  const errors: ConfigError[] = [];
  const refuse = (option: string, reason: string) => {
    errors.push({ section: policy.name, option, reason });
  };
  const target = policy.target;
  if (target !== DEFAULT_GROUP && !is_a(target, 'link') && !is_a(target, 'group')) {
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
  const families = (list: string[]) => list.map(network_family);
  const from = families(policy.source);
  const to = families(policy.destination);
  if (from.length > 0 && to.length > 0 && !from.some(family => to.includes(family))) {
    refuse('destination', 'has no address of the family of the sources: it would fit no connection');
  }
  return errors;
}
