/** The last 24 hours over a clock that the test turns, under Node and under every ucode interpreter given. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { run_vectors } from '../compiler/test/harness.ts';
import { interpreters } from '../compiler/test/interpreters.ts';
import { LINKS_MAX } from '../src/plan/constants.ts';
import type { LinkReason, LinkState } from '../src/rpc.ts';
import { EVENTS_MAX, start_history } from '../src/status/history.ts';
import { history_after, type Step } from './vectors/history.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Begins at the start of an interval, whatever its width. */
function world(...links: string[]) {
  let now_ms = 7 * DAY_MS;
  const history = start_history({ now_ms: () => now_ms });
  history.keep(links);
  return {
    ...history,
    note_event: (link: string, state: LinkState, reason: LinkReason) =>
      history.note_event(link, { family: null, state, reason }, false),
    note_ip6: (link: string, state: LinkState, reason: LinkReason) =>
      history.note_event(link, { family: 'ip6', state, reason }, false),
    note_better: (link: string, family: 'ip6' | null, reason: LinkReason) =>
      history.note_event(link, { family, state: 'offline', reason }, true),
    pass(ms: number): void {
      now_ms += ms;
    },
    /** A probe every second, answered after each of these times in turn. */
    probe(link: string, seconds: number, ...rtts_ms: (number | null)[]): void {
      for (let i = 0; i < seconds; i++) {
        history.note_probe(link, rtts_ms[i % rtts_ms.length] ?? null);
        now_ms += 1000;
      }
    },
  };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `wan${index}`);

describe('latency and loss of a link', () => {
  test('are a mean and a share for each minute, the last one still under way', () => {
    const { probe, reply } = world('wan');
    probe('wan', 60, 10, 20);
    probe('wan', 60, 30, null, null, null);
    probe('wan', 10, 40);
    expect(reply('wan')).toMatchObject({
      interval_s: 60,
      latency_ms: [15, 30, 40],
      loss_permille: [0, 750, 0],
    });
  });

  test('no answer is no latency, and no probe is no loss', () => {
    const { probe, pass, reply } = world('wan');
    probe('wan', 60, null);
    pass(MINUTE_MS);
    expect(reply('wan')).toMatchObject({ latency_ms: [null, null, null], loss_permille: [1000, null, null] });
  });

  test('an answer at once is 0 ms and not none', () => {
    const { probe, reply } = world('wan');
    probe('wan', 1, 0);
    expect(reply('wan').latency_ms).toEqual([0]);
  });

  test('time without the daemon is a gap as long as it was', () => {
    const { probe, pass, reply } = world('wan');
    probe('wan', 60, 10);
    pass(3 * HOUR_MS);
    probe('wan', 1, 20);
    const { latency_ms, loss_permille } = reply('wan');
    expect(latency_ms).toEqual([10, ...Array(180).fill(null), 20]);
    expect(loss_permille).toEqual([0, ...Array(180).fill(null), 0]);
  });

  test.each([1, 40])('after a gap of %s days nothing of before is left', days => {
    const { probe, pass, reply } = world('wan');
    probe('wan', 120, 10);
    pass(days * DAY_MS);
    probe('wan', 1, 20);
    expect(reply('wan')).toMatchObject({ latency_ms: [20], loss_permille: [0] });
  });

  test('a clock that steps back overwrites nothing', () => {
    const { probe, pass, reply } = world('wan');
    probe('wan', 120, 10);
    expect(reply('wan').latency_ms).toEqual([10, 10, null]);
    pass(-HOUR_MS);
    probe('wan', 60, 20);
    probe('wan', 60, 30);
    expect(reply('wan').latency_ms).toEqual([10, 10, 20, 30, null]);
  });

  test('go back to the first probe', () => {
    const { keep, probe, reply } = world('wan');
    probe('wan', 120, 10);
    keep(['wan', 'lte']);
    expect(reply('lte').latency_ms).toEqual([null]);
    probe('lte', 60, 80);
    expect(reply('lte').latency_ms).toEqual([80, null]);
    expect(reply('wan').latency_ms).toEqual([10, 10, null, null]);
  });

  test('are kept from the first minute after the router has started', () => {
    const history = start_history({ now_ms: () => 3000 });
    history.keep(['wan']);
    history.note_probe('wan', 10);
    expect(history.reply('wan').latency_ms).toEqual([10]);
  });

  test('of a link that is not one are none', () => {
    const { note_probe, note_event, reply } = world('wan');
    note_probe('old', 10);
    note_event('old', 'online', 'replying');
    expect(reply('old')).toEqual({ interval_s: 60, latency_ms: [], loss_permille: [], events: [] });
  });

  test('a link that was removed and added again has no past', () => {
    const { keep, probe, note_event, reply } = world('wan', 'lte');
    probe('lte', 300, 80);
    note_event('lte', 'online', 'replying');
    keep(['wan']);
    keep(['wan', 'lte']);
    expect(reply('lte')).toMatchObject({ latency_ms: [null], loss_permille: [null], events: [] });
  });
});

