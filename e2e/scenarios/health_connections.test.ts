/** What becomes of the connections of a dead link, and of those that are made by name. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Connections, type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { configure, counted, go_on, has_state, opened } from './configure.ts';

const LINKS = ['wan1', 'wan2', 'wan3'];

async function begun(connections: Connections[]): Promise<void> {
  await wait_for(
    async () => {
      const states = await Promise.all(connections.map(each => each.states()));
      return states.flat().every(({ sources }) => sources.length > 0);
    },
    { what: 'all connections to stand' },
  );
}

async function all_online(lab: Lab): Promise<void> {
  for (const { name } of lab.uplinks) await has_state(lab, name, 'online');
}

describe('a dead link', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab({ server_addresses: 16, clients: 2 });
    await configure(lab);
    await all_online(lab);
  });
  afterAll(() => lab?.stop());

  test('is left at once by a client that only waits, also when it is not the only one', async () => {
    const downloads = [
      lab.open_connections(12, { waiting: 'never' }),
      lab.open_connections(12, { from: 'client2', waiting: 'interval', interval_ms: 50 }),
    ];
    await begun(downloads);
    lab.uplink('wan2').blackhole();
    await wait_for(
      async () => {
        const states = (await Promise.all(downloads.map(each => each.states()))).flat();
        return states.filter(({ uplink }) => uplink === 'wan2').every(({ broken }) => broken !== null);
      },
      { what: 'downloads on wan2 to end' },
    );
    for (const each of downloads) {
      const states = await each.states();
      expect(Object.keys(counted(states.map(({ uplink }) => uplink))).sort()).toEqual(LINKS);
      for (const { uplink, broken } of states) expect(broken).toBe(uplink === 'wan2' ? 'ECONNRESET' : null);
      await each.close();
    }
  });

  test('is left at once by the router itself, also when it only waits', async () => {
    lab.uplink('wan2').restore();
    await has_state(lab, 'wan2', 'online');
    const bound = (name: string) =>
      lab.open_connections(3, {
        from: 'router',
        waiting: 'never',
        local_address: lab.uplink(name).address,
      });
    const downloads = [bound('wan2'), bound('wan3')];
    await begun(downloads);
    lab.uplink('wan2').blackhole();
    await wait_for(
      async () => (await downloads[0]?.states())?.every(({ broken }) => broken === 'ECONNRESET'),
      { what: 'downloads on wan2 to end' },
    );
    for (const { broken } of (await downloads[1]?.states()) ?? []) expect(broken).toBeNull();
    for (const each of downloads) await each.close();
  });

  test('brought name servers: what the router asks them is answered by those of a live one', async () => {
    for (const { name_server } of lab.uplinks) {
      // Again and again: the router's own packets can leave by any link that works.
      const answers = Array.from({ length: 8 }, () => lab.resolve('example.org', name_server));
      expect(await Promise.all(answers)).not.toContain(null);
    }
  });

  test('has its name server to itself again when it is back', async () => {
    lab.uplink('wan2').restore();
    await has_state(lab, 'wan2', 'online');
    const sent = () => lab.uplink('wan2').counters().tx_packets;
    const before = sent();
    for (let i = 0; i < 20; i++) {
      expect(await lab.resolve('example.org', lab.uplink('wan2').name_server)).not.toBeNull();
    }
    expect(sent() - before).toBeGreaterThanOrEqual(20);
  });

  test('keeps its connections when they are not to be reset', async () => {
    await configure(lab, { globals: { reset_dead: 0 } });
    await all_online(lab);
    const downloads = lab.open_connections(9, { waiting: 'never' });
    await begun([downloads]);
    lab.uplink('wan3').blackhole();
    await has_state(lab, 'wan3', 'offline');
    expect(Object.keys(counted(await opened(lab, 8))).sort()).toEqual(['wan1', 'wan2']);
    await new Promise(resolve => setTimeout(resolve, 1500));
    for (const { broken } of await downloads.states()) expect(broken).toBeNull();
    await downloads.close();
    lab.uplink('wan3').restore();
  });
});

describe('a link whose connections the kernel forgets by itself', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab({ server_addresses: 16 });
    await configure(lab);
    await all_online(lab);
  });
  afterEach(async () => {
    for (const uplink of lab.uplinks) uplink.restore();
    await all_online(lab);
  });
  afterAll(() => lab?.stop());

  /** Those on the link get a reset, and nothing happens to the others. */
  async function told(downloads: Connections, link: string): Promise<void> {
    await wait_for(
      async () =>
        (await downloads.states())
          .filter(({ uplink }) => uplink === link)
          .every(({ broken }) => broken === 'ECONNRESET'),
      { what: `downloads on ${link} to end` },
    );
    const states = await downloads.states();
    expect(Object.keys(counted(states.map(({ uplink }) => uplink))).sort()).toEqual(LINKS);
    for (const { uplink, broken } of states) expect(broken).toBe(uplink === link ? 'ECONNRESET' : null);
  }

  /** The daemon has taken them down. */
  async function noted(downloads: Connections): Promise<void> {
    const ends = (await downloads.states()).map(state => ` dst=${state.address} sport=${state.local_port} `);
    await wait_for(
      () => {
        const { stdout } = lab.router.exec(['sh', '-c', 'cat /var/run/linkagg/connections.*']);
        return ends.every(end => stdout.includes(end));
      },
      { what: 'the downloads to be noted', timeout_ms: 60_000, interval_ms: 500 },
    );
  }

  test('is left at once by a client that only waits when a carrier is lost, and its address with that', async () => {
    const downloads = lab.open_connections(12, { waiting: 'never' });
    await begun([downloads]);
    lab.uplink('wan2').cut();
    await told(downloads, 'wan2');
    await downloads.close();
  });

  test('… and when its device is removed, if the connection is not quite new', async () => {
    const downloads = lab.open_connections(12, { waiting: 'never' });
    await begun([downloads]);
    await noted(downloads);
    lab.uplink('wan3').remove();
    await told(downloads, 'wan3');
    await downloads.close();
  });

  test('had a connection with the addresses and ports of one that now goes over another link: that is left alone', async () => {
    const [client] = lab.clients;
    // The client's next connection to the same server is from the same port.
    client?.exec(['sysctl', '-qw', 'net.ipv4.ip_local_port_range=40000 40000', 'net.ipv4.tcp_tw_reuse=1']);
    const [own_address = '', ...others] = lab.server_addresses;
    const before = lab.open_connections(1, { waiting: 'never', address: own_address });
    const witnesses = others
      .slice(0, 9)
      .map(address => lab.open_connections(1, { waiting: 'never', address }));
    await begun([before, ...witnesses]);
    for (const each of [before, ...witnesses]) await noted(each);
    const link = (await before.states())[0]?.uplink ?? '';
    await before.close();
    // As long as the client keeps the port.
    await new Promise(resolve => setTimeout(resolve, 1500));
    const after = lab.open_connections(1, { address: own_address });
    await go_on(after);
    expect((await after.states())[0]?.local_port).toBe(40000);
    expect((await after.states())[0]?.uplink).not.toBe(link);

    const forged = 'tcp dport 40000 tcp flags == ack tcp ackseq 0 tcp window 0';
    client?.exec(
      ['nft', '-f', '-'],
      `table ip seen {
        counter of_own { }
        counter of_all { }
        chain seen {
          type filter hook input priority 0;
          ${forged} ip saddr ${own_address} counter name of_own
          ${forged} counter name of_all
        }
      }`,
    );
    lab.uplink(link).remove();
    const ended = async () => {
      const states = (await Promise.all(witnesses.map(each => each.states()))).flat();
      return states.filter(({ uplink }) => uplink === link).every(({ broken }) => broken !== null);
    };
    await wait_for(ended, { what: `downloads on ${link} to end` });
    for (const { broken } of await go_on(after)) expect(broken).toBeNull();
    const packets = (name: string) =>
      /packets ([0-9]+)/.exec(client?.exec(['nft', 'list', 'counter', 'ip', 'seen', name]).stdout ?? '')?.[1];
    expect(Number(packets('of_all'))).toBeGreaterThan(0);
    expect(packets('of_own')).toBe('0');
  });
});

