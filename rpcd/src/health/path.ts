/**
 * Whether one address family of a link works, from answers and time alone. A pure function of both: it knows nothing
 * of processes, sockets or routing.
 *
 * One target is asked every interval. When an answer is overdue, or other packets go out and none come in, all targets
 * are asked in quick rounds; only when none of them answers is the path dead. So a single loss, or a target that has
 * fallen silent, changes nothing, and a dead path is known within an interval and 0.7 seconds.
 *
 * How long the interval is, is decided outside. A path that `is_calm` may be asked more seldom; any other has to be
 * asked every `interval_ms`, because that is what the times and counts below are made for.
 *
 * dpinger (pfSense) judges losses over a window, too; its shortest time to an alarm is 14 seconds.
 */

import type { Verdict } from '../plan/types.ts';
import { REJECT_AFTER_S } from '../tunnels/dump.ts';

/** What counts as degraded; 0: nothing does. */
export interface Limits {
  loss_percent: number;
  latency_ms: number;
  jitter_ms: number;
}

/** Over which limit a path is. */
export type Excess = 'loss' | 'latency' | 'jitter';

/** All targets are asked, once every ROUND_MS. */
export interface Burst {
  rounds: number;
  next_ms: number;
  /** Any target has answered since. */
  answered: boolean;
  /** The steady target has. */
  steady_answered: boolean;
  /** Octets that the device had received at the start. */
  received_bytes: number;
}

export interface PathState {
  phase: 'connecting' | 'up' | 'dead';
  excess: Excess | null;
  /** When the answer of the steady target is expected. */
  expected_ms: number;
  answered_ms: number;
  /** Index of the steady target. */
  target: number;
  target_since_ms: number;
  burst: Burst | null;
  /** Answers in a row since the path was dead. */
  in_row: number;
  /** Round-trip times of the steady target in ms, LOST for a lost one, oldest first. */
  window: number[];
  /** Samples since the last loss. */
  clean: number;
  /** Smoothed round-trip time in eighths and its deviation in quarters of ms, as in RFC 6298; -1: none yet. */
  srtt_8: number;
  rttvar_4: number;
  /** How often it has become dead or degraded, less one for each FORGIVEN_MS in which it did not. */
  failures: number;
  failed_ms: number;
  /** Not before this time is it used again. */
  hold_until_ms: number;
  /** Since the last fruitless alarm from traffic none is raised for so long. */
  deaf_ms: number;
  deaf_until_ms: number;
}

const LOST = -1;

/** Between two rounds of a burst. */
const ROUND_MS = 100;
/** Least rounds of a burst. */
const ROUNDS_MIN = 4;
/** Of a burst while connecting: a tunnel's handshake takes its time. */
const CONNECT_ROUND_MS = 500;
const CONNECT_ROUNDS = 6;
/** Bounds of the time that an answer may be late. */
const WAIT_MIN_MS = 200;
const WAIT_MAX_MS = 1000;
/** Samples in the window, and how many of them there must be for a judgement. */
const WINDOW = 40;
const JUDGED_MIN = 20;
const FRESH = 4;
/** Heavy loss is seen in fewer; a line that is stuck for a moment loses six of them at most. */
const QUICK_SAMPLES = 16;
const QUICK_PERCENT = 55;
/** Answers in a row that bring a dead path back. */
const RISE = 3;
/** Longer silence ends such a row: in intervals. */
const RISE_INTERVALS = 3;
/** A dead path's steady target is changed after so many intervals. */
const ROTATE_INTERVALS = 3;
/** How long a path that has failed once, twice, … is not used: this grows with flapping. */
export const HOLD_MS = [1000, 5000, 15000, 45000, 120000];
/** A degraded one at least for so long. */
const DEGRADED_MS = 10000;
const FORGIVEN_MS = 180000;
/** Whoever receives as much as this during a burst is not dead, but too busy to answer. */
const BUSY_BYTES = 10000;
/** … for so long at most. */
const BUSY_MS = 10000;
const DEAF_MIN_MS = 1000;
const DEAF_MAX_MS = 60000;
/** WireGuard tries to renew a session for so long before it gives it up (REKEY_AFTER_TIME is 120 s). */
const RENEWED_S = 60;

