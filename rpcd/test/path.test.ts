/** Whether a link works, from answers and time alone: a simulated link whose every packet may get lost. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HOLD_MS,
  is_calm,
  next_tick_ms,
  type PathState,
  path_answered,
  path_asked,
  path_flows,
  path_handshake,
  path_lost,
  path_resumed,
  path_started,
  path_suspected,
  path_ticked,
  path_verdict,
} from '../src/health/path.ts';
import type { Verdict } from '../src/plan/types.ts';

const LIMITS = { loss_percent: 25, latency_ms: 0, jitter_ms: 0 };
const INTERVAL_MS = 1000;
/** The same while the path is calm and nobody uses it, in some of the tests. */
const CALM_MS = 5000;
/** How often the daemon looks whether something is due. */
const LOOK_MS = 500;
/** An unanswered single question is lost after this time. */
const LOST_AFTER_MS = 1000;

interface Question {
  at_ms: number;
  target: number;
  /** The nth question of all. */
  number: number;
}

interface World {
  /** Round-trip time of the answer, null: none comes. */
  answer: (question: Question) => number | null;
  targets?: number;
  limits?: typeof LIMITS;
  /** When others' packets go unanswered. */
  suspected_ms?: number[];
  /** When packets of others come in. */
  flows_ms?: number[];
  /** When WireGuard is asked, and how old its last handshake is then. */
  handshakes?: { at_ms: number; age_s: number }[];
  /** Nobody uses the path but from this time on. */
  used_from_ms?: number;
}

interface Change {
  at_ms: number;
  verdict: Verdict;
}

/** Runs a path for a while. */
function run(world: World, seconds: number, given: PathState = path_started(0)) {
  const limits = world.limits ?? LIMITS;
  const targets = world.targets ?? 3;
  let state = given;
  let now_ms = 0;
  let number = 0;
  const changes: Change[] = [{ at_ms: 0, verdict: path_verdict(state, 0) }];
  const due: Array<{ at_ms: number; happen: () => void }> = [];
  const at = (at_ms: number, happen: () => void) => due.push({ at_ms, happen });
  const become = (next: PathState) => {
    state = next;
    const verdict = path_verdict(state, now_ms);
    if (changes.at(-1)?.verdict !== verdict) changes.push({ at_ms: now_ms, verdict });
  };
  const ask = (target: number, regular: boolean) => {
    const rtt_ms = world.answer({ at_ms: now_ms, target, number: number++ });
    if (rtt_ms !== null && rtt_ms < LOST_AFTER_MS) {
      at(now_ms + rtt_ms, () => {
        const steady = target === state.target;
        const expected_ms = regular && steady ? now_ms + next_ms - asked_ms : null;
        become(path_answered(state, now_ms, { rtt_ms, steady, expected_ms }, limits, INTERVAL_MS));
      });
    } else if (!regular) {
      at(now_ms + LOST_AFTER_MS, () => {
        if (target === state.target) become(path_lost(state, now_ms, limits));
      });
    }
  };
  let asked_ms = 0;
  let next_ms = 0;
  const look = () => {
    at(now_ms + LOOK_MS, look);
    const pause_ms = is_calm(state, limits) && now_ms < (world.used_from_ms ?? 0) ? CALM_MS : INTERVAL_MS;
    const hurried = asked_ms + pause_ms < next_ms;
    if (hurried) next_ms = asked_ms + pause_ms;
    if (now_ms < next_ms) return;
    asked_ms = now_ms;
    next_ms = now_ms + pause_ms;
    if (hurried) become(path_asked(state, now_ms));
    ask(state.target, true);
  };
  look();
  for (const suspected_ms of world.suspected_ms ?? []) {
    at(suspected_ms, () => become(path_suspected(state, now_ms, 0)));
  }
  for (const flows_ms of world.flows_ms ?? []) at(flows_ms, () => become(path_flows(state, now_ms)));
  for (const { at_ms, age_s } of world.handshakes ?? []) {
    at(at_ms, () => become(path_handshake(state, now_ms, age_s)));
  }
  let steps = 0;
  for (;;) {
    due.sort((a, b) => a.at_ms - b.at_ms);
    const event_ms = due[0]?.at_ms ?? Number.POSITIVE_INFINITY;
    const tick_ms = Math.max(now_ms, next_tick_ms(state));
    if (Math.min(event_ms, tick_ms) > seconds * 1000) break;
    // A state that wants to be looked at for ever without time passing would hang a router.
    if (++steps > 200_000) throw new Error('no progress');
    if (event_ms <= tick_ms) {
      now_ms = event_ms;
      due.shift()?.happen();
      continue;
    }
    now_ms = tick_ms;
    const input = { targets, interval_ms: INTERVAL_MS, received_bytes: 0, limits };
    const ticked = path_ticked(state, now_ms, input);
    become(ticked.state);
    if (ticked.ask_all)
      for (let i = 0; i < Math.min(3, targets); i++) ask((state.target + i) % targets, false);
  }
  return { changes, state, verdicts: changes.map(({ verdict }) => verdict), asked: number };
}

