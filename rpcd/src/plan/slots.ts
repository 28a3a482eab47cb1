/**
 * Slot numbers: which mark and which routing table a link has.
 *
 * A slot must not change while connections carry it in their mark, so it does not follow the order of the
 * configuration: a link keeps its slot, and a new one takes the lowest free slot.
 */

import type { Link } from '../config/schema.gen.ts';

/** Slots by link name for exactly these links. `slots_max` must be at least their number. */
export function assign_slots(
  links: Link[],
  previous: Record<string, number>,
  slots_max: number,
): Record<string, number> {
  const slots: Record<string, number> = {};
  const taken: Record<string, boolean> = {};
  for (const link of links) {
    const slot = previous[link.name] ?? 0;
    if (slot < 1 || slot > slots_max || (taken[`${slot}`] ?? false)) continue;
    slots[link.name] = slot;
    taken[`${slot}`] = true;
  }
  let next = 1;
  for (const link of links) {
    if (Object.hasOwn(slots, link.name)) continue;
    while (taken[`${next}`] ?? false) next += 1;
    slots[link.name] = next;
    taken[`${next}`] = true;
  }
  return slots;
}
