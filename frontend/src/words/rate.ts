/** Rates and amounts in words. */

import { _, fill } from '../translate.ts';

/** Bits per second with three digits, `–` when unknown: 812 kbit/s, 7.94 Mbit/s, 31.2 Mbit/s. */
export function rate_text(bps: number | null): string {
  return scaled(bps, [_('%s bit/s'), _('%s kbit/s'), _('%s Mbit/s'), _('%s Gbit/s')]);
}

/** The same for amounts of data: 812 kB, 7.94 GB. */
export function bytes_text(bytes: number | null): string {
  return scaled(bytes, [_('%s B'), _('%s kB'), _('%s MB'), _('%s GB'), _('%s TB')]);
}

/** In the unit that leaves at most three digits before the point; each is a thousand of the one before. */
function scaled(value: number | null, units: string[]): string {
  if (value === null) return '–';
  let at = 0;
  // The limit is where three digits would round up to 1000.
  for (; value >= 999.5 && at < units.length - 1; at++) value /= 1000;
  return fill(units[at] ?? '', at === 0 ? Math.round(value) : three_digits(value));
}

function three_digits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** 1/1000 as whole percent, `–` when unknown. */
export function percent_text(permille: number | null): string {
  return permille === null ? '–' : fill(_('%s%'), Math.round(permille / 10));
}