const steady = () => 20;
/** Reproducible, equally spread over 0 to 1. */
function chance(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('what is no answer', () => {
  test('packets that come in all the time bring no dead path back, and few questions', () => {
    const flows_ms = Array.from({ length: 1200 }, (_, index) => 500 * index);
    const { verdicts, asked } = run({ answer: ({ at_ms }) => (at_ms < 5000 ? 20 : null), flows_ms }, 600);
    expect(verdicts).toEqual(['unknown', 'alive', 'dead']);
    expect(asked).toBeLessThan(600 + 20 * 12);
  });

  test('no handshake, however fresh or old, brings a path up or down while answers come', () => {
    const age_s = fc.oneof(fc.integer({ min: 180, max: 182 }), fc.nat(400));
    const handshakes = fc.array(fc.record({ at_ms: fc.nat(60_000), age_s }), { maxLength: 20 });
    fc.assert(
      fc.property(handshakes, all => {
        expect(run({ answer: steady, handshakes: all }, 60).verdicts).toEqual(['unknown', 'alive']);
        const silent = { answer: () => null, handshakes: all };
        expect(run(silent, 60).verdicts).toEqual(['unknown', 'dead']);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a working path', () => {
  test('is alive with its first answer and is asked about once a second', () => {
    const { verdicts, asked } = run({ answer: steady }, 60);
    expect(verdicts).toEqual(['unknown', 'alive']);
    expect(asked).toBeLessThan(60 + 20);
  });

  test('stays alive whatever single answers are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 5, max: 30 }), { minLength: 1, maxLength: 20 }), gaps => {
        const lost = new Set<number>();
        let number = 20;
        for (const gap of gaps) {
          number += gap;
          lost.add(number);
        }
        const { verdicts } = run({ answer: ({ number: n }) => (lost.has(n) ? null : 20) }, 120);
        expect(verdicts).toEqual(['unknown', 'alive']);
      }),
      { numRuns: 60 },
    );
  });

  test('at 5 % random loss: no alarm of any kind within ten minutes', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const random = chance(seed);
      const { verdicts } = run({ answer: () => (random() < 0.05 ? null : 30) }, 600);
      expect(verdicts).toEqual(['unknown', 'alive']);
    }
  });

  test('at 20 % random loss: never dead', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const random = chance(seed);
      expect(run({ answer: () => (random() < 0.2 ? null : 30) }, 600).verdicts).not.toContain('dead');
    }
  });

  test('a target that never answers, or falls silent, is its own affair', () => {
    const { verdicts, state } = run(
      { answer: ({ target, at_ms }) => (target === 0 && at_ms > 5000 ? null : target === 1 ? null : 20) },
      60,
    );
    expect(verdicts).toEqual(['unknown', 'alive']);
    expect(state.target).toBe(2);
  });

  test('slow answers that keep coming are no silence', () => {
    const random = chance(5);
    const { verdicts } = run({ answer: () => 600 + Math.floor(300 * random()) }, 120);
    expect(verdicts).toEqual(['unknown', 'alive']);
  });
});

