/** Lengths of time in words. */

import { _, fill } from '../translate.ts';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** Two units at most: 8 s, 5 min, 2 h 5 min, 3 d 4 h. */
export function age_text(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE_S) return fill(_('%s s'), whole);
  if (whole < HOUR_S) return fill(_('%s min'), Math.floor(whole / MINUTE_S));
  if (whole < DAY_S) {
    return two_units(
      _('%s h'),
      Math.floor(whole / HOUR_S),
      _('%s min'),
      Math.floor((whole % HOUR_S) / MINUTE_S),
    );
  }
  return two_units(_('%s d'), Math.floor(whole / DAY_S), _('%s h'), Math.floor((whole % DAY_S) / HOUR_S));
}

function two_units(large_template: string, large: number, small_template: string, small: number): string {
  const text = fill(large_template, large);
  return small === 0 ? text : `${text} ${fill(small_template, small)}`;
}
