import { expect, test } from 'vitest';
import {
  type BoundedPareto,
  heavy_tailed_arrivals,
  pareto_mean,
  pareto_quantile,
  seeded,
  shuffled,
  small_arrivals,
} from './arrivals.ts';
import { mean, percentile, standard_deviation, sum } from './statistics.ts';

const SIZES: BoundedPareto = { shape: 1.3, smallest: 90e3, largest: 10e6 };

test('the same seed gives the same traffic, another one gives another', () => {
  const of_seed = (seed: number) => heavy_tailed_arrivals(SIZES, 0.7, 1e6, 20, seeded(seed));
  expect(of_seed(1)).toEqual(of_seed(1));
  expect(of_seed(1)).not.toEqual(of_seed(2));
});

test('random numbers are even', () => {
  const random = seeded(3);
  const values = Array.from({ length: 20_000 }, random);
  expect(mean(values)).toBeCloseTo(0.5, 2);
  expect(standard_deviation(values)).toBeCloseTo(Math.sqrt(1 / 12), 2);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
});

test('shuffling keeps every value and moves most of them', () => {
  const values = Array.from({ length: 100 }, (_, index) => index);
  const mixed = shuffled(values, seeded(1));
  expect([...mixed].sort((a, b) => a - b)).toEqual(values);
  expect(mixed.filter((value, index) => value === index).length).toBeLessThan(10);
});

test('sizes lie within their bounds and have the mean of the distribution', () => {
  const count = 50_000;
  const sizes = Array.from({ length: count }, (_, index) => pareto_quantile(SIZES, (index + 0.5) / count));
  expect(sizes[0]).toBeCloseTo(SIZES.smallest, -2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(SIZES.largest);
  expect(mean(sizes) / pareto_mean(SIZES)).toBeCloseTo(1, 2);
});

test('a tenth of the downloads is nearly half of the bytes', () => {
  const sizes = heavy_tailed_arrivals(SIZES, 0.7, 4e6, 1000, seeded(1)).map(({ bytes }) => bytes);
  const limit = percentile(sizes, 0.9);
  expect(sum(sizes.filter(bytes => bytes > limit)) / sum(sizes)).toBeGreaterThan(0.4);
});

test('the downloads ask for exactly the load, at moments of a Poisson process', () => {
  const [load, capacity, duration_s] = [0.7, 4e6, 1000];
  const arrivals = heavy_tailed_arrivals(SIZES, load, capacity, duration_s, seeded(1));
  expect(sum(arrivals.map(({ bytes }) => bytes)) / (capacity * duration_s)).toBeCloseTo(load, 2);
  const gaps = arrivals.slice(1).map(({ at_s }, index) => at_s - (arrivals[index]?.at_s ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  // Exponential gaps have the standard deviation of their mean.
  expect(standard_deviation(gaps) / mean(gaps)).toBeCloseTo(1, 1);
});

test('small connections come at their rate', () => {
  const arrivals = small_arrivals(5, [1000, 4000], 1000, seeded(1));
  expect(arrivals.length / 1000).toBeCloseTo(5, 0);
  expect(mean(arrivals.map(({ bytes }) => bytes))).toBeCloseTo(2500, -2);
});
