/** Traps that balancers of this kind have fallen into, each with a test that is named after it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { SERVICE_PORT } from '../lab/traffic.ts';
import { configure, counted, go_on, link_status, opened, stay } from './configure.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await start_lab({
    uplinks: ['wan', 'wan2', 'wan21'].map(name => ({ name })),
    clients: 2,
    ipv6: true,
  });
  await configure(lab);
});
afterAll(() => lab?.stop());

/** What `disturb` does must not take a turn: the order goes on as if it had not been. */
async function takes_no_turn(disturb: () => Promise<unknown>): Promise<void> {
  const first = await opened(lab, 6);
  const second: string[] = [];
  for (let i = 0; i < 6; i++) {
    await disturb();
    second.push(...(await opened(lab, 1)));
  }
  expect(second).toEqual(first);
  expect(counted(first)).toEqual({ wan: 2, wan2: 2, wan21: 2 });
}

/** Marks of the router's connections with this in their description. */
function connection_marks(...selection: string[]): number[] {
  const { stdout } = lab.router.exec(['conntrack', '-L', ...selection]);
  return stdout
    .split('\n')
    .filter(line => line.includes('src='))
    .map(line => Number(/ mark=(\d+)/.exec(line)?.[1] ?? 0));
}

async function load_rules(rules: string): Promise<void> {
  expect(lab.router.exec(['nft', '-f', '-'], rules).stderr).toBe('');
}

describe('round-robin over three links', () => {
  test('answers of forwarded connections are not balanced, and take no turn', async () => {
    const connections = lab.uplinks.map(({ name }) => lab.connect_in(name, 3, { to: 'client1' }));
    await takes_no_turn(() => Promise.all(connections.map(each => go_on(each, 1))));
    for (const each of connections) {
      for (const { broken, sources } of await each.states()) {
        expect(broken).toBeNull();
        expect(sources, 'the server as the client saw it').toHaveLength(1);
      }
      await each.close();
    }
  });

  test('a new forwarded connection takes no turn', async () => {
    await takes_no_turn(async () => {
      for (const { name } of lab.uplinks) {
        const connection = lab.connect_in(name, 1, { to: 'client2' });
        await go_on(connection, 1);
        await connection.close();
      }
    });
  });

  describe('hairpin, as fw4 reflects a forwarded port to the LAN', () => {
    const client2 = '192.168.1.102';
    beforeAll(() =>
      load_rules(`table inet reflection {
        chain dstnat {
          type nat hook prerouting priority dstnat;
          iifname "br-lan" ip saddr 192.168.1.0/24 ip daddr { ${lab.uplinks.map(({ address }) => address).join(', ')} } tcp dport ${SERVICE_PORT} dnat ip to ${client2}
        }
        chain srcnat {
          type nat hook postrouting priority srcnat;
          oifname "br-lan" ip saddr 192.168.1.0/24 ip daddr ${client2} tcp dport ${SERVICE_PORT} snat ip to 192.168.1.1
        }
      }`),
    );
    afterAll(() => load_rules('delete table inet reflection'));

    test("a LAN client reaches the port by the router's address on every link, and takes no turn", async () => {
      await takes_no_turn(async () => {
        for (const { address } of lab.uplinks) {
          const [download] = await lab.download({ address, bytes: 20_000 });
          // The reflection's address: it was not the router itself that answered.
          expect(download).toMatchObject({ error: null, source: '192.168.1.1' });
        }
      });
    });

    test('such a connection stays within the LAN: it is pinned to no link', async () => {
      for (const { address } of lab.uplinks) {
        const connections = lab.open_connections(2, { address });
        await go_on(connections);
        const marks = connection_marks('-s', '192.168.1.101', '-d', address, '--reply-src', client2);
        expect(new Set(marks)).toEqual(new Set([0]));
        await connections.close();
      }
    });
  });

  test("a LAN client's connection to the router by its address on a link is pinned to no link", async () => {
    for (const { address } of lab.uplinks) {
      const connections = lab.open_connections(2, { address });
      for (const { sources } of await go_on(connections)) expect(sources).toEqual(['192.168.1.101']);
      expect(new Set(connection_marks('-d', address, '-s', '192.168.1.101'))).toEqual(new Set([0]));
      await connections.close();
    }
  });

  test("a LAN client's IPv6 connection to the router is pinned to no link", async () => {
    const address = '2001:db8:100::1';
    const connections = lab.open_connections(2, { address, family: 6 });
    await go_on(connections);
    const marks = connection_marks('-f', 'ipv6', '-d', address);
    expect(marks.length).toBeGreaterThan(0);
    expect(new Set(marks)).toEqual(new Set([0]));
    await connections.close();
  });
});

