/**
 * Policies of every kind, networks behind a link, and NAT rules: what clients and the router itself send, as the
 * server sees it.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ConnectionOptions, type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { configure, counted, go_on, has_state, opened, stay, type Wanted } from './configure.ts';

const NAMES = ['wan1', 'wan2', 'wan3'];
const SERVER = (number: number) => `198.51.100.${number}`;
const CLIENT = (number: number) => `192.168.1.${100 + number}`;
/** Behind a link, but not of it. */
const BEHIND = { network: '10.77.0.0/24', client: '10.77.0.5', router: '10.77.0.1' };
const IN_TURN = { wan1: 2, wan2: 2, wan3: 2 };

let lab: Lab;

beforeAll(async () => {
  lab = await start_lab({ uplinks: NAMES.map(name => ({ name })), clients: 3, ipv6: true });
});
afterAll(() => lab?.stop());

/** The one link of connections that are opened one after the other. */
async function link_of(options: ConnectionOptions = {}): Promise<string | null> {
  const connections = lab.open_connections(4, options);
  const links = (await go_on(connections, 2)).map(({ uplink }) => uplink);
  await connections.close();
  expect(new Set(links).size, links.join(' ')).toBe(1);
  return links[0] ?? null;
}

async function error_of(from: string, address = SERVER(1)): Promise<string | null> {
  const [download] = await lab.download({ from, address, bytes: 1, timeout_ms: 3000 });
  return download?.error ?? null;
}

const in_router = (...argv: string[]) => {
  const result = lab.router.exec(argv);
  expect(result, argv.join(' ')).toMatchObject({ code: 0 });
  return result.stdout;
};

describe('UDP one way and TCP another, to one address', () => {
  const one_address = { destination: [SERVER(1)], router: 1 };
  const policies = {
    udp: { ...one_address, protocol: ['udp'], target: 'wan3' },
    tcp: { ...one_address, protocol: ['tcp'], target: 'wan2' },
  };

  beforeEach(() => configure(lab, { policies }));

  test.each(['client1', 'router'])('for %s', async from => {
    expect(await link_of({ from, address: SERVER(1), protocol: 'udp' })).toBe('wan3');
    expect(await link_of({ from, address: SERVER(1), protocol: 'tcp' })).toBe('wan2');
  });

  test('the router has the address of the link from the first packet on, a bound socket keeps its link', async () => {
    const get = (...more: string[]) => in_router('ip', 'route', 'get', SERVER(1), ...more);
    for (const [protocol, name] of [
      ['udp', 'wan3'],
      ['tcp', 'wan2'],
    ] as const) {
      expect(get('ipproto', protocol)).toMatch(
        new RegExp(`dev ${name} table 52.. src ${lab.uplink(name).address} `),
      );
    }
    const { address } = lab.uplink('wan1');
    for (const protocol of ['udp', 'tcp'] as const) {
      expect(await link_of({ from: 'router', address: SERVER(1), protocol, local_address: address })).toBe(
        'wan1',
      );
    }
  });

  test('whose link is dead goes as if there were no policy, and comes back', async () => {
    lab.uplink('wan2').blackhole();
    await has_state(lab, 'wan2', 'offline');
    for (const from of ['client1', 'router']) {
      expect(await opened(lab, 4, { from, address: SERVER(1) })).not.toContain('wan2');
    }
    lab.uplink('wan2').restore();
    await has_state(lab, 'wan2', 'online');
    expect(await link_of({ from: 'router', address: SERVER(1) })).toBe('wan2');
  });

  test('live connections stay where they are when the policies go', async () => {
    const from_both = ['client1', 'router'].map(from =>
      lab.open_connections(3, { from, address: SERVER(1) }),
    );
    await stay(from_both, () => configure(lab));
    for (const each of from_both) await each.close();
    expect(in_router('ip', 'rule')).not.toContain('ipproto');
  });
});

