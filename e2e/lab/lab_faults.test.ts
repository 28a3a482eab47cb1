/** What can go wrong in the lab goes wrong in the way it says, and what is told of it is true. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { SERVER_NAMES } from './internet.ts';
import { type Connections, type Lab, monotonic_ms, start_lab, wait_for } from './lab.ts';

/** Without linkagg: everything takes wan1 while that has a default route. */
let lab: Lab;
beforeAll(async () => {
  lab = await start_lab({
    uplinks: [{ name: 'wan1' }, { name: 'wan2' }],
    clients: 2,
    daemon: false,
    ipv6: true,
    masquerade: false,
  });
});
afterAll(() => lab?.stop());

/** The status that a client gets for a web page, and where it is sent to; null: no answer. */
function web_page(url: string, client = 0): string | null {
  const script =
    "fetch(process.argv[1], { redirect: 'manual', signal: AbortSignal.timeout(500) })" +
    ".then(answer => console.log(answer.status, answer.headers.get('location') ?? ''), () => {})";
  return lab.clients[client]?.exec([process.execPath, '-e', script, url]).stdout.trim() || null;
}

function answers_ping(address: string, ...options: string[]): boolean {
  return lab.router.exec(['ping', '-c', '1', '-W', '1', ...options, address]).code === 0;
}

async function begun(connections: Connections): Promise<void> {
  await wait_for(async () => (await connections.states()).every(({ sources }) => sources.length > 0));
}

test('a silent provider answers not even ARP; the carrier stays', async () => {
  const { gateway } = lab.uplink('wan1');
  expect(answers_ping(gateway)).toBe(true);
  lab.uplink('wan1').silence();
  expect(answers_ping(gateway)).toBe(false);
  lab.router.exec(['ip', 'neighbour', 'flush', 'dev', 'wan1']);
  expect(answers_ping(gateway)).toBe(false);
  expect(lab.router.exec(['ip', 'neighbour', 'show', gateway]).stdout).not.toContain('lladdr');
  expect(lab.router.exec(['ip', 'link', 'show', 'wan1']).stdout).toContain('LOWER_UP');
  lab.uplink('wan1').restore();
  await wait_for(() => answers_ping(gateway));
});

test('one address family can vanish alone', () => {
  const source = ['-I', lab.uplink('wan1').address6 ?? ''];
  lab.uplink('wan1').blackhole(6);
  expect(answers_ping('1.1.1.1')).toBe(true);
  expect(answers_ping('2606:4700:4700::1111', ...source)).toBe(false);
  lab.uplink('wan1').restore();
  expect(answers_ping('2606:4700:4700::1111', ...source)).toBe(true);
});

test('loss is a matter of chance, packet by packet, in each direction alike', () => {
  const pings = 500;
  const count = 'type filter hook input priority 0; ip daddr 1.1.1.1 icmp type echo-request counter';
  expect(lab.server.exec(['nft', `table ip pings { chain count { ${count}; }; }`]).stderr).toBe('');
  lab.uplink('wan1').set_loss(300);
  const options = ['-c', `${pings}`, '-i', '0.002', '-W', '1'];
  const ping = lab.clients[0]?.exec(['ping', ...options, '1.1.1.1']);
  lab.uplink('wan1').restore();
  const listing = lab.server.exec(['nft', 'list', 'table', 'ip', 'pings']).stdout;
  const arrived = Number(/packets (\d+)/.exec(listing)?.[1]);
  const answered = [...(ping?.stdout ?? '').matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number));
  const after_lost = answered.filter(number => number > 1 && !answered.includes(number - 1));
  // 30 % on the way there, 51 % of the round trips, and as many of those that follow a lost one; each with four
  // times its standard deviation.
  expect(Math.abs(arrived / pings - 0.7)).toBeLessThan(0.082);
  expect(Math.abs(answered.length / pings - 0.49)).toBeLessThan(0.09);
  expect(Math.abs(after_lost.length / (pings - answered.length) - 0.49)).toBeLessThan(0.13);
});

test('each provider has a name server, which answers over its own uplink only', async () => {
  const [wan1, wan2] = lab.uplinks.map(({ name_server }) => name_server);
  const { reply } = await lab.ubus.call('network.interface.wan2', 'status', {});
  expect(reply?.['dns-server']).toEqual([wan2]);
  expect(await lab.resolve('example.org', wan1 ?? '')).toBe('203.0.113.1');
  expect(await lab.resolve('example.org', wan2 ?? '', { timeout_ms: 300 })).toBeNull();
  for (const server of ['1.1.1.1', lab.server_addresses[1] ?? '']) {
    for (const name of SERVER_NAMES) {
      expect(await lab.resolve(name, server, { from: 'client1' })).toBe(lab.server_addresses[0]);
    }
  }
  lab.uplink('wan1').blackhole();
  expect(await lab.resolve('example.org', wan1 ?? '', { timeout_ms: 300 })).toBeNull();
  lab.uplink('wan1').restore();
});