describe('a path that nobody uses', () => {
  const used_from_ms = Number.POSITIVE_INFINITY;

  test('is asked once in five seconds', () => {
    const first = run({ answer: steady, used_from_ms }, 60).asked;
    const { verdicts, asked } = run({ answer: steady, used_from_ms }, 660);
    expect(verdicts).toEqual(['unknown', 'alive']);
    expect(asked - first).toBeLessThanOrEqual(600 / 5);
  });

  test('is no more nervous than others', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 5, max: 30 }), { minLength: 1, maxLength: 20 }), gaps => {
        const lost = new Set<number>();
        let number = 30;
        for (const gap of gaps) {
          number += gap;
          lost.add(number);
        }
        const answer = ({ number: n }: Question) => (lost.has(n) ? null : 20);
        expect(run({ answer, used_from_ms }, 600).verdicts).toEqual(['unknown', 'alive']);
      }),
      { numRuns: 60 },
    );
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const random = chance(seed);
      const answer = () => (random() < 0.05 ? null : 30);
      expect(run({ answer, used_from_ms }, 600).verdicts).toEqual(['unknown', 'alive']);
    }
  });

  test('is found dead within five seconds and 0.8 s, and used again as soon as any other', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30_000, max: 60_000 }),
        fc.integer({ min: 1, max: 100 }),
        (died_ms, rtt_ms) => {
          const back_ms = died_ms + 20_000;
          const answer = ({ at_ms }: Question) =>
            at_ms + rtt_ms < died_ms || at_ms >= back_ms ? rtt_ms : null;
          const { changes } = run({ answer, used_from_ms }, 100);
          const again = run({ answer }, 100).changes;
          expect(changes.map(({ verdict }) => verdict)).toEqual(again.map(({ verdict }) => verdict));
          expect((changes[2]?.at_ms ?? 0) - died_ms).toBeLessThanOrEqual(CALM_MS + 800 + rtt_ms);
          const alive_ms = changes.findLast(({ verdict }) => verdict === 'alive')?.at_ms ?? 0;
          expect(alive_ms - back_ms).toBeLessThanOrEqual(INTERVAL_MS + 1000);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('and died meanwhile is found dead 0.9 s after somebody does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 40_000, max: 60_000 }), begun_ms => {
        const { changes } = run(
          { answer: ({ at_ms }) => (at_ms < begun_ms - 500 ? 20 : null), used_from_ms: begun_ms },
          70,
        );
        // A look later at most.
        expect((changes[2]?.at_ms ?? 0) - begun_ms).toBeLessThanOrEqual(LOOK_MS + 900);
      }),
      { numRuns: 60 },
    );
  });

  test('and loses 60 % is called degraded, and recovers as soon as any other', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = chance(seed);
      const lossy = ({ at_ms }: Question) =>
        at_ms > 60_000 && at_ms < 120_000 && random() < 0.6 ? null : 20;
      const { changes } = run({ answer: lossy, used_from_ms }, 200);
      expect(changes.map(({ verdict }) => verdict)).toEqual(['unknown', 'alive', 'degraded', 'alive']);
      expect((changes[2]?.at_ms ?? 0) - 60_000).toBeLessThan(15_000 + CALM_MS);
      expect((changes[3]?.at_ms ?? 0) - 120_000).toBeLessThan(25_000);
    }
  });

  test('and becomes slow is called degraded', () => {
    const limits = { loss_percent: 0, latency_ms: 100, jitter_ms: 0 };
    const answer = ({ at_ms }: Question) => (at_ms > 60_000 ? 150 : 20);
    const { changes } = run({ answer, limits, used_from_ms }, 120);
    expect(changes[2]?.verdict).toBe('degraded');
    expect((changes[2]?.at_ms ?? 0) - 60_000).toBeLessThan(27_000 + CALM_MS);
  });
});

