/**
 * Slot numbers: which mark and which routing table a link has.
 *
 * A slot must not change while connections carry it in their mark, so it does not follow the order of the
 * configuration: a link keeps its slot, and a new one takes the lowest that nobody has had. The slot of a link
 * that is gone stays reserved, because its connections may still live; it is given away only when there is no
 * other.
 */

/**
 * Slots by link name: of the links that are present, and of links that are gone. `slots_max` must be at least the
 * number of those present.
 */
export function assign_slots(
  present: string[],
  previous: Record<string, number>,
  slots_max: number,
): Record<string, number> {
  const slots: Record<string, number> = {};
  const taken: Record<string, boolean> = {};
  const known = present.concat(Object.keys(previous).filter(name => !present.includes(name)));
  for (const name of known) {
    const slot = previous[name] ?? 0;
    if (slot < 1 || slot > slots_max || (taken[`${slot}`] ?? false)) continue;
    slots[name] = slot;
    taken[`${slot}`] = true;
  }

  const gone = Object.keys(slots).filter(name => !present.includes(name));
  for (const name of present) {
    if (Object.hasOwn(slots, name)) continue;
    let slot = 1;
    while (slot <= slots_max && (taken[`${slot}`] ?? false)) slot += 1;
    if (slot > slots_max) {
      const oldest = gone.shift() ?? '';
      slot = slots[oldest] ?? 0;
      delete slots[oldest];
    }
    slots[name] = slot;
    taken[`${slot}`] = true;
  }
  return slots;
}
