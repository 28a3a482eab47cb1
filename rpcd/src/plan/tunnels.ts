/**
 * A tunnel's own packets leave by the uplink chosen for it, or not at all.
 *
 * A WireGuard device sends from its listen port, whatever the peer: with a rule on that port two tunnels to one
 * server address and port can have different ways, which a host route cannot give them. It needs no mark of the
 * device's own, and the source address follows the uplink's. The kernel has matched ports of the router's own
 * packets since 4.17.
 */

import type { Config } from '../config/schema.gen.ts';
import type { Family } from '../net/address.ts';
import { PREF_TUNNEL } from './constants.ts';
import { vmap } from './nft_text.ts';
import { table_of } from './routes.ts';
import { lookup, rule } from './rules.ts';
import type { Observed, RoutableLink } from './types.ts';

/** IPPROTO_UDP: numbers need no /etc/protocols. */
const UDP = 17;

/** A link that is a tunnel with a port of its own and an uplink. */
interface PinnedTunnel {
  name: string;
  port: number;
  /** Null while it cannot be routed over. */
  uplink: RoutableLink | null;
}

/** Also those that are switched off or not up yet: the first handshake shall take the right way. */
function pinned_tunnels(config: Config, links: RoutableLink[], observed: Observed): PinnedTunnel[] {
  const tunnels: PinnedTunnel[] = [];
  for (const { name, interface: interface_name, uplink } of config.link) {
    const ports = observed.listen_ports;
    const port = Object.hasOwn(ports, interface_name) ? (ports[interface_name] ?? null) : null;
    if (uplink === '' || port === null) continue;
    tunnels.push({ name, port, uplink: links.find(each => each.name === uplink) ?? null });
  }
  return tunnels;
}

/** Before all other rules of ours: the uplink's table, then nothing. */
export function tunnel_rules(
  config: Config,
  links: RoutableLink[],
  observed: Observed,
  slots: Record<string, number>,
  family: Family,
): string[] {
  if (links.length === 0) return [];
  const rules: string[] = [];
  for (const { name, port, uplink } of pinned_tunnels(config, links, observed)) {
    const slot = slots[name] ?? 0;
    if (slot === 0) continue;
    const own = `from all iif lo ipproto ${UDP} sport ${port}`;
    if (uplink !== null && uplink[family] !== null) {
      rules.push(rule(PREF_TUNNEL + 2 * slot, own, lookup(table_of(uplink.slot))));
    }
    rules.push(rule(PREF_TUNNEL + 2 * slot + 1, own, 'unreachable'));
  }
  return rules;
}

/**
 * First in the chain `output`: these packets are pinned to the uplink, even if their connection went elsewhere
 * before. A packet that gets another mark there is routed anew, and the ports are not looked at then.
 */
export function tunnel_pins(config: Config, links: RoutableLink[], observed: Observed): string[] {
  const pinned = pinned_tunnels(config, links, observed).flatMap(({ port, uplink }) =>
    uplink === null ? [] : [{ port, uplink }],
  );
  if (pinned.length === 0) return [];
  return [`udp sport ${vmap(pinned, ({ port, uplink }) => `${port} : goto adopt_${uplink.name}`)}`];
}
