/**
 * Connections keep the source address that they got when they began. When a link comes back with another one, its
 * old connections can get no answer any more, but those that go on sending (a tunnel's keep-alives) would stay
 * there for ever: the kernel is made to forget them.
 */

import type { DaemonPlatform } from '../platform/platform.ts';
import { forget_connections } from './apply/connections.ts';
import { FAMILIES, type Family } from './net/address.ts';
import type { MarkLayout } from './plan/marks.ts';
import type { RoutableLink } from './plan/types.ts';

export interface Sources {
  /** To be called after each change of the kernel, with the links that can be routed over now. */
  note(links: RoutableLink[], layout: MarkLayout): void;
}

export function start_sources(platform: DaemonPlatform): Sources {
  /** Links as they last were, by slot: one that is away for a while is remembered. */
  const known: Record<Family, Record<string, RoutableLink>> = { ip4: {}, ip6: {} };

  return {
    note: (links, layout) => {
      for (const family of FAMILIES) {
        for (const link of links) {
          if (link[family] === null) continue;
          const old = known[family][`${link.slot}`] ?? null;
          known[family][`${link.slot}`] = link;
          if (old !== null && old.name === link.name && has_moved(old, link, family)) {
            forget_connections(platform, old, family, layout, links, 'all');
          }
        }
      }
    },
  };
}

function has_moved(old: RoutableLink, now: RoutableLink, family: Family): boolean {
  const address = (link: RoutableLink) => link[family]?.address ?? null;
  if (family === 'ip4') return address(old) !== address(now);
  if (now.nat6 === 'none') return false;
  const source = (link: RoutableLink) => address(link) ?? link.lan_address6;
  return source(old) !== source(now) || old.prefixes.some(prefix => !now.prefixes.includes(prefix));
}
