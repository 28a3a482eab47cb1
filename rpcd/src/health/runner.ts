/** Runs the probes of one address family of one link, and feeds the answers to its state (`path.ts`). */

import type { Cancelable, DaemonPlatform, Timer } from '../../platform/platform.ts';
import type { Family } from '../net/address.ts';
import type { Target } from '../net/target.ts';
import { device_counters, read_device_table } from '../status/counters.ts';
import { ASK_TIMEOUT_MS, ask, type Route } from './ask.ts';
import { open_echo } from './echo.ts';
import {
  is_calm,
  type Limits,
  next_tick_ms,
  type PathState,
  path_alerted,
  path_answered,
  path_asked,
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
/** More than the packets that a question takes which is no ping or datagram. */
const EXCHANGE_PACKETS = 10;

/** Regular questions stand on a grid of time: those of all links fall together, those of two families apart. */
export interface Pace {
  interval_ms: number;
  offset_ms: number;
}

export interface Watched {
  family: Family;
  device: string;
  /** See `Remote` in platform.ts. */
  mark: number;
  /** At least one. */
  targets: Target[];
  /** While the link is in use, or anything is suspicious; the other one while it is calm. */
  pace: Pace;
  calm_pace: Pace;
  limits: Limits;
}

export interface RunnerEvents {
  /** The state is another one. */
  changed(before: PathState, after: PathState): void;
  /** A probe of the regular target was answered, or lost (null). */
  sampled(rtt_ms: number | null): void;
  /** So many packets of ours are about to leave, or have come in. */
  asked(packets: number): void;
  answered(packets: number): void;
  /** When the daemon last had no time to read answers. */
  busy_until_ms(): number;
}

export interface Runner {
  state(): PathState;
  /** Something is suspicious elsewhere on the link: see `path_alerted` and `path_suspected`. */
  alert(kind: 'overdue' | 'traffic' | 'flows'): void;
  /** Age of a tunnel's last handshake. */
  handshake(age_s: number): void;
  /**
   * Asks what is due. `in_use`: packets of others go out. To be called twice a second; while the link is not in use not
   * before the time that this returns, unless the state changes. That is 0 while anything is suspicious.
   */
  look(now_ms: number, in_use: boolean): number;
  stop(): void;
}

/** `before`: what is known from when the path was last watched. */
export function start_runner(
  platform: DaemonPlatform,
  watched: Watched,
  before: PathState | null,
  events: RunnerEvents,
): Runner {
  const { family, device, targets, pace, calm_pace, limits } = watched;
  const { interval_ms } = pace;
  const start_ms = platform.now_ms();
  const route: Route = { device, mark: watched.mark };
  let state = before === null ? path_started(start_ms) : path_resumed(before, start_ms, interval_ms);
  let timer: Timer | null = null;
  let is_armed = false;
  let due_ms = -1;
  let excused = false;
  let stopped = false;
  /** As of the state. */
  let calm = false;
  // Of the regular questions: the last one, the next one, and whether that is sooner than was said at the last.
  let asked_ms = start_ms;
  let next_ms = pace.offset_ms === 0 ? start_ms : after(start_ms, pace);
  let hurried = false;
  /** They repeat themselves. */
  let runs_on = false;
  let pending: Cancelable[] = [];

  const echo = open_echo(platform, family, device, {
    answered: (address, rtt_ms, steady) => answered(pinged(address), rtt_ms, steady),
    lost: address => lost(pinged(address)),
  });

  /** Index of the target. */
  function pinged(address: string): number {
    for (const [index, target] of targets.entries()) {
      if (target.kind === 'icmp' && target.address === address) return index;
    }
    return -1;
  }

  function answered(index: number, rtt_ms: number, regular: boolean): void {
    const target = targets[index] ?? null;
    if (stopped || target === null) return;
    events.answered(packets_of(target));
    const now_ms = platform.now_ms();
    const steady = index === state.target;
    const pause_ms = runs_on ? interval_ms : next_ms - asked_ms;
    const expected_ms = regular && steady ? now_ms + pause_ms : null;
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
    calm = is_calm(next, limits);
    if (next.target !== last.target) ask_another();
    arm();
    events.changed(last, next);
  }

  function arm(): void {
    const next_ms = next_tick_ms(state);
    if (stopped || (is_armed && next_ms === due_ms)) return;
    due_ms = next_ms;
    wait(Math.max(0, due_ms - platform.now_ms()));
  }

  function wait(delay_ms: number): void {
    is_armed = true;
    if (timer === null) timer = platform.timer(delay_ms, tick);
    else timer.restart(delay_ms);
  }

  function tick(): void {
    is_armed = false;
    const now_ms = platform.now_ms();
    if (now_ms - due_ms > LATE_MS && !excused) {
      excused = true;
      due_ms = now_ms + READ_MS;
      wait(READ_MS);
      return;
    }
    excused = false;
    const result = path_ticked(state, now_ms, {
      targets: targets.length,
      interval_ms,
      received_bytes: received_bytes(),
      limits,
    });
    if (state.phase === 'up' && result.state.expected_ms !== state.expected_ms) events.sampled(null);
    become(result.state);
    if (result.ask_all) ask_round();
    arm();
  }

  function received_bytes(): number {
    return device_counters(read_device_table(platform), device).rx_bytes;
  }

  function ask_round(): void {
    for (let i = 0; i < Math.min(ROUND_TARGETS_MAX, targets.length); i++) {
      ask_once((state.target + i) % targets.length, false);
    }
  }

  function ask_once(index: number, regular: boolean): void {
    const target = targets[index] ?? null;
    if (target === null) return;
    events.asked(packets_of(target));
    if (target.kind === 'icmp') {
      if (regular) runs_on = echo.steady(target.address, interval_ms);
      else echo.once(target.address);
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

  function look(now_ms: number, in_use: boolean): number {
    if (runs_on) return 0;
    const wanted = in_use || !calm ? pace : calm_pace;
    const soon_ms = wanted === pace ? after(asked_ms, pace) : next_ms;
    if (soon_ms < next_ms) {
      next_ms = soon_ms;
      hurried = true;
    }
    if (now_ms < next_ms) return calm ? next_ms : 0;
    asked_ms = now_ms;
    next_ms = after(now_ms, wanted);
    if (hurried) become(path_asked(state, now_ms));
    hurried = false;
    ask_once(state.target, true);
    return calm ? next_ms : 0;
  }

  /** The steady target is another one. */
  function ask_another(): void {
    if (runs_on) echo.steady(null, interval_ms);
    runs_on = false;
    next_ms = platform.now_ms();
    look(next_ms, true);
  }

  look(start_ms, true);
  arm();

  return {
    state: () => state,
    alert: kind => {
      const now_ms = platform.now_ms();
      if (kind === 'flows') become(path_flows(state, now_ms));
      else if (kind === 'overdue') become(path_alerted(state, now_ms, received_bytes()));
      else become(path_suspected(state, now_ms, received_bytes()));
    },
    handshake: age_s => become(path_handshake(state, platform.now_ms(), age_s)),
    look,
    stop: () => {
      stopped = true;
      if (timer !== null) timer.cancel();
      for (const question of pending) question.cancel();
      pending = [];
      echo.close();
    },
  };
}

function packets_of({ kind }: Target): number {
  return kind === 'icmp' || kind === 'dns' ? 1 : EXCHANGE_PACKETS;
}

/** The next time on the grid. */
function after(now_ms: number, { interval_ms, offset_ms }: Pace): number {
  return (Math.floor((now_ms - offset_ms) / interval_ms) + 1) * interval_ms + offset_ms;
}
