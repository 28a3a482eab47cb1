/** What is to be watched of a link, from its configuration and what is known of its interface. */

import type { Config, Link } from '../config/schema.gen.ts';
import { FAMILIES, type Family, is_ipv4 } from '../net/address.ts';
import { parse_target, type Target } from '../net/target.ts';
import type { Offloading } from '../observe/firewall.ts';
import { mark_layout, pinned_mark } from '../plan/marks.ts';
import type { Observed, RoutableLink } from '../plan/types.ts';
import type { WatchedLink } from './health.ts';

/** Between probes of a link that nobody uses, at least. */
const CALM_INTERVAL_S = 5;

/** Changes with everything that `watched_link` looks at. */
export function watched_key(
  link: RoutableLink,
  configured: Link,
  config: Config,
  offloading: Offloading,
): string {
  const { probe, probe_interval, loss_limit, latency_limit, jitter_limit } = configured;
  const paths = [link.ip4, link.ip6].map(path => (path === null ? '-' : (path.gateway ?? '')));
  return [
    link.device,
    `${link.slot}`,
    ...probe,
    ...[probe_interval, loss_limit, latency_limit, jitter_limit].map(value => `${value}`),
    ...paths,
    ...link.dns,
    `${config.globals.captive_check}`,
    ...config.globals.captive_url,
    offloading,
  ].join(' ');
}

/** `sockets`: the platform has them; without, only addresses can be asked, by `ping`. */
export function watched_link(
  link: RoutableLink,
  config: Config,
  observed: Observed,
  sockets: boolean,
  offloading: Offloading,
): WatchedLink {
  const configured = config.link.find(each => each.name === link.name) ?? null;
  const layout = mark_layout(config.globals.mark_mask);
  const targets = configured === null ? [] : configured.probe.flatMap(parsed);
  const of = (family: Family): Target[] =>
    link[family] === null
      ? []
      : targets.filter(target => target.family === family && (sockets || target.kind === 'icmp'));
  const state = configured === null ? null : (observed.interfaces[configured.interface] ?? null);
  const interval_s = configured === null ? 1 : configured.probe_interval;
  // Whether it is in use cannot be told from counters then.
  const calm_interval_s = offloading === 'hardware' ? interval_s : Math.max(interval_s, CALM_INTERVAL_S);
  return {
    name: link.name,
    device: link.device,
    mark: layout === null || link.slot < 1 ? 0 : pinned_mark(layout, link.slot),
    targets: { ip4: of('ip4'), ip6: of('ip6') },
    interval_ms: 1000 * interval_s,
    calm_interval_ms: 1000 * calm_interval_s,
    limits: {
      loss_percent: configured === null ? 0 : configured.loss_limit,
      latency_ms: configured === null ? 0 : configured.latency_limit,
      jitter_ms: configured === null ? 0 : configured.jitter_limit,
    },
    families: FAMILIES.filter(family => link[family] !== null),
    gateways: { ip4: link.ip4?.gateway ?? null, ip6: link.ip6?.gateway ?? null },
    is_wireguard: state !== null && state.is_wireguard,
    captive_urls: link.ip4 === null || !config.globals.captive_check ? [] : config.globals.captive_url,
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
