/** Reverse path filtering: which links' devices would drop answers that another table routes. */

import type { FilePlatform } from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import type { InterfaceState } from '../plan/types.ts';

/**
 * Devices of links that filter strictly, or did before we changed it (`changed`: sysctls of ours, by path). The
 * kernel takes the higher of the device's value and that of `all`: 0 off, 1 strict, 2 loose.
 */
export function strict_rp_filter_devices(
  platform: FilePlatform,
  config: Config,
  interfaces: Record<string, InterfaceState>,
  changed: Record<string, string>,
): string[] {
  const all = rp_filter(platform, 'all');
  const devices: string[] = [];
  for (const link of config.link) {
    const device = interfaces[link.interface]?.device ?? null;
    if (device === null) continue;
    const own = rp_filter(platform, device);
    const strict = own !== '2' && all !== '2' && (own === '1' || all === '1');
    if (strict || Object.hasOwn(changed, `net/ipv4/conf/${device}/rp_filter`)) devices.push(device);
  }
  return devices;
}

function rp_filter(platform: FilePlatform, device: string): string {
  return (platform.read_file(`/proc/sys/net/ipv4/conf/${device}/rp_filter`) ?? '').trim();
}
