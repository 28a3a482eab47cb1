/** The states of the links, as the page shows them. */

import type { Config, Link } from '../config/schema.gen.ts';
import { carrying, obstacle, routable_links } from '../plan/links.ts';
import type { Observed } from '../plan/types.ts';
import type { LinkReason, LinkState } from '../rpc.ts';

export interface ShownState {
  state: LinkState;
  reason: LinkReason;
}

/** One for each link, in the order of the configuration. */
export function link_states(config: Config, observed: Observed): ShownState[] {
  const used = carrying(routable_links(config, observed, {}));
  return config.link.map(link => link_state(link, config, observed, used));
}

/** `used`: names of the links that get new connections. */
function link_state(link: Link, config: Config, observed: Observed, used: string[]): ShownState {
  if (!config.globals.enabled) return { state: 'disabled', reason: 'service-off' };
  if (!link.enabled) return { state: 'disabled', reason: 'switched-off' };
  const found = obstacle(link, config, observed);
  if (found !== null) return { state: 'down', reason: found };
  const verdict = observed.verdicts[link.name] ?? 'unknown';
  if (verdict === 'dead') return { state: 'offline', reason: 'no-reply' };
  if (!used.includes(link.name)) return { state: 'standby', reason: 'better-tier' };
  return verdict === 'alive'
    ? { state: 'online', reason: 'replying' }
    : { state: 'connecting', reason: 'waiting-for-reply' };
}