/**
 * How many requests must stay unanswered before chance can be ruled out (one in a million), by the share of lost ones
 * in steps of 10 %.
 */
const ASKS = [6, 9, 12, 16, 20, 28, 39, 62, 132];

export function path_started(now_ms: number): PathState {
  return {
    phase: 'connecting',
    excess: null,
    expected_ms: now_ms,
    answered_ms: now_ms,
    target: 0,
    target_since_ms: now_ms,
    burst: burst_at(now_ms, 0),
    in_row: 0,
    window: [],
    clean: 0,
    srtt_8: -1,
    rttvar_4: 0,
    failures: 0,
    failed_ms: now_ms,
    hold_until_ms: now_ms,
    deaf_ms: 0,
    deaf_until_ms: now_ms,
  };
}

/**
 * The same path after a pause in which it was not watched: one that worked does so until it fails to answer the first
 * burst, a dead one has to answer before it is used, and held is held.
 */
export function path_resumed(before: PathState, now_ms: number, interval_ms: number): PathState {
  return {
    ...path_started(now_ms),
    phase: before.phase,
    expected_ms: now_ms + 2 * interval_ms,
    failures: before.failures,
    failed_ms: before.failed_ms,
    hold_until_ms: before.hold_until_ms,
  };
}

/** The same path after its device was gone or without carrier: it has to answer before it is used. */
export function path_lost_device(before: PathState): PathState {
  return before.phase === 'up' ? { ...before, phase: 'connecting' } : before;
}

function burst_at(now_ms: number, received_bytes: number): Burst {
  return {
    rounds: 0,
    next_ms: now_ms,
    answered: false,
    steady_answered: false,
    received_bytes,
  };
}

/** How late an answer may be. */
export function wait_ms(state: PathState): number {
  const wait = (Math.max(0, state.srtt_8) >> 4) + state.rttvar_4 + 100;
  return Math.max(WAIT_MIN_MS, Math.min(WAIT_MAX_MS, wait));
}

export interface Answer {
  /** Null: not known, because the answer was read late. */
  rtt_ms: number | null;
  /** From the steady target. */
  steady: boolean;
  /** When the next one is expected from it; null: as before. */
  expected_ms: number | null;
}

/** An answer came. */
export function path_answered(
  state: PathState,
  now_ms: number,
  answer: Answer,
  limits: Limits,
  interval_ms: number,
): PathState {
  const next = { ...state, answered_ms: now_ms, expected_ms: answer.expected_ms ?? state.expected_ms };
  const rtt_ms = answer.rtt_ms;
  if (answer.steady && rtt_ms !== null) {
    next.window = with_sample(state.window, rtt_ms);
    next.clean = state.clean + 1;
    const first = state.srtt_8 < 0;
    const error = rtt_ms - (state.srtt_8 >> 3);
    next.srtt_8 = first ? 8 * rtt_ms : state.srtt_8 + error;
    next.rttvar_4 = first ? 2 * rtt_ms : state.rttvar_4 + Math.abs(error) - (state.rttvar_4 >> 2);
  }
  if (state.burst !== null) {
    next.burst = {
      ...state.burst,
      answered: true,
      steady_answered: state.burst.steady_answered || answer.steady,
    };
  }
  if (state.phase === 'up') return judged(next, now_ms, limits);

  const gap_ms = now_ms - state.answered_ms;
  next.in_row = gap_ms <= RISE_INTERVALS * interval_ms ? state.in_row + 1 : 1;
  if (state.phase === 'connecting' || next.in_row >= RISE) return risen(next, now_ms, interval_ms);
  // It stirs: do not wait for the steady answers.
  if (next.burst === null) next.burst = { ...burst_at(now_ms, 0), answered: true };
  return next;
}

/** Up again, unless it is held down. */
function risen(state: PathState, now_ms: number, interval_ms: number): PathState {
  if (now_ms < state.hold_until_ms) return state;
  return {
    ...state,
    phase: 'up',
    // The steady target has perhaps not been asked yet.
    expected_ms: now_ms + 2 * interval_ms,
    excess: null,
    window: [],
    in_row: 0,
    deaf_ms: 0,
    deaf_until_ms: now_ms,
  };
}

