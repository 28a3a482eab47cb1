/** `plan`: configuration and observation in, the whole desired kernel state out. Pure. */

import type { Config } from '../config/schema.gen.ts';
import { routable_links } from './links.ts';
import { mark_layout } from './marks.ts';
import { planned_nft } from './nft.ts';
import { planned_routes } from './routes.ts';
import { planned_rules } from './rules.ts';
import { assign_slots } from './slots.ts';
import type { BalanceMode, Observed, Plan, PlannedSysctl, RoutableLink } from './types.ts';

/** Nothing of ours in the kernel. */
export function empty_plan(slots: Record<string, number>): Plan {
  return { routes: [], rules: [], nft: null, sysctls: [], slots };
}

/** The configuration must be valid. Links that cannot be routed over are left out. */
export function plan(config: Config, observed: Observed): Plan {
  const layout = mark_layout(config.globals.mark_mask);
  if (!config.globals.enabled || layout === null) return empty_plan(observed.slots);

  const slots = assign_slots(config.link, observed.slots, layout.slots_max);
  const links = routable_links(config, observed, slots);
  if (links.length === 0) return empty_plan(slots);

  const lan = lan_devices(config, observed);
  const mode = config.globals.mode;
  return {
    routes: planned_routes(links),
    rules: planned_rules(links, lan, layout, mode !== 'hash'),
    nft: planned_nft(links, lan, layout, mode),
    sysctls: planned_sysctls(links, observed, mode),
    slots,
  };
}

function lan_devices(config: Config, observed: Observed): string[] {
  const devices: string[] = [];
  for (const name of config.globals.lan_interface) {
    const state = observed.interfaces[name] ?? null;
    if (state === null || state.device === null || devices.includes(state.device)) continue;
    devices.push(state.device);
  }
  return devices;
}

/**
 * Hash on ports as well (multipath); bytes of connections, by which the balancer knows busy ones; and loose
 * return-path checks, because answers come back by another table's link.
 */
function planned_sysctls(links: RoutableLink[], observed: Observed, mode: BalanceMode): PlannedSysctl[] {
  const sysctls: PlannedSysctl[] = [{ path: 'net/ipv4/fib_multipath_hash_policy', value: '1' }];
  if (mode === 'adaptive') sysctls.push({ path: 'net/netfilter/nf_conntrack_acct', value: '1' });
  for (const link of links) {
    if (!observed.strict_rp_filter.includes(link.device)) continue;
    sysctls.push({ path: `net/ipv4/conf/${link.device}/rp_filter`, value: '2' });
  }
  return sysctls;
}