test('a portal answers for every web page; with a closed one nothing else gets through but names', async () => {
  const page = `http://${lab.server_addresses[2]}/generate_204`;
  const page6 = `http://[${lab.server_addresses6[2]}]/generate_204`;
  const works = async () => (await lab.download({ bytes: 1, timeout_ms: 300 }))[0]?.error === null;
  expect([web_page(page), web_page(page6)]).toEqual(['204', '204']);
  for (const portal of ['open', 'closed'] as const) {
    lab.uplink('wan1').captive(portal);
    expect([web_page(page), web_page(page6)]).toEqual(Array(2).fill('302 http://100.127.0.80/login'));
    expect(answers_ping('1.1.1.1')).toBe(portal === 'open');
    expect(await works()).toBe(portal === 'open');
    expect(await lab.resolve('example.org', lab.uplink('wan1').name_server)).not.toBeNull();
  }
  lab.uplink('wan1').restore();
  expect([web_page(page), await works()]).toEqual(['204', true]);
});

test('a connection that waits sends nothing, and tells when it ended', async () => {
  const quiet = lab.open_connections(2, { waiting: 'never' });
  const trickle = lab.open_connections(2, { waiting: 'interval', interval_ms: 50 });
  const own = lab.open_connections(1, { from: 'router', waiting: 'interval', interval_ms: 50 });
  await Promise.all([quiet, trickle, own].map(begun));
  await wait_for(async () => (await trickle.states()).every(({ exchanged }) => exchanged >= 3));
  await wait_for(async () => (await own.states()).every(({ exchanged }) => exchanged >= 3));
  lab.uplink('wan1').silence();
  await new Promise(resolve => setTimeout(resolve, 500));
  for (const { broken, silent_ms } of await trickle.states()) {
    expect(broken).toBeNull();
    expect(silent_ms).toBeGreaterThan(400);
  }
  lab.uplink('wan1').restore();
  for (const { broken, exchanged } of await quiet.states()) expect([broken, exchanged]).toEqual([null, 0]);

  const before_ms = monotonic_ms();
  const reset = 'type filter hook forward priority 0; iifname "cpe" tcp dport 7000 reject with tcp reset';
  const { provider } = lab.uplink('wan1');
  expect(provider.exec(['nft', `table ip resets { chain forward { ${reset}; }; }`]).stderr).toBe('');
  await wait_for(async () => (await trickle.states()).every(({ broken }) => broken !== null));
  for (const { broken_at_ms } of await trickle.states()) {
    expect(broken_at_ms).toBeGreaterThan(before_ms);
    expect(broken_at_ms).toBeLessThan(monotonic_ms());
  }
  // Those that say nothing are answered nothing.
  for (const { broken, broken_at_ms } of await quiet.states())
    expect([broken, broken_at_ms]).toEqual([null, null]);
  provider.exec(['nft', 'delete', 'table', 'ip', 'resets']);
  await Promise.all([quiet, trickle, own].map(each => each.close()));
});

test('attempts to reach the server tell when it worked, each for itself', async () => {
  // Shorter than the second after which a lost SYN is sent again.
  const timeout_ms = 700;
  const probe = lab.probe_service({ interval_ms: 50, timeout_ms });
  await new Promise(resolve => setTimeout(resolve, 500));
  const dead_ms = monotonic_ms();
  lab.uplink('wan1').blackhole();
  await new Promise(resolve => setTimeout(resolve, 1000));
  const healed_ms = monotonic_ms();
  lab.uplink('wan1').restore();
  await new Promise(resolve => setTimeout(resolve, 500));
  const attempts = await probe.stop();
  expect(attempts.length).toBeGreaterThan(25);
  for (const { at_ms, error, duration_ms } of attempts) {
    if (at_ms < dead_ms - 100 || at_ms > healed_ms + 100) expect(error).toBeNull();
    if (at_ms > dead_ms + 100 && at_ms < healed_ms - 100) expect(error).toBe('timeout');
    // All are over soon, whatever the others do.
    expect(duration_ms).toBeLessThan(2 * timeout_ms);
  }
});

test("without masquerading the server sees the clients' own addresses, and answers by the uplink it is told", async () => {
  const connections = lab.open_connections(1, { interval_ms: 20 });
  await begun(connections);
  expect((await connections.states())[0]?.sources).toEqual(['192.168.1.101']);
  const received = (name: string) => lab.uplink(name).counters().rx_packets;
  lab.return_by('wan2');
  const before = received('wan2');
  await wait_for(() => received('wan2') > before + 5);
  lab.return_by('wan1');
  expect((await connections.states())[0]?.broken).toBeNull();
  await connections.close();
});

test('events on the bus are heard, with the time', async () => {
  const events = await lab.listen('network.interface');
  const before_ms = monotonic_ms();
  await lab.uplink('wan2').ifdown();
  await wait_for(() => events.length >= 2);
  expect(events.map(({ payload }) => payload)).toEqual([
    { action: 'ifdown', interface: 'wan2' },
    { action: 'ifdown', interface: 'wan26' },
  ]);
  expect(events[0]?.at_ms).toBeGreaterThan(before_ms);
  await lab.uplink('wan2').ifup();
});

test('calls of hotplug-call are written down with their environment, and other programs are where they were', () => {
  expect(lab.hotplug_calls()).toEqual([]);
  lab.router.exec(['env', 'ACTION=state', 'LINK=wan1', '/sbin/hotplug-call', 'linkagg']);
  lab.router.exec(['env', '-i', 'ACTION=ifup', '/sbin/hotplug-call', 'iface']);
  const [first, second] = lab.hotplug_calls();
  expect(first).toEqual({ subsystem: 'linkagg', environment: { ACTION: 'state', LINK: 'wan1' } });
  expect(second).toEqual({ subsystem: 'iface', environment: { ACTION: 'ifup' } });
  expect(lab.router.exec(['/sbin/ip', '-V']).code).toBe(0);
});
