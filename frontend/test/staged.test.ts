import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RpcFailure } from '../src/client/jsonrpc.ts';
import { HOLD_OFF_MS, STAGED_INTERVAL_MS } from '../src/store/staged.ts';
import { create_store, type Store } from '../src/store/store.ts';
import { config, FakeRouter, link, settle } from './fake_router.ts';

const TIMEOUT_S = 30;

let router: FakeRouter;
let store: Store;

beforeEach(async () => {
  vi.useFakeTimers();
  router = new FakeRouter(config(link('wan')));
  await open_page();
});

afterEach(() => {
  store.close();
  vi.useRealTimers();
});

async function open_page(): Promise<void> {
  store = create_store(router);
  store.set_visible(true);
  await pass(1000);
}

async function pass(time_ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(time_ms);
  await settle();
}

const view = () => store.staging.view.value;
const changes = () => (view().reply?.staged ?? []).flatMap(each => each.changes);
const remove = (name: string) => store.staging.stage(client => client.remove_tunnel(name));
const T1 = "network.linkagg_t1='interface'";

async function apply(): Promise<void> {
  await remove('t1');
  void store.staging.apply(TIMEOUT_S);
  await settle();
}

describe('staging', () => {
  test('shows what is staged, and what is worth knowing of it stays', async () => {
    expect(await remove('t1')).toMatchObject({ kind: 'staged', reply: { notes: ['about t1'] } });
    expect(changes()).toEqual([T1]);
    await pass(2 * STAGED_INTERVAL_MS);
    expect(view().reply).toMatchObject({ commands: ['ip rule add'], notes: ['about t1'] });
  });

  test('a refusal is for whoever asked, and nothing is staged', async () => {
    router.refusal = { section: 'linkagg_t1', option: 'mtu', reason: 'must be less' };
    expect(await remove('t1')).toMatchObject({ kind: 'refused', errors: [{ option: 'mtu' }] });
    expect(changes()).toEqual([]);
  });

  test('what other pages of the session stage shows up', async () => {
    router.staged = [{ config: 'system', changes: ["system.hostname='x'"] }];
    await pass(STAGED_INTERVAL_MS + 1000);
    expect(changes()).toEqual(["system.hostname='x'"]);
  });

  test('is discarded', async () => {
    await remove('t1');
    await store.staging.discard();
    expect(changes()).toEqual([]);
    expect(router.staged).toEqual([]);
  });

  test('a session that may only look is never asked for what it has staged', async () => {
    store.close();
    router = new FakeRouter(config(link('wan')));
    router.may = false;
    await open_page();
    await pass(2 * STAGED_INTERVAL_MS);
    expect(router.count('get_staged')).toBe(0);
  });
});

describe('applying', () => {
  test('is confirmed when the router is reached again, not before the change has had its effect', async () => {
    await apply();
    expect(view()).toMatchObject({ phase: 'applying', locked: true });
    await pass(HOLD_OFF_MS - 100);
    expect(router.in_force).toEqual([]);
    await pass(200);
    expect(view()).toMatchObject({ phase: 'confirmed', locked: false });
    expect(router.in_force.flatMap(each => each.changes)).toEqual([T1]);
    expect(changes()).toEqual([]);
  });

  test('counts down while the router is cut off, and says afterwards that it was undone', async () => {
    await apply();
    const end_ms = Date.now() + TIMEOUT_S * 1000;
    router.broken = new RpcFailure('unreachable');
    await pass((TIMEOUT_S - 1) * 1000);
    expect(view()).toMatchObject({
      phase: 'applying',
      failure: { kind: 'unreachable' },
      deadline_ms: end_ms,
    });
    await pass(5000);
    expect(view().phase).toBe('applying');
    router.broken = null;
    await pass(2000);
    expect(view()).toMatchObject({ phase: 'undone', undoing: false, failure: null, locked: false });
    expect(changes()).toEqual([T1]);
    expect(router.in_force).toEqual([]);
  });

  test('a router that comes back in time has its confirmation', async () => {
    await apply();
    router.broken = new RpcFailure('timeout');
    await pass(15_000);
    router.broken = null;
    await pass(2000);
    expect(view()).toMatchObject({ phase: 'confirmed', failure: null });
  });

  test('an apply whose answer is lost is confirmed all the same', async () => {
    router.cut_off.add('apply_staged');
    await apply();
    expect(view()).toMatchObject({ phase: 'applying', failure: { kind: 'timeout' } });
    await pass(HOLD_OFF_MS + 100);
    expect(view().phase).toBe('confirmed');
  });

  test('a confirmation whose answer is lost is not taken for undone', async () => {
    router.cut_off.add('confirm_applied');
    await apply();
    await pass(HOLD_OFF_MS + 100);
    expect(view().phase).toBe('applying');
    router.cut_off.clear();
    await pass(2000);
    expect(view().phase).toBe('confirmed');
    expect(changes()).toEqual([]);
  });

  test('lists are read again when it is undone', async () => {
    store.watch_tunnels(true);
    await apply();
    const read = router.count('list_tunnels');
    store.staging.undo();
    await settle();
    expect(changes()).toEqual([T1]);
    expect(router.count('list_tunnels')).toBe(read + 1);
  });

  test('is undone at once when the admin wants it', async () => {
    await apply();
    store.staging.undo();
    await settle();
    expect(view()).toMatchObject({ phase: 'undone', undoing: true });
    await pass(2 * HOLD_OFF_MS);
    expect(router.count('confirm_applied')).toBe(0);
    expect(changes()).toEqual([T1]);
  });

  test('also when that was wanted before the router had answered', async () => {
    router.held.add('apply_staged');
    await apply();
    store.staging.undo();
    await router.release('apply_staged');
    expect(view()).toMatchObject({ phase: 'undone', undoing: true });
  });

  test('who wanted it undone while the router was away does not get it confirmed', async () => {
    await apply();
    router.broken = new RpcFailure('unreachable');
    await pass(HOLD_OFF_MS + 1000);
    store.staging.undo();
    await pass(1000);
    router.broken = null;
    await pass(2000);
    expect(view()).toMatchObject({ phase: 'undone', undoing: true });
    expect(router.in_force).toEqual([]);
  });

  test('a page that is loaded again in the middle of it confirms it', async () => {
    await apply();
    store.close();
    await open_page();
    expect(view().phase).toBe('applying');
    expect(view().deadline_ms - Date.now()).toBeLessThan(TIMEOUT_S * 1000);
    await pass(HOLD_OFF_MS + 1000);
    expect(view().phase).toBe('confirmed');
  });

  test('waits for another session, and says so', async () => {
    await remove('t1');
    router.other_trial = true;
    await store.staging.apply(TIMEOUT_S);
    expect(view()).toMatchObject({ phase: 'idle', locked: true, reply: { pending: 'other' } });
    router.other_trial = false;
    await pass(2000);
    expect(view().locked).toBe(false);
    expect(changes()).toEqual([T1]);
  });

  test('a session that has expired cannot confirm, and asks no more', async () => {
    await apply();
    router.broken = new RpcFailure('session-expired');
    await pass(HOLD_OFF_MS + 1000);
    const asked = router.calls.length;
    await pass(60_000);
    expect(view()).toMatchObject({ phase: 'applying', failure: { kind: 'session-expired' } });
    expect(router.calls.length).toBe(asked);
  });
});
