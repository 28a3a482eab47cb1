/** What is to be watched of a link, from its configuration and what is known of its interface. */

import type { Globals, Link } from '../config/schema.gen.ts';
import { FAMILIES, type Family, is_ipv4 } from '../net/address.ts';
import { parse_target, type Target } from '../net/target.ts';
import type { Offloading } from '../observe/firewall.ts';
import { mark_layout, pinned_mark } from '../plan/marks.ts';
import type { RoutableLink } from '../plan/types.ts';
import type { WatchedLink } from './health.ts';

/** Between probes of a link that nobody uses, at least. */
const CALM_INTERVAL_S = 10;

/** All that the watching of a link depends on. */
export interface Subject {
  link: RoutableLink;
  configured: Link;
  globals: Globals;
  is_wireguard: boolean;
  offloading: Offloading;
  /** The platform has them; without, only addresses can be asked, by `ping`. */
  sockets: boolean;
}

/** Changes with everything that `watched_link` looks at. */
export function watched_key({ link, configured, globals, is_wireguard, offloading }: Subject): string {
  const { probe, probe_interval, loss_limit, latency_limit, jitter_limit } = configured;
  const paths = [link.ip4, link.ip6].map(path => (path === null ? '-' : (path.gateway ?? '')));
  return [
    link.device,
    `${link.slot}`,
    globals.mark_mask,
    ...probe,
    ...[probe_interval, loss_limit, latency_limit, jitter_limit].map(value => `${value}`),
    ...paths,
    ...link.dns,
    ...[globals.captive_check, is_wireguard].map(value => `${value}`),
    ...globals.captive_url,
    offloading,
  ].join(' ');
}

export function watched_link(subject: Subject): WatchedLink {
  const { link, configured, globals, is_wireguard, offloading, sockets } = subject;
  const { probe_interval, loss_limit, latency_limit, jitter_limit } = configured;
  const layout = mark_layout(globals.mark_mask);
  const targets = configured.probe.flatMap(parsed);
  const of = (family: Family): Target[] =>
    link[family] === null
      ? []
      : targets.filter(target => target.family === family && (sockets || target.kind === 'icmp'));
  // Whether it is in use cannot be told from counters then.
  const calm_interval_s =
    offloading === 'hardware' ? probe_interval : Math.max(probe_interval, CALM_INTERVAL_S);
  return {
    name: link.name,
    device: link.device,
    mark: layout === null || link.slot < 1 ? 0 : pinned_mark(layout, link.slot),
    targets: { ip4: of('ip4'), ip6: of('ip6') },
    interval_ms: 1000 * probe_interval,
    calm_interval_ms: 1000 * calm_interval_s,
    limits: { loss_percent: loss_limit, latency_ms: latency_limit, jitter_ms: jitter_limit },
    families: FAMILIES.filter(family => link[family] !== null),
    gateways: { ip4: link.ip4?.gateway ?? null, ip6: link.ip6?.gateway ?? null },
    is_wireguard,
    captive_urls: link.ip4 === null || !globals.captive_check ? [] : globals.captive_url,
    // Its own name servers first; of the public ones that are asked anyway, most answer questions, too.
    servers: link.dns
      .filter(is_ipv4)
      .concat(
        targets
          .filter(({ family, kind }) => family === 'ip4' && kind !== 'tcp')
          .map(({ address }) => address),
      ),
  };
}

function parsed(text: string): Target[] {
  const target = parse_target(text);
  return target === null ? [] : [target];
}
