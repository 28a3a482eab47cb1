/** The lab with IPv6: native addresses end to end, delegated prefixes, and netifd's words for them. */

import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect_ubus } from '../../rpcd/platform/node/ubus.ts';
import { type Connections, type Lab, start_lab, wait_for } from './lab.ts';

/** The router without linkagg: IPv6 goes by the uplink whose prefix the client's address is from. */
let lab: Lab;

beforeAll(async () => {
  lab = await start_lab({
    uplinks: [{ name: 'wan1', down_bps: 8e6, up_bps: 8e6 }, { name: 'wan2' }],
    clients: 2,
    ipv6: true,
    daemon: false,
  });
});
afterAll(() => lab?.stop());

async function netifd_says(name: string): Promise<Record<string, unknown>> {
  const { reply } = await lab.ubus.call('network.interface', 'dump', {});
  const all = (reply?.interface ?? []) as Array<Record<string, unknown>>;
  return all.find(entry => entry.interface === name) ?? {};
}

/** Client and uplink as the server saw them. */
async function way_out(options: { from?: string; local_address?: string } = {}) {
  const [download] = await lab.download({ family: 6, bytes: 1, timeout_ms: 1000, ...options });
  return { source: download?.source, uplink: download?.uplink };
}

function routes(): string[] {
  const { stdout } = lab.router.exec(['ip', '-6', 'route', 'show', 'default']);
  return stdout.split('\n').filter(Boolean);
}

function addresses(host: Lab['router']): string {
  return host.exec(['ip', '-6', '-o', 'address', 'show', 'scope', 'global']).stdout;
}

async function exchanged(groups: Connections[]): Promise<void> {
  for (const group of groups) {
    await wait_for(async () => (await group.states()).every(state => state.exchanged > 1));
  }
}

test('the main table has one default route for each source that a provider accepts', () => {
  expect(routes().sort()).toEqual([
    'default from 2001:db8:0:1::/64 via fe80::1 dev wan1 proto static metric 512 pref medium',
    'default from 2001:db8:0:2::/64 via fe80::1 dev wan2 proto static metric 512 pref medium',
    'default from 2001:db8:100::/56 via fe80::1 dev wan1 proto static metric 512 pref medium',
    'default from 2001:db8:200::/56 via fe80::1 dev wan2 proto static metric 512 pref medium',
  ]);
});

test('a client reaches the server with its own address, by the first uplink unless it chooses', async () => {
  expect(await way_out()).toEqual({ source: '2001:db8:100::101', uplink: 'wan1' });
  const local_address = lab.address6_of('client2', 'wan2');
  expect(await way_out({ from: 'client2', local_address })).toEqual({
    source: '2001:db8:200::102',
    uplink: 'wan2',
  });
  expect(await way_out({ from: 'router', local_address: lab.uplink('wan2').address6 ?? '' })).toEqual({
    source: '2001:db8:0:2::2',
    uplink: 'wan2',
  });
});

test('IPv6 is shaped like IPv4', async () => {
  const [download] = await lab.download({ family: 6, bytes: 1e6 });
  expect(download).toMatchObject({ bytes: 1e6, error: null });
  expect(download?.duration_ms).toBeGreaterThan(900);
  expect(download?.duration_ms).toBeLessThan(1400);
});

test('a provider drops what does not come from its own prefixes', async () => {
  lab.router.exec(['ip', '-6', 'rule', 'add', 'from', '2001:db8:100::/56', 'lookup', '99', 'pref', '99']);
  lab.router.exec(['ip', '-6', 'route', 'add', '::/0', 'via', 'fe80::1', 'dev', 'wan2', 'table', '99']);
  expect(await way_out()).toEqual({ source: null, uplink: null });
  lab.router.exec(['ip', '-6', 'rule', 'delete', 'pref', '99']);
  lab.router.exec(['ip', '-6', 'route', 'flush', 'table', '99']);
  expect((await way_out()).uplink).toBe('wan1');
});

test('connections go on, over TCP and UDP, with a chosen address as well', async () => {
  const local_address = lab.address6_of('client2', 'wan2');
  const by_default = ['tcp', 'udp'] as const;
  const first = by_default.map(protocol => lab.open_connections(2, { family: 6, protocol }));
  const chosen = by_default.map(protocol =>
    lab.open_connections(1, { family: 6, protocol, from: 'client2', local_address }),
  );
  await exchanged([...first, ...chosen]);
  for (const group of first) {
    for (const state of await group.states()) {
      expect(state).toMatchObject({ broken: null, uplink: 'wan1', sources: ['2001:db8:100::101'] });
    }
  }
  for (const group of chosen) {
    for (const state of await group.states()) {
      expect(state).toMatchObject({ broken: null, uplink: 'wan2', sources: [local_address] });
    }
  }
  await Promise.all([...first, ...chosen].map(group => group.close()));
});

