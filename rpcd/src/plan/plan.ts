/** `plan`: configuration and observation in, the whole desired kernel state out. Pure. */

import type { Config } from '../config/schema.gen.ts';
import { FAMILIES, type Family, LONG_NAMES } from '../net/address.ts';
import { type Group, groups_of, is_plain_hash } from './groups.ts';
import { routable_links } from './links.ts';
import { mark_layout } from './marks.ts';
import { planned_table } from './nft.ts';
import { distinct } from './nft_text.ts';
import { group_routes, policy_names, policy_rules, refuses } from './policies.ts';
import { planned_routes } from './routes.ts';
import { planned_rules } from './rules.ts';
import { assign_slots } from './slots.ts';
import { is_target, TARGET_MAIN } from './targets.ts';
import { tunnel_pins, tunnel_rules } from './tunnels.ts';
import type { Observed, Plan, PlannedFamily, PlannedSysctl, RoutableLink } from './types.ts';

/** Nothing of ours in the kernel. */
export function empty_plan(slots: Record<string, number>): Plan {
  return {
    ip4: { routes: [], rules: [] },
    ip6: { routes: [], rules: [] },
    nft: null,
    sysctls: [],
    policies: {},
    slots,
  };
}

/** The configuration must be valid. Links that cannot be routed over are left out. */
export function plan(config: Config, observed: Observed): Plan {
  const layout = mark_layout(config.globals.mark_mask);
  if (!config.globals.enabled || layout === null) return empty_plan(observed.slots);

  const by_main = is_target(config, TARGET_MAIN);
  const slots = assign_slots(
    config.link.map(link => link.name),
    observed.slots,
    by_main ? layout.slots_max - 1 : layout.slots_max,
  );
  const links = routable_links(config, { ...observed, slots });
  const groups = groups_of(config, links);
  const families = links.length > 0 ? families_of(links) : FAMILIES;
  const lan_devices = lan_devices_of(config, observed);
  const router_source = balanced_router_source(config, observed, groups);
  const { leaving, ended, interfaces } = observed;
  const table = planned_table({
    config,
    links,
    groups,
    families,
    lan_devices,
    layout,
    router_source,
    leaving,
    ended,
    tunnel_pins: tunnel_pins(config, links, observed),
    slots,
    interfaces,
  });

  const family_plan = (family: Family): PlannedFamily => {
    if (family === 'ip6' && !observed.ip6) return { routes: [], rules: [] };
    const source = family === 'ip4' ? router_source : null;
    return {
      routes: planned_routes(links, family, source).concat(group_routes(config, groups, family)),
      rules: tunnel_rules(config, links, observed, slots, family).concat(
        planned_rules(links, {
          family,
          layout,
          lan_devices: distinct(Object.values(lan_devices)),
          proposes: table !== null && table.proposes,
          router_link: config.globals.router_traffic === 'link' ? config.globals.router_link : '',
          refuses: refuses(config),
          by_main,
        }),
        policy_rules(config, links, groups, family),
      ),
    };
  };
  return {
    ip4: family_plan('ip4'),
    ip6: family_plan('ip6'),
    nft: table === null ? null : table.text,
    sysctls: planned_sysctls(links, families, observed),
    policies: policy_names(config),
    slots,
  };
}

/** Families in which any link can be routed over. */
export function families_of(links: RoutableLink[]): Family[] {
  return FAMILIES.filter(family => links.some(link => link[family] !== null));
}

/** Devices of the LAN interfaces that are up, by interface. */
function lan_devices_of(config: Config, observed: Observed): Record<string, string> {
  const devices: Record<string, string> = {};
  for (const name of config.globals.lan_interface) {
    const device = observed.interfaces[name]?.device ?? null;
    if (device !== null) devices[name] = device;
  }
  return devices;
}

/**
 * The router's own connections can be balanced because those that nobody bound to a link can be told from the
 * others: the multipath route gives them the router's LAN address. They leave with that of their link.
 */
function balanced_router_source(config: Config, observed: Observed, groups: Group[]): string | null {
  if (config.globals.router_traffic !== 'balanced') return null;
  const all = groups[0] ?? null;
  if (all === null || is_plain_hash(all)) return null;
  for (const name of config.globals.lan_interface) {
    const state = observed.interfaces[name] ?? null;
    if (state !== null && state.up && state.ip4.address !== null) return state.ip4.address;
  }
  return null;
}

/** Hash on ports as well (multipath), and loose return-path checks, because answers come back by another table's link. */
function planned_sysctls(links: RoutableLink[], families: Family[], observed: Observed): PlannedSysctl[] {
  const multipath = links.length > 0 ? families : [];
  const sysctls: PlannedSysctl[] = multipath.map(family => ({
    path: `net/${LONG_NAMES[family]}/fib_multipath_hash_policy`,
    value: '1',
  }));
  for (const link of links) {
    if (!observed.strict_rp_filter.includes(link.device)) continue;
    sysctls.push({ path: `net/ipv4/conf/${link.device}/rp_filter`, value: '2' });
  }
  return sysctls;
}
