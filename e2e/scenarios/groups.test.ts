/** What an admin can say about who uses which link: policies, groups, stickiness, tiers, the router's own traffic. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Connections, type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { configure, counted, go_on, has_state, link_status, opened, stay, type Wanted } from './configure.ts';

const NAMES = ['wan1', 'wan2', 'wan3'];
const CLIENTS = ['client1', 'client2', 'client3'];
const SERVER = (number: number) => `198.51.100.${number}`;

let lab: Lab;

beforeAll(async () => {
  lab = await start_lab({ uplinks: NAMES.map(name => ({ name })), clients: CLIENTS.length, ipv6: true });
});
afterAll(() => lab?.stop());

async function set_link(name: string, enabled: boolean): Promise<void> {
  expect((await lab.rpc('set_link', { link: { name, enabled } })).reply).toMatchObject({
    ok: true,
    failure: '',
  });
}

/** The one link of all these connections. */
function only(links: Array<string | null>): string {
  expect(new Set(links).size, links.join(' ')).toBe(1);
  return links[0] ?? 'none';
}

/** Connections from the LAN that were pinned to a link since the service began. */
function new_connections(name: string): number {
  const { stdout } = lab.router.exec(['nft', 'list', 'counter', 'inet', 'linkagg', `new_${name}`]);
  return Number(/packets (\d+)/.exec(stdout)?.[1] ?? Number.NaN);
}

/** In both families, which are asked in turn. */
async function is_offline(name: string): Promise<void> {
  await has_state(lab, name, 'offline');
  await wait_for(async () => (await link_status(lab, name)).ip6 === false, {
    what: `${name} to be offline in IPv6`,
  });
}

/** In both families, and not held down in one. */
async function all_are_online(): Promise<void> {
  await configure(lab);
  for (const name of NAMES) await has_state(lab, name, 'online');
  await wait_for(async () => new Set(await opened(lab, 6, { family: 6 })).size === NAMES.length, {
    what: 'all links to carry IPv6',
    timeout_ms: 20_000,
  });
}

describe('live counts', () => {
  test("a link's count is that of the connections open on it, and its bytes grow", async () => {
    await configure(lab);
    // The probes ping all the time.
    for (const name of NAMES) await has_state(lab, name, 'online');
    const connections = [lab.open_connections(9), lab.open_connections(6, { family: 6, protocol: 'udp' })];
    const states = (await Promise.all(connections.map(each => go_on(each)))).flat();
    const open = counted(states.map(({ uplink }) => uplink));
    expect(open).toEqual({ wan1: 5, wan2: 5, wan3: 5 });
    const before = await Promise.all(NAMES.map(name => link_status(lab, name)));
    for (const [index, name] of NAMES.entries()) {
      await wait_for(async () => (await link_status(lab, name)).connections_live === open[name], {
        what: `${open[name]} connections on ${name}`,
        timeout_ms: 15_000,
        interval_ms: 200,
      });
      for (const bytes of ['rx_bytes', 'tx_bytes']) {
        await wait_for(
          async () => Number((await link_status(lab, name))[bytes]) > Number(before[index]?.[bytes]),
          { what: `more ${bytes} on ${name}` },
        );
      }
    }
    for (const each of connections) await each.close();
  });
});

