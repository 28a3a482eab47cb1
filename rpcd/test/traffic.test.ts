import { expect, test } from 'vitest';
import {
  connections_recent,
  rate_bps,
  type Sample,
  shares_permille,
  with_sample,
} from '../src/status/traffic.ts';

const sample = (at_s: number, rx_bytes: number, connections = 0): Sample => ({
  at_ms: at_s * 1000,
  rx_bytes,
  tx_bytes: 0,
  connections,
});

test('one megabyte in a second is shown as 8 Mbit/s', () => {
  expect(rate_bps([sample(1, 0), sample(2, 1_000_000)], 'rx_bytes')).toBe(8_000_000);
});

test('no rate is shown before a second sample, and none when the counter started anew', () => {
  expect(rate_bps([sample(1, 0)], 'rx_bytes')).toBeNull();
  expect(rate_bps([sample(1, 5000), sample(2, 10)], 'rx_bytes')).toBeNull();
});

test('the share counts the connections of the last minute only', () => {
  let samples: Sample[] = [];
  for (let s = 0; s <= 300; s += 10) samples = with_sample(samples, sample(s, 0, s));
  expect(connections_recent(samples)).toBe(60);
  expect(samples.length).toBeLessThan(10);
});

test('after an hour in which nobody looked, no average of that hour is shown as the rate', () => {
  const samples = with_sample([sample(1, 0), sample(2, 1_000_000)], sample(3600, 9_000_000, 500));
  expect(rate_bps(samples, 'rx_bytes')).toBeNull();
  expect(connections_recent(samples)).toBe(0);
});

test('shares add up to the whole, and are unknown without connections', () => {
  expect(shares_permille([5, 3, 1])).toEqual([556, 333, 111]);
  expect(shares_permille([0, 0])).toEqual([null, null]);
});
