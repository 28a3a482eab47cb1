/**
 * What a link's pings mean. A pure function of replies and time: it knows nothing of processes or routing.
 *
 * One address is pinged at a time. When it falls silent the next one is tried, and only when that stays silent
 * too is the link dead, so that one address that does not answer is not taken for a dead link.
 */

import type { Verdict } from '../plan/types.ts';

export const PROBE_INTERVAL_MS = 1000;
/** Silence after which the next address is tried. */
export const ROTATE_AFTER_MS = 2500;
/** Silence after which the link is dead. */
export const DEAD_AFTER_MS = 5000;
/** Replies in a row that bring a dead link back. */
export const RISE_REPLIES = 3;
/** A gap between replies that ends such a row. */
export const RISE_GAP_MS = 2500;

export interface ProbeState {
  verdict: Verdict;
  /** Index of the address that is pinged. */
  target: number;
  /** Since when this address is pinged, monotonic. */
  target_since_ms: number;
  /** Start of the silence: the last reply, or the start of probing. */
  silent_since_ms: number;
  replies_in_row: number;
}

export function probe_started(now_ms: number): ProbeState {
  return {
    verdict: 'unknown',
    target: 0,
    target_since_ms: now_ms,
    silent_since_ms: now_ms,
    replies_in_row: 0,
  };
}

export function probe_replied(state: ProbeState, now_ms: number): ProbeState {
  const in_row = now_ms - state.silent_since_ms <= RISE_GAP_MS ? state.replies_in_row + 1 : 1;
  const alive = state.verdict !== 'dead' || in_row >= RISE_REPLIES;
  return {
    verdict: alive ? 'alive' : 'dead',
    target: state.target,
    target_since_ms: state.target_since_ms,
    silent_since_ms: now_ms,
    replies_in_row: in_row,
  };
}

/** Time that does not count as silence. */
export function probe_paused(state: ProbeState, pause_ms: number): ProbeState {
  return {
    verdict: state.verdict,
    target: state.target,
    target_since_ms: state.target_since_ms + pause_ms,
    silent_since_ms: state.silent_since_ms + pause_ms,
    replies_in_row: state.replies_in_row,
  };
}

/** To be called about once a probe interval. */
export function probe_ticked(state: ProbeState, now_ms: number, targets: number): ProbeState {
  const silent_ms = now_ms - state.silent_since_ms;
  const rotate = silent_ms >= ROTATE_AFTER_MS && now_ms - state.target_since_ms >= ROTATE_AFTER_MS;
  return {
    verdict: silent_ms >= DEAD_AFTER_MS ? 'dead' : state.verdict,
    target: rotate ? (state.target + 1) % targets : state.target,
    target_since_ms: rotate ? now_ms : state.target_since_ms,
    silent_since_ms: state.silent_since_ms,
    replies_in_row: silent_ms > RISE_GAP_MS ? 0 : state.replies_in_row,
  };
}
