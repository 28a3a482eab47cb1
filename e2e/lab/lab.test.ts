/** The lab itself: its switches do what they say, and its measurements are true. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from './lab.ts';

/** The router without linkagg, so that all traffic takes the default route with the least metric. */
let lab: Lab;

beforeAll(async () => {
  lab = await start_lab({
    uplinks: [{ name: 'wan1', down_bps: 8e6, up_bps: 8e6 }, { name: 'wan2' }],
    clients: 2,
    daemon: false,
  });
});
afterAll(() => lab?.stop());

function default_route(uplink: string): string {
  return lab.router.exec(['ip', 'route', 'show', 'default', 'dev', uplink]).stdout.trim();
}

async function uplink_used(): Promise<string | null> {
  const [download] = await lab.download({ bytes: 1, timeout_ms: 1000 });
  return download?.uplink ?? null;
}

async function netifd_says(uplink: string): Promise<Record<string, unknown>> {
  const { reply } = await lab.ubus.call('network.interface', 'dump', {});
  const all = (reply?.interface ?? []) as Array<Record<string, unknown>>;
  return all.find(entry => entry.interface === uplink) ?? {};
}

test('the main table has what netifd writes', () => {
  expect(default_route('wan1')).toBe('default via 100.64.1.1 proto static src 100.64.1.2 metric 10');
  expect(default_route('wan2')).toBe('default via 100.64.2.1 proto static src 100.64.2.2 metric 20');
});

test('a download takes as long as the rate says, and shows which uplink it took', async () => {
  const before = lab.uplink('wan1').counters();
  const [download] = await lab.download({ bytes: 1e6 });
  const after = lab.uplink('wan1').counters();
  expect(download).toMatchObject({ bytes: 1e6, source: '100.64.1.2', uplink: 'wan1', error: null });
  // 1 MB at 8 Mbit/s and headers.
  expect(download?.duration_ms).toBeGreaterThan(900);
  expect(download?.duration_ms).toBeLessThan(1400);
  expect(after.rx_bytes - before.rx_bytes).toBeGreaterThan(1e6);
});

test('another rate counts at once', async () => {
  lab.uplink('wan1').set_rate(2e6, 2e6);
  const [download] = await lab.download({ seconds: 1 });
  lab.uplink('wan1').set_rate(8e6, 8e6);
  expect((download?.bytes ?? 0) * 8).toBeLessThan(2.6e6);
});

test('connections go on while nothing happens, also from other hosts and as UDP', async () => {
  const groups = [
    lab.open_connections(3),
    lab.open_connections(2, { from: 'client2', protocol: 'udp' }),
    lab.open_connections(1, { from: 'router' }),
  ];
  await new Promise(resolve => setTimeout(resolve, 600));
  for (const group of groups) {
    for (const state of await group.states()) {
      expect(state).toMatchObject({ broken: null, uplink: 'wan1', sources: ['100.64.1.2'] });
      expect(state.exchanged).toBeGreaterThanOrEqual(3);
    }
    await group.close();
  }
});

test('connections come in to the router and, by port forward, to a client', async () => {
  const groups = [lab.connect_in('wan1', 2), lab.connect_in('wan1', 2, { to: 'client2' })];
  await new Promise(resolve => setTimeout(resolve, 400));
  for (const group of groups) {
    for (const state of await group.states()) expect(state).toMatchObject({ broken: null, uplink: 'wan1' });
    expect((await group.states()).every(state => state.exchanged > 0)).toBe(true);
    await group.close();
  }
});

test('a blackhole drops silently: carrier, gateway and routes stay', async () => {
  const connections = lab.open_connections(2);
  await wait_for(async () => (await connections.states()).every(state => state.exchanged > 0));
  lab.uplink('wan1').blackhole();
  expect(await uplink_used()).toBeNull();
  const states = await connections.states();
  expect(states.every(state => state.broken === null && state.silent_ms > 500)).toBe(true);
  expect(default_route('wan1')).not.toBe('');
  expect((await netifd_says('wan1')).up).toBe(true);
  expect(lab.router.exec(['ping', '-c', '1', '-W', '1', lab.uplink('wan1').gateway]).code).toBe(0);

  lab.uplink('wan1').restore();
  expect(await uplink_used()).toBe('wan1');
  await wait_for(async () => (await connections.states()).every(state => state.silent_ms < 200));
  await connections.close();
});

test('half the packets vanish when told so', () => {
  lab.uplink('wan1').set_loss(500);
  const ping = lab.clients[0]?.exec(['ping', '-q', '-c', '200', '-i', '0.005', '-W', '1', '1.1.1.1']);
  lab.uplink('wan1').restore();
  const lost = Number(/([\d.]+)% packet loss/.exec(ping?.stdout ?? '')?.[1]);
  // A packet there and one back: 75 %.
  expect(lost).toBeGreaterThan(60);
  expect(lost).toBeLessThan(90);
});

test.each(['cut', 'remove'] as const)(
  'after "%s" netifd takes the interface down, and up again when restored',
  async switched => {
    const started = performance.now();
    lab.uplink('wan1')[switched]();
    await wait_for(() => default_route('wan1') === '');
    expect(performance.now() - started).toBeLessThan(1000);
    await wait_for(async () => (await netifd_says('wan1')).up === false);
    expect(await netifd_says('wan1')).toEqual({
      interface: 'wan1',
      up: false,
      pending: false,
      available: switched === 'cut',
      autostart: true,
      dynamic: false,
      proto: 'dhcp',
      device: 'wan1',
      data: {},
    });
    expect(await uplink_used()).toBe('wan2');

    lab.uplink('wan1').restore();
    await wait_for(() => default_route('wan1') !== '');
    expect(await uplink_used()).toBe('wan1');
  },
);

test('an interface taken down by the admin stays down until it is taken up', async () => {
  await lab.uplink('wan1').ifdown();
  expect(default_route('wan1')).toBe('');
  await lab.uplink('wan1').ifup();
  expect(default_route('wan1')).not.toBe('');
});

test('a network restart and a firewall reload end in the same state', async () => {
  const state = () => [
    lab.router.exec(['ip', 'route']).stdout,
    lab.router.exec(['nft', '-s', 'list', 'table', 'inet', 'fw4']).stdout,
  ];
  const before = state();
  await lab.restart_network();
  lab.reload_firewall();
  expect(state()).toEqual(before);
});

test('a reload follows /etc/config/network', async () => {
  const text = lab.read_config('network');
  lab.write_config('network', text.replace("option metric '10'", "option metric '30'"));
  await lab.reload_network();
  expect(await uplink_used()).toBe('wan2');
  lab.write_config('network', text);
  await lab.reload_network();
  expect(await uplink_used()).toBe('wan1');
});

test('the page is served where a browser in the lab finds it', async () => {
  const response = await fetch(lab.url);
  expect(await response.text()).toContain('<title>linkagg lab</title>');
});

test('the daemon starts, ends and can be killed', async () => {
  await lab.start_daemon();
  expect((await lab.rpc('status')).reply).toMatchObject({ running: true });
  expect(await lab.kill_daemon('SIGKILL')).toBeNull();
  expect((await lab.rpc('status')).reply).toMatchObject({ running: false });
  await lab.start_daemon();
  expect(await lab.kill_daemon()).toBe(0);
  expect(lab.daemon_running()).toBe(false);
});
