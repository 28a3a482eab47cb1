import { expect, test } from 'vitest';
import { each_way_permille, recovery_ms } from './recovery.ts';

/** One attempt each 100 ms from 1000 on: `.` works, `x` fails. */
function attempts(text: string): Array<{ at_ms: number; error: string | null }> {
  return [...text].map((sign, index) => ({
    at_ms: 1000 + 100 * index,
    error: sign === 'x' ? 'timeout' : null,
  }));
}

test.each([
  ['nothing fails', '..........', 0],
  ['all fail for a while', '..xxx......', 400],
  ['some get through before it is over', '..x..x.......', 500],
  ['it happens again, but later than was asked for', '..x......x', 200],
  ['what failed before does not count', 'x.........', 0],
  ['the end comes too soon to tell', '..xxx....', null],
  ['nothing works', '..xxxxxxxxxxxx', null],
])('recovery when %s', (_what, text, expected) => {
  expect(recovery_ms(attempts(text), 1100, 500)).toBe(expected);
});

test('loss of round trips is that of both ways together', () => {
  for (const share of [0.01, 0.05, 0.2, 0.6]) {
    const way = each_way_permille(share) / 1000;
    expect(1 - (1 - way) ** 2).toBeCloseTo(share, 2);
  }
});