describe('policies', () => {
  const PAIR = { pair: { link: ['wan1', 'wan2'], mode: 'round-robin' } };
  const UDP_OF_CLIENT1 = { protocol: ['udp'], source: ['192.168.1.101'] };

  test('UDP of one client to a link, TCP to a destination to a group, all the rest to all links', async () => {
    await configure(lab, {
      groups: PAIR,
      policies: {
        voice: { ...UDP_OF_CLIENT1, target: 'wan3' },
        server1: { protocol: ['tcp'], destination: [`${SERVER(1)}/32`], target: 'pair' },
      },
    });
    const links_of = async (from: string, protocol: 'udp' | 'tcp') => {
      const connections = lab.open_connections(6, { from, protocol });
      const links = (await go_on(connections, 1)).map(({ uplink }) => uplink);
      await connections.close();
      return links;
    };
    expect(only(await links_of('client1', 'udp'))).toBe('wan3');
    expect(counted(await links_of('client2', 'udp'))).toEqual({ wan1: 2, wan2: 2, wan3: 2 });
    expect(counted(await opened(lab, 6, { address: SERVER(1) }))).toEqual({ wan1: 3, wan2: 3 });
    expect(counted(await opened(lab, 6, { address: SERVER(2) }))).toEqual({ wan1: 2, wan2: 2, wan3: 2 });
    // A policy for IPv4 addresses says nothing about IPv6.
    expect(counted(await opened(lab, 6, { family: 6 }))).toEqual({ wan1: 2, wan2: 2, wan3: 2 });
  });

  test('by port; the first that fits decides; one that is switched off does nothing', async () => {
    await configure(lab, {
      policies: {
        off: { enabled: 0, target: 'wan1' },
        other_port: { protocol: ['tcp'], destination_port: ['1-6999', '7001'], target: 'wan1' },
        first: { protocol: ['tcp'], destination_port: ['6998-7002'], target: 'wan2' },
        second: { target: 'wan3' },
      },
    });
    expect(only(await opened(lab, 4))).toBe('wan2');
    expect(only(await opened(lab, 4, { family: 6 }))).toBe('wan2');
    const connections = lab.open_connections(4, { protocol: 'udp' });
    expect(only((await go_on(connections)).map(({ uplink }) => uplink))).toBe('wan3');
    await connections.close();
  });

  test.each(['switched off', 'cut', 'dead'])(
    'a policy whose link is %s leaves its connections to all others, until the link is back',
    async how => {
      await configure(lab, { policies: { to3: { target: 'wan3' } } });
      expect(only(await opened(lab, 3))).toBe('wan3');
      if (how === 'switched off') await set_link('wan3', false);
      else if (how === 'cut') lab.uplink('wan3').cut();
      else lab.uplink('wan3').blackhole();
      await has_state(lab, 'wan3', 'disabled', 'down', 'offline');
      expect(counted(await opened(lab, 6))).toEqual({ wan1: 3, wan2: 3 });
      expect(counted(await opened(lab, 6, { family: 6 }))).toEqual({ wan1: 3, wan2: 3 });

      await set_link('wan3', true);
      lab.uplink('wan3').restore();
      await has_state(lab, 'wan3', 'connecting', 'online');
      expect(only(await opened(lab, 3))).toBe('wan3');
    },
  );

  test('a flood of new connections goes where a policy says, and in turn without one', async () => {
    /** New connections of a flood to server 1, by link. */
    const flooded = async (destination: string): Promise<number[]> => {
      await configure(lab, { policies: { to3: { destination: [destination], target: 'wan3' } } });
      const before = NAMES.map(new_connections);
      await lab.scatter({ seconds: 0.2 });
      return NAMES.map((name, index) => new_connections(name) - (before[index] ?? 0));
    };
    await all_are_online();
    const [wan1 = 0, wan2 = 0, wan3 = 0] = await flooded(SERVER(1));
    expect([wan1, wan2]).toEqual([0, 0]);
    expect(wan3).toBeGreaterThan(500);
    const in_turn = await flooded(SERVER(2));
    expect(Math.min(...in_turn)).toBeGreaterThan(150);
    expect(Math.max(...in_turn) - Math.min(...in_turn)).toBeLessThan(4);
  });

  test('live connections of a policy stay where they are when it changes', async () => {
    await configure(lab, { policies: { to3: { target: 'wan3' } } });
    const connections = [lab.open_connections(4), lab.open_connections(4, { protocol: 'udp' })];
    await stay(connections, async () => {
      await configure(lab, { groups: PAIR, policies: { to3: { target: 'pair' } } });
      expect(counted(await opened(lab, 4))).toEqual({ wan1: 2, wan2: 2 });
    });
    for (const each of connections) {
      expect(only((await each.states()).map(({ uplink }) => uplink))).toBe('wan3');
      await each.close();
    }
  });

  test('connections of another group take no turn of the default one', async () => {
    await configure(lab, {
      links: { wan1: { weight: 5 }, wan2: { weight: 3 } },
      groups: PAIR,
      policies: { server1: { destination: [SERVER(1)], target: 'pair' } },
    });
    const expected = await opened(lab, 9, { address: SERVER(2) });
    const links: string[] = [];
    for (let i = 0; i < 9; i++) {
      await opened(lab, i % 2, { address: SERVER(1) });
      links.push(...(await opened(lab, 1, { address: SERVER(2) })));
    }
    expect(links).toEqual(expected);
  });
});

