/** What a row of numbers says. All of these give NaN for an empty row. */

export function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values: number[]): number {
  return sum(values) / values.length;
}

/** Linear between the two nearest values; `share` from 0 (smallest) to 1 (largest). */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: number[]): number {
  return percentile(values, 0.5);
}

/** Of a sample, that is with n − 1; 0 for a single value. */
export function standard_deviation(values: number[]): number {
  if (values.length === 1) return 0;
  const middle = mean(values);
  return Math.sqrt(sum(values.map(value => (value - middle) ** 2)) / (values.length - 1));
}

export function minimum(values: number[]): number {
  return percentile(values, 0);
}

export function maximum(values: number[]): number {
  return percentile(values, 1);
}
