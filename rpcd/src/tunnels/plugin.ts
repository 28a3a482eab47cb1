/** The plugin's methods about tunnels: nothing is written here but into the caller's session. */

import type { Deferred, JsonObject, PluginPlatform } from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import { CONFIG_PACKAGE } from '../config/store.ts';
import { config_from_uci } from '../config/validate.ts';
import { object_at, objects_at, text_at } from '../json.ts';
import { errors_json, refusal } from '../refusal.ts';
import { DAEMON_OBJECT, type Tunnel } from '../rpc.ts';
import { session_of } from '../staging/pending.ts';
import {
  type Answer,
  refused_stage,
  stage_all,
  staged_reply,
  staged_sections,
  unless_pending,
} from '../staging/plugin.ts';
import { format_conf, parse_conf } from './conf.ts';
import {
  firewall_edits,
  free_port,
  nat_of,
  network_edits,
  network_removal,
  with_link,
  without_links,
  zone_edits,
} from './edits.ts';
import { tunnel_from_json } from './form.ts';
import { is_key } from './keys.ts';
import { interface_name, tunnel_name } from './names.ts';
import { network_for, pc_errors, pc_from_json, pc_tunnel } from './pc.ts';
import { type StoredTunnel, stored_tunnel, stored_tunnels } from './stored.ts';
import { own_address_near, tunnel_errors, tunnel_notes } from './validate.ts';

const DAEMON_AWAY = 'the service does not answer: service linkagg start';

export function list_tunnels(args: JsonObject, platform: PluginPlatform): Answer {
  const read = (config: string) => staged_sections(platform, session_of(args), config);
  const firewall = read('firewall');
  const links = config_from_uci(read(CONFIG_PACKAGE)).config?.link ?? [];
  const tunnels = stored_tunnels(read('network'));
  const keys = tunnels.map(tunnel => ({
    interface: tunnel.interface,
    private_key: tunnel.private_key,
  }));
  return platform.defer(DAEMON_OBJECT, 'tunnels', { keys }, (_status, result) => {
    const answered = result ?? {};
    const live = objects_at(answered, 'interfaces');
    return {
      tunnels: tunnels.map(tunnel => {
        const link = links.find(each => each.interface === tunnel.interface) ?? null;
        const device = live.find(each => text_at(each, 'interface') === tunnel.interface) ?? {};
        return {
          interface: tunnel.interface,
          ours: tunnel_name(tunnel.interface) !== '',
          link: link === null ? '' : link.name,
          has_private_key: tunnel.private_key !== '',
          public_key: text_at(device, 'public_key'),
          listen_port: tunnel.listen_port,
          addresses: tunnel.addresses,
          mtu: tunnel.mtu,
          nat: nat_of(tunnel.interface, firewall),
          uplink: link === null ? '' : link.uplink,
          exit: link === null ? '' : link.exit,
          peers: tunnel.peers.map(peer => ({
            public_key: peer.public_key,
            has_preshared_key: peer.preshared_key !== '',
            endpoint_host: peer.endpoint_host,
            endpoint_port: peer.endpoint_port,
            allowed_ips: peer.allowed_ips,
            persistent_keepalive: peer.persistent_keepalive,
            state: peer_state(device, peer.public_key),
          })),
        };
      }),
      missing: text_at(answered, 'missing'),
    };
  });
}

function peer_state(device: JsonObject, public_key: string): JsonObject | null {
  const peer = objects_at(device, 'peers').find(each => text_at(each, 'public_key') === public_key) ?? null;
  if (peer === null) return null;
  const { endpoint, handshake_age_s, rx_bytes, tx_bytes } = peer;
  return {
    endpoint: endpoint ?? '',
    handshake_age_s: handshake_age_s ?? null,
    rx_bytes: rx_bytes ?? 0,
    tx_bytes: tx_bytes ?? 0,
  };
}

export function parse_tunnel(args: JsonObject): JsonObject {
  const { tunnel, errors, ignored } = parse_conf(text_at(args, 'conf'));
  return {
    tunnel: tunnel === null ? null : { ...tunnel, peers: tunnel.peers.map(peer => ({ ...peer })) },
    errors: errors_json(errors),
    ignored: ignored.map(each => ({ ...each })),
  };
}

