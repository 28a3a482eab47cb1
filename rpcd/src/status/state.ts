/** The states of the links, as the page shows them. */

import type { Config, Link } from '../config/schema.gen.ts';
import { FAMILIES } from '../net/address.ts';
import { carrying, obstacle } from '../plan/links.ts';
import type { Observed, RoutableLink, Verdict } from '../plan/types.ts';
import type { LinkReason, LinkState } from '../rpc.ts';

export interface ShownState {
  state: LinkState;
  reason: LinkReason;
}

/** One for each link, in the order of the configuration, as are `reasons`: what the probes know. */
export function link_states(
  config: Config,
  observed: Observed,
  routable: RoutableLink[],
  reasons: (LinkReason | null)[],
): ShownState[] {
  const used = carrying(routable);
  return config.link.map((link, index) =>
    link_state(link, config, observed, reasons[index] ?? null, used.includes(link.name)),
  );
}

/** `used`: it gets new connections. */
function link_state(
  link: Link,
  config: Config,
  observed: Observed,
  reason: LinkReason | null,
  used: boolean,
): ShownState {
  if (!config.globals.enabled) return { state: 'disabled', reason: 'service-off' };
  if (!link.enabled) return { state: 'disabled', reason: 'switched-off' };
  const found = obstacle(link, config, observed);
  if (found !== null) return { state: 'down', reason: found };
  if (observed.interfaces[link.interface]?.carrier === false) {
    return { state: 'no-carrier', reason: 'no-carrier' };
  }
  switch (verdict_of(link, observed)) {
    case 'dead':
      return { state: 'offline', reason: reason ?? 'no-reply' };
    case 'captive':
      return { state: 'captive', reason: 'portal' };
    case 'held':
      return { state: 'connecting', reason: 'held-down' };
    case 'degraded':
      return { state: 'degraded', reason: reason ?? 'loss' };
    case 'unknown':
      return { state: 'connecting', reason: 'waiting-for-reply' };
    case 'alive':
      return used ? { state: 'online', reason: 'replying' } : { state: 'standby', reason: 'better-tier' };
  }
}

/** In the first family that is watched; a link that is not watched at all counts as alive. */
export function verdict_of(link: Link, observed: Observed): Verdict {
  for (const family of FAMILIES) {
    const verdict = observed.verdicts[family][link.name] ?? null;
    if (verdict !== null) return verdict;
  }
  return 'alive';
}