/** The steady target has been asked earlier than was said when it last answered. */
export function path_asked(state: PathState, now_ms: number): PathState {
  const expected_ms = now_ms + (Math.max(0, state.srtt_8) >> 3);
  return expected_ms < state.expected_ms ? { ...state, expected_ms } : state;
}

/** Up, and nothing in sight that would have to be looked at more closely. */
export function is_calm(state: PathState, limits: Limits): boolean {
  if (state.phase !== 'up' || state.excess !== null || state.burst !== null) return false;
  if (state.window.length < JUDGED_MIN || state.clean < QUICK_SAMPLES) return false;
  return !is_limited(limits) || excess_of(quality_of(last_of(state.window, FRESH)), limits, 50) === null;
}

/** Answers can be too slow, too. */
function is_limited({ latency_ms, jitter_ms }: Limits): boolean {
  return latency_ms > 0 || jitter_ms > 0;
}

export interface Ticked {
  state: PathState;
  /** All targets are to be asked now. */
  ask_all: boolean;
}

/**
 * To be called when `next_tick_ms` has come. `received_bytes`: what the device has received up to now, so that a
 * line too busy to answer is told from a dead one.
 */
export function path_ticked(given: PathState, now_ms: number, input: TickInput): Ticked {
  const { targets, interval_ms, received_bytes, limits } = input;
  let state = given;
  if (now_ms >= state.expected_ms + wait_ms(state)) {
    // Every interval that has passed without its answer is a loss.
    state = { ...state, expected_ms: state.expected_ms + interval_ms };
    if (state.expected_ms + wait_ms(state) < now_ms) state.expected_ms = now_ms;
    if (state.phase === 'up') {
      state.window = with_sample(state.window, LOST);
      state.clean = 0;
      state = judged(state, now_ms, limits);
      if (state.burst === null) state.burst = burst_at(now_ms, received_bytes);
    }
  }
  if (state.phase !== 'up' && state.in_row > 0) {
    if (now_ms - state.answered_ms > RISE_INTERVALS * interval_ms) state = { ...state, in_row: 0 };
    if (state.in_row >= RISE) state = risen(state, now_ms, interval_ms);
  }
  if (state.phase === 'dead' && targets > 1) {
    const silent_ms = now_ms - Math.max(state.answered_ms, state.target_since_ms);
    if (silent_ms >= ROTATE_INTERVALS * interval_ms) state = rotated(state, now_ms, targets);
  }
  const burst = state.burst;
  if (burst === null || now_ms < burst.next_ms) return { state, ask_all: false };

  const connecting = state.phase === 'connecting';
  const needed = connecting ? CONNECT_ROUNDS : rounds_needed(state, targets);
  // Rounds that go on after an answer measure the loss; who has just been found to work needs no measuring yet.
  const enough = state.phase === 'up' && state.window.length < FRESH ? 1 : ROUNDS_MIN;
  if (burst.rounds < needed && !(burst.answered && burst.rounds >= enough)) {
    const rounds = burst.rounds + 1;
    const pause_ms = connecting ? CONNECT_ROUND_MS : rounds < needed ? ROUND_MS : wait_ms(state);
    return { state: { ...state, burst: { ...burst, rounds, next_ms: now_ms + pause_ms } }, ask_all: true };
  }
  return {
    state: burst_ended(state, burst, now_ms, input),
    ask_all: false,
  };
}

export interface TickInput {
  targets: number;
  interval_ms: number;
  received_bytes: number;
  limits: Limits;
}

function burst_ended(state: PathState, burst: Burst, now_ms: number, input: TickInput): PathState {
  if (burst.answered) {
    const ended = { ...state, burst: null };
    // The steady target is silent while others answer: that is its own affair.
    if (state.phase !== 'up' || burst.steady_answered || input.targets < 2) return ended;
    const lost = Math.min(ended.window.length, burst.rounds + 1);
    ended.window = ended.window.slice(0, ended.window.length - lost);
    return rotated(ended, now_ms, input.targets);
  }
  const busy = input.received_bytes - burst.received_bytes >= BUSY_BYTES;
  if (state.phase === 'up' && busy && now_ms - state.answered_ms < BUSY_MS + input.interval_ms) {
    return { ...state, burst: burst_at(now_ms, input.received_bytes) };
  }
  const ended = { ...state, burst: null };
  return state.phase === 'dead' ? { ...ended, in_row: 0 } : died(ended, now_ms);
}

