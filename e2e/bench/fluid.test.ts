import { expect, test } from 'vitest';
import { heavy_tailed_arrivals, seeded } from './arrivals.ts';
import {
  fewest_flows,
  fewest_flows_seen_every,
  type LinkLoad,
  type Policy,
  random_link,
  round_robin,
  simulate,
} from './fluid.ts';
import { mean, percentile, sum } from './statistics.ts';

const FIRST: Policy = { name: 'first', choose: () => 0 };
const EQUAL = Array.from({ length: 4 }, () => ({ rate: 1e6, weight: 1 }));

test('a download alone takes its size over the rate, and the set-up', () => {
  const [outcome] = simulate(FIRST, [{ at_s: 3, bytes: 1000 }], [{ rate: 100, weight: 1 }], 0.5);
  expect(outcome).toMatchObject({ link: 0, duration_s: 10.5, slowdown: 1 });
});

test('two downloads share a link while both last', () => {
  // Alone until 5, shared until the short one has its 200 bytes at 9, alone again for the 300 left.
  const arrivals = [
    { at_s: 0, bytes: 1000 },
    { at_s: 5, bytes: 200 },
  ];
  const [long, short] = simulate(FIRST, arrivals, [{ rate: 100, weight: 1 }]);
  expect(short?.duration_s).toBeCloseTo(4);
  expect(short?.slowdown).toBeCloseTo(2);
  expect(long?.duration_s).toBeCloseTo(12);
});

test('a link is never idle while there is something to carry', () => {
  const random = seeded(4);
  const arrivals = Array.from({ length: 300 }, () => ({ at_s: random(), bytes: 1 + random() * 1e5 }))
    .sort((a, b) => a.at_s - b.at_s)
    .map((arrival, index) => (index === 0 ? { ...arrival, bytes: 1e6 } : arrival));
  const total = sum(arrivals.map(({ bytes }) => bytes));
  const outcomes = simulate(FIRST, arrivals, [{ rate: 1e6, weight: 1 }]);
  expect(outcomes).toHaveLength(300);
  const last_s = Math.max(...outcomes.map(({ arrival, duration_s }) => arrival.at_s + duration_s));
  expect(last_s).toBeCloseTo((arrivals[0]?.at_s ?? 0) + total / 1e6, 3);
});

test('downloads of the same size that start together end together', () => {
  const arrivals = Array.from({ length: 3 }, () => ({ at_s: 1, bytes: 100 }));
  const outcomes = simulate(FIRST, arrivals, [{ rate: 100, weight: 1 }]);
  expect(outcomes.map(({ duration_s }) => duration_s)).toEqual([3, 3, 3]);
});

test('on unequal links the ideal is the fastest one', () => {
  const last: Policy = { name: 'last', choose: loads => loads.length - 1 };
  const links = [
    { rate: 400, weight: 4 },
    { rate: 100, weight: 1 },
  ];
  expect(simulate(last, [{ at_s: 0, bytes: 400 }], links)[0]?.slowdown).toBe(4);
});

test('round-robin gives every link its weight, spread out', () => {
  const loads: LinkLoad[] = [5, 3, 1].map(weight => ({
    weight,
    rate: 1,
    flows: 0,
    backlog: 0,
    carried: 0,
    opened: 0,
  }));
  const policy = round_robin();
  const chosen = Array.from({ length: 18 }, () => policy.choose(loads, 0, 0));
  expect(chosen.slice(0, 9)).toEqual([0, 1, 0, 2, 0, 1, 0, 1, 0]);
  expect(chosen.slice(9)).toEqual(chosen.slice(0, 9));
});

test('a policy that looks now and then sees the state of that moment', () => {
  const seen: number[] = [];
  const watching: Policy = {
    name: 'watching',
    interval_s: 1,
    observe: loads => seen.push(loads[0]?.flows ?? 0),
    choose: () => 0,
  };
  const arrivals = [0.5, 0.6, 4].map(at_s => ({ at_s, bytes: 100 }));
  simulate(watching, arrivals, [{ rate: 100, weight: 1 }]);
  expect(seen).toEqual([0, 2, 2, 0, 0]);
});

test('with own choices counted, stale counts still spread a burst', () => {
  const burst = Array.from({ length: 8 }, () => ({ at_s: 0.1, bytes: 100 }));
  const used = (count_own: boolean) => {
    const outcomes = simulate(fewest_flows_seen_every(1, count_own), burst, EQUAL);
    return EQUAL.map((_, index) => outcomes.filter(({ link }) => link === index).length);
  };
  expect(used(true)).toEqual([2, 2, 2, 2]);
});

/** Links that share equally, chosen at random: 1 / (1 − load) whatever the sizes are (M/G/1, processor sharing). */
test('the model agrees with the theory for random links, and with what is known of the others', () => {
  const sizes = { shape: 1.3, smallest: 90e3, largest: 10e6 };
  const arrivals = heavy_tailed_arrivals(sizes, 0.7, 4e6, 2000, seeded(1));
  const slowdowns = (policy: Policy) => simulate(policy, arrivals, EQUAL).map(({ slowdown }) => slowdown);
  const random = slowdowns(random_link(seeded(2)));
  const in_turn = slowdowns(round_robin());
  const fewest = slowdowns(fewest_flows());
  const stale = slowdowns(fewest_flows_seen_every(1, true));
  expect(mean(random) * (1 - 0.7)).toBeGreaterThan(0.9);
  expect(mean(random) * (1 - 0.7)).toBeLessThan(1.1);
  expect(mean(in_turn)).toBeGreaterThan(2.3);
  expect(mean(in_turn)).toBeLessThan(2.9);
  expect(mean(stale)).toBeLessThan(2.2);
  expect(mean(fewest)).toBeLessThan(1.7);
  expect(percentile(fewest, 0.95)).toBeLessThan(percentile(stale, 0.95));
});
