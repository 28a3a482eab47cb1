/**
 * Live rates and shares from counters that the kernel keeps anyway. Samples are taken when somebody asks, so a
 * router whose page nobody looks at spends nothing on them. Pure.
 */

/** Shortest time over which a rate is worth showing. */
export const SAMPLE_INTERVAL_MS = 900;
/** Time over which the share of new connections is counted. */
export const SHARE_WINDOW_MS = 60000;

export interface Sample {
  at_ms: number;
  rx_bytes: number;
  tx_bytes: number;
  /** Connections that have left by the link. */
  connections: number;
}

/** Samples of one link, oldest first, including one at or before the start of the window. */
export function with_sample(samples: Sample[], sample: Sample): Sample[] {
  const start_ms = sample.at_ms - SHARE_WINDOW_MS;
  const first_inside = samples.findIndex(old => old.at_ms > start_ms);
  // Nobody asked for a whole window: the last sample is too old to compare with.
  if (first_inside < 0) return [sample];
  const kept = samples.slice(Math.max(0, first_inside - 1));
  kept.push(sample);
  return kept;
}

export function sample_due(samples: Sample[], now_ms: number): boolean {
  const last = samples[samples.length - 1] ?? null;
  return last === null || now_ms - last.at_ms >= SAMPLE_INTERVAL_MS;
}

/** Bits per second between the last two samples; null without two, or when a counter started anew. */
export function rate_bps(samples: Sample[], counter: 'rx_bytes' | 'tx_bytes'): number | null {
  const last = samples[samples.length - 1] ?? null;
  const before = samples[samples.length - 2] ?? null;
  if (last === null || before === null) return null;
  const bytes = last[counter] - before[counter];
  const elapsed_ms = last.at_ms - before.at_ms;
  return bytes < 0 || elapsed_ms <= 0 ? null : Math.floor((bytes * 8000) / elapsed_ms);
}

/** Connections within the window. */
export function connections_recent(samples: Sample[]): number {
  const first = samples[0] ?? null;
  const last = samples[samples.length - 1] ?? null;
  return first === null || last === null ? 0 : last.connections - first.connections;
}

/** Each link's share in 1/1000, null for all when there were no connections. */
export function shares_permille(recent: number[]): (number | null)[] {
  const total = recent.reduce((sum, count) => sum + count, 0);
  return recent.map(count => (total > 0 ? Math.round((count * 1000) / total) : null));
}