test.each([
  ['tcp', 'router'],
  ['tcp', 'client2'],
  ['udp', 'client2'],
] as const)('%s connections come in to the %s over each uplink', async (protocol, to) => {
  const groups = ['wan1', 'wan2'].map(name => lab.connect_in(name, 2, { to, protocol, family: 6 }));
  await exchanged(groups);
  await Promise.all(groups.map(group => group.close()));
});

test('from outside only what the firewall allows gets in', async () => {
  const { server } = lab;
  const client = lab.address6_of('client1', 'wan1');
  expect(server.exec(['ping', '-c', '1', '-W', '1', lab.uplink('wan1').address6 ?? '']).code).toBe(0);
  expect(server.exec(['ping', '-c', '1', '-W', '1', client]).code).toBe(0);
  // Port 80 of the router has the web server.
  const web = `http://[${lab.uplink('wan1').address6}]/`;
  const script = `fetch('${web}').then(() => process.exit(0), () => process.exit(7))`;
  expect(server.exec([process.execPath, '-e', script]).code).toBe(7);
  expect(lab.clients[0]?.exec([process.execPath, '-e', script]).code).toBe(0);
});

test('netifd reports addresses, prefixes and routes as the real one', async () => {
  const number = expect.any(Number);
  const { uptime, inactive, ...wan16 } = await netifd_says('wan16');
  expect(wan16).toEqual({
    interface: 'wan16',
    up: true,
    pending: false,
    available: true,
    autostart: true,
    dynamic: false,
    l3_device: 'wan1',
    proto: 'dhcpv6',
    device: 'wan1',
    updated: ['addresses', 'routes', 'prefixes'],
    metric: 0,
    dns_metric: 0,
    delegation: true,
    'ipv4-address': [],
    'ipv6-address': [{ address: '2001:db8:0:1::2', mask: 64, preferred: number, valid: number }],
    'ipv6-prefix': [
      {
        address: '2001:db8:100::',
        mask: 56,
        preferred: number,
        valid: number,
        class: 'wan16',
        assigned: { lan: { address: '2001:db8:100::', mask: 64 } },
      },
    ],
    'ipv6-prefix-assignment': [],
    route: [
      { target: '2001:db8:0:1::', mask: 64, nexthop: '::', metric: 256, valid: number, source: '::/0' },
      { target: '::', mask: 0, nexthop: 'fe80::1', metric: 512, valid: number, source: '2001:db8:100::/56' },
      {
        target: '::',
        mask: 0,
        nexthop: 'fe80::1',
        metric: 512,
        valid: number,
        source: '2001:db8:0:1::2/64',
      },
    ],
    'dns-server': [],
    'dns-search': [],
    neighbors: [],
    data: {},
  });
  const lan = await netifd_says('lan');
  expect(lan['ipv6-address']).toEqual([]);
  // The last that came is the first.
  expect(lan['ipv6-prefix-assignment']).toEqual([
    {
      address: '2001:db8:200::',
      mask: 64,
      preferred: number,
      valid: number,
      'local-address': { address: '2001:db8:200::1', mask: 64 },
    },
    {
      address: '2001:db8:100::',
      mask: 64,
      preferred: number,
      valid: number,
      'local-address': { address: '2001:db8:100::1', mask: 64 },
    },
    { address: 'fdab:cdef:1::', mask: 64, 'local-address': { address: 'fdab:cdef:1::1', mask: 64 } },
  ]);
  expect((await netifd_says('wan1'))['ipv6-address']).toEqual([]);
});

test('addresses tell the uplink they belong to', () => {
  expect(lab.uplink_of('2001:db8:0:1::2')).toBe('wan1');
  expect(lab.uplink_of('2001:db8:200:ff::1')).toBe('wan2');
  expect(lab.uplink_of(lab.address6_of('client1', 'ula'))).toBeNull();
  expect(lab.uplink_of('2001:db8:ffff::1')).toBeNull();
});

test('loss and blackholes drop IPv6, too', async () => {
  lab.uplink('wan1').blackhole();
  expect((await way_out()).uplink).toBeNull();
  lab.uplink('wan1').set_loss(500);
  const target = lab.server_addresses6[0] ?? '';
  const ping = lab.clients[0]?.exec(['ping', '-q', '-c', '200', '-i', '0.005', '-W', '1', target]);
  lab.uplink('wan1').restore();
  const lost = Number(/([\d.]+)% packet loss/.exec(ping?.stdout ?? '')?.[1]);
  expect(lost).toBeGreaterThan(60);
  expect(lost).toBeLessThan(90);
  expect((await way_out()).uplink).toBe('wan1');
});