/** An answer is overdue in the other address family: all targets are asked at once. */
export function path_alerted(state: PathState, now_ms: number, received_bytes: number): PathState {
  if (state.phase !== 'up' || state.burst !== null) return state;
  return { ...state, burst: burst_at(now_ms, received_bytes) };
}

/** Packets of others go out and none come in: the same, but not time and again for something that is not to answer. */
export function path_suspected(state: PathState, now_ms: number, received_bytes: number): PathState {
  const alerted = path_alerted(state, now_ms, received_bytes);
  return alerted === state || now_ms < state.deaf_until_ms ? state : deafened(alerted, now_ms);
}

function deafened(state: PathState, now_ms: number): PathState {
  const deaf_ms = state.deaf_ms === 0 ? DEAF_MIN_MS : Math.min(DEAF_MAX_MS, 2 * state.deaf_ms);
  return { ...state, deaf_ms, deaf_until_ms: now_ms + deaf_ms };
}

/** Packets come in. A dead path is asked at once, because they may be a tunnel's handshake; that alone proves nothing. */
export function path_flows(state: PathState, now_ms: number): PathState {
  if (state.phase !== 'dead') return state.deaf_ms === 0 ? state : { ...state, deaf_ms: 0 };
  if (state.burst !== null || state.in_row > 0 || now_ms < state.deaf_until_ms) return state;
  return deafened({ ...state, burst: burst_at(now_ms, 0) }, now_ms);
}

/**
 * A tunnel's last handshake was so long ago. When its session has run out since the last answer, WireGuard has tried in
 * vain to renew it for a minute, and nothing can get through: the burst need not be waited for. A session that ran out
 * in a pause says nothing, for the next packet makes a new one; nor does one that lives.
 */
export function path_handshake(state: PathState, now_ms: number, age_s: number): PathState {
  if (state.phase !== 'up' || state.burst === null || state.burst.answered) return state;
  const silent_s = Math.ceil((now_ms - state.answered_ms) / 1000);
  const ran_out = age_s > REJECT_AFTER_S && age_s - silent_s <= REJECT_AFTER_S && silent_s < RENEWED_S;
  return ran_out ? died({ ...state, burst: null }, now_ms) : state;
}

/** The steady target was asked by a burst and did not answer in time. */
export function path_lost(state: PathState, now_ms: number, limits: Limits): PathState {
  if (state.phase !== 'up') return state;
  return judged({ ...state, window: with_sample(state.window, LOST), clean: 0 }, now_ms, limits);
}

/** When `path_ticked` is to be called next. */
export function next_tick_ms(state: PathState): number {
  const overdue_ms = state.expected_ms + wait_ms(state);
  const held_ms = state.phase !== 'up' && state.in_row >= RISE ? state.hold_until_ms : overdue_ms;
  const due_ms = Math.min(overdue_ms, held_ms);
  return state.burst === null ? due_ms : Math.min(due_ms, state.burst.next_ms);
}

export function path_verdict(state: PathState, now_ms: number): Verdict {
  if (state.phase === 'connecting') return 'unknown';
  if (state.phase === 'up') return state.excess === null ? 'alive' : 'degraded';
  return state.in_row >= RISE && now_ms < state.hold_until_ms ? 'held' : 'dead';
}

export interface Quality {
  /** Null without a single answer. */
  latency_ms: number | null;
  jitter_ms: number | null;
  loss_permille: number;
}

/** Null without samples. */
export function path_quality(state: PathState): Quality | null {
  return state.window.length === 0 ? null : quality_of(state.window);
}