describe('what a policy is for', () => {
  test('one IP family', async () => {
    const wanted: Wanted = { policies: { six: { family: 'ipv6', router: 1, target: 'wan2' } } };
    await configure(lab, wanted);
    for (const from of ['client1', 'router']) expect(await link_of({ from, family: 6 })).toBe('wan2');
    expect(counted(await opened(lab, 6))).toEqual(IN_TURN);
    expect(in_router('ip', 'rule')).not.toContain('32201:');
  });

  test('a range of clients', async () => {
    await configure(lab, { policies: { two: { source: [`${CLIENT(1)}-${CLIENT(2)}`], target: 'wan3' } } });
    for (const from of ['client1', 'client2']) expect(await link_of({ from })).toBe('wan3');
    expect(counted(await opened(lab, 6, { from: 'client3' }))).toEqual(IN_TURN);
  });

  test("packets with somebody else's mark", async () => {
    in_router(
      'nft',
      `table inet other {
      chain marks { type filter hook prerouting priority mangle; ip saddr ${CLIENT(2)} meta mark set 0x10000; }
    }`,
    );
    await configure(lab, { policies: { theirs: { mark: '0x10000/0xff0000', router: 1, target: 'wan2' } } });
    expect(await link_of({ from: 'client2' })).toBe('wan2');
    expect(in_router('ip', 'route', 'get', SERVER(1), 'mark', '0x30010000')).toContain('dev wan2');
    expect(in_router('ip', 'route', 'get', SERVER(1), 'mark', '0x20000')).toContain('table 5200');
    expect(counted(await opened(lab, 6, { from: 'client1' }))).toEqual(IN_TURN);
    in_router('nft', 'delete table inet other');
  });
});

describe('where a policy sends connections', () => {
  const all = { source: [CLIENT(1)], target: '' };

  test('a tier, for clients and for the router', async () => {
    const links = { wan3: { tier: 2 } };
    const tier2 = { router: 1, destination: [SERVER(1)], target: 'tier2' };
    await configure(lab, { links, policies: { tier2 } });
    for (const from of ['client1', 'router'])
      expect(await link_of({ from, address: SERVER(1) })).toBe('wan3');
    expect(await opened(lab, 4, { address: SERVER(2) })).not.toContain('wan3');
  });

  test('a group, for the router by chance', async () => {
    await configure(lab, {
      groups: { pair: { link: ['wan2', 'wan3'] } },
      policies: { own: { router: 1, target: 'pair' } },
    });
    const links = await opened(lab, 24, { from: 'router' });
    expect(new Set(links)).toEqual(new Set(['wan2', 'wan3']));
  });

  test('the main table: by a link, and by what is none', async () => {
    // Of lowest metric.
    await configure(lab, { policies: { by_main: { ...all, target: 'main' } } });
    expect(await link_of({ from: 'client1' })).toBe('wan1');
    await configure(lab, { without: ['wan1'], policies: { by_main: { ...all, router: 1, target: 'main' } } });
    for (const protocol of ['tcp', 'udp'] as const) {
      expect(await link_of({ from: 'client1', protocol })).toBe('wan1');
    }
    expect(await opened(lab, 4, { from: 'client2' })).not.toContain('wan1');
    const connections = lab.open_connections(3);
    await stay([connections], () =>
      configure(lab, { without: ['wan1'], policies: { b: { ...all, target: 'main' } } }),
    );
    await connections.close();
  });

  test('nowhere: refused at once, with every link switched off as well', async () => {
    const policies = {
      no: { ...all, target: 'unreachable' },
      own: { router: 1, destination: [SERVER(2)], target: 'unreachable' },
    };
    const off = Object.fromEntries(NAMES.map(name => [name, { enabled: 0 }]));
    for (const links of [{}, off]) {
      await configure(lab, { links, policies });
      expect(await error_of('client1')).toBe('ECONNREFUSED');
      expect(lab.clients[0]?.exec(['ping', '-c1', '-W2', SERVER(1)]).stdout).toContain('Packet filtered');
      expect(await error_of('router', SERVER(2))).toMatch(/UNREACH/);
      expect(await error_of('router')).toBeNull();
      expect(await error_of('client2')).toBeNull();
      // It is the way out that is refused, not the router.
      expect(lab.clients[0]?.exec(['ping', '-c1', '-W2', '192.168.1.1'])).toMatchObject({ code: 0 });
    }
  });

  test('nowhere: also without any link', async () => {
    await configure(lab, { without: NAMES, policies: { no: { ...all, target: 'unreachable' } } });
    expect(await error_of('client1')).toBe('ECONNREFUSED');
    expect(await error_of('client2')).toBeNull();
  });
});

describe('the quickest link', () => {
  test('takes all connections of a group, and another one when it is gone', async () => {
    const wanted = {
      groups: { games: { link: NAMES, mode: 'latency' } },
      policies: { play: { protocol: ['udp'], router: 1, target: 'games' } },
    };
    await configure(lab, wanted);
    for (const name of NAMES) await has_state(lab, name, 'online');
    const first = await link_of({ protocol: 'udp' });
    expect(await link_of({ protocol: 'udp', from: 'router' })).toBe(first);
    expect(counted(await opened(lab, 6))).toEqual(IN_TURN);
    lab.uplink(first ?? '').remove();
    await has_state(lab, first ?? '', 'down');
    const second = await link_of({ protocol: 'udp' });
    expect(second).not.toBe(first);
    expect(await link_of({ protocol: 'udp', from: 'router' })).toBe(second);
    lab.uplink(first ?? '').restore();
    await has_state(lab, first ?? '', 'online');
  });
});

