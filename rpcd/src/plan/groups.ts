/** Groups of links. */

import type { Config, Globals } from '../config/schema.gen.ts';
import type { Family } from '../net/address.ts';
import { DEFAULT_GROUP } from './constants.ts';
import { carriers } from './links.ts';
import { type MarkLayout, main_mark, mark_text, pinned_mark, proposed_mark } from './marks.ts';
import { TARGET_MAIN, target_tiers, tier_of } from './targets.ts';
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

/**
 * The default group of all links, then the configured ones, then the tiers that policies name; each with those of its
 * links that can be routed over.
 */
export function groups_of(config: Config, links: RoutableLink[]): Group[] {
  const groups: Group[] = [{ ...balance_options(config.globals), name: DEFAULT_GROUP, links }];
  for (const group of config.group) {
    groups.push({
      ...balance_options(group),
      name: group.name,
      links: links.filter(link => group.link.includes(link.name)),
    });
  }
  for (const name of target_tiers(config)) {
    groups.push({
      ...balance_options(config.globals),
      name,
      links: links.filter(link => link.tier === tier_of(name)),
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

/** Those of a group's links that get its new connections of a family: with `latency` the quickest alone. */
export function group_carriers(group: Group, family: Family): RoutableLink[] {
  const able = carriers(group.links, family);
  if (group.mode !== 'latency') return able;
  const rank = (link: RoutableLink) => link.latency_ms ?? UNKNOWN_MS;
  const least = able.reduce((lowest, link) => Math.min(lowest, rank(link)), UNKNOWN_MS);
  return able.filter(link => rank(link) === least).slice(0, 1);
}

/** More than any latency. */
const UNKNOWN_MS = 1000000;

/** The kernel's multipath route does what the group wants, without a word of ours. */
export function is_plain_hash(group: Group): boolean {
  return group.name === DEFAULT_GROUP && group.mode === 'hash' && group.sticky === 'none';
}

/**
 * How the chain `policies` tells its caller about a target: as a mark that no packet has at that point. Links have
 * their proposal, groups the pin of as many slots; what cannot be used has the mark of the default group. That of the
 * main table is the one that the packet keeps.
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
  for (const [index, group] of groups.entries()) {
    if (index === 0) continue;
    marks[group.name] = mark_text(is_usable(group) ? pinned_mark(layout, index) : layout.proposal);
  }
  marks[TARGET_MAIN] = mark_text(main_mark(layout));
  return marks;
}

export function is_usable(group: Group): boolean {
  return group.links.some(link => link.usable);
}
