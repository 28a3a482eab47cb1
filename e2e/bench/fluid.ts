/**
 * A model of links whose downloads share the rate equally at every moment: what a way of choosing links is worth
 * before anyone builds it.
 *
 *     const outcomes = simulate(fewest_flows(), arrivals, links);
 *     mean(outcomes.map(({ slowdown }) => slowdown));
 *
 * No packets, no slow start, no delay between a choice and its effect; a policy of your own is an object with
 * `choose`, and with `observe` when it may look only now and then.
 */

import type { Arrival, Random } from './arrivals.ts';

export interface FluidLink {
  /** Bytes per second. */
  rate: number;
  weight: number;
}

/** A link at a moment. */
export interface LinkLoad extends Readonly<FluidLink> {
  /** Downloads under way. */
  readonly flows: number;
  /** Bytes they still have to get. */
  readonly backlog: number;
  /** Bytes carried since the start. */
  readonly carried: number;
  /** Downloads begun since the start. */
  readonly opened: number;
}

export interface Policy {
  name: string;
  /** The link's index for a download that starts now. */
  choose(loads: readonly LinkLoad[], now_s: number, bytes: number): number;
  /** Called at 0, `interval_s`, 2 · `interval_s`, … */
  observe?(loads: readonly LinkLoad[], now_s: number): void;
  interval_s?: number;
}

export interface Outcome {
  arrival: Arrival;
  link: number;
  duration_s: number;
  /** `duration_s` against that on the fastest link with nobody else there. */
  slowdown: number;
}

interface Flow {
  arrival: Arrival;
  left: number;
}

interface State extends FluidLink {
  flows: Flow[];
  carried: number;
  opened: number;
}

/** `arrivals` in order of time; outcomes come in the same order. `setup_s` is added to every download. */
export function simulate(policy: Policy, arrivals: Arrival[], links: FluidLink[], setup_s = 0): Outcome[] {
  const states: State[] = links.map(link => ({ ...link, flows: [], carried: 0, opened: 0 }));
  const outcomes = new Map<Arrival, Outcome>();
  const fastest = Math.max(...links.map(({ rate }) => rate));
  let now_s = 0;

  function advance_to(until_s: number): void {
    for (const [link, state] of states.entries()) {
      let at_s = now_s;
      while (state.flows.length > 0) {
        const share = state.rate / state.flows.length;
        const to_end_s = Math.min(...state.flows.map(({ left }) => left)) / share;
        const ends = at_s + to_end_s <= until_s;
        const step_s = ends ? to_end_s : until_s - at_s;
        at_s += step_s;
        state.carried += step_s * state.rate;
        for (const flow of state.flows) flow.left -= step_s * share;
        if (!ends) break;
        for (const { arrival } of state.flows.filter(({ left }) => left <= EPSILON)) {
          const duration_s = at_s - arrival.at_s + setup_s;
          const ideal_s = arrival.bytes / fastest + setup_s;
          outcomes.set(arrival, { arrival, link, duration_s, slowdown: duration_s / ideal_s });
        }
        state.flows = state.flows.filter(({ left }) => left > EPSILON);
      }
    }
    now_s = until_s;
  }

  const loads = (): LinkLoad[] =>
    states.map(({ rate, weight, flows, carried, opened }) => ({
      rate,
      weight,
      flows: flows.length,
      backlog: flows.reduce((total, { left }) => total + left, 0),
      carried,
      opened,
    }));

  let next_look_s = 0;
  for (const arrival of arrivals) {
    while (policy.observe !== undefined && next_look_s <= arrival.at_s) {
      advance_to(next_look_s);
      policy.observe(loads(), next_look_s);
      next_look_s += policy.interval_s ?? 1;
    }
    advance_to(arrival.at_s);
    const state = states[policy.choose(loads(), arrival.at_s, arrival.bytes)];
    if (state === undefined) throw new Error(`policy ${policy.name} chose a link that does not exist`);
    state.flows.push({ arrival, left: arrival.bytes });
    state.opened += 1;
  }
  advance_to(Number.POSITIVE_INFINITY);
  return arrivals.flatMap(arrival => outcomes.get(arrival) ?? []);
}

/** Bytes; less than this is nothing, whatever rounding left. */
const EPSILON = 1e-3;

/** By weight, as a hash of the connection does. */
export function random_link(random: Random): Policy {
  return {
    name: 'random',
    choose(loads) {
      let left = random() * loads.reduce((total, { weight }) => total + weight, 0);
      const found = loads.findIndex(({ weight }) => {
        left -= weight;
        return left < 0;
      });
      return found < 0 ? loads.length - 1 : found;
    },
  };
}

/** Smooth weighted round-robin, as nginx has it: 5:1:1 gives a a b a c a a, not a a a a a b c. */
export function round_robin(): Policy {
  const credit: number[] = [];
  return {
    name: 'round-robin',
    choose(loads) {
      const total = loads.reduce((so_far, { weight }) => so_far + weight, 0);
      let best = 0;
      for (const [index, { weight }] of loads.entries()) {
        credit[index] = (credit[index] ?? 0) + weight;
        if ((credit[index] ?? 0) > (credit[best] ?? 0)) best = index;
      }
      credit[best] = (credit[best] ?? 0) - total;
      return best;
    },
  };
}

/** Shortest expected delay: the link where one more download gets the most, as it is at this moment. */
export function fewest_flows(): Policy {
  return {
    name: 'fewest flows',
    choose: loads => least_delay(loads.map(({ flows, rate }) => ({ flows, rate }))),
  };
}

/**
 * The same from counts taken every `interval_s`. With `count_own`, downloads begun since then are added to them;
 * without, everything goes to one link until the next look (equal links are taken in turn).
 */
export function fewest_flows_seen_every(interval_s: number, count_own: boolean): Policy {
  let seen: Array<{ flows: number; rate: number }> = [];
  let turn = 0;
  return {
    name: `fewest flows, counts ${interval_s} s old${count_own ? ' and own choices since' : ''}`,
    interval_s,
    observe(loads) {
      seen = loads.map(({ flows, rate }) => ({ flows, rate }));
    },
    choose() {
      turn += 1;
      const chosen = least_delay(seen, turn);
      const link = seen[chosen];
      if (count_own && link !== undefined) link.flows += 1;
      return chosen;
    },
  };
}

/** Of equal ones the first at or after `from`. */
function least_delay(links: Array<{ flows: number; rate: number }>, from = 0): number {
  let best = from % links.length;
  const delay = (index: number) => ((links[index]?.flows ?? 0) + 1) / (links[index]?.rate ?? 1);
  for (let step = 1; step < links.length; step += 1) {
    const index = (from + step) % links.length;
    if (delay(index) < delay(best)) best = index;
  }
  return best;
}
