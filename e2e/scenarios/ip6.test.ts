/** IPv6 over several providers: each connection leaves by its link, with an address that finds the way back. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Download, type DownloadOptions, type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { configure, counted, go_on, link_status, opened, stay } from './configure.ts';

const WEIGHTS = { wan1: { weight: 5 }, wan2: { weight: 3 }, wan3: { weight: 1 } };
const NAMES = Object.keys(WEIGHTS);
/** Whose addresses clients have. */
const NETWORKS = ['ula', ...NAMES];

let lab: Lab;
let rules_before = '';

beforeAll(async () => {
  const shaped = { down_bps: 8_000_000, up_bps: 8_000_000 };
  const uplinks = NAMES.map(name => ({ name, ...shaped }));
  lab = await start_lab({ uplinks, clients: 2, ipv6: true, daemon: false });
  rules_before = lab.router.exec(['ip', '-6', 'rule']).stdout;
  await lab.start_daemon();
});
afterAll(() => lab?.stop());

/** `count` connections of a client, from its address in each of `networks`, one after the other. */
async function from_networks(
  networks: string[],
  count: number,
  client = 'client1',
): Promise<Array<Download & { network: string; local_address: string }>> {
  const downloads = [];
  for (const network of networks) {
    const local_address = lab.address6_of(client, network);
    for (let i = 0; i < count; i++) {
      const [download] = await lab.download({
        family: 6,
        from: client,
        bytes: 1,
        local_address,
        timeout_ms: 3000,
      });
      if (download === undefined) continue;
      expect({ network, error: download.error }).toEqual({ network, error: null });
      downloads.push({ ...download, network, local_address });
    }
  }
  return downloads;
}

/** Resolves when IPv6 has answered on all links: until then, new connections get only those where it has. */
async function configure_weights(): Promise<void> {
  await configure(lab, { links: WEIGHTS });
  for (const name of NAMES) {
    await wait_for(async () => (await link_status(lab, name)).ip6 === true, { what: `IPv6 of ${name}` });
  }
}

/** Opened one after the other, over IPv6. */
const opened6 = (count: number, options: DownloadOptions = {}) =>
  opened(lab, count, { family: 6, ...options });

/** `2001:db8:100::` of an uplink. */
const delegated = (name: string) => lab.uplink(name).prefix6?.split('/')[0] ?? '';

describe('round-robin with weights 5:3:1', () => {
  beforeAll(configure_weights);

  test("any nine connections are spread exactly, and the server answers, from whichever provider's prefix the client's address is", async () => {
    const downloads = await from_networks(NETWORKS, 9);
    for (const network of NETWORKS) {
      const nine = downloads.filter(download => download.network === network);
      expect(counted(nine.map(({ uplink }) => uplink)), network).toEqual({ wan1: 5, wan2: 3, wan3: 1 });
    }
    for (const { source, uplink, network, local_address } of downloads) {
      const own = network === uplink ? local_address : lab.uplink(uplink ?? '').address6;
      expect({ network, uplink, source }).toEqual({ network, uplink, source: own });
    }
  });

  test('new weights, and a link switched off and on, move no live connection', async () => {
    const connections = [
      lab.open_connections(18, { family: 6 }),
      lab.open_connections(9, {
        family: 6,
        protocol: 'udp',
        local_address: lab.address6_of('client1', 'ula'),
      }),
    ];
    for (const each of connections) {
      expect(new Set((await go_on(each)).map(({ uplink }) => uplink))).toEqual(new Set(NAMES));
    }
    await stay(connections, async () => {
      const change = async (link: { name: string; weight?: number; enabled?: boolean }) => {
        expect((await lab.rpc('set_link', { link })).reply).toMatchObject({ ok: true, failure: '' });
      };
      await change({ name: 'wan3', weight: 9 });
      await change({ name: 'wan1', enabled: false });
      expect(await opened6(6)).not.toContain('wan1');
      for (const each of connections) await go_on(each);
      await change({ name: 'wan1', enabled: true });
      expect(await opened6(17)).toContain('wan1');
    });
    for (const each of connections) await each.close();
  });

  test('a link without IPv6 gets no IPv6 connection, and still its share of IPv4', async () => {
    await configure_weights();
    await lab.ubus.call(`network.interface.${lab.uplink('wan2').interface6}`, 'down', {});
    await wait_for(async () => (await link_status(lab, 'wan2')).ip6 === false, { what: 'wan2 without IPv6' });
    // Their address from that provider stays with the clients for a while.
    for (const { network, uplink } of await from_networks(NETWORKS, 1)) {
      expect(uplink, `from ${network}`).not.toBe('wan2');
    }
    expect(counted(await opened6(6))).toEqual({ wan1: 5, wan3: 1 });
    expect(counted(await opened(lab, 9))).toEqual({ wan1: 5, wan2: 3, wan3: 1 });

    await lab.ubus.call(`network.interface.${lab.uplink('wan2').interface6}`, 'up', {});
    await wait_for(async () => (await link_status(lab, 'wan2')).ip6 === true, { what: 'IPv6 of wan2' });
    expect(counted(await opened6(9))).toEqual({ wan1: 5, wan2: 3, wan3: 1 });
  });
});

