import { expect, test } from 'vitest';
import { maximum, mean, median, minimum, percentile, standard_deviation, sum } from './statistics.ts';

test('percentiles lie between the two nearest values, whatever the order', () => {
  expect(percentile([40, 10, 30, 20], 0.5)).toBe(25);
  expect(percentile([40, 10, 30, 20], 0.95)).toBeCloseTo(38.5);
  expect(minimum([3, 1, 2])).toBe(1);
  expect(maximum([3, 1, 2])).toBe(3);
  expect(median([5])).toBe(5);
});

test('the standard deviation is that of a sample', () => {
  expect(standard_deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7));
  expect(standard_deviation([1])).toBe(0);
});

test('an empty row has no mean', () => {
  expect(mean([])).toBeNaN();
  expect(percentile([], 0.5)).toBeNaN();
  expect(sum([])).toBe(0);
});
