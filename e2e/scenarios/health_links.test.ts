/** Links asked by hand, behind a portal, and with one address family that fails. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { configure, counted, has_state, link_status, opened } from './configure.ts';

const PROBES = ['1.1.1.1', 'tcp:223.5.5.5:7000', 'dns:8.8.8.8', 'http://1.1.1.1/generate_204'];
const PAGES = ['http://connect.rom.miui.com/generate_204', 'http://www.gstatic.com/generate_204'];

let lab: Lab;
beforeAll(async () => {
  lab = await start_lab({ ipv6: true });
  await configure(lab, { globals: { captive_check: 1 }, links: { wan3: { probe: PROBES } } });
  for (const { name } of lab.uplinks) await has_state(lab, name, 'online');
});
afterEach(() => {
  for (const uplink of lab.uplinks) uplink.restore();
});
afterAll(() => lab?.stop());

/** Outcomes of a test of a link, by what was asked. */
async function tested(link: string): Promise<Record<string, string>> {
  expect((await lab.rpc('test_link', { link })).reply).toMatchObject({ ok: true, errors: [] });
  const results = await wait_for(async () => {
    const { reply } = await lab.rpc('get_test', { link });
    expect(reply?.age_s).not.toBeNull();
    return reply?.running === false ? (reply.results as Array<Record<string, string>>) : null;
  });
  return Object.fromEntries(results.map(({ probe, outcome }) => [probe, outcome ?? '']));
}

/** All of these with the same outcome. */
function each(names: string[], outcome: string): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, outcome]));
}

describe('the test of a link', () => {
  test('nobody has asked for one yet', async () => {
    expect((await lab.rpc('get_test', { link: 'wan3' })).reply).toEqual({
      age_s: null,
      running: false,
      results: [],
    });
  });

  test('that works: everything is answered, whatever it asks', async () => {
    expect(await tested('wan3')).toEqual(each([...PROBES, ...PAGES, 'gateway'], 'ok'));
  });

  test('that is dead: nothing is, but the gateway is there', async () => {
    lab.uplink('wan3').blackhole();
    await has_state(lab, 'wan3', 'offline');
    expect(await tested('wan3')).toEqual({ ...each([...PROBES, ...PAGES], 'no-reply'), gateway: 'ok' });
  });

  test('that is switched off: its probes leave by it all the same', async () => {
    await configure(lab, { globals: { captive_check: 1 }, links: { wan3: { probe: PROBES, enabled: 0 } } });
    const before = lab.uplink('wan3').counters().tx_packets;
    expect(await tested('wan3')).toEqual(each([...PROBES, ...PAGES, 'gateway'], 'ok'));
    expect(lab.uplink('wan3').counters().tx_packets - before).toBeGreaterThan(PROBES.length);
    expect(await link_status(lab, 'wan3')).toMatchObject({ state: 'disabled', reason: 'switched-off' });
    expect(Object.keys(counted(await opened(lab, 6))).sort()).toEqual(['wan1', 'wan2']);
    await configure(lab, { globals: { captive_check: 1 }, links: { wan3: { probe: PROBES } } });
    await has_state(lab, 'wan3', 'online');
  });

  test('behind a portal: that says so, and what it lets pass passes', async () => {
    lab.uplink('wan3').captive('open');
    expect(await tested('wan3')).toEqual({
      ...each(['1.1.1.1', 'tcp:223.5.5.5:7000', 'dns:8.8.8.8', 'gateway'], 'ok'),
      ...each(['http://1.1.1.1/generate_204', ...PAGES], 'portal'),
    });
  });
});

describe('a portal', () => {
  test('that lets pings pass is noticed when the link comes up, and forgotten after the login', async () => {
    await has_state(lab, 'wan3', 'online');
    await lab.uplink('wan2').ifdown();
    await has_state(lab, 'wan2', 'down');
    lab.uplink('wan2').captive('open');
    await lab.uplink('wan2').ifup();
    await has_state(lab, 'wan2', 'captive');
    expect(await link_status(lab, 'wan2')).toMatchObject({ reason: 'portal' });
    expect(Object.keys(counted(await opened(lab, 6))).sort()).toEqual(['wan1', 'wan3']);
    // The guest has logged in.
    lab.uplink('wan2').restore();
    await has_state(lab, 'wan2', 'online');
    expect(counted(await opened(lab, 6))).toEqual({ wan1: 2, wan2: 2, wan3: 2 });
  });
});

test('a link whose IPv6 alone is dead gets no new IPv6 connections, but keeps IPv4', async () => {
  const events = await lab.listen('linkagg.*');
  const used = async (family: 4 | 6) => Object.keys(counted(await opened(lab, 6, { family }))).sort();
  expect(await used(6)).toEqual(['wan1', 'wan2', 'wan3']);
  lab.uplink('wan1').blackhole(6);
  await wait_for(async () => (await link_status(lab, 'wan1')).ip6 === false);
  expect(await used(6)).toEqual(['wan2', 'wan3']);
  expect(await link_status(lab, 'wan1')).toMatchObject({ state: 'online' });
  expect(await used(4)).toEqual(['wan1', 'wan2', 'wan3']);
  const told = { link: 'wan1', interface: 'wan1', family: 'ip6', state: 'offline', reason: 'no-reply' };
  await wait_for(() => events.length > 0, { what: 'the event' });
  lab.uplink('wan1').restore();
  await wait_for(() => events.length > 1, { what: 'the event', timeout_ms: 20_000 });
  expect(await link_status(lab, 'wan1')).toMatchObject({ ip6: true });
  expect(await used(6)).toEqual(['wan1', 'wan2', 'wan3']);

  // Told once each way, and not as the whole link.
  expect(events.map(({ event, payload }) => [event, payload])).toEqual([
    ['linkagg.family', { ...told, previous: 'online' }],
    ['linkagg.family', { ...told, state: 'online', reason: 'replying', previous: 'offline' }],
  ]);
  const lines = lab.daemon_log().filter(line => line.includes('link wan1: IPv6'));
  expect(lines).toEqual([
    expect.stringContaining('link wan1: IPv6 offline (no reply), was online for'),
    expect.stringContaining('link wan1: IPv6 online (replying), was offline for'),
  ]);
  const { reply } = await lab.rpc('get_history', { link: 'wan1' });
  const own = ((reply?.events ?? []) as Array<Record<string, unknown>>).filter(
    ({ family }) => family === 'ip6',
  );
  expect(own.map(({ state }) => state)).toEqual(['offline', 'online']);
});

test('a link whose IPv4 alone is dead keeps IPv6', async () => {
  lab.uplink('wan2').blackhole(4);
  await has_state(lab, 'wan2', 'offline');
  expect(Object.keys(counted(await opened(lab, 6))).sort()).toEqual(['wan1', 'wan3']);
  expect(Object.keys(counted(await opened(lab, 6, { family: 6 }))).sort()).toEqual(['wan1', 'wan2', 'wan3']);
});
