/** Traffic made of chance, the same for the same seed: who starts which download when. */

/** Even numbers from 0 (inclusive) to 1 (exclusive): mulberry32, https://github.com/bryc/code (PRNGs.md). */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fisher and Yates. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** Time to the next event of a Poisson process, in the unit of 1 / `rate`. */
export function exponential(rate: number, random: Random): number {
  return -Math.log(1 - random()) / rate;
}

/** Heavy-tailed sizes: many small, few large, the large ones most of the bytes. */
export interface BoundedPareto {
  shape: number;
  smallest: number;
  largest: number;
}

/** The value below which `share` (0 to 1) of the distribution lies. */
export function pareto_quantile({ shape, smallest, largest }: BoundedPareto, share: number): number {
  return smallest * (1 - share * (1 - (smallest / largest) ** shape)) ** (-1 / shape);
}

/** `shape` other than 1. */
export function pareto_mean({ shape, smallest, largest }: BoundedPareto): number {
  const ratio = smallest / largest;
  return ((shape / (shape - 1)) * smallest * (1 - ratio ** (shape - 1))) / (1 - ratio ** shape);
}

export interface Arrival {
  at_s: number;
  bytes: number;
}

/**
 * Poisson arrivals of heavy-tailed downloads that together ask for `load` (0 to 1) of `capacity` bytes per second
 * over `duration_s`. Not left to chance is what would make two sequences of the same load differ by half: the
 * number of downloads is the expected one (arrival times of a Poisson process are then even draws), and sizes are
 * the distribution's evenly spaced quantiles in random order.
 */
export function heavy_tailed_arrivals(
  sizes: BoundedPareto,
  load: number,
  capacity: number,
  duration_s: number,
  random: Random,
): Arrival[] {
  const count = Math.round((load * capacity * duration_s) / pareto_mean(sizes));
  const quantiles = Array.from({ length: count }, (_, index) =>
    Math.round(pareto_quantile(sizes, (index + 0.5) / count)),
  );
  return shuffled(quantiles, random)
    .map(bytes => ({ at_s: random() * duration_s, bytes }))
    .sort((a, b) => a.at_s - b.at_s);
}

/** Poisson arrivals of downloads between `smallest` and `largest` bytes, evenly drawn. */
export function small_arrivals(
  rate_per_s: number,
  [smallest, largest]: [number, number],
  duration_s: number,
  random: Random,
): Arrival[] {
  const arrivals: Arrival[] = [];
  for (
    let at_s = exponential(rate_per_s, random);
    at_s < duration_s;
    at_s += exponential(rate_per_s, random)
  ) {
    arrivals.push({ at_s, bytes: Math.round(smallest + random() * (largest - smallest)) });
  }
  return arrivals;
}
