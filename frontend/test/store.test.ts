import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Link } from '../../rpcd/src/config/schema.gen.ts';
import type { HistoryReply, StickyEntry } from '../../rpcd/src/rpc.ts';
import { RpcFailure } from '../src/client/jsonrpc.ts';
import { CONFIG_INTERVAL_MS, create_store, type Store } from '../src/store/store.ts';
import { config, FakeRouter, group, link, policy, settle } from './fake_router.ts';

let router: FakeRouter;
let store: Store;

beforeEach(async () => {
  vi.useFakeTimers();
  router = new FakeRouter(config(link('wan', 1), link('wanb', 2)));
  store = create_store(router);
  store.set_visible(true);
  await settle();
});

afterEach(() => {
  store.close();
  vi.useRealTimers();
});

const shown_link = (name: string) => store.shown.value?.links.find(candidate => candidate.name === name);
/** What the editor of a link got, and what it would save: all but the switch, which it does not have. */
function in_editor(name: string, typed: Partial<Link>) {
  const before = structuredClone(router.stored.link.find(stored => stored.name === name) ?? link('?'));
  const { enabled: _switch, ...values } = { ...before, ...typed };
  return { before, values };
}
const next_poll = async () => {
  await vi.advanceTimersByTimeAsync(1000);
  await settle();
};

describe('a change is seen at once', () => {
  test('a weight shows and is marked before the router has answered', async () => {
    router.held.add('set_link');
    void store.set_weight('wan', 9);
    await settle();
    expect(shown_link('wan')?.weight).toBe(9);
    expect(store.pending.value).toEqual(new Set(['wan.weight']));

    await router.release('set_link');
    expect(store.pending.value.size).toBe(0);
    expect(shown_link('wan')?.weight).toBe(9);
    expect(router.stored.link[0]?.weight).toBe(9);
  });

  test('a link that is switched off says so', async () => {
    router.held.add('set_link');
    void store.set_enabled('wan', false);
    expect(shown_link('wan')).toMatchObject({ enabled: false, state: 'disabled' });
  });

  test('the main switch', async () => {
    const outcome = store.set_globally_enabled(false);
    expect(store.shown.value?.enabled).toBe(false);
    await outcome;
    expect(router.stored.globals.enabled).toBe(false);
  });
});

describe('an old status does not undo what the admin just did', () => {
  test('a status asked for before the change was confirmed, but arriving after it', async () => {
    router.held.add('status');
    await next_poll(); // on its way, with the old weight in it
    await store.set_weight('wan', 9);

    await router.release('status');
    expect(shown_link('wan')?.weight).toBe(9);

    await vi.advanceTimersByTimeAsync(0); // the next question follows at once
    await router.release('status');
    expect(shown_link('wan')?.weight).toBe(9);
  });

  test('a status asked for after the confirmation has the last word', async () => {
    await store.set_weight('wan', 9);
    await settle();
    router.edit_elsewhere(stored => Object.assign(stored.link[0] ?? {}, { weight: 5 }));
    await next_poll();
    expect(shown_link('wan')?.weight).toBe(5);
  });
});

