/** Rates in words. */

import { _, fill } from '../translate.ts';

/** Bits per second with three digits, `–` when unknown: 812 kbit/s, 7.94 Mbit/s, 31.2 Mbit/s. */
export function rate_text(bps: number | null): string {
  if (bps === null) return '–';
  // The limit is where three digits would round up to 1000.
  if (bps < 999.5) return fill(_('%s bit/s'), Math.round(bps));
  if (bps < 999_500) return fill(_('%s kbit/s'), three_digits(bps / 1e3));
  if (bps < 999_500_000) return fill(_('%s Mbit/s'), three_digits(bps / 1e6));
  return fill(_('%s Gbit/s'), three_digits(bps / 1e9));
}

function three_digits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** 1/1000 as whole percent, `–` when unknown. */
export function percent_text(permille: number | null): string {
  return permille === null ? '–' : fill(_('%s%'), Math.round(permille / 10));
}