describe('connections that are older than the table', () => {
  const udp = ['-p', 'udp', '--dport', `${SERVICE_PORT}`, '-s', '192.168.1.101'];
  beforeAll(async () => {
    await configure(lab);
    lab.router.exec(['conntrack', '-F']);
  });

  test('a UDP flow that its packets keep alive is pinned when the service starts, where it is', async () => {
    await lab.kill_daemon('SIGTERM');
    const connections = lab.open_connections(10, { protocol: 'udp', interval_ms: 50 });
    await go_on(connections);
    expect(new Set(connection_marks(...udp))).toEqual(new Set([0]));
    await stay([connections], () => lab.start_daemon());
    const marks = connection_marks(...udp);
    expect(marks).toHaveLength(10);
    expect(marks).not.toContain(0);
    await connections.close();
  });

  test('flows that start in the window of a rebuild are pinned, too', async () => {
    lab.router.exec(['conntrack', '-F']);
    lab.router.exec(['nft', 'delete', 'table', 'inet', 'linkagg']);
    const connections = ['udp', 'tcp'].map(protocol =>
      lab.open_connections(10, { protocol: protocol === 'udp' ? 'udp' : 'tcp', interval_ms: 50 }),
    );
    await stay(connections, () => lab.ubus.call('linkagg.daemon', 'reload', {}));
    for (const protocol of ['udp', 'tcp']) {
      const marks = connection_marks(
        '-p',
        protocol,
        '--dport',
        `${SERVICE_PORT}`,
        '-s',
        '192.168.1.101',
        ...(protocol === 'tcp' ? ['--state', 'ESTABLISHED'] : []),
      );
      expect(marks.length, protocol).toBeGreaterThanOrEqual(10);
      expect(marks).not.toContain(0);
    }
    for (const each of connections) await each.close();
  });

  test('reloads and a crash of the service move no flow', async () => {
    const connections = [
      lab.open_connections(12, { protocol: 'udp', interval_ms: 50 }),
      lab.open_connections(6, { family: 6, interval_ms: 50 }),
      lab.connect_in('wan2', 3, { to: 'client1', interval_ms: 50 }),
      lab.connect_in('wan21', 3, { protocol: 'udp', interval_ms: 50 }),
    ];
    await stay(connections, async () => {
      for (const mode of ['hash', 'adaptive', 'round-robin']) await configure(lab, { globals: { mode } });
      await lab.kill_daemon('SIGKILL');
      await lab.start_daemon();
    });
    for (const each of connections) await each.close();
  });
});

describe('names', () => {
  afterAll(() => configure(lab));

  test('that are prefixes of each other, or alike when they are put together, are told apart', async () => {
    // Link c of group a_b, and link b_c of group a: nothing that is made of both names may be the same.
    lab.write_config(
      'linkagg',
      `config globals 'globals'
	option enabled '1'
	option sticky 'source'

config link 'c'
	option interface 'wan'

config link 'b_c'
	option interface 'wan2'

config link 'b_c2'
	option interface 'wan21'

config group 'a_b'
	list link 'c'
	list link 'b_c2'
	option mode 'adaptive'
	option sticky 'source-destination'

config group 'a'
	list link 'b_c'
	option mode 'adaptive'
	option sticky 'source'

config group 'a_b_c'
	list link 'b_c2'
	option mode 'round-robin'
	option sticky 'source'

config policy 'p1'
	option target 'a_b'
	list destination '${lab.server_addresses[0]}'
	list destination '${lab.server_addresses6[0]}'

config policy 'p2'
	option target 'a'
	list destination '${lab.server_addresses[1]}'
	list destination '${lab.server_addresses6[1]}'

config policy 'p3'
	option target 'a_b_c'
	list destination '${lab.server_addresses[2]}'
	list destination '${lab.server_addresses6[2]}'

config policy 'p4'
	option target 'b_c2'
	list destination '${lab.server_addresses[3]}'
`,
    );
    const { reply } = await lab.ubus.call('linkagg.daemon', 'reload', {});
    expect(reply).toEqual({ ok: true, errors: [], failure: '' });
    for (const family of [4, 6] as const) {
      const servers = family === 4 ? lab.server_addresses : lab.server_addresses6;
      const reached = async (index: number) =>
        counted(await opened(lab, 4, { family, address: servers[index] ?? '' }));
      const [first] = Object.keys(await reached(0));
      expect(['wan', 'wan21']).toContain(first);
      expect(await reached(0), 'sticky').toEqual({ [first ?? '']: 4 });
      expect(await reached(1)).toEqual({ wan2: 4 });
      expect(await reached(2)).toEqual({ wan21: 4 });
      if (family === 4) expect(await reached(3)).toEqual({ wan21: 4 });
    }
    const { reply: sticky } = await lab.ubus.call('linkagg.daemon', 'get_sticky', {});
    const entries = (sticky?.entries ?? []) as unknown as Array<{ group: string; link: string }>;
    const pairs = new Set(entries.map(({ group, link }) => `${group} ${link}`));
    expect(pairs).toContain('a b_c');
    expect(pairs).toContain('a_b_c b_c2');
    expect([...pairs].filter(pair => !/^(a_b (c|b_c2)|a b_c|a_b_c b_c2|default \w+)$/.test(pair))).toEqual(
      [],
    );
  });

  test.each([
    ['a port range with a colon', "list destination_port '80:90'", 'destination_port'],
    ['a quote in a network', `list source '10.0.0.1"'`, 'source'],
    ['a command in a network', "list source '10.0.0.1 drop; accept'", 'source'],
    ['a quote in an interface', `list interface 'lan"'`, 'interface'],
    ['a quote in the target', `option target 'wan"; drop'`, 'target'],
    ['129 letters in the target', `option target '${'x'.repeat(129)}'`, 'target'],
    ['a comment, which nft would limit to 128 bytes', `option comment '${'x'.repeat(129)}'`, 'comment'],
  ])('%s is refused with a reason, and the ruleset stays', async (_what, line, option) => {
    await configure(lab);
    for (const { name } of lab.uplinks) {
      await wait_for(async () => (await link_status(lab, name)).ip6 === true, { what: `IPv6 of ${name}` });
    }
    const ruleset = lab.router.exec(['nft', '-s', '-t', 'list', 'table', 'inet', 'linkagg']).stdout;
    const target = option === 'target' ? '' : "\toption target 'wan'\n";
    const protocol = option === 'destination_port' ? "\tlist protocol 'tcp'\n" : '';
    lab.write_config(
      'linkagg',
      `${lab.read_config('linkagg')}\nconfig policy 'bad'\n${target}${protocol}\t${line}\n`,
    );
    const { reply } = await lab.ubus.call('linkagg.daemon', 'reload', {});
    expect(reply).toMatchObject({
      ok: false,
      errors: [
        { section: 'bad', option: expect.stringContaining(option), reason: expect.stringMatching(/\w+ \w+/) },
      ],
    });
    expect(lab.router.exec(['nft', '-s', '-t', 'list', 'table', 'inet', 'linkagg']).stdout).toBe(ruleset);
    expect(await opened(lab, 1)).toHaveLength(1);
  });

  test.each(['q"uote', 'x'.repeat(33), 'a.b', 'a-b'])('%s is no name for a section', async name => {
    await configure(lab);
    lab.write_config(
      'linkagg',
      `${lab.read_config('linkagg')}\nconfig policy '${name}'\n\toption target 'wan'\n`,
    );
    const { reply } = await lab.ubus.call('linkagg.daemon', 'reload', {});
    expect(reply).toMatchObject({ ok: false, failure: '' });
    expect(reply?.errors).toHaveLength(1);
  });
});