describe('several changes', () => {
  test('go to the router one after another, in the order they were made', async () => {
    router.held.add('set_link');
    void store.set_weight('wan', 2);
    void store.set_weight('wan', 3);
    void store.set_enabled('wan', false);
    await settle();
    expect(router.count('set_link')).toBe(1);
    expect(shown_link('wan')).toMatchObject({ weight: 3, enabled: false });

    for (let i = 0; i < 3; i++) await router.release('set_link');
    const sent = router.calls.filter(call => call.method === 'set_link').map(call => call.args);
    expect(sent).toEqual([
      { name: 'wan', weight: 2, enabled: null },
      { name: 'wan', weight: 3, enabled: null },
      { name: 'wan', weight: null, enabled: false },
    ]);
  });

  test('a refused one falls out and those after it stay', async () => {
    router.held.add('set_link');
    router.refusal = { section: 'wan', option: 'weight', reason: 'must be less' };
    void store.set_weight('wan', 200);
    void store.set_enabled('wan', false);
    await router.release('set_link');
    expect(shown_link('wan')).toMatchObject({ weight: 1, enabled: false });
    expect(store.notice.value).toMatchObject({
      kind: 'refused',
      subject: { type: 'link', name: 'wan' },
      errors: [{ reason: 'must be less' }],
    });

    await router.release('set_link');
    expect(router.stored.link[0]).toMatchObject({ weight: 1, enabled: false });
  });

  test('are all undone when the router is gone, with one message', async () => {
    router.held.add('set_link');
    const first = store.set_weight('wan', 9);
    const second = store.set_weight('wanb', 9);
    router.broken = new RpcFailure('unreachable');
    await router.release('set_link');
    expect(await first).toMatchObject({ kind: 'failed' });
    expect(await second).toMatchObject({ kind: 'failed' });
    expect(router.count('set_link')).toBe(1);
    expect([shown_link('wan')?.weight, shown_link('wanb')?.weight]).toEqual([1, 2]);
    expect(store.notice.value?.kind).toBe('failed');
  });
});

describe('links come and go', () => {
  test('a new link is shown while it is being saved', async () => {
    router.held.add('set_config');
    const outcome = store.save('link', 'lte', null, { ...link('lte', 5) });
    await settle();
    expect(shown_link('lte')).toMatchObject({ weight: 5, state: null });
    await router.release('set_config');
    expect((await outcome).kind).toBe('saved');
    expect(router.stored.link.map(stored => stored.name)).toEqual(['wan', 'wanb', 'lte']);
  });

  test('an interface cannot be two links, and the router is not even asked', async () => {
    const outcome = await store.save('link', 'again', null, { ...link('again'), interface: 'wan' });
    expect(outcome).toMatchObject({ kind: 'refused', errors: [{ section: 'again', option: 'interface' }] });
    expect(router.count('set_config')).toBe(0);
    expect(shown_link('again')).toBeUndefined();
  });

  test('a removed link can be brought back with all it had', async () => {
    const before = structuredClone(router.stored);
    await store.remove('link', 'wan');
    expect(router.stored.link.map(stored => stored.name)).toEqual(['wanb']);

    const notice = store.notice.value;
    if (notice?.kind !== 'removed') throw new Error('no offer to undo');
    notice.undo();
    await settle();
    expect(router.stored).toEqual(before);
  });

  test('an edit leaves the switch as somebody set it meanwhile', async () => {
    const { before, values } = in_editor('wan', { weight: 50 });
    router.edit_elsewhere(stored => Object.assign(stored.link[0] ?? {}, { enabled: false }));
    await store.save('link', 'wan', before, values);
    expect(router.stored.link[0]).toMatchObject({ weight: 50, enabled: false });
  });
});

describe('somebody else changes the configuration meanwhile', () => {
  test('between reading and writing: nothing is saved, the new one is shown', async () => {
    router.held.add('set_config');
    const outcome = store.set_globally_enabled(false);
    await settle();
    router.edit_elsewhere(stored => stored.link.push(link('theirs')));
    await router.release('set_config');
    expect((await outcome).kind).toBe('conflict');
    expect(store.notice.value).toMatchObject({ kind: 'conflict' });
    expect(store.shown.value?.enabled).toBe(true);
    expect(store.config.value?.config?.link.map(stored => stored.name)).toContain('theirs');
    expect(router.stored.globals.enabled).toBe(true);
  });

  test('the very link in the editor: their edit is not overwritten', async () => {
    const { before, values } = in_editor('wan', { probe: ['9.9.9.9'] });
    router.edit_elsewhere(stored => Object.assign(stored.link[0] ?? {}, { weight: 77 }));
    const outcome = await store.save('link', 'wan', before, values);
    expect(outcome.kind).toBe('conflict');
    expect(router.stored.link[0]).toMatchObject({ weight: 77, probe: ['1.1.1.1'] });
  });

  test('another link: both edits survive', async () => {
    const { before, values } = in_editor('wan', { weight: 50 });
    router.edit_elsewhere(stored => stored.link.push(link('theirs')));
    await store.save('link', 'wan', before, values);
    expect(router.stored.link.map(stored => [stored.name, stored.weight])).toEqual([
      ['wan', 50],
      ['wanb', 2],
      ['theirs', 1],
    ]);
  });

  test('with a mistake in it: nothing is written over what the router could not read', async () => {
    router.stored_errors = [{ section: 'wan', option: 'weihgt', reason: 'is not a known option' }];
    const outcome = await store.set_globally_enabled(false);
    expect(outcome).toMatchObject({ kind: 'refused', errors: [{ option: 'weihgt' }] });
    expect(router.count('set_config')).toBe(0);
    expect(store.shown.value?.enabled).toBe(true);
  });

  test('the page notices links that come and go', async () => {
    router.edit_elsewhere(stored => stored.link.push(link('theirs')));
    await next_poll();
    expect(shown_link('theirs')).toBeDefined();
    expect(store.config.value?.config?.link).toHaveLength(3);
  });
});

