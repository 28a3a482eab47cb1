/** What the graph of the last 24 hours draws, and what it says to those who do not see it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistoryReply } from '../../rpcd/src/rpc.ts';
import { chart_of } from '../src/components/history_chart.tsx';
import { history_text, interval_text } from '../src/words/history.ts';

/** The last intervals of half an hour each: 48 a day. */
function history(...values: [latency_ms: number | null, loss_permille: number | null][]): HistoryReply {
  return {
    interval_s: 1800,
    latency_ms: values.map(([latency_ms]) => latency_ms),
    loss_permille: values.map(([, loss_permille]) => loss_permille),
    events: [],
  };
}

describe('the graph', () => {
  test('ends now, at the right edge', () => {
    const { width, line } = chart_of(history([5, 0], [10, 0], [10, 0], [0, 0]));
    expect(width).toBe(48);
    expect(line).toBe('M44 50H45V0H47V100H48');
  });

  test('is interrupted where nothing was answered, and shaded where nothing was probed', () => {
    const { line, area, loss, gaps } = chart_of(history([5, 0], [null, 1000], [null, null], [5, 500]));
    expect(line).toBe('M44 50H45M47 50H48');
    expect(area).toBe('M44 100V50H45V100ZM47 100V50H48V100Z');
    expect(loss).toBe('M44 100V100H45V0H46V100ZM47 100V50H48V100Z');
    expect(gaps).toBe('M0 100V0H44V100ZM46 100V0H47V100Z');
  });

  test('shows the least loss there is', () => {
    expect(chart_of(history([5, 1])).loss).toBe('M47 100V97H48V100Z');
  });

  test.each([
    [[], 10],
    [[0, 1], 10],
    [[10], 10],
    [[11], 20],
    [[21], 50],
    [[51], 100],
    [[700], 1000],
    [[60_000], 100_000],
  ])('of %j ms goes up to %s ms', (latencies_ms, scale_ms) => {
    expect(chart_of(history(...latencies_ms.map((ms): [number, number] => [ms, 0]))).scale_ms).toBe(scale_ms);
  });

  test('is not flattened by a single spike', () => {
    const calm = Array.from({ length: 40 }, (): [number, number] => [12, 0]);
    const { scale_ms, line } = chart_of(history(...calm, [3000, 0]));
    expect(scale_ms).toBe(50);
    expect(line).toBe('M7 76H47V0H48');
  });

  test('stays within its frame, whatever there is', () => {
    const latency_ms = fc.oneof({ weight: 9, arbitrary: fc.nat(20) }, fc.nat(65_534));
    const value = fc.tuple(fc.option(latency_ms, { freq: 9 }), fc.option(fc.nat(1000)));
    fc.assert(
      fc.property(fc.array(value, { minLength: 30, maxLength: 48 }), values => {
        const { line, area, loss, gaps } = chart_of(history(...values));
        for (const path of [line, area, loss, gaps]) {
          expect(path).toMatch(/^(M\d+ [\d.]+([HV][\d.]+)*Z?)*$/);
          for (const [, x] of path.matchAll(/[MH](\d+)/g)) expect(Number(x)).toBeLessThanOrEqual(48);
          for (const [, y] of path.matchAll(/[V ]([\d.]+)/g)) expect(Number(y)).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});

describe('the graph in words', () => {
  test('how long it was probed, latency and loss', () => {
    expect(history_text(history([10, 0], [null, null], [31, 20], [10, 0]))).toBe(
      'In 1 h 30 min: 17 ms on average, 31 ms at most, 0.7% lost',
    );
  });

  test('nothing but loss', () => {
    expect(history_text(history([null, 1000]))).toBe('In 30 min: no probe was answered, 100% lost');
  });

  test('nothing at all', () => {
    expect(history_text(history([null, null]))).toBeNull();
  });

  test('one interval', () => {
    expect([interval_text(12, 4), interval_text(null, 1000), interval_text(null, null)]).toEqual([
      '12 ms, 0.4% lost',
      '100% lost',
      'not probed',
    ]);
  });
});