describe('stickiness', () => {
  const STICKY = { globals: { sticky: 'source' } };

  interface Entry {
    group: string;
    source: string;
    destination: string | null;
    link: string;
    expires_s: number;
  }

  async function entries(): Promise<Entry[]> {
    const { reply } = await lab.rpc('get_sticky');
    const shown = (reply?.entries ?? []) as unknown as Entry[];
    expect(reply?.total).toBe(shown.length);
    return shown;
  }

  async function clear(wanted: { group: string | null; source: string | null }): Promise<void> {
    expect((await lab.rpc('clear_sticky', { clear: wanted })).reply).toMatchObject({ ok: true, failure: '' });
  }

  /** Switching it off forgets everybody. */
  beforeEach(() => configure(lab));

  test('with "source" each client has its link, and the page shows which', async () => {
    await configure(lab, STICKY);
    const links: Record<string, string> = {};
    for (const from of CLIENTS) links[from] = only(await opened(lab, 5, { from }));
    // Round-robin gives the next client the next link.
    expect(new Set(Object.values(links))).toEqual(new Set(NAMES));
    for (const from of CLIENTS) expect(only(await opened(lab, 3, { from }))).toBe(links[from]);

    const shown = await entries();
    expect(shown.map(({ source, link }) => `${source} ${link}`).sort()).toEqual(
      CLIENTS.map((from, index) => `192.168.1.${101 + index} ${links[from]}`),
    );
    for (const { group, destination, expires_s } of shown) {
      expect({ group, destination }).toEqual({ group: 'default', destination: null });
      expect(expires_s).toBeGreaterThan(500);
    }
  });

  test('with "source-destination" a client keeps a link for each destination', async () => {
    await configure(lab, { globals: { sticky: 'source-destination' } });
    const links: string[] = [];
    for (const number of [1, 2, 3]) links.push(only(await opened(lab, 4, { address: SERVER(number) })));
    expect(new Set(links)).toEqual(new Set(NAMES));
    for (const [index, link] of links.entries()) {
      expect(only(await opened(lab, 2, { address: SERVER(index + 1) }))).toBe(link);
    }
    expect((await entries()).map(({ destination, link }) => `${destination} ${link}`).sort()).toEqual(
      links.map((link, index) => `${SERVER(index + 1)} ${link}`),
    );
  });

  test('with a prefix length neighbours count as one', async () => {
    await configure(lab, { globals: { sticky: 'source', sticky_prefix: 24 } });
    const links = [];
    for (const from of CLIENTS) links.push(...(await opened(lab, 3, { from })));
    only(links);
    expect((await entries()).map(({ source }) => source)).toEqual(['192.168.1.0/24']);
    await clear({ group: null, source: '192.168.1.0/24' });
    expect(await entries()).toEqual([]);
  });

  test('IPv6 clients, too: by address, or by network', async () => {
    await configure(lab, STICKY);
    const from_address = (from: string, network: string, count: number) =>
      opened(lab, count, { from, family: 6, local_address: lab.address6_of(from, network) });
    const links = [];
    for (const from of CLIENTS) links.push(only(await from_address(from, 'ula', 4)));
    expect(new Set(links)).toEqual(new Set(NAMES));
    expect((await entries()).map(({ source }) => source).sort()).toEqual(
      CLIENTS.map(from => lab.address6_of(from, 'ula')),
    );

    await configure(lab, { globals: { sticky: 'source', sticky_prefix6: 64 } });
    await clear({ group: null, source: null });
    const network = [];
    for (const from of CLIENTS) network.push(...(await from_address(from, 'ula', 3)));
    only(network);
    expect((await entries()).map(({ source }) => source)).toEqual(['fdab:cdef:1::/64']);
  });

  test('cleared, a client or a group gets a new choice', async () => {
    await configure(lab, {
      ...STICKY,
      groups: { all: { link: NAMES, mode: 'round-robin', sticky: 'source' } },
      policies: { server1: { destination: [SERVER(1)], target: 'all' } },
    });
    const in_group = (from: string) => opened(lab, 3, { from, address: SERVER(1) });
    const by_default = (from: string) => opened(lab, 3, { from, address: SERVER(2) });
    const first = only(await by_default('client1'));
    const second = only(await by_default('client2'));
    const grouped = only(await in_group('client1'));

    // The turn is the next link's each time.
    await clear({ group: null, source: '192.168.1.101' });
    expect((await entries()).map(({ source }) => source)).toEqual(['192.168.1.102']);
    expect(only(await by_default('client1'))).not.toBe(first);
    expect(only(await by_default('client2'))).toBe(second);
    expect(only(await in_group('client1'))).not.toBe(grouped);

    const kept = only(await by_default('client1'));
    await clear({ group: 'all', source: null });
    expect((await entries()).map(({ group }) => group)).toEqual(['default', 'default']);
    expect(only(await in_group('client1'))).toBeDefined();
    expect(only(await by_default('client1'))).toBe(kept);
    await clear({ group: null, source: null });
    expect(await entries()).toEqual([]);
  });

  test('entries survive new weights and other changes of the configuration', async () => {
    await configure(lab, STICKY);
    const links: string[] = [];
    for (const from of CLIENTS) links.push(only(await opened(lab, 2, { from })));
    const shown = async () => (await entries()).map(({ source, link }) => `${source} ${link}`).sort();
    const before = await shown();
    const changes: Wanted[] = [
      { ...STICKY, links: { wan2: { weight: 7 } } },
      { ...STICKY, policies: { server8: { destination: [SERVER(8)], target: 'wan1' } } },
      { ...STICKY, groups: { pair: { link: ['wan1', 'wan2'] } } },
    ];
    for (const change of changes) {
      await configure(lab, change);
      expect(await shown()).toEqual(before);
      for (const [index, from] of CLIENTS.entries()) {
        expect(only(await opened(lab, 2, { from, address: SERVER(2) }))).toBe(links[index]);
      }
    }
  });

  test.each(['cut', 'dead'])(
    'when the link of a client is %s the client moves, and stays there when the link is back',
    async how => {
      await configure(lab, STICKY);
      const before = only(await opened(lab, 3));
      if (how === 'cut') lab.uplink(before).cut();
      else lab.uplink(before).blackhole();
      await has_state(lab, before, 'down', 'offline');
      const moved = only(await opened(lab, 5));
      expect(moved).not.toBe(before);

      lab.uplink(before).restore();
      await has_state(lab, before, 'online');
      expect(only(await opened(lab, 5))).toBe(moved);
      expect((await entries()).map(({ source, link }) => `${source} ${link}`)).toEqual([
        `192.168.1.101 ${moved}`,
      ]);
    },
  );
});