/** Of at least one sample. */
function quality_of(window: number[]): Quality {
  let lost = 0;
  let sum_ms = 0;
  let change_ms = 0;
  let last_ms: number | null = null;
  for (const sample of window) {
    if (sample === LOST) {
      lost += 1;
    } else {
      sum_ms += sample;
      if (last_ms !== null) change_ms += Math.abs(sample - last_ms);
      last_ms = sample;
    }
  }
  const answered = window.length - lost;
  return {
    latency_ms: answered === 0 ? null : Math.round(sum_ms / answered),
    jitter_ms: answered === 0 ? null : Math.round(change_ms / Math.max(1, answered - 1)),
    loss_permille: Math.round((1000 * lost) / window.length),
  };
}

/** Over a limit, or under it again: well under, and not sooner than it is held. */
function judged(state: PathState, now_ms: number, limits: Limits): PathState {
  const { window } = state;
  if (window.length < JUDGED_MIN) return state;
  // As nearly always.
  if (state.excess === null && !is_limited(limits) && state.clean >= window.length) return state;
  const quality = quality_of(window);
  if (state.excess === null) {
    const excess = excess_of(quality, limits, 100) ?? heavy_loss(window, limits);
    if (excess === null) return state;
    const failed = failed_at({ ...state, excess }, now_ms);
    failed.hold_until_ms = Math.max(failed.hold_until_ms, now_ms + DEGRADED_MS);
    return failed;
  }
  if (now_ms < state.hold_until_ms) return state;
  // Old losses in the window need not be waited for when none is new, and do not count again afterwards.
  const lossless = state.clean >= QUICK_SAMPLES;
  if (excess_of(quality, lossless ? { ...limits, loss_percent: 0 } : limits, 50) !== null) return state;
  return { ...state, excess: null, window: lossless ? last_of(window, QUICK_SAMPLES) : window };
}

function heavy_loss(window: number[], limits: Limits): Excess | null {
  const lost = last_of(window, QUICK_SAMPLES).filter(sample => sample === LOST).length;
  const percent = (100 * lost) / QUICK_SAMPLES;
  return limits.loss_percent > 0 && percent >= Math.max(QUICK_PERCENT, limits.loss_percent) ? 'loss' : null;
}

/** `percent`: of the limits. */
function excess_of(quality: Quality, limits: Limits, percent: number): Excess | null {
  const over = (value: number, limit: number) => limit > 0 && value * 100 >= limit * percent;
  if (over(quality.loss_permille, 10 * limits.loss_percent)) return 'loss';
  if (over(quality.latency_ms ?? 0, limits.latency_ms)) return 'latency';
  return over(quality.jitter_ms ?? 0, limits.jitter_ms) ? 'jitter' : null;
}

function died(state: PathState, now_ms: number): PathState {
  return failed_at(
    {
      ...state,
      phase: 'dead',
      excess: null,
      window: [],
      in_row: 0,
      target_since_ms: now_ms,
      deaf_ms: 0,
      deaf_until_ms: now_ms,
    },
    now_ms,
  );
}

function failed_at(state: PathState, now_ms: number): PathState {
  const forgiven = Math.floor((now_ms - state.failed_ms) / FORGIVEN_MS);
  const failures = Math.min(HOLD_MS.length, Math.max(0, state.failures - forgiven) + 1);
  const hold_ms = HOLD_MS[failures - 1] ?? 0;
  return { ...state, failures, failed_ms: now_ms, hold_until_ms: now_ms + hold_ms };
}

function rotated(state: PathState, now_ms: number, targets: number): PathState {
  return { ...state, target: (state.target + 1) % targets, target_since_ms: now_ms, srtt_8: -1, rttvar_4: 0 };
}

/** One in a million bursts may stay unanswered by chance. */
function rounds_needed(state: PathState, targets: number): number {
  const quality = path_quality(state);
  const tenths =
    quality === null || state.window.length < JUDGED_MIN
      ? 0
      : Math.min(ASKS.length - 1, Math.floor(quality.loss_permille / 100));
  return Math.max(ROUNDS_MIN, Math.ceil((ASKS[tenths] ?? 6) / targets));
}

function last_of(window: number[], samples: number): number[] {
  return window.slice(Math.max(0, window.length - samples));
}

function with_sample(window: number[], sample: number): number[] {
  const kept = window.length < WINDOW ? window.slice() : window.slice(window.length - WINDOW + 1);
  kept.push(sample);
  return kept;
}
