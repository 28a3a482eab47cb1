/**
 * `failback hard`: when links of a better tier are back, the connections that LAN clients have over links which
 * stood in for them are ended.
 *
 * A link counts as back when it has answered, not when its interface is up: a modem without internet must not cut
 * the backup. Links that policies send connections to are left alone, because nobody can tell those from the others.
 */

import type { DaemonPlatform, Timer } from '../platform/platform.ts';
import { forget_connections } from './apply/connections.ts';
import type { Config } from './config/schema.gen.ts';
import { FAMILIES, type Family } from './net/address.ts';
import { DEFAULT_GROUP } from './plan/constants.ts';
import { groups_of } from './plan/groups.ts';
import { carriers, use_in } from './plan/links.ts';
import { mark_layout } from './plan/marks.ts';
import type { Leaving, RoutableLink, Verdicts } from './plan/types.ts';

/** How long connections are ended; what is silent then is forgotten. */
const LEAVING_MS = 5000;

export interface Failback {
  /** To be called before each plan: links whose connections are to be ended, by name. */
  leaving(config: Config, links: RoutableLink[], verdicts: Verdicts): Leaving;
}

/** `reconcile` is called when the connections have been ended. */
export function start_failback(platform: DaemonPlatform, reconcile: () => void): Failback {
  /** Best tier of which a link works, when that was last known. */
  let tiers: Record<Family, number | null> = { ip4: null, ip6: null };
  let left: Record<Family, RoutableLink[]> = { ip4: [], ip6: [] };
  let timer: Timer | null = null;
  let links_now: RoutableLink[] = [];

  function cancel(): void {
    if (timer !== null) timer.cancel();
    timer = null;
    left = { ip4: [], ip6: [] };
  }

  function end(config: Config): void {
    const layout = mark_layout(config.globals.mark_mask);
    const done = left;
    cancel();
    reconcile();
    if (layout === null) return;
    for (const family of FAMILIES) {
      for (const link of done[family])
        forget_connections(platform, link, family, layout, links_now, 'outgoing');
    }
  }

  return {
    leaving: (config, links, verdicts) => {
      links_now = links;
      if (!config.globals.enabled) tiers = { ip4: null, ip6: null };
      if (!config.globals.enabled || config.globals.failback !== 'hard') cancel();
      let returned = false;
      for (const family of FAMILIES) {
        const now = config.globals.enabled ? proven_tier(links, family, verdicts) : null;
        if (now === null) continue;
        const before = tiers[family];
        tiers[family] = now;
        if (now !== before) left[family] = [];
        if (before === null || now >= before || config.globals.failback !== 'hard') continue;
        left[family] = stand_ins(config, links, family).filter(link => link.tier > now);
        if (left[family].length > 0) returned = true;
      }
      if (returned) {
        if (timer !== null) timer.cancel();
        timer = platform.timer(LEAVING_MS, () => end(config));
      }
      return { ip4: left.ip4.map(link => link.name), ip6: left.ip6.map(link => link.name) };
    },
  };
}

/** Best tier with a link that answers; one that is not asked counts as answering. */
function proven_tier(links: RoutableLink[], family: Family, verdicts: Verdicts): number | null {
  const tiers = links
    .filter(link => use_in(link, family) === 'yes')
    .filter(link => (verdicts[family][link.name] ?? 'alive') === 'alive')
    .map(link => link.tier);
  return tiers.length === 0 ? null : Math.min(...tiers);
}

/** Links to which no policy sends connections, directly or through a group or tier, and no network behind them. */
function stand_ins(config: Config, links: RoutableLink[], family: Family): RoutableLink[] {
  const targets = config.policy.filter(policy => policy.enabled).map(policy => policy.target);
  const wanted = groups_of(config, links)
    .filter(group => group.name !== DEFAULT_GROUP && targets.includes(group.name))
    .flatMap(group => carriers(group.links, family))
    .map(link => link.name)
    .concat(targets);
  return links.filter(
    link => link[family] !== null && link.networks.length === 0 && !wanted.includes(link.name),
  );
}
