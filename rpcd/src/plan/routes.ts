/** Routing tables: one per link, and the multipath table over the links that carry new connections. */

import type { Family } from '../net/address.ts';
import { PROTOCOL, TABLE_ECMP } from './constants.ts';
import { carriers } from './links.ts';
import type { Path, RoutableLink } from './types.ts';

export function table_of(slot: number): number {
  return TABLE_ECMP + slot;
}

/** Default routes as `ip route` arguments. `source`: preferred source address of the multipath route, if any. */
export function planned_routes(links: RoutableLink[], family: Family, source: string | null): string[] {
  const routes: string[] = [];
  for (const link of links) {
    const path = link[family];
    if (path === null) continue;
    routes.push(`default ${via(path, link)} table ${table_of(link.slot)} proto ${PROTOCOL}`);
  }
  const able = carriers(links, family);
  if (able.length > 0) routes.push(ecmp_route(able, family, source, TABLE_ECMP));
  return routes;
}

/** With one link left this is the plain route that the kernel would make of it anyway. */
export function ecmp_route(
  able: RoutableLink[],
  family: Family,
  source: string | null,
  table: number,
): string {
  const hops: string[] = [];
  for (const link of able) {
    const path = link[family];
    if (path !== null) hops.push(via(path, link));
  }
  const tail = `table ${table} proto ${PROTOCOL}${source === null ? '' : ` src ${source}`}`;
  if (hops.length === 1) return `default ${hops[0] ?? ''} ${tail}`;
  const nexthops = able.map((link, index) => {
    const hop = hops[index] ?? '';
    // The kernel wants a gateway there; on devices that resolve none (tunnels, PPP) any will do.
    const multipath = family === 'ip6' && hop.startsWith('dev ') ? `via fe80::1 ${hop} onlink` : hop;
    return `nexthop ${multipath} weight ${link.weight}`;
  });
  return `default ${tail} ${nexthops.join(' ')}`;
}

/**
 * `onlink` because some uplinks have their gateway outside the address's prefix (DHCP with /32), and because the
 * route must not depend on when netifd adds the prefix route.
 */
function via(path: Path, link: RoutableLink): string {
  return path.gateway === null ? `dev ${link.device}` : `via ${path.gateway} dev ${link.device} onlink`;
}