describe('tiers', () => {
  const TIERS = { links: { wan3: { tier: 2 } } };
  const BETTER = ['wan1', 'wan2'];

  beforeAll(all_are_online);

  async function lose_the_better(): Promise<void> {
    for (const name of BETTER) lab.uplink(name).cut();
    for (const name of BETTER) await has_state(lab, name, 'down');
  }

  async function return_the_better(): Promise<void> {
    for (const name of BETTER) lab.uplink(name).restore();
    for (const name of BETTER) await has_state(lab, name, 'connecting', 'online');
  }

  afterEach(async () => {
    await configure(lab);
    await return_the_better();
  });

  test('a backup stands by until every better link is dead or off; with failback "soft" its connections stay', async () => {
    await configure(lab, TIERS);
    expect(await link_status(lab, 'wan3')).toMatchObject({ state: 'standby', reason: 'better-tier' });
    expect(counted(await opened(lab, 6))).toEqual({ wan1: 3, wan2: 3 });
    expect(counted(await opened(lab, 6, { family: 6 }))).toEqual({ wan1: 3, wan2: 3 });

    await set_link('wan1', false);
    expect(only(await opened(lab, 4))).toBe('wan2');
    lab.uplink('wan2').blackhole();
    await is_offline('wan2');
    await has_state(lab, 'wan3', 'online');
    expect(only(await opened(lab, 4))).toBe('wan3');
    expect(only(await opened(lab, 4, { family: 6 }))).toBe('wan3');

    const connections = [lab.open_connections(4), lab.open_connections(4, { protocol: 'udp' })];
    await stay(connections, async () => {
      await set_link('wan1', true);
      lab.uplink('wan2').restore();
      await has_state(lab, 'wan2', 'online');
      await has_state(lab, 'wan3', 'standby');
      expect(counted(await opened(lab, 6))).toEqual({ wan1: 3, wan2: 3 });
    });
    for (const each of connections) await each.close();
  });

  /** Of TCP connections that the server still holds open, those from the router's address on a link. */
  function held_by_server(name: string): string[] {
    const { stdout } = lab.server.exec(['ss', '-Htn', 'state', 'established', 'sport = :7000']);
    const { address, address6 } = lab.uplink(name);
    const from = [`:${address}]:`, `[${address6}]:`];
    return stdout.split('\n').filter(line => from.some(text => line.includes(text)));
  }

  test('with failback "hard" connections of the LAN leave the backup, those from outside do not', async () => {
    await configure(lab, { ...TIERS, globals: { failback: 'hard' } });
    await lose_the_better();
    expect(only(await opened(lab, 2))).toBe('wan3');
    lab.uplink('wan3').set_rate(2_000_000, 2_000_000);

    const from_lan: Record<string, Connections> = {
      talking: lab.open_connections(4),
      'talking over IPv6': lab.open_connections(4, {
        family: 6,
        local_address: lab.address6_of('client1', 'ula'),
      }),
      'talking now and then': lab.open_connections(4, { interval_ms: 1500 }),
    };
    const waiting = lab.start_download({ parallel: 3, timeout_ms: 30_000 });
    const idle = lab.open_connections(3, { interval_ms: 9000 });
    const datagrams = lab.open_connections(4, { protocol: 'udp' });
    const incoming = [lab.connect_in('wan3', 4, { to: 'client2' }), lab.connect_in('wan3', 4)];
    for (const each of [...Object.values(from_lan), datagrams, ...incoming]) await go_on(each, 1);
    await wait_for(async () => (await idle.states()).every(({ sources }) => sources.length > 0));
    await wait_for(async () => (await waiting.received()).bytes > 0, { what: 'downloads' });
    expect(held_by_server('wan3')).toHaveLength(18);

    await return_the_better();
    for (const [what, each] of Object.entries(from_lan)) {
      await wait_for(async () => (await each.states()).every(({ broken }) => broken !== null), {
        what: `the end of those ${what}, for the client`,
      });
    }
    for (const { error } of await waiting.done) expect(error).toBe('ECONNRESET');
    // Those that were silent all the time are left.
    await wait_for(() => held_by_server('wan3').length <= 3, {
      what: 'the end of those, for the server',
    });
    await wait_for(
      async () => (await datagrams.states()).every(({ uplink }) => BETTER.includes(uplink ?? '')),
      { what: 'UDP over the better links' },
    );
    await wait_for(async () => (await idle.states()).every(({ broken }) => broken !== null), {
      what: 'the end of the idle ones, as soon as the client says something',
    });
    for (const each of incoming) {
      for (const { broken } of await go_on(each)) expect(broken).toBeNull();
    }
    expect(counted(await opened(lab, 6))).toEqual({ wan1: 3, wan2: 3 });

    for (const each of [...Object.values(from_lan), idle, datagrams, ...incoming]) await each.close();
    lab.uplink('wan3').set_rate(null, null);
  });

  test('with failback "hard" a backup that a policy sends connections to is left alone', async () => {
    await configure(lab, {
      ...TIERS,
      globals: { failback: 'hard' },
      policies: { always_there: { destination: [SERVER(8)], target: 'wan3' } },
    });
    await lose_the_better();
    const sent_there = lab.open_connections(3, { address: SERVER(8) });
    await go_on(sent_there, 1);
    await return_the_better();
    await wait_for(async () => only(await opened(lab, 1)) !== 'wan3', { what: 'the better links' });
    for (const { broken } of await go_on(sent_there)) expect(broken).toBeNull();
    await sent_there.close();
  });
});

