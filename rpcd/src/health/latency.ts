/**
 * Latencies by which links are compared. One follows what is measured only when that has been another one for a
 * while: otherwise connections would go now to this link and now to that one of two that are about as quick. Pure.
 */

/** It is another one from this difference on, in both. */
const DIFFERENCE_PERCENT = 20;
const DIFFERENCE_MS = 5;
/** Less than the daemon's safety interval, in which this is looked at. */
const WHILE_MS = 25000;

export interface SettledLatency {
  latency_ms: number;
  /** Since when another one is measured; null: none is. */
  since_ms: number | null;
}

/** `measured_ms`: null without an answer. Null until there has been one. */
export function settled_latency(
  before: SettledLatency | null,
  measured_ms: number | null,
  now_ms: number,
): SettledLatency | null {
  if (measured_ms === null) return before;
  if (before === null) return { latency_ms: measured_ms, since_ms: null };
  const { latency_ms } = before;
  const difference = Math.abs(measured_ms - latency_ms);
  const smaller = Math.min(measured_ms, latency_ms);
  if (difference < DIFFERENCE_MS || difference * 100 < smaller * DIFFERENCE_PERCENT) {
    return { latency_ms, since_ms: null };
  }
  const since_ms = before.since_ms ?? now_ms;
  return now_ms - since_ms >= WHILE_MS
    ? { latency_ms: measured_ms, since_ms: null }
    : { latency_ms, since_ms };
}