describe("the router's own connections after a failover", () => {
  const settings = {
    'by the multipath route': { router_traffic: 'ecmp' },
    balanced: { router_traffic: 'balanced' },
    'by one link': { router_traffic: 'link', router_link: 'wan' },
  };

  test.each(Object.entries(settings))(
    '%s, DNS and downloads go on with the address of a link that is there',
    async (_what, globals) => {
      await configure(lab, { globals });
      for (const gone of ['wan', 'wan2', 'wan21']) {
        await lab.uplink(gone).ifdown();
        await wait_for(
          () => !lab.router.exec(['ip', 'route', 'show', 'table', '5200']).stdout.includes(`dev ${gone} `),
          { what: `the multipath route without ${gone}` },
        );
        const queries = lab.open_connections(8, { from: 'router', protocol: 'udp' });
        for (const { sources, uplink } of await go_on(queries, 1)) {
          expect(sources).toHaveLength(1);
          expect(uplink).not.toBeNull();
          expect(uplink).not.toBe(gone);
        }
        await queries.close();
        const downloads = await lab.download({ from: 'router', parallel: 8, bytes: 1000 });
        for (const { error, uplink } of downloads) {
          expect(error).toBeNull();
          expect([null, gone]).not.toContain(uplink);
        }
        await lab.uplink(gone).ifup();
        await wait_for(
          () => lab.router.exec(['ip', 'route', 'show', 'table', '5200']).stdout.includes(`dev ${gone} `),
          { what: `the multipath route with ${gone}` },
        );
      }
    },
  );
});

test('rules, routes and tables of both families are removed', async () => {
  await configure(lab, { globals: { router_traffic: 'balanced', sticky: 'source' } });
  const ours = () => [
    ...['-4', '-6'].flatMap(family => [
      ...lab.router
        .exec(['ip', family, '-N', 'rule'])
        .stdout.split('\n')
        .filter(line => /proto(col)? 108|lookup 52\d\d/.test(line)),
      ...lab.router
        .exec(['ip', family, 'route', 'show', 'table', 'all', 'proto', '108'])
        .stdout.split('\n')
        .filter(Boolean),
    ]),
    ...lab.router
      .exec(['nft', 'list', 'tables'])
      .stdout.split('\n')
      .filter(line => line.includes('linkagg')),
  ];
  expect(ours().length).toBeGreaterThan(40);
  expect(await lab.kill_daemon('SIGTERM')).toBe(0);
  expect(ours()).toEqual([]);
});
