/** The state of a link, as the page shows it. */

import type { Config, Link } from '../config/schema.gen.ts';
import { obstacle } from '../plan/links.ts';
import type { Observed } from '../plan/types.ts';
import type { LinkReason, LinkState } from '../rpc.ts';

export function link_state(
  link: Link,
  config: Config,
  observed: Observed,
): { state: LinkState; reason: LinkReason } {
  if (!config.globals.enabled) return { state: 'disabled', reason: 'service-off' };
  if (!link.enabled) return { state: 'disabled', reason: 'switched-off' };
  const found = obstacle(link, config, observed);
  if (found !== null) return { state: 'down', reason: found };
  switch (observed.verdicts[link.name] ?? 'unknown') {
    case 'alive':
      return { state: 'online', reason: 'replying' };
    case 'dead':
      return { state: 'offline', reason: 'no-reply' };
    case 'unknown':
      return { state: 'connecting', reason: 'waiting-for-reply' };
  }
}
