/** A link as the daemon routes over it. */

import type { RoutableLink } from '../src/plan/types.ts';

export function routable(name: string, slot: number, more: Partial<RoutableLink> = {}): RoutableLink {
  return {
    name,
    slot,
    device: `eth${slot}`,
    weight: 1,
    tier: 1,
    latency_ms: null,
    networks: [],
    usable: true,
    ip4: { address: `100.64.${slot}.2`, gateway: `100.64.${slot}.1`, use: 'yes' },
    ip6: { address: `2001:db8:${slot}::2`, gateway: 'fe80::1', use: 'yes' },
    prefixes: [],
    own_prefixes: [],
    nat6: 'masquerade',
    exit: '',
    dns: [],
    lan_address6: null,
    translations: [],
    ...more,
  };
}
