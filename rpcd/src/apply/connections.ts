/** Making the kernel forget the connections of a link. */

import type { DaemonPlatform } from '../../platform/platform.ts';
import { type Family, LONG_NAMES } from '../net/address.ts';
import { type MarkLayout, mark_text, pinned_mark } from '../plan/marks.ts';
import type { RoutableLink } from '../plan/types.ts';

/** OpenWrt's kernel forgets the connections of an address that is written here. */
const TABLE_FILE = '/proc/net/nf_conntrack';

/**
 * Their next packets start new connections, on links of their own. With `conntrack` (not a dependency) exactly
 * those pinned to the link; otherwise all with an address of the router on the link.
 */
export function forget_connections(
  platform: DaemonPlatform,
  link: RoutableLink,
  families: Family[],
  layout: MarkLayout,
): void {
  const mark = `${mark_text(pinned_mark(layout, link.slot))}/${mark_text(layout.mask)}`;
  let failed = false;
  for (const family of families) {
    if (link[family] === null) continue;
    const { code } = platform.run(['conntrack', '-D', '-f', LONG_NAMES[family], '-m', mark]);
    // 1: there was none.
    if (code !== 0 && code !== 1) failed = true;
  }
  if (!failed) return;
  for (const family of families) {
    const address = link[family]?.address ?? null;
    if (address !== null) platform.write_proc(TABLE_FILE, `${address}\n`);
  }
}
