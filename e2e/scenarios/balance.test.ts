/** What a client behind the router gets: more than one link's rate, by weight, without losing a connection. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Download, type Lab, start_lab, wait_for } from '../lab/lab.ts';

const LINK_RATE_BPS = 8_000_000;

function counted(downloads: Download[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { uplink, error } of downloads) {
    expect(error).toBeNull();
    counts[uplink ?? 'none'] = (counts[uplink ?? 'none'] ?? 0) + 1;
  }
  return counts;
}

async function set_link(lab: Lab, link: { name: string; enabled?: boolean; weight?: number }): Promise<void> {
  const { reply } = await lab.rpc('set_link', { link });
  expect(reply).toMatchObject({ ok: true, errors: [], failure: '' });
}

describe('three links of 8 Mbit/s', () => {
  let lab: Lab;
  beforeAll(async () => {
    const shaped = { down_bps: LINK_RATE_BPS, up_bps: LINK_RATE_BPS };
    lab = await start_lab({ uplinks: ['wan1', 'wan2', 'wan3'].map(name => ({ name, ...shaped })) });
  });
  afterAll(() => lab?.stop());

  test('parallel downloads use more than one link and exceed the rate of one', async () => {
    const seconds = 4;
    const downloads = await lab.download({ parallel: 12, seconds });
    const bytes = downloads.reduce((sum, download) => sum + download.bytes, 0);
    expect(new Set(downloads.map(({ uplink }) => uplink)).size).toBeGreaterThan(1);
    expect((bytes * 8) / seconds).toBeGreaterThan(1.2 * LINK_RATE_BPS);
  });
});

describe('links with weights 5:3:1', () => {
  const WEIGHTS: Record<string, number> = { wan1: 5, wan2: 3, wan3: 1 };
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab({ uplinks: Object.entries(WEIGHTS).map(([name, weight]) => ({ name, weight })) });
  });
  afterAll(() => lab?.stop());

  test('the share of new connections follows the weights, and the status says the same', async () => {
    const before = await lab.rpc('status');
    const counts = counted(await lab.download({ parallel: 450, bytes: 1000 }));
    for (const [name, weight] of Object.entries(WEIGHTS)) {
      // Four standard deviations of 450 draws are less than 0.1.
      expect(Math.abs((counts[name] ?? 0) / 450 - weight / 9)).toBeLessThan(0.1);
    }
    await new Promise(resolve => setTimeout(resolve, 1000));
    const after = await lab.rpc('status');
    const total = (status: typeof after, name: string) => {
      const links = status.reply?.links as Array<{ name: string; connections_new: number }>;
      return links.find(link => link.name === name)?.connections_new ?? 0;
    };
    for (const name of Object.keys(WEIGHTS)) {
      expect(total(after, name) - total(before, name), `connections of ${name}`).toBe(counts[name] ?? 0);
    }
  });

  test('a link switched off gets no new connection, while all live connections go on where they are', async () => {
    const connections = lab.open_connections(40);
    const all_talking = async () => (await connections.states()).every(({ exchanged }) => exchanged >= 2);
    await wait_for(all_talking, { what: 'connections' });
    const before = await connections.states();
    expect(new Set(before.map(({ uplink }) => uplink)).size).toBe(3);

    await set_link(lab, { name: 'wan1', enabled: false });
    expect(counted(await lab.download({ parallel: 60, bytes: 1000 }))).not.toHaveProperty('wan1');
    await set_link(lab, { name: 'wan2', weight: 1 });
    await set_link(lab, { name: 'wan1', enabled: true });
    expect(counted(await lab.download({ parallel: 60, bytes: 1000 }))).toHaveProperty('wan1');

    const exchanged = before.map(state => state.exchanged);
    await wait_for(
      async () =>
        (await connections.states()).every((state, index) => state.exchanged > (exchanged[index] ?? 0) + 3),
      { what: 'all connections to go on' },
    );
    for (const state of await connections.states()) {
      expect(state.broken).toBeNull();
      expect(state.sources, 'addresses the server has seen').toHaveLength(1);
    }
    await connections.close();
  });

  test('connections from outside are answered on the link they came in by', async () => {
    for (const to of ['router', 'client1']) {
      for (const { name } of lab.uplinks) {
        const connections = lab.connect_in(name, 5, { to });
        await wait_for(async () => (await connections.states()).every(({ exchanged }) => exchanged >= 3), {
          what: `five connections by ${name} to ${to}`,
        });
        expect((await connections.states()).filter(({ broken }) => broken !== null)).toEqual([]);
        await connections.close();
      }
    }
  });

  test('a UDP service of the router answers on the link it was asked on, also when it names no address', async () => {
    for (const { name } of lab.uplinks) {
      const connections = lab.connect_in(name, 20, { protocol: 'udp' });
      await wait_for(async () => (await connections.states()).every(({ exchanged }) => exchanged >= 2), {
        what: `20 of 20 answers on ${name}`,
      });
      await connections.close();
    }
  });

  test("a socket bound to a link's address leaves by that link", async () => {
    for (const { name, address } of lab.uplinks) {
      const downloads = await lab.download({
        from: 'router',
        parallel: 3,
        bytes: 1000,
        local_address: address,
      });
      expect(counted(downloads)).toEqual({ [name]: 3 });
    }
  });
});

describe('a link that stops working', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab();
    await wait_for(async () => (await states(lab)).every(state => state === 'online'), {
      what: 'links online',
    });
  });
  afterAll(() => lab?.stop());

  async function states(of: Lab): Promise<string[]> {
    const { reply } = await of.rpc('status');
    return ((reply?.links ?? []) as Array<{ state: string }>).map(({ state }) => state);
  }

  test('a silent link gets no new connections, and gets them again when it answers again', async () => {
    lab.uplink('wan2').blackhole();
    await wait_for(async () => (await states(lab))[1] === 'offline', {
      what: 'wan2 offline',
      timeout_ms: 20_000,
    });
    expect(await states(lab)).toEqual(['online', 'offline', 'online']);
    expect(counted(await lab.download({ parallel: 40, bytes: 1000 }))).not.toHaveProperty('wan2');

    lab.uplink('wan2').restore();
    await wait_for(async () => (await states(lab))[1] === 'online', {
      what: 'wan2 online',
      timeout_ms: 20_000,
    });
    expect(counted(await lab.download({ parallel: 60, bytes: 1000 }))).toHaveProperty('wan2');
  });

  test('a deleted device takes only its own link along, and comes back by itself', async () => {
    const connections = lab.open_connections(30);
    await wait_for(async () => (await connections.states()).every(({ exchanged }) => exchanged >= 2), {
      what: 'connections',
    });
    const before = await connections.states();
    lab.uplink('wan3').remove();
    await wait_for(async () => (await states(lab))[2] === 'down', { what: 'wan3 down' });
    expect(counted(await lab.download({ parallel: 40, bytes: 1000 }))).not.toHaveProperty('wan3');
    lab.uplink('wan3').restore();
    await wait_for(async () => (await states(lab))[2] === 'online', {
      what: 'wan3 online',
      timeout_ms: 20_000,
    });
    expect(counted(await lab.download({ parallel: 60, bytes: 1000 }))).toHaveProperty('wan3');

    for (const [index, state] of (await connections.states()).entries()) {
      if (before[index]?.uplink === 'wan3') continue;
      expect(state.broken).toBeNull();
      expect(state.sources).toHaveLength(1);
    }
    await connections.close();
  });

  test('with every link dead the router routes as if linkagg were not there', async () => {
    for (const { name } of lab.uplinks) lab.uplink(name).blackhole();
    await wait_for(async () => (await states(lab)).every(state => state === 'offline'), {
      what: 'all links offline',
      timeout_ms: 20_000,
    });
    const { stdout } = lab.router.exec([
      'ip',
      'route',
      'get',
      '198.51.100.1',
      'from',
      '192.168.1.10',
      'iif',
      'br-lan',
    ]);
    expect(stdout).toContain('dev wan1');
    for (const { name } of lab.uplinks) lab.uplink(name).restore();
  });
});
