/**
 * The links' devices, from the kernel: netifd is told late of one that is gone, and says nothing of carrier for
 * interfaces with `force_link`, which static ones have by default.
 */

import type { FilePlatform } from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import type { InterfaceState } from '../plan/types.ts';

/** Notes in `interfaces` which of the links' devices are gone, and which are without carrier. */
export function note_devices(
  platform: FilePlatform,
  config: Config,
  interfaces: Record<string, InterfaceState>,
): void {
  for (const link of config.link) {
    const state = interfaces[link.interface] ?? null;
    if (state === null || state.device === null) continue;
    if (platform.read_file(`/sys/class/net/${state.device}/ifindex`) === null) {
      state.up = false;
      state.device = null;
      continue;
    }
    // Of a device that is not up there is nothing to read: netifd tells of that.
    const carrier = platform.read_file(`/sys/class/net/${state.device}/carrier`);
    state.carrier = carrier === null || carrier.trim() !== '0';
  }
}
