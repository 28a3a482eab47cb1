import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DEAD_AFTER_MS,
  PROBE_INTERVAL_MS,
  type ProbeState,
  probe_replied,
  probe_started,
  probe_ticked,
} from '../src/health/probe.ts';

/** One second of probing for each entry: answered or not. */
function after(answers: boolean[], targets = 2): ProbeState[] {
  let now_ms = 0;
  let state = probe_started(now_ms);
  return answers.map(answered => {
    now_ms += PROBE_INTERVAL_MS;
    if (answered) state = probe_replied(state, now_ms);
    state = probe_ticked(state, now_ms, targets);
    return state;
  });
}
const last = (states: ProbeState[]) => states[states.length - 1]?.verdict;

test('a new link is used at once and called online with its first answer', () => {
  expect(probe_started(0).verdict).toBe('unknown');
  expect(last(after([true]))).toBe('alive');
});

test('no sequence of single lost pings makes a link dead', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), losses => {
      const answers = losses.flatMap(lost => (lost ? [true, false] : [true]));
      expect(after(answers).every(({ verdict }) => verdict === 'alive')).toBe(true);
    }),
  );
});

test('total silence makes any link dead within the bound', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), before => {
      const silence = Array.from({ length: DEAD_AFTER_MS / PROBE_INTERVAL_MS }, () => false);
      expect(last(after([...before, ...silence]))).toBe('dead');
    }),
  );
});

test('one silent address is not taken for a dead link: the next one is asked first', () => {
  const states = after([true, false, false, false]);
  expect(states.at(-1)).toMatchObject({ verdict: 'alive', target: 1 });
});

test('a dead link needs three answers in a row to be used again', () => {
  const dead = [false, false, false, false, false];
  expect(last(after([...dead, true, true]))).toBe('dead');
  expect(last(after([...dead, true, true, true]))).toBe('alive');
  expect(last(after([...dead, true, false, false, false, true, true]))).toBe('dead');
});
