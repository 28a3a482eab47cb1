/** Routing tables: one per link, and the multipath table over the links that carry new connections. */

import { PROTOCOL, TABLE_ECMP } from './constants.ts';
import type { RoutableLink } from './types.ts';

export function table_of(slot: number): number {
  return TABLE_ECMP + slot;
}

/** Default routes as `ip route` arguments. */
export function planned_routes(links: RoutableLink[]): string[] {
  const routes: string[] = [];
  for (const link of links) {
    routes.push(`default ${via(link)} table ${table_of(link.slot)} proto ${PROTOCOL}`);
  }
  const carriers = links.filter(link => link.carries_new);
  if (carriers.length > 0) routes.push(ecmp_route(carriers));
  return routes;
}

/** With one link left this is the plain route that the kernel would make of it anyway. */
function ecmp_route(carriers: RoutableLink[]): string {
  const only = carriers[0];
  if (carriers.length === 1 && only !== undefined) {
    return `default ${via(only)} table ${TABLE_ECMP} proto ${PROTOCOL}`;
  }
  const nexthops = carriers.map(link => `nexthop ${via(link)} weight ${link.weight}`);
  return `default table ${TABLE_ECMP} proto ${PROTOCOL} ${nexthops.join(' ')}`;
}

/**
 * `onlink` because some uplinks have their gateway outside the address's prefix (DHCP with /32), and because the
 * route must not depend on when netifd adds the prefix route.
 */
function via(link: RoutableLink): string {
  return link.gateway === null ? `dev ${link.device}` : `via ${link.gateway} dev ${link.device} onlink`;
}