export function stage_tunnel(args: JsonObject, platform: PluginPlatform): Answer {
  const change = object_at(args, 'change');
  const { tunnel, errors } = tunnel_from_json(change.tunnel ?? null);
  if (tunnel === null) return refused_stage(errors);
  const create = change.create ?? null;
  if (typeof create !== 'boolean') return refused_stage([refusal('', 'create', 'must be true or false')]);
  return unless_pending(args, platform, (session, config) => {
    const network = staged_sections(platform, session, 'network');
    const wrong = tunnel_errors(tunnel, create, { network, config });
    if (wrong.length > 0) return refused_stage(wrong);
    const stored = stored_tunnel(network, interface_name(tunnel.name));
    return stage_with_key(platform, session, config, tunnel, stored, {});
  });
}

/** The tunnel is valid; its own key is the given one, the stored one or a new one. */
function stage_with_key(
  platform: PluginPlatform,
  session: string,
  config: Config,
  tunnel: Tunnel,
  stored: StoredTunnel | null,
  more: JsonObject,
): Deferred {
  const key = tunnel.private_key ?? stored?.private_key ?? '';
  const staged = (private_key: string, public_key: string) =>
    stage(platform, session, config, { ...tunnel, private_key }, public_key, more);
  return is_key(key)
    ? public_key_of(platform, tunnel.name, key, public_key => staged(key, public_key))
    : with_new_keys(platform, keys => staged(text_at(keys, 'private_key'), text_at(keys, 'public_key')));
}

/** The router's part of a PC as a link. Keys of the PC are made here and shown once. */
export function stage_pc(args: JsonObject, platform: PluginPlatform): Answer {
  const { pc, errors } = pc_from_json(args.pc ?? null);
  if (pc === null) return refused_stage(errors);
  return unless_pending(args, platform, (session, config) =>
    // Uplinks have networks that are in no file.
    platform.defer('network.interface', 'dump', {}, (_status, dump) => {
      const network = staged_sections(platform, session, 'network');
      const { name, address } = pc;
      const stored = stored_tunnel(network, interface_name(name));
      const chosen = pc.network === '' ? network_for(stored, network, dump ?? {}) : pc.network;
      const wrong = pc_errors({ ...pc, network: chosen }, network);
      if (wrong.length > 0) return refused_stage(wrong);
      return with_new_keys(platform, keys => {
        const tunnel = pc_tunnel(name, address, chosen, keys, stored?.listen_port ?? free_port(network));
        const refused = tunnel_errors(tunnel, pc.create, { network, config });
        if (refused.length > 0) return refused_stage(refused);
        const side: JsonObject = {
          private_key: text_at(keys, 'private_key'),
          public_key: text_at(keys, 'public_key'),
          preshared_key: text_at(keys, 'preshared_key'),
          network: chosen,
          router_address: own_address_near(address, network),
          router_port: tunnel.listen_port,
        };
        const behind = config_with_network(with_link(config, tunnel), name, chosen);
        return stage_with_key(platform, session, behind, tunnel, stored, { pc: side });
      });
    }),
  );
}

/** What comes from the PC's network leaves by the PC. */
function config_with_network(config: Config, name: string, network: string): Config {
  const link = config.link.map(each => (each.name === name ? { ...each, network: [network] } : each));
  return { ...config, link };
}

function public_key_of(
  platform: PluginPlatform,
  name: string,
  private_key: string,
  next: (public_key: string) => Answer,
): Deferred {
  const keys = [{ interface: name, private_key }];
  return platform.defer(DAEMON_OBJECT, 'tunnels', { keys }, (_status, result) =>
    next(text_at(objects_at(result ?? {}, 'interfaces')[0] ?? {}, 'public_key')),
  );
}

function with_new_keys(platform: PluginPlatform, next: (keys: JsonObject) => Answer): Deferred {
  return platform.defer(DAEMON_OBJECT, 'make_keys', {}, (_status, result) => {
    const failure = result === null ? DAEMON_AWAY : text_at(result, 'failure');
    if (failure !== '' || result === null) return refused_stage([refusal('', 'private_key', failure)]);
    return next(result);
  });
}

/** The tunnel is valid and has its key. */
function stage(
  platform: PluginPlatform,
  session: string,
  config: Config,
  tunnel: Tunnel,
  public_key: string,
  more: JsonObject,
): Answer {
  const network = staged_sections(platform, session, 'network');
  const firewall = staged_sections(platform, session, 'firewall');
  const stored = stored_tunnel(network, interface_name(tunnel.name));
  const listen_port = tunnel.listen_port ?? stored?.listen_port ?? free_port(network);
  const zones = firewall_edits(tunnel, config, firewall);
  if (zones.error !== null) return refused_stage([zones.error]);
  const edits = { network: network_edits({ ...tunnel, listen_port }, network), firewall: zones.edits };
  const wanted = with_link(config, tunnel);
  return stage_all(platform, session, edits, wanted, tunnel_notes(tunnel), { public_key, ...more });
}

