/** Runs the probes of one address family of one link, and feeds the answers to its state (`path.ts`). */

import type { Cancelable, DaemonPlatform, Timer } from '../../platform/platform.ts';
import type { Family } from '../net/address.ts';
import type { Target } from '../net/target.ts';
import { read_device_counter } from '../status/counters.ts';
import { ASK_TIMEOUT_MS, ask, type Route } from './ask.ts';
import { open_echo } from './echo.ts';
import {
  type Limits,
  next_tick_ms,
  type PathState,
  path_alerted,
  path_answered,
  path_flows,
  path_handshake,
  path_lost,
  path_resumed,
  path_started,
  path_suspected,
  path_ticked,
} from './path.ts';

/** Targets that a round asks. */
const ROUND_TARGETS_MAX = 3;
/**
 * A timer that fires later than this was held up by the daemon itself: answers wait unread, and are read before
 * anything is concluded from their absence.
 */
const LATE_MS = 50;
const READ_MS = 20;

export interface Watched {
  family: Family;
  device: string;
  /** See `Remote` in platform.ts. */
  mark: number;
  /** At least one. */
  targets: Target[];
  interval_ms: number;
  /** Until the first regular question: links with two families are asked in turn. */
  delay_ms: number;
  limits: Limits;
}

export interface RunnerEvents {
  /** The state is another one. */
  changed(before: PathState, after: PathState): void;
  /** A probe of the regular target was answered, or lost (null). */
  sampled(rtt_ms: number | null): void;
  /** When the daemon last had no time to read answers. */
  busy_until_ms(): number;
}

export interface Runner {
  state(): PathState;
  /** Something is suspicious elsewhere on the link: see `path_alerted` and `path_suspected`. */
  alert(kind: 'overdue' | 'traffic' | 'flows'): void;
  /** Age of a tunnel's last handshake. */
  handshake(age_s: number): void;
  stop(): void;
}

/** `before`: what is known from when the path was last watched. */
export function start_runner(
  platform: DaemonPlatform,
  watched: Watched,
  before: PathState | null,
  events: RunnerEvents,
): Runner {
  const { family, device, targets, interval_ms, limits } = watched;
  const start_ms = platform.now_ms();
  const route: Route = { device, mark: watched.mark };
  let state = before === null ? path_started(start_ms) : path_resumed(before, start_ms, interval_ms);
  let timer: Timer | null = null;
  let due_ms = -1;
  let excused = false;
  let stopped = false;
  /** Regular questions that are no pings. */
  let steady_timer: Timer | null = null;
  let pending: Cancelable[] = [];

  const echo = open_echo(platform, family, device, {
    answered: (address, rtt_ms, steady) => answered(pinged(address), rtt_ms, steady),
    lost: address => lost(pinged(address)),
  });

  function steady_target(): Target | null {
    return targets[state.target] ?? null;
  }

  /** Index of the target. */
  function pinged(address: string): number {
    return targets.findIndex(target => target.kind === 'icmp' && target.address === address);
  }

  function answered(index: number, rtt_ms: number, regular: boolean): void {
    if (stopped) return;
    const now_ms = platform.now_ms();
    const steady = index === state.target;
    const expected_ms = regular && steady ? now_ms + interval_ms : null;
    const until_ms = events.busy_until_ms();
    const read_late = now_ms - rtt_ms < until_ms && now_ms - until_ms <= LATE_MS;
    if (steady && !read_late) events.sampled(rtt_ms);
    const answer = { rtt_ms: read_late ? null : rtt_ms, steady, expected_ms };
    become(path_answered(state, now_ms, answer, limits, interval_ms));
  }

  function lost(index: number): void {
    if (stopped || index !== state.target) return;
    events.sampled(null);
    become(path_lost(state, platform.now_ms(), limits));
  }

  function become(next: PathState): void {
    const last = state;
    if (next === last) return;
    state = next;
    if (next.target !== last.target) ask_regularly();
    arm();
    events.changed(last, next);
  }

  function arm(): void {
    const next_ms = next_tick_ms(state);
    if (stopped || (timer !== null && next_ms === due_ms)) return;
    if (timer !== null) timer.cancel();
    due_ms = next_ms;
    timer = platform.timer(Math.max(0, due_ms - platform.now_ms()), tick);
  }

  function tick(): void {
    timer = null;
    const now_ms = platform.now_ms();
    if (now_ms - due_ms > LATE_MS && !excused) {
      excused = true;
      due_ms = now_ms + READ_MS;
      timer = platform.timer(READ_MS, tick);
      return;
    }
    excused = false;
    const losses = state.window.length;
    const result = path_ticked(state, now_ms, {
      targets: targets.length,
      interval_ms,
      received_bytes: read_device_counter(platform, device, 'rx_bytes'),
      limits,
    });
    if (result.state.phase === 'up' && result.state.window.length > losses) events.sampled(null);
    become(result.state);
    if (result.ask_all) ask_round();
    arm();
  }

  function ask_round(): void {
    for (let i = 0; i < Math.min(ROUND_TARGETS_MAX, targets.length); i++) {
      ask_once((state.target + i) % targets.length, false);
    }
  }

  function ask_once(index: number, regular: boolean): void {
    const target = targets[index] ?? null;
    if (target === null) return;
    if (target.kind === 'icmp') {
      echo.once(target.address);
      return;
    }
    const question = ask(platform, route, target, ASK_TIMEOUT_MS, ({ outcome, duration_ms }) => {
      pending = pending.filter(each => each !== question);
      // Who refuses is there; a portal in place of the page is not.
      if (outcome === 'ok' || outcome === 'refused') answered(index, duration_ms, regular);
      else if (!regular) lost(index);
    });
    pending.push(question);
  }

  function ask_regularly(): void {
    if (steady_timer !== null) steady_timer.cancel();
    steady_timer = null;
    const target = steady_target();
    if (target !== null && target.kind === 'icmp') {
      echo.steady(target.address, interval_ms);
      return;
    }
    echo.steady(null, interval_ms);
    ask_again();
  }

  function ask_again(): void {
    steady_timer = platform.timer(interval_ms, ask_again);
    ask_once(state.target, true);
  }

  if (watched.delay_ms === 0) ask_regularly();
  else steady_timer = platform.timer(watched.delay_ms, ask_regularly);
  arm();

  return {
    state: () => state,
    alert: kind => {
      const now_ms = platform.now_ms();
      if (kind === 'flows') become(path_flows(state, now_ms));
      else if (kind === 'overdue')
        become(path_alerted(state, now_ms, read_device_counter(platform, device, 'rx_bytes')));
      else become(path_suspected(state, now_ms, read_device_counter(platform, device, 'rx_bytes')));
    },
    handshake: age_s => become(path_handshake(state, platform.now_ms(), age_s)),
    stop: () => {
      stopped = true;
      for (const each of [timer, steady_timer]) {
        if (each !== null) each.cancel();
      }
      for (const question of pending) question.cancel();
      pending = [];
      echo.close();
    },
  };
}