describe('a dead path', () => {
  test('is found within an interval and 0.8 s, whenever it dies', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5000, max: 30_000 }),
        fc.integer({ min: 1, max: 100 }),
        (died_ms, rtt_ms) => {
          const { changes } = run({ answer: ({ at_ms }) => (at_ms + rtt_ms < died_ms ? rtt_ms : null) }, 40);
          expect(changes.map(({ verdict }) => verdict)).toEqual(['unknown', 'alive', 'dead']);
          expect((changes[2]?.at_ms ?? 0) - died_ms).toBeLessThanOrEqual(INTERVAL_MS + 800 + rtt_ms);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('is found in 0.6 s when packets go unanswered', () => {
    const { changes } = run(
      { answer: ({ at_ms }) => (at_ms < 10_100 ? 20 : null), suspected_ms: [10_400] },
      20,
    );
    expect((changes[2]?.at_ms ?? 0) - 10_400).toBeLessThanOrEqual(600);
  });

  test('whose probes get lost by 60 % is called degraded within 15 s, not dead', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = chance(seed);
      const { changes } = run({ answer: ({ at_ms }) => (at_ms > 30_000 && random() < 0.6 ? null : 20) }, 90);
      expect(changes[2]?.verdict).toBe('degraded');
      expect(changes[2]?.at_ms).toBeLessThan(45_000);
    }
  });

  test('is used again after three answers, and later each time it fails anew', () => {
    const up_ms = 25_000;
    const cycle_ms = 30_000;
    const { changes } = run({ answer: ({ at_ms }) => (at_ms % cycle_ms < up_ms ? 20 : null) }, 600);
    const holds: number[] = [];
    for (const [index, change] of changes.entries()) {
      const next = changes.slice(index).find(({ verdict }) => verdict === 'alive');
      if (change.verdict === 'dead' && changes[index - 1]?.verdict !== 'held' && next !== undefined) {
        holds.push(next.at_ms - change.at_ms);
      }
    }
    expect(holds.length).toBeGreaterThan(3);
    for (const [index, hold_ms] of holds.entries()) {
      expect(hold_ms).toBeGreaterThanOrEqual(HOLD_MS[Math.min(index, HOLD_MS.length - 1)] ?? 0);
    }
  });

  test('cannot be up and dead again faster than it is held, whatever the answers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 100, max: 8000 }), { minLength: 4, maxLength: 60 }), spans => {
        const ends: number[] = [];
        for (const span of spans) ends.push((ends.at(-1) ?? 0) + span);
        const is_up = (at_ms: number) => ends.filter(end => end <= at_ms).length % 2 === 0;
        const { changes } = run({ answer: ({ at_ms }) => (is_up(at_ms) ? 15 : null) }, 120);
        let failures = 0;
        for (const [index, { at_ms, verdict }] of changes.entries()) {
          const again = changes.slice(index + 1).find(each => each.verdict === 'alive');
          const before = changes[index - 1]?.verdict;
          if (verdict !== 'dead' || before === 'held') continue;
          failures += 1;
          if (again === undefined) continue;
          expect(again.at_ms - at_ms).toBeGreaterThanOrEqual(HOLD_MS[Math.min(failures, 5) - 1] ?? 0);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('that was not watched for a while must answer first, and is still held', () => {
    const dead = run({ answer: ({ at_ms }) => (at_ms < 5000 ? 20 : null) }, 10).state;
    expect(path_verdict(path_resumed(dead, 10_000, INTERVAL_MS), 10_000)).toBe('dead');
  });
});

test('latency and jitter over their limits degrade, under half of them they do no more', () => {
  const limits = { loss_percent: 0, latency_ms: 100, jitter_ms: 0 };
  const { verdicts } = run(
    { answer: ({ at_ms }) => (at_ms > 30_000 && at_ms < 90_000 ? 150 : 20), limits },
    200,
  );
  expect(verdicts).toEqual(['unknown', 'alive', 'degraded', 'alive']);
  const uneven = { loss_percent: 0, latency_ms: 0, jitter_ms: 40 };
  const { verdicts: jittery } = run(
    { answer: ({ number }) => (number % 2 === 0 ? 20 : 80), limits: uneven },
    60,
  );
  expect(jittery).toEqual(['unknown', 'alive', 'degraded']);
});