describe('the more links, the wider the intervals', () => {
  test.each([
    [1, 60],
    [4, 60],
    [5, 120],
    [6, 120],
    [7, 300],
    [16, 300],
    [17, 900],
    [40, 900],
    [41, 1800],
    [LINKS_MAX, 1800],
  ])('%s links: %s s', (count, interval_s) => {
    const { probe, pass, reply } = world(...names(count));
    for (let minute = 0; minute < 1600; minute++) {
      probe('wan0', 1, 10);
      pass(MINUTE_MS - 1000);
    }
    const { latency_ms, loss_permille, interval_s: told } = reply('wan0');
    expect(told).toBe(interval_s);
    expect(latency_ms).toHaveLength(86400 / interval_s);
    expect(loss_permille).toHaveLength(86400 / interval_s);
    expect(latency_ms.slice(0, -1).every(value => value === 10)).toBe(true);
  });

  test('a day is told of, however long the router runs', () => {
    const { probe, pass, reply } = world('wan');
    for (let day = 1; day <= 3; day++) {
      probe('wan', 1, day);
      pass(DAY_MS - MINUTE_MS - 1000);
      const { latency_ms } = reply('wan');
      expect(latency_ms).toEqual([day, ...Array(1439).fill(null)]);
      pass(MINUTE_MS);
      expect(reply('wan').latency_ms).toEqual([null]);
    }
  });

  test('a fifth link halves what is known of the others, and forgets none of it', () => {
    const { keep, probe, reply } = world(...names(4));
    probe('wan0', 60, 10);
    probe('wan0', 60, 30, 30, null);
    probe('wan0', 60, 50);
    keep(names(5));
    // Answers weigh, not minutes: 60 after 10 ms, 40 after 30 ms.
    expect(reply('wan0')).toMatchObject({
      interval_s: 120,
      latency_ms: [18, 50],
      loss_permille: [167, 0],
    });
    probe('wan0', 60, 70);
    expect(reply('wan0').latency_ms.at(-2)).toBe(60);
  });

  test('and with four links again it goes on in minutes', () => {
    const { keep, probe, reply } = world(...names(5));
    probe('wan0', 120, 10);
    probe('wan0', 120, 20);
    keep(names(4));
    probe('wan0', 60, 30);
    expect(reply('wan0').latency_ms).toEqual([10, 10, 20, 20, 30, null]);
  });
});

