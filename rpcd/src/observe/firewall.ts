/** What the firewall's configuration means for us. */

import type { UciPlatform } from '../../platform/platform.ts';

/** Packets of established connections bypass all nft chains; in hardware, the counters of devices as well. */
export type Offloading = 'none' | 'software' | 'hardware';

export function flow_offloading(platform: UciPlatform): Offloading {
  const sections = platform.uci_read('firewall') ?? [];
  const defaults = sections.find(section => section.type === 'defaults') ?? null;
  const is_on = (option: string) => {
    const value = defaults === null ? '' : (defaults.options[option] ?? '');
    return typeof value === 'string' && ['1', 'on', 'true', 'yes'].includes(value);
  };
  if (!is_on('flow_offloading')) return 'none';
  return is_on('flow_offloading_hw') ? 'hardware' : 'software';
}