export function remove_tunnel(args: JsonObject, platform: PluginPlatform): Answer {
  const name = text_at(args, 'interface');
  return unless_pending(args, platform, (session, config) => {
    const network = staged_sections(platform, session, 'network');
    if (tunnel_name(name) === '' || stored_tunnel(network, name) === null) {
      return refused_stage([refusal(name, '', 'is no tunnel made here: reload the page')]);
    }
    const { config: left, errors } = without_links(config, [name]);
    if (errors.length > 0) return refused_stage(errors);
    const edits = {
      network: network_removal(name, network),
      firewall: zone_edits(staged_sections(platform, session, 'firewall'), [name], [], ''),
    };
    return stage_all(platform, session, edits, left, [], {});
  });
}

export function export_tunnel(args: JsonObject, platform: PluginPlatform): Answer {
  const given = object_at(args, 'export');
  const name = text_at(given, 'interface');
  const refuse = (option: string, reason: string) => ({
    ...refused_stage([refusal(name, option, reason)]),
    conf: '',
  });
  return unless_pending(args, platform, (session, config) => {
    const network = staged_sections(platform, session, 'network');
    const tunnel = stored_tunnel(network, name);
    if (tunnel === null) return refuse('', 'is no tunnel: reload the page');
    const peer = tunnel.peers.find(each => each.public_key === text_at(given, 'peer')) ?? null;
    if (peer === null) return refuse('peer', 'there is no peer with this public key');
    if (given.make_keys === true && tunnel_name(name) === '') {
      return refuse('make_keys', 'the tunnel was made elsewhere: only placeholders are possible');
    }
    const conf = (public_key: string, keys: JsonObject) =>
      format_conf({
        private_key: text_at(keys, 'private_key'),
        preshared_key: text_at(keys, 'preshared_key'),
        has_preshared_key: given.make_keys === true || peer.preshared_key !== '',
        addresses: peer.allowed_ips,
        listen_port: peer.endpoint_host === '' ? null : peer.endpoint_port,
        router: {
          public_key,
          endpoint_host: text_at(given, 'endpoint_host'),
          endpoint_port: tunnel.listen_port ?? 0,
          allowed_ips: tunnel.addresses.map(as_host),
        },
      });
    return public_key_of(platform, name, tunnel.private_key, public_key => {
      if (given.make_keys !== true) {
        return staged_reply(platform, session, false, [], [], { public_key, conf: conf(public_key, {}) });
      }
      return with_new_keys(platform, keys => {
        const wanted = with_peer_keys(tunnel, peer.public_key, keys, config, platform, session);
        return stage(platform, session, config, wanted, public_key, { conf: conf(public_key, keys) });
      });
    });
  });
}

/** The tunnel as it is, with new keys for one of its peers. */
function with_peer_keys(
  tunnel: StoredTunnel,
  peer_key: string,
  keys: JsonObject,
  config: Config,
  platform: PluginPlatform,
  session: string,
): Tunnel {
  const link = config.link.find(each => each.interface === tunnel.interface) ?? null;
  const nat = nat_of(tunnel.interface, staged_sections(platform, session, 'firewall'));
  return {
    name: tunnel_name(tunnel.interface),
    private_key: tunnel.private_key,
    listen_port: tunnel.listen_port,
    addresses: tunnel.addresses,
    mtu: tunnel.mtu,
    nat: nat === 'none' ? 'none' : 'masquerade',
    uplink: link === null ? '' : link.uplink,
    exit: link === null ? '' : link.exit,
    peers: tunnel.peers.map(peer => {
      const { endpoint_host, endpoint_port, allowed_ips, persistent_keepalive } = peer;
      const chosen = peer.public_key === peer_key;
      return {
        public_key: chosen ? text_at(keys, 'public_key') : peer.public_key,
        preshared_key: chosen ? text_at(keys, 'preshared_key') : peer.preshared_key,
        endpoint_host,
        endpoint_port,
        allowed_ips,
        persistent_keepalive,
      };
    }),
  };
}

/** The address alone. */
function as_host(address: string): string {
  const host = address.split('/')[0] ?? '';
  return `${host}/${host.includes(':') ? 128 : 32}`;
}