describe('changes of state', () => {
  test('are told oldest first, with their reasons and ages', () => {
    const { note_event, pass, reply } = world('wan', 'lte');
    note_event('wan', 'connecting', 'waiting-for-reply');
    pass(5000);
    note_event('lte', 'no-carrier', 'no-carrier');
    note_event('wan', 'online', 'replying');
    pass(HOUR_MS);
    note_event('wan', 'offline', 'no-handshake');
    expect(reply('wan').events).toEqual([
      { age_s: 3605, family: null, state: 'connecting', reason: 'waiting-for-reply' },
      { age_s: 3600, family: null, state: 'online', reason: 'replying' },
      { age_s: 0, family: null, state: 'offline', reason: 'no-handshake' },
    ]);
    expect(reply('lte').events).toEqual([
      { age_s: 3600, family: null, state: 'no-carrier', reason: 'no-carrier' },
    ]);
  });

  test('of IPv6 alone are told as such', () => {
    const { note_event, note_ip6, reply } = world('wan', 'lte');
    note_event('lte', 'online', 'replying');
    note_ip6('lte', 'offline', 'no-reply');
    expect(reply('lte').events.map(({ family, state }) => [family, state])).toEqual([
      [null, 'online'],
      ['ip6', 'offline'],
    ]);
  });

  test('get the reason that became known later, and keep their time', () => {
    const { note_event, note_ip6, note_better, pass, reply } = world('wan', 'lte');
    note_event('wan', 'offline', 'no-reply');
    note_ip6('wan', 'offline', 'no-reply');
    note_event('lte', 'offline', 'no-reply');
    pass(5000);
    note_better('wan', null, 'gateway-silent');
    expect(reply('wan').events).toEqual([
      { age_s: 5, family: null, state: 'offline', reason: 'gateway-silent' },
      { age_s: 5, family: 'ip6', state: 'offline', reason: 'no-reply' },
    ]);
    expect(reply('lte').events).toEqual([{ age_s: 5, family: null, state: 'offline', reason: 'no-reply' }]);
  });

  test('are forgotten after a day', () => {
    const { note_event, pass, reply } = world('wan');
    note_event('wan', 'online', 'replying');
    pass(DAY_MS - 1000);
    note_event('wan', 'degraded', 'loss');
    expect(reply('wan').events).toHaveLength(2);
    pass(1000);
    expect(reply('wan').events).toEqual([{ age_s: 1, family: null, state: 'degraded', reason: 'loss' }]);
  });

  test('a link that flaps pushes out its own alone', () => {
    const { note_event, pass, reply } = world(...names(10));
    for (const name of names(10).slice(1)) {
      for (let i = 0; i < 25; i++) note_event(name, 'online', 'replying');
    }
    for (let i = 0; i < 2000; i++) {
      pass(1000);
      note_event('wan0', i % 2 === 0 ? 'offline' : 'online', i % 2 === 0 ? 'no-reply' : 'replying');
    }
    for (const name of names(10).slice(1)) expect(reply(name).events).toHaveLength(25);
    const own = reply('wan0').events;
    expect(own).toHaveLength(EVENTS_MAX - 9 * 25);
    expect(own.at(-1)?.age_s).toBe(0);
    expect(own[0]?.age_s).toBe(own.length - 1);
  });
});

const STATES: LinkState[] = [
  'disabled',
  'down',
  'no-carrier',
  'connecting',
  'online',
  'degraded',
  'standby',
  'captive',
  'offline',
];
const REASONS: LinkReason[] = ['switched-off', 'service-off', 'loss', 'portal', 'replying', 'no-handshake'];

