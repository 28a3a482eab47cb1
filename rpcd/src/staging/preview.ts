/** What a configuration that is not in force yet would change in the kernel: from the planner itself. Pure. */

import type { JsonObject, UciSection } from '../../platform/platform.ts';
import { ip_commands, nft_script } from '../apply/diff.ts';
import { FAMILY_OPTIONS } from '../apply/kernel.ts';
import type { Config } from '../config/schema.gen.ts';
import { number_at, object_at, objects_at, text_at, texts_at } from '../json.ts';
import { FAMILIES, network_family } from '../net/address.ts';
import { empty_plan, plan } from '../plan/plan.ts';
import type { FamilyState, InterfaceState, Observed } from '../plan/types.ts';

/** Longer tables are not shown, only that they change. */
const SCRIPT_MAX = 6000;

/** A WireGuard interface as it will be. */
export interface ComingTunnel {
  interface: string;
  /** 0: none. */
  listen_port: number;
  addresses: string[];
}

/** Commands from what `config` plans to what `wanted` will, once netifd has set up `tunnels` and no others. */
export function preview(
  config: Config | null,
  wanted: Config,
  observed: Observed,
  tunnels: ComingTunnel[],
): string[] {
  const before = config === null ? empty_plan(observed.slots) : plan(config, observed);
  const after = plan(wanted, {
    ...observed,
    slots: before.slots,
    interfaces: coming(observed, tunnels),
    listen_ports: coming_ports(tunnels),
  });
  const commands = FAMILIES.flatMap(family =>
    ip_commands(after[family], before[family]).map(line => `ip ${FAMILY_OPTIONS[family]} ${line}`),
  );
  for (const { path, value } of after.sysctls) {
    if (!before.sysctls.some(each => each.path === path)) commands.push(`sysctl ${path}=${value}`);
  }
  if (after.nft !== before.nft) {
    const script = nft_script(after.nft, before.nft, before.nft).trim();
    commands.push(
      script.length > SCRIPT_MAX ? 'nft -f (table inet linkagg, too long to show)' : `nft -f\n${script}`,
    );
  }
  return commands;
}

function coming(observed: Observed, tunnels: ComingTunnel[]): Record<string, InterfaceState> {
  const interfaces: Record<string, InterfaceState> = {};
  for (const name of Object.keys(observed.interfaces)) {
    const state = observed.interfaces[name] ?? null;
    if (state === null || state.is_wireguard) continue;
    interfaces[name] = state;
  }
  for (const tunnel of tunnels) interfaces[tunnel.interface] = coming_state(tunnel);
  return interfaces;
}

function coming_ports(tunnels: ComingTunnel[]): Record<string, number> {
  const ports: Record<string, number> = {};
  for (const tunnel of tunnels) {
    if (tunnel.listen_port > 0) ports[tunnel.interface] = tunnel.listen_port;
  }
  return ports;
}

function coming_state(tunnel: ComingTunnel): InterfaceState {
  const family = (wanted: 'ip4' | 'ip6'): FamilyState => {
    const address = tunnel.addresses.find(each => network_family(each) === wanted)?.split('/')[0] ?? null;
    return { address, gateway: null, point_to_point: address !== null };
  };
  return {
    up: true,
    device: tunnel.interface,
    carrier: true,
    dns: [],
    is_wireguard: true,
    ip4: family('ip4'),
    ip6: family('ip6'),
    prefixes: [],
    assignments: [],
  };
}

/** UCI sections as the plugin sends them, which read them itself. */
export function sections_from_json(args: JsonObject): UciSection[] {
  return objects_at(args, 'linkagg').map(section => {
    const options: Record<string, string | string[]> = {};
    const given = object_at(section, 'options');
    for (const option of Object.keys(given)) {
      const value = given[option] ?? '';
      options[option] = Array.isArray(value) ? texts_at(given, option) : text_at(given, option);
    }
    return {
      name: text_at(section, 'name'),
      type: text_at(section, 'type'),
      anonymous: section.anonymous === true,
      options,
    };
  });
}

export function coming_tunnels(args: JsonObject): ComingTunnel[] {
  return objects_at(args, 'tunnels').map(tunnel => ({
    interface: text_at(tunnel, 'interface'),
    listen_port: number_at(tunnel, 'listen_port'),
    addresses: texts_at(tunnel, 'addresses'),
  }));
}
