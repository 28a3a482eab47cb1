/** What the firewall's configuration means for us. */

import type { UciPlatform } from '../../platform/platform.ts';

/** Packets of established connections bypass all nft chains. */
export function flow_offloading(platform: UciPlatform): boolean {
  const sections = platform.uci_read('firewall') ?? [];
  const defaults = sections.find(section => section.type === 'defaults') ?? null;
  const value = defaults === null ? '' : (defaults.options.flow_offloading ?? '');
  return typeof value === 'string' && ['1', 'on', 'true', 'yes'].includes(value);
}