describe('whatever happens', () => {
  const some_ms = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 * HOUR_MS }) },
  );
  const rtt_ms = fc.option(fc.oneof(fc.nat(500), fc.nat(70_000)), { freq: 3 });

  test('each interval has the mean and the loss of the probes in it', () => {
    const steps = fc.array(fc.record({ ms: some_ms, rtt_ms }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 30 }), (probes, count) => {
        const { note_probe, pass, reply } = world(...names(count));
        const { interval_s } = reply('wan0');
        const intervals = new Map<number, (number | null)[]>();
        let now_ms = 0;
        for (const probe of probes) {
          pass(probe.ms);
          now_ms += probe.ms;
          note_probe('wan0', probe.rtt_ms);
          const interval = Math.floor(now_ms / 1000 / interval_s);
          intervals.set(interval, [...(intervals.get(interval) ?? []), probe.rtt_ms]);
        }
        const last = Math.floor(now_ms / 1000 / interval_s);
        const oldest = Math.max(0, last - 86400 / interval_s + 1);
        const first = [...intervals.keys()].find(interval => interval >= oldest) ?? last;
        const length = last - first + 1;
        const { latency_ms, loss_permille } = reply('wan0');
        expect([latency_ms.length, loss_permille.length]).toEqual([length, length]);
        for (let i = 0; i < length; i++) {
          const noted = intervals.get(first + i) ?? [];
          const answers = noted.filter(rtt => rtt !== null);
          const mean = answers.reduce((sum, rtt) => sum + rtt, 0) / answers.length;
          expect(latency_ms[i]).toBe(answers.length === 0 ? null : Math.min(65534, Math.round(mean)));
          const lost = noted.length - answers.length;
          expect(loss_permille[i]).toBe(noted.length === 0 ? null : Math.round((lost * 1000) / noted.length));
        }
      }),
    );
  });

  const link = fc.integer({ min: 0, max: 24 }).map(index => `wan${index}`);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: some_ms }) },
    { weight: 12, arbitrary: fc.record({ kind: fc.constant('probe' as const), link, rtt_ms }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('event' as const),
        link,
        state: fc.constantFrom(...STATES),
        reason: fc.constantFrom(...REASONS),
        family: fc.constantFrom('ip6' as const, null),
        better: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('keep' as const),
        links: fc.constantFrom(1, 3, 4, 5, 6, 7, 16, 17, 25).map(names),
      }),
    },
  );
  const steps = fc.array(step, { maxLength: 80 });

  test('no latency appears that was never measured, and no loss where nothing was lost', () => {
    fc.assert(
      fc.property(steps, all => {
        const rtts = all.flatMap(one => (one.kind === 'probe' && one.rtt_ms !== null ? [one.rtt_ms] : []));
        const lossless = all.every(one => one.kind !== 'probe' || one.rtt_ms !== null);
        for (const reply of history_after(all, names(25))) {
          expect(reply.latency_ms.length).toBe(reply.loss_permille.length);
          expect(reply.latency_ms.length).toBeLessThanOrEqual(86400 / reply.interval_s);
          for (const [index, latency] of reply.latency_ms.entries()) {
            const loss = reply.loss_permille[index] ?? null;
            if (latency === null) continue;
            expect(loss).not.toBeNull();
            expect(latency).toBeGreaterThanOrEqual(Math.min(65534, ...rtts));
            expect(latency).toBeLessThanOrEqual(Math.max(...rtts));
            if (lossless) expect(loss).toBe(0);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('no link loses an event to another while it has no more than its share', () => {
    const share = Math.floor(EVENTS_MAX / 5);
    const bursts = fc.array(fc.record({ link: fc.nat(4), count: fc.nat(400) }), { maxLength: 12 });
    fc.assert(
      fc.property(bursts, all => {
        const { note_event, reply } = world(...names(5));
        const noted = [0, 0, 0, 0, 0];
        for (const burst of all) {
          for (let i = 0; i < burst.count; i++) note_event(`wan${burst.link}`, 'online', 'replying');
          noted[burst.link] = (noted[burst.link] ?? 0) + burst.count;
        }
        const kept = names(5).map(name => reply(name).events.length);
        expect(kept.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(EVENTS_MAX);
        for (const [index, count] of kept.entries()) {
          expect(count).toBeGreaterThanOrEqual(Math.min(noted[index] ?? 0, share));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('the compiled history says the same', async () => {
    const vectors = fc
      .sample(steps, { numRuns: 60, seed: 5 })
      .map(all => ({ call: 'history_text', args: [all, ['wan0', 'wan3', 'wan6']] }));
    const compared = await run_vectors('rpcd/test/vectors/history.ts', vectors);
    expect(compared).toBe(vectors.length * interpreters().length);
  });
});