describe("the router's own traffic", () => {
  const WEIGHTS = { wan1: { weight: 5 }, wan2: { weight: 3 }, wan3: { weight: 1 } };

  /** Counts packets that leave a link with another link's address, and pings by link. */
  beforeAll(async () => {
    await all_are_online();
    const rules = lab.uplinks.flatMap(({ name, address, address6 }) => [
      `oifname "${name}" ip saddr != ${address} counter name wrong`,
      `oifname "${name}" ip6 saddr 2001:db8:0::/48 ip6 saddr != ${address6} counter name wrong`,
      `oifname "${name}" ip daddr ${SERVER(8)} meta l4proto icmp counter name ping_${name}`,
    ]);
    const counters = ['wrong', ...NAMES.map(name => `ping_${name}`)].map(name => `counter ${name} { }`);
    const text = [
      'table inet seen {',
      ...counters,
      'chain leaving {',
      'type filter hook postrouting priority 300;',
      ...rules,
      '}',
      '}',
    ];
    expect(lab.router.exec(['nft', '-f', '-'], text.join('\n')).stderr).toBe('');
  });

  function seen(counter: string): number {
    const { stdout } = lab.router.exec(['nft', 'list', 'counter', 'inet', 'seen', counter]);
    return Number(/packets (\d+)/.exec(stdout)?.[1]);
  }

  const own = (count: number, options = {}) => opened(lab, count, { from: 'router', ...options });

  test('"link": all of it uses that link, and others while it is dead', async () => {
    await configure(lab, { globals: { router_traffic: 'link', router_link: 'wan2' } });
    expect(only(await own(8))).toBe('wan2');
    expect(only(await own(8, { family: 6 }))).toBe('wan2');
    // Clients are none of its business.
    expect(counted(await opened(lab, 6))).toEqual({ wan1: 2, wan2: 2, wan3: 2 });

    lab.uplink('wan2').blackhole();
    await is_offline('wan2');
    expect(await own(8)).not.toContain('wan2');
    expect(await own(8, { family: 6 })).not.toContain('wan2');
    lab.uplink('wan2').restore();
    await has_state(lab, 'wan2', 'online');
    expect(only(await own(4))).toBe('wan2');
    expect(seen('wrong')).toBe(0);
  });

  test('"balanced": spread by weight, with the address of the link', async () => {
    await configure(lab, { links: WEIGHTS, globals: { router_traffic: 'balanced' } });
    expect(counted(await own(9))).toEqual({ wan1: 5, wan2: 3, wan3: 1 });
    const connections = lab.open_connections(9, { from: 'router', protocol: 'udp' });
    for (const { sources } of await go_on(connections)) expect(sources).toHaveLength(1);
    await connections.close();
    expect(new Set(await own(12, { family: 6 })).size).toBeGreaterThan(1);
    expect(seen('wrong')).toBe(0);
  });

  test.each(['balanced', 'ecmp'])('"%s": sockets bound to an address or a device keep it', async mode => {
    await configure(lab, { globals: { router_traffic: mode } });
    for (const { name, address, address6 } of lab.uplinks) {
      expect(only(await own(4, { local_address: address }))).toBe(name);
      expect(only(await own(4, { family: 6, local_address: address6 }))).toBe(name);
      const before = seen(`ping_${name}`);
      const ping = lab.router.exec(['ping', '-c', '2', '-i', '0.01', '-W', '1', '-I', name, SERVER(8)]);
      expect(ping.stdout).toContain('2 received');
      expect(seen(`ping_${name}`) - before).toBe(2);
    }
    expect(seen('wrong')).toBe(0);
  });

  test('"ecmp": over several links, with the address of the link', async () => {
    await configure(lab, { globals: { router_traffic: 'ecmp' } });
    expect(new Set(await own(20)).size).toBeGreaterThan(1);
    expect(new Set(await own(20, { family: 6 })).size).toBeGreaterThan(1);
    expect(seen('wrong')).toBe(0);
  });

  test('also with a firewall that does not masquerade it has the address of the link', async () => {
    const firewall = lab.read_config('firewall');
    lab.write_config('firewall', firewall.replace("option masq '1'", "option masq '0'"));
    lab.reload_firewall();
    try {
      for (const mode of ['balanced', 'ecmp']) {
        await configure(lab, { globals: { router_traffic: mode } });
        expect(new Set(await own(12)).size).toBeGreaterThan(1);
        const connections = lab.open_connections(12, { from: 'router', protocol: 'udp' });
        for (const { sources } of await go_on(connections)) expect(sources).toHaveLength(1);
        await connections.close();
      }
      expect(seen('wrong')).toBe(0);
    } finally {
      lab.write_config('firewall', firewall);
      lab.reload_firewall();
    }
  });
});