describe('connections from outside', () => {
  beforeAll(configure_weights);

  test.each([
    ['tcp', 'client1'],
    ['udp', 'client1'],
    ['tcp', 'router'],
    ['udp', 'router'],
  ] as const)('%s to the %s is answered on the link it came by, all three', async (protocol, to) => {
    const sent = (name: string) => lab.uplink(name).counters().tx_packets;
    for (const name of NAMES) {
      const others = NAMES.filter(other => other !== name);
      const before = others.map(sent);
      const connections = lab.connect_in(name, 10, { to, protocol, family: 6 });
      for (const { broken } of await go_on(connections, 3)) expect(broken).toBeNull();
      await connections.close();
      // Probes and neighbour discovery go on there; ten answers, three times, would be more.
      for (const [index, other] of others.entries()) {
        expect(sent(other) - (before[index] ?? 0), `packets on ${other}`).toBeLessThan(15);
      }
    }
  });
});

describe("nat6 'prefix'", () => {
  const PREFIX = { nat6: 'prefix' };

  beforeAll(() =>
    configure(lab, {
      links: { wan1: { weight: 5, ...PREFIX }, wan2: { weight: 3, ...PREFIX }, wan3: PREFIX },
    }),
  );

  test("clients keep their suffix in the uplink's delegated network, so the server can tell them apart", async () => {
    for (const [client, suffix] of [
      ['client1', '101'],
      ['client2', '102'],
    ] as const) {
      const downloads = await from_networks(NETWORKS, 9, client);
      expect(counted(downloads.map(({ uplink }) => uplink))).toEqual({ wan1: 20, wan2: 12, wan3: 4 });
      for (const { source, uplink } of downloads) {
        expect(source).toBe(`${delegated(uplink ?? '')}${suffix}`);
      }
    }
  });

  test("the router's own connections have the address of the link", async () => {
    for (const { source, uplink, error } of await lab.download({
      from: 'router',
      family: 6,
      parallel: 20,
      bytes: 1,
    })) {
      expect({ error, source }).toEqual({ error: null, source: lab.uplink(uplink ?? '').address6 });
    }
  });

  test.each([
    ['restarted', '2001:db8:aa00::/56'],
    ['renewed', '2001:db8:ab00::/56'],
  ] as const)('with a new prefix (lease %s) new connections use that one', async (how, prefix) => {
    await lab.uplink('wan2').delegate(prefix, how);
    await wait_for(
      () =>
        lab.router
          .exec(['nft', 'list', 'table', 'inet', 'linkagg'])
          .stdout.includes(`${delegated('wan2')}/64`),
      { what: 'the new prefix in the table' },
    );
    const downloads = await from_networks(NETWORKS, 9);
    expect(counted(downloads.map(({ uplink }) => uplink))).toEqual({ wan1: 20, wan2: 12, wan3: 4 });
    for (const { source, uplink } of downloads) expect(source).toBe(`${delegated(uplink ?? '')}101`);
  });
});

test("nat6 'none' leaves the sources of clients alone", async () => {
  const none = Object.fromEntries(NAMES.map(name => [name, { nat6: 'none' }]));
  await configure(lab, { links: none });
  const local_address = lab.address6_of('client1', 'ula');
  const rules = NAMES.map(name => `oifname "${name}" ip6 saddr ${local_address} counter`);
  const chain = ['type filter hook postrouting priority 300;', ...rules].join('\n');
  const table = `table inet seen {\nchain leaving {\n${chain}\n}\n}`;
  expect(lab.router.exec(['nft', '-f', '-'], table).stderr).toBe('');
  // Providers of the lab drop such packets, so nobody answers.
  const connections = lab.open_connections(3, { family: 6, protocol: 'udp', local_address });
  await wait_for(
    () => {
      const { stdout } = lab.router.exec(['nft', 'list', 'table', 'inet', 'seen']);
      return NAMES.every(name => new RegExp(`"${name}".*packets [1-9]`).test(stdout));
    },
    { what: 'packets with the source of the client on all links' },
  );
  await connections.close();
  lab.router.exec(['nft', 'delete table inet seen']);
});

describe('other modes', () => {
  test('hash uses several links, and a connection stays where it is', async () => {
    await configure(lab, { globals: { mode: 'hash' } });
    const connections = lab.open_connections(24, {
      family: 6,
      local_address: lab.address6_of('client1', 'ula'),
    });
    expect(new Set((await go_on(connections)).map(({ uplink }) => uplink)).size).toBeGreaterThan(1);
    await stay([connections], async () => {});
    await connections.close();
  });

  test('adaptive: three downloads at once use three links', async () => {
    await configure(lab, { globals: { mode: 'adaptive' } });
    for (let time = 0; time < 2; time++) {
      const downloads = await lab.download({ family: 6, parallel: 3, seconds: 1 });
      expect(new Set(downloads.map(({ uplink }) => uplink))).toEqual(new Set(NAMES));
    }
  });
});

test('after stop nothing is left', async () => {
  const ours = () => lab.router.exec(['ip', '-6', 'route', 'show', 'table', 'all', 'proto', '108']).stdout;
  const rules = () => lab.router.exec(['ip', '-6', 'rule']).stdout;
  const table = () => lab.router.exec(['nft', 'list', 'table', 'inet', 'linkagg']).code;
  expect([ours(), rules(), table()]).toEqual([
    expect.stringContaining('table 5200'),
    expect.stringContaining('proto 108'),
    0,
  ]);
  expect(await lab.kill_daemon('SIGTERM')).toBe(0);
  expect(ours()).toBe('');
  expect(rules()).not.toContain('proto 108');
  // What netifd refuses has the new prefix now.
  expect(rules().split('\n')).toHaveLength(rules_before.split('\n').length);
  expect(table()).toBe(1);
});
