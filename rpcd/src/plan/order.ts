/**
 * Smooth weighted round-robin: an order in which every link comes as often as its weight says, spread out as
 * evenly as possible, so that the shares are right after every few connections and not only after a whole round.
 * The method is the one nginx uses for upstream servers.
 */

/** Longest order; larger weights are scaled down to it, each link keeping at least one turn. */
export const TURNS_MAX = 256;

/** Indexes into `weights`, one for each turn. Empty without links. */
export function weighted_order(weights: number[]): number[] {
  const turns = reduced(weights);
  const total = turns.reduce((sum, count) => sum + count, 0);
  const credit = turns.map(() => 0);
  const order: number[] = [];
  for (let turn = 0; turn < total; turn++) {
    let best = 0;
    for (const [index, count] of turns.entries()) {
      credit[index] = (credit[index] ?? 0) + count;
      if ((credit[index] ?? 0) > (credit[best] ?? 0)) best = index;
    }
    credit[best] = (credit[best] ?? 0) - total;
    order.push(best);
  }
  return order;
}

/** Turns of each link in one round: the weights without their common divisor, at most TURNS_MAX in all. */
function reduced(weights: number[]): number[] {
  const divisor = weights.reduce(greatest_common_divisor, 0);
  if (divisor === 0) return [];
  const turns = weights.map(weight => Math.floor(weight / divisor));
  const total = turns.reduce((sum, count) => sum + count, 0);
  if (total <= TURNS_MAX) return turns;
  const scaled = turns.map(count => Math.max(1, Math.floor((count * TURNS_MAX) / total)));
  const again = scaled.reduce(greatest_common_divisor, 0);
  return scaled.map(count => Math.floor(count / again));
}

function greatest_common_divisor(a: number, b: number): number {
  return b === 0 ? a : greatest_common_divisor(b, a % b);
}
