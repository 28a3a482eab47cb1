/** Which links can be routed over, and why one cannot. */

import type { Config, Link } from '../config/schema.gen.ts';
import type { Observed, RoutableLink } from './types.ts';

/** Why nothing can leave by a link; shown to the user as the reason of the state `down`. */
export type Obstacle = 'no-interface' | 'interface-down' | 'no-address' | 'no-gateway' | 'shared-device';

/** Null when the link can be routed over. */
export function obstacle(link: Link, config: Config, observed: Observed): Obstacle | null {
  const own = own_obstacle(link, observed);
  if (own !== null) return own;
  // Interfaces can share a device (netifd's `@wan` aliases); a packet's device then names the first link.
  const device = observed.interfaces[link.interface]?.device ?? null;
  for (const other of config.link) {
    if (other.name === link.name) break;
    if (own_obstacle(other, observed) !== null) continue;
    if ((observed.interfaces[other.interface]?.device ?? null) === device) return 'shared-device';
  }
  return null;
}

function own_obstacle(link: Link, observed: Observed): Obstacle | null {
  const state = observed.interfaces[link.interface] ?? null;
  if (state === null) return 'no-interface';
  if (!state.up || state.device === null) return 'interface-down';
  if (state.address === null) return 'no-address';
  return state.gateway === null && !state.point_to_point ? 'no-gateway' : null;
}

/**
 * Links without an obstacle. One that is switched off or dead keeps its table and its pins, so that its live
 * connections stay where they are and probes still leave by it; it only gets no new connections.
 */
export function routable_links(
  config: Config,
  observed: Observed,
  slots: Record<string, number>,
): RoutableLink[] {
  const links: RoutableLink[] = [];
  for (const link of config.link) {
    if (obstacle(link, config, observed) !== null) continue;
    const state = observed.interfaces[link.interface] ?? null;
    if (state === null || state.device === null || state.address === null) continue;
    links.push({
      name: link.name,
      slot: slots[link.name] ?? 0,
      device: state.device,
      address: state.address,
      gateway: state.gateway,
      weight: link.weight,
      carries_new: link.enabled && (observed.verdicts[link.name] ?? 'unknown') !== 'dead',
    });
  }
  return links;
}