describe('a network behind a link', () => {
  test('what comes from it leaves by that link, forwarded or sent by the router, whatever policies say', async () => {
    const client = lab.clients[0];
    expect(client?.exec(['ip', 'address', 'add', `${BEHIND.client}/32`, 'dev', 'eth0'])).toMatchObject({
      code: 0,
    });
    in_router('ip', 'address', 'add', `${BEHIND.router}/32`, 'dev', 'lo');
    in_router('ip', 'route', 'add', BEHIND.client, 'dev', 'br-lan');
    await configure(lab, {
      links: { wan3: { network: [BEHIND.network] } },
      policies: { rest: { target: 'wan2' } },
    });
    expect(await link_of({ from: 'client1', local_address: BEHIND.client })).toBe('wan3');
    expect(await link_of({ from: 'router', local_address: BEHIND.router })).toBe('wan3');
    expect(await link_of({ from: 'client1' })).toBe('wan2');
    in_router('ip', 'address', 'del', `${BEHIND.router}/32`, 'dev', 'lo');
    in_router('ip', 'route', 'del', BEHIND.client);
    client?.exec(['ip', 'address', 'del', `${BEHIND.client}/32`, 'dev', 'eth0']);
  });
});

describe('NAT rules', () => {
  /** Source address of client 1's connections, as the server sees it. */
  async function source(): Promise<string | null> {
    const [download] = await lab.download({ bytes: 1, timeout_ms: 3000 });
    return download?.source ?? null;
  }

  async function connections(name: string): Promise<number> {
    const { reply } = await lab.rpc('status');
    const rules = (reply?.nat ?? []) as Array<{ name: string; connections: number }>;
    return rules.find(rule => rule.name === name)?.connections ?? Number.NaN;
  }

  const only_wan2 = { policies: { all: { target: 'wan2' } } };

  test('masquerade from one interface to another, counted', async () => {
    const firewall = lab.read_config('firewall');
    lab.write_config('firewall', firewall.replace("option masq '1'", "option masq '0'"));
    lab.reload_firewall();
    const rule = { in: 'lan', out: 'wan2', comment: '回程路由不存在 (no way back)' };
    await configure(lab, { ...only_wan2, nat: { there: rule } });
    for (let i = 0; i < 3; i++) expect(await source()).toBe(lab.uplink('wan2').address);
    await wait_for(async () => (await connections('there')) === 3, { what: 'three connections' });
    // Another weight, and the count goes on.
    await configure(lab, { ...only_wan2, nat: { there: rule }, links: { wan1: { weight: 3 } } });
    await wait_for(async () => (await connections('there')) === 3, { what: 'the same count' });
    // An interface that is not there is no error, and no effect.
    await configure(lab, { ...only_wan2, nat: { there: { ...rule, in: 'nowhere' } } });
    expect(await source()).not.toBe(lab.uplink('wan2').address);
    lab.write_config('firewall', firewall);
    lab.reload_firewall();
  });

  test('an address of one’s own, although fw4 would masquerade', async () => {
    in_router('ip', 'address', 'add', '100.64.2.77/24', 'dev', 'wan2');
    await configure(lab, {
      ...only_wan2,
      nat: { own: { out: 'wan2', action: 'snat', address: '100.64.2.77', source: [CLIENT(1)] } },
    });
    expect(await source()).toBe('100.64.2.77');
    const [other] = await lab.download({ from: 'client2', bytes: 1 });
    expect(other?.source).toBe(lab.uplink('wan2').address);
    in_router('ip', 'address', 'del', '100.64.2.77/24', 'dev', 'wan2');
  });
});

test('the service stopped, nothing of all this is left', async () => {
  await configure(lab, {
    links: { wan3: { network: [BEHIND.network] } },
    groups: { pair: { link: ['wan1', 'wan2'], mode: 'latency' } },
    policies: {
      udp: { protocol: ['udp'], router: 1, target: 'pair' },
      no: { source: [CLIENT(1)], router: 1, target: 'unreachable' },
      by_main: { target: 'main' },
    },
    nat: { there: { out: 'wan2' } },
  });
  expect(in_router('ip', 'rule')).toContain('ipproto udp');
  await lab.kill_daemon();
  for (const family of ['-4', '-6']) {
    expect(in_router('ip', '-N', family, 'rule')).not.toMatch(/proto(col)? 108/);
    expect(in_router('ip', '-N', family, 'route', 'show', 'table', 'all', 'proto', '108')).toBe('');
  }
  expect(in_router('nft', 'list', 'tables')).not.toContain('linkagg');
  expect(await opened(lab, 2)).toEqual(['wan1', 'wan1']);
});