describe('links with one exit', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab({ server_addresses: 16, masquerade: false });
    await configure(lab, { links: Object.fromEntries(LINKS.map(name => [name, { exit: 'home' }])) });
    await all_online(lab);
    lab.return_by('wan2');
  });
  afterAll(() => lab?.stop());

  /** Packets that each link has sent in a short while. */
  async function senders(): Promise<string[]> {
    const sent = () => lab.uplinks.map(uplink => uplink.counters().tx_packets);
    const before = sent();
    await new Promise(resolve => setTimeout(resolve, 500));
    const after = sent();
    // Probes are fewer.
    return LINKS.filter((_name, index) => (after[index] ?? 0) - (before[index] ?? 0) > 10);
  }

  test('inherit the connections of one that is dead, alive', async () => {
    const connections = [
      lab.open_connections(15, { interval_ms: 50 }),
      lab.open_connections(15, { protocol: 'udp', interval_ms: 50 }),
      lab.open_connections(15, { waiting: 'interval', interval_ms: 50 }),
    ];
    for (const each of connections) await go_on(each);
    expect(await senders()).toEqual(LINKS);
    lab.uplink('wan1').blackhole();
    await has_state(lab, 'wan1', 'offline');
    for (const each of connections) {
      for (const { broken, sources } of await go_on(each, 4)) {
        expect([broken, sources]).toEqual([null, ['192.168.1.101']]);
      }
    }
    expect(await senders()).toEqual(['wan2', 'wan3']);
    lab.uplink('wan1').restore();
    await has_state(lab, 'wan1', 'online');
    for (const each of connections) {
      for (const { broken } of await go_on(each, 4)) expect(broken).toBeNull();
      await each.close();
    }
  });
});