test.each(['cut', 'remove'] as const)(
  'after "%s" the prefix is withdrawn, clients use the next uplink, and return when it is restored',
  async switched => {
    lab.uplink('wan1')[switched]();
    await wait_for(() => routes().every(route => !route.includes('wan1')));
    await wait_for(async () => (await netifd_says('wan16')).up === false);
    expect(await netifd_says('wan16')).toMatchObject({ available: switched === 'cut', proto: 'dhcpv6' });
    expect(JSON.stringify(await netifd_says('lan'))).not.toContain('2001:db8:100::');
    await expect.poll(way_out).toEqual({ source: '2001:db8:200::101', uplink: 'wan2' });
    // What clients still have of it can be reached for a while.
    const old = lab.address6_of('client1', 'wan1');
    expect(lab.router.exec(['ip', '-6', 'route', 'get', old]).stdout).toContain('dev br-lan');
    expect(lab.clients[0]?.exec(['ping', '-c', '1', '-W', '1', '-I', old, 'fdab:cdef:1::1']).code).toBe(0);

    lab.uplink('wan1').restore();
    await wait_for(() => routes().filter(route => route.includes('wan1')).length === 2);
    await expect.poll(way_out).toEqual({ source: '2001:db8:100::101', uplink: 'wan1' });
    expect(lab.router.exec(['ip', '-6', 'route', 'show', '2001:db8:100::/64']).stdout.trim()).toBe(
      '2001:db8:100::/64 dev br-lan proto static metric 1024 pref medium',
    );
    const incoming = lab.connect_in('wan1', 1, { to: 'client1', protocol: 'udp', family: 6 });
    await exchanged([incoming]);
    await incoming.close();
  },
);

test('a network restart and a firewall reload end in the same state', async () => {
  const state = () => [
    lab.router.exec(['ip', '-6', 'route']).stdout.split('\n').sort(),
    lab.router.exec(['ip', '-6', 'rule']).stdout.split('\n').sort(),
    lab.router.exec(['nft', '-s', 'list', 'table', 'inet', 'fw4']).stdout,
    lab.clients.map(client => addresses(client).split('\n').sort()),
  ];
  const before = state();
  await lab.restart_network();
  lab.reload_firewall();
  expect(state()).toEqual(before);
});

test.each([
  ['restarted', '2001:db8:aa00::/56', ['ifdown', 'ifup']],
  ['renewed', '2001:db8:ab00:80::/60', []],
  ['renewed', '2001:db8:100::/56', []],
] as const)(
  'a prefix delegated by a lease %s takes the place of the old one everywhere',
  async (how, prefix, events) => {
    const { bus, seen } = await event_listener();
    const network = prefix.replace(/\/.*/, '');
    const before = lab.uplink('wan1').prefix6?.replace(/\/.*/, '') ?? '';
    await lab.uplink('wan1').delegate(prefix, how);

    expect(lab.uplink('wan1').prefix6).toBe(prefix);
    expect(lab.uplink_of(`${network}101`)).toBe('wan1');
    expect(lab.uplink_of(`${before}101`)).toBeNull();
    expect(await way_out()).toEqual({ source: `${network}101`, uplink: 'wan1' });
    const incoming = ['tcp', 'udp'] as const;
    const groups = incoming.map(protocol =>
      lab.connect_in('wan1', 1, { to: 'client2', protocol, family: 6 }),
    );
    await exchanged(groups);
    await Promise.all(groups.map(group => group.close()));

    const dump = JSON.stringify([await netifd_says('wan16'), await netifd_says('lan')]);
    for (const text of [dump, ...[lab.router, ...(lab.clients ?? [])].map(addresses)]) {
      expect(text).toContain(network);
      expect(text).not.toContain(before);
    }
    const tables = ['route', 'rule'].map(what => lab.router.exec(['ip', '-6', what]).stdout).join('');
    expect(tables).toContain(`from ${prefix}`);
    expect(tables).not.toContain(before);
    expect(seen).toEqual(events);
    bus.close();
  },
);

test('what no provider delegates is refused', async () => {
  for (const prefix of ['2001:db8:aa00::1/56', '2001:db8:aa00::', '2001:db8:aa00:80::/56', '2001:db8::/32']) {
    await expect(lab.uplink('wan1').delegate(prefix)).rejects.toThrow('write it like');
  }
});

test('a prefix delegated while the carrier is away counts when it is back', async () => {
  lab.uplink('wan2').cut();
  await wait_for(async () => (await netifd_says('wan26')).up === false);
  await lab.uplink('wan2').delegate('2001:db8:ac00::/56');
  lab.uplink('wan2').restore();
  const local_address = lab.address6_of('client1', 'wan2');
  await wait_for(() => addresses(lab.clients[0] ?? lab.router).includes(local_address));
  await expect.poll(() => way_out({ local_address })).toEqual({ source: local_address, uplink: 'wan2' });
  const incoming = lab.connect_in('wan2', 1, { to: 'client2', protocol: 'udp', family: 6 });
  await exchanged([incoming]);
  await incoming.close();
});

/** Actions of the `network.interface` events from now on. */
async function event_listener() {
  const seen: string[] = [];
  const bus = connect_ubus(
    join(dirname(lab.http_socket), 'ubus.sock'),
    () => ({ status: 0, reply: {} }),
    (_, payload) => void seen.push(String(payload.action)),
  );
  await bus.listen('network.interface');
  return { bus, seen };
}