describe('following the router', () => {
  test('the next question waits for the last answer', async () => {
    router.held.add('status');
    await next_poll();
    const asked = router.count('status');
    await vi.advanceTimersByTimeAsync(5000);
    expect(router.count('status')).toBe(asked);
  });

  test('a hidden page is quiet, and up to date as soon as it is seen again', async () => {
    store.set_visible(false);
    const asked = router.count('status');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(router.count('status')).toBe(asked);
    store.set_visible(true);
    expect(router.count('status')).toBe(asked + 1);
  });

  test('a lost router is asked less and less often, and the last values stay', async () => {
    router.broken = new RpcFailure('unreachable');
    const asked = router.count('status');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(router.count('status') - asked).toBeLessThan(10);
    expect(store.connection.value).toMatchObject({ failure: { kind: 'unreachable' } });
    expect(shown_link('wan')?.rx_bps).toBe(1000);

    router.broken = null;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(store.connection.value.failure).toBeNull();
  });

  test('an expired session ends the questions', async () => {
    router.broken = new RpcFailure('session-expired');
    await next_poll();
    const asked = router.count('status');
    store.set_visible(false);
    store.set_visible(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(router.count('status')).toBe(asked);
    expect(store.connection.value).toMatchObject({ failure: { kind: 'session-expired' }, retry_at_ms: null });
  });

  test('a change made without the service running stays visible', async () => {
    router.running = false;
    await next_poll();
    await settle();
    expect(shown_link('wan')?.state).toBeNull();
    await store.set_weight('wan', 9);
    await next_poll();
    expect(shown_link('wan')?.weight).toBe(9);
  });
});

describe('groups and policies', () => {
  const order = () => store.shown.value?.config?.policy.map(shown => shown.name);
  const stored_order = () => router.stored.policy.map(stored => stored.name);

  beforeEach(async () => {
    router.edit_elsewhere(stored => {
      stored.group.push(group('fast', 'wan', 'wanb'));
      stored.policy.push(policy('a', 'fast'), policy('b', 'wan'), policy('c', 'wanb'));
    });
    await store.read_config();
  });

  test('a new one is shown while it is being saved, with what its form left out', async () => {
    router.held.add('set_config');
    const outcome = store.save('policy', 'dns', null, { name: 'dns', target: 'wan', protocol: ['udp'] });
    await settle();
    expect(order()).toEqual(['a', 'b', 'c', 'dns']);
    await router.release('set_config');
    expect((await outcome).kind).toBe('saved');
    expect(router.stored.policy[3]).toEqual(policy('dns', 'wan', { protocol: ['udp'] }));
  });

  test('what somebody else changed shows up, although a status says nothing of it', async () => {
    router.edit_elsewhere(stored => stored.policy.reverse());
    await vi.advanceTimersByTimeAsync(CONFIG_INTERVAL_MS + 1000);
    expect(order()).toEqual(['c', 'b', 'a']);
  });

  test('a configuration asked for before a change does not undo it', async () => {
    router.held.add('get_config');
    void store.read_config(); // on its way, with all policies switched on in it
    router.held.delete('get_config'); // those that follow are not held
    await store.set_section_enabled('policy', 'a', false);
    await next_poll();
    await router.release('get_config');
    expect(store.shown.value?.config?.policy[0]?.enabled).toBe(false);
  });

  test('a policy is switched off and on at once', async () => {
    router.held.add('set_config');
    const outcome = store.set_section_enabled('policy', 'b', false);
    expect(store.shown.value?.config?.policy[1]?.enabled).toBe(false);
    expect(store.pending.value).toEqual(new Set(['b.enabled']));
    await settle();
    await router.release('set_config');
    await outcome;
    expect(router.stored.policy.map(stored => stored.enabled)).toEqual([true, false, true]);
  });

  test('a policy is moved as often as one clicks, and never jumps back meanwhile', async () => {
    router.held.add('set_config');
    void store.move_policy('c', -1);
    void store.move_policy('c', -1);
    expect(order()).toEqual(['c', 'a', 'b']);
    await settle();
    await router.release('set_config');
    expect(stored_order()).toEqual(['a', 'c', 'b']);
    expect(order()).toEqual(['c', 'a', 'b']);
    await router.release('set_config');
    await next_poll();
    expect(stored_order()).toEqual(['c', 'a', 'b']);
    expect(order()).toEqual(['c', 'a', 'b']);
  });

  test('a policy that somebody else added stays where it is when another is moved past', async () => {
    router.edit_elsewhere(stored => stored.policy.unshift(policy('theirs', 'wan')));
    await store.move_policy('a', 1);
    expect(stored_order()).toEqual(['theirs', 'b', 'a', 'c']);
  });

  test('at the end of the list there is nowhere to go', async () => {
    await store.move_policy('a', -1);
    expect(router.count('set_config')).toBe(0);
  });

  test('a link that is in use is not removed, and the reason names who uses it', async () => {
    const outcome = await store.remove('link', 'wan');
    expect(outcome).toMatchObject({
      kind: 'refused',
      errors: [
        { section: 'fast', option: 'link', reason: expect.stringContaining('wan') },
        { section: 'b', option: 'target', reason: expect.stringContaining('wan') },
      ],
    });
    expect(store.notice.value).toMatchObject({ subject: { type: 'link', name: 'wan', removal: true } });
    expect(shown_link('wan')).toBeDefined();
    expect(router.stored.link).toHaveLength(2);
  });

  test('a removed policy comes back to its place', async () => {
    const before = structuredClone(router.stored);
    await store.remove('policy', 'b');
    expect(order()).toEqual(['a', 'c']);
    const notice = store.notice.value;
    if (notice?.kind !== 'removed') throw new Error('no offer to undo');
    notice.undo();
    await settle();
    expect(router.stored).toEqual(before);
  });

  test('names are unique among links, groups and policies', async () => {
    const outcome = await store.save('group', 'wan', null, { name: 'wan', link: ['wan'] });
    const named = expect.objectContaining({ section: 'wan', option: 'name' });
    expect(outcome).toMatchObject({ kind: 'refused', errors: expect.arrayContaining([named]) });
  });

  test('saved but not in force: the admin is told', async () => {
    router.running = false;
    const before = structuredClone(router.stored.group[0] ?? group('?'));
    const outcome = await store.save('group', 'fast', before, { link: ['wan'] });
    expect(outcome.kind).toBe('saved');
    expect(store.notice.value).toMatchObject({
      kind: 'not-in-force',
      subject: { type: 'group', name: 'fast' },
    });
  });
});

describe('settings', () => {
  test('are saved without touching what was switched meanwhile', async () => {
    const before = structuredClone(router.stored.globals);
    await store.set_mode('round-robin');
    const outcome = await store.save('globals', 'globals', before, { sticky: 'source', failback: 'hard' });
    expect(outcome.kind).toBe('saved');
    expect(router.stored.globals).toEqual({
      ...before,
      mode: 'round-robin',
      sticky: 'source',
      failback: 'hard',
    });
  });

  test('that somebody else changed meanwhile are not overwritten', async () => {
    const before = structuredClone(router.stored.globals);
    router.edit_elsewhere(stored => Object.assign(stored.globals, { failback: 'hard' }));
    const outcome = await store.save('globals', 'globals', before, { sticky: 'source', failback: 'soft' });
    expect(outcome.kind).toBe('conflict');
    expect(router.stored.globals.sticky).toBe('none');
  });
});

describe('who stays on which link', () => {
  const entry = (source: string, link_name: string): StickyEntry => ({
    group: 'default',
    source,
    destination: null,
    link: link_name,
    expires_s: 300,
  });
  const sources = () => store.sticky.value.reply?.entries.map(shown => shown.source);

  beforeEach(() => {
    router.sticky = [entry('192.168.1.10', 'wan'), entry('192.168.1.11', 'wanb')];
  });

  test('is asked for only while somebody looks', async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(router.count('get_sticky')).toBe(0);
    store.watch_sticky(true);
    await settle();
    expect(sources()).toEqual(['192.168.1.10', '192.168.1.11']);
    await vi.advanceTimersByTimeAsync(10_000);
    const asked = router.count('get_sticky');
    expect(asked).toBeGreaterThan(2);
    expect(asked).toBeLessThan(6);
    store.watch_sticky(false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(router.count('get_sticky')).toBe(asked);
  });

  test('one client is forgotten, and an answer that is older does not bring it back', async () => {
    store.watch_sticky(true);
    await settle();
    router.held.add('get_sticky');
    await vi.advanceTimersByTimeAsync(4000); // a question is on its way
    const cleared = store.clear_sticky({ group: 'default', source: '192.168.1.10' });
    await cleared;
    await router.release('get_sticky');
    await router.release('get_sticky');
    expect(sources()).toEqual(['192.168.1.11']);
  });

  test('why they cannot be shown, or not be cleared, is said', async () => {
    router.running = false;
    await store.clear_sticky({ group: null, source: null });
    expect(store.notice.value).toMatchObject({
      kind: 'refused',
      subject: { type: 'sticky' },
      errors: [{ reason: 'the service does not answer' }],
    });
    router.broken = new RpcFailure('missing');
    store.watch_sticky(true);
    await settle();
    expect(store.sticky.value).toMatchObject({ reply: null, failure: { kind: 'missing' } });
  });
});

describe('the details of a link', () => {
  const history = (...latency_ms: (number | null)[]): HistoryReply => ({
    interval_s: 60,
    latency_ms,
    loss_permille: latency_ms.map(latency => (latency === null ? null : 0)),
    events: [],
  });
  const open = async (name: string) => {
    const watch = store.watch_link(name);
    watch.run(true);
    await settle();
    return watch;
  };

  beforeEach(() => {
    router.histories.wan = history(10, 11);
  });

  test('are asked for only while they are open: the past every minute', async () => {
    await vi.advanceTimersByTimeAsync(120_000);
    expect([router.count('get_history'), router.count('get_test')]).toEqual([0, 0]);
    const watch = await open('wan');
    expect(watch.details.value.history?.latency_ms).toEqual([10, 11]);
    router.histories.wan = history(10, 11, 12);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(router.count('get_history')).toBe(1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(watch.details.value.history?.latency_ms).toEqual([10, 11, 12]);
    await vi.advanceTimersByTimeAsync(180_000);
    expect(router.count('get_history')).toBe(5);
    expect(router.count('get_test')).toBe(1);
    watch.run(false);
    await vi.advanceTimersByTimeAsync(180_000);
    expect(router.count('get_history')).toBe(5);
  });

  test('a change of state is shown with the status that tells of it', async () => {
    const watch = await open('wan');
    await next_poll();
    router.states.wan = { state: 'offline', reason: 'no-reply' };
    const event = { age_s: 0, family: null, state: 'offline', reason: 'no-reply' } as const;
    router.histories.wan = { ...history(10), events: [event] };
    await next_poll();
    expect(watch.details.value.history?.events).toEqual([event]);
    await next_poll();
    expect(router.count('get_history')).toBe(2);
  });

  test('a change right after they were opened is not missed', async () => {
    await open('wan');
    router.states.wan = { state: 'offline', reason: 'no-reply' };
    await next_poll();
    expect(router.count('get_history')).toBe(2);
  });

  test('a hidden page asks for nothing', async () => {
    await open('wan');
    store.set_visible(false);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(router.count('get_history')).toBe(1);
  });

  test('of two links at once are two', async () => {
    router.histories.wanb = history(20);
    const first = await open('wan');
    const second = await open('wanb');
    first.run(false);
    await vi.advanceTimersByTimeAsync(62_000);
    expect(second.details.value.history?.latency_ms).toEqual([20]);
    const asked = router.calls.filter(call => call.method === 'get_history').map(call => call.args);
    expect(asked).toEqual(['wan', 'wanb', 'wanb']);
  });

  test('a test is followed twice a second until its last probe has ended', async () => {
    const watch = await open('wan');
    const other = await open('wanb');
    const asked_of_other = () => router.calls.filter(call => call.args === 'wanb').length;
    const before = asked_of_other();
    await store.test_link('wan');
    await settle();
    expect(asked_of_other()).toBe(before);
    other.run(false);
    expect(watch.details.value.test).toMatchObject({ running: true, results: [{ outcome: 'running' }] });
    const asked = router.count('get_test');
    await vi.advanceTimersByTimeAsync(2000);
    expect(router.count('get_test') - asked).toBe(4);
    router.end_test('wan');
    await vi.advanceTimersByTimeAsync(500);
    expect(watch.details.value.test).toMatchObject({ running: false, results: [{ outcome: 'ok' }] });
    await vi.advanceTimersByTimeAsync(5000);
    expect(router.count('get_test') - asked).toBe(5);
  });

  test('one that somebody else has started is followed as well', async () => {
    await router.test_link('wan');
    const watch = await open('wan');
    router.end_test('wan');
    await vi.advanceTimersByTimeAsync(500);
    expect(watch.details.value.test?.running).toBe(false);
  });

  test('an answer of before the test is not taken for its end', async () => {
    router.held.add('get_test');
    const watch = await open('wan'); // its question is on its way
    router.held.delete('get_test');
    await store.test_link('wan');
    await settle();
    await router.release('get_test');
    expect(watch.details.value.test?.running).toBe(true);
  });

  test('a closed row does not go on with the test', async () => {
    const watch = await open('wan');
    await store.test_link('wan');
    await settle();
    router.held.add('get_test');
    await vi.advanceTimersByTimeAsync(500); // a question is on its way
    watch.run(false);
    const asked = router.count('get_test');
    await router.release('get_test');
    await vi.advanceTimersByTimeAsync(5000);
    expect(router.count('get_test')).toBe(asked);
  });

  test('why there is no test is said', async () => {
    router.running = false;
    await store.test_link('wan');
    expect(store.notice.value).toMatchObject({
      kind: 'refused',
      subject: { type: 'test', name: 'wan' },
      errors: [{ reason: 'the service does not answer' }],
    });
  });

  test('why there is no past is said, and it comes when the router is back', async () => {
    router.broken = new RpcFailure('timeout');
    const watch = await open('wan');
    expect(watch.details.value).toMatchObject({
      history: null,
      history_failure: { kind: 'timeout' },
      test_failure: { kind: 'timeout' },
    });
    router.broken = null;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(watch.details.value).toMatchObject({ history_failure: null, test_failure: null });
    expect(watch.details.value.history?.latency_ms).toEqual([10, 11]);
  });
});

test('an account that may only look is known as such', async () => {
  expect(store.may_write.value).toBe(true);
  store.close();
  router.may = false;
  store = create_store(router);
  store.set_visible(true);
  await settle();
  expect(store.may_write.value).toBe(false);
});
