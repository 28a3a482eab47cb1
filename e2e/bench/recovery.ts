/** How long something that is tried again and again did not work. */

import type { Attempt } from '../lab/traffic.ts';

/**
 * Milliseconds from `since_ms` to the start of the first attempt after which none fails for `steady_ms` more; 0 when
 * none failed at all, null when the attempts end before that can be said. `attempts` in the order of their start.
 */
export function recovery_ms(
  attempts: Pick<Attempt, 'at_ms' | 'error'>[],
  since_ms: number,
  steady_ms: number,
): number | null {
  let from_ms = since_ms;
  let failed = false;
  for (const { at_ms, error } of attempts) {
    if (at_ms < since_ms) continue;
    if (error !== null) {
      failed = true;
      continue;
    }
    if (failed) from_ms = at_ms;
    failed = false;
    if (at_ms >= from_ms + steady_ms) return from_ms - since_ms;
  }
  return null;
}

/** Loss in each direction, in 1/1000, with which this share of round trips (0 to 1) is lost. */
export function each_way_permille(round_trips: number): number {
  return Math.round(1000 * (1 - Math.sqrt(1 - round_trips)));
}
