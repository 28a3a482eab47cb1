/** Who gets which link: the balance modes, and what must not count as a new connection. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Download, type Lab, start_lab } from '../lab/lab.ts';
import { counted, opened } from './configure.ts';

const UPLINKS = [
  { name: 'wan1', weight: 5 },
  { name: 'wan2', weight: 3 },
  { name: 'wan3', weight: 1 },
];

async function set_mode(lab: Lab, mode: string): Promise<void> {
  const text = lab.read_config('linkagg').replace(/\toption mode '.*'\n/, '');
  lab.write_config('linkagg', text.replace("config globals 'globals'\n", `$&\toption mode '${mode}'\n`));
  expect(await lab.ubus.call('linkagg.daemon', 'reload', {})).toMatchObject({ reply: { ok: true } });
}

const links_of = (downloads: Download[]) => new Set(downloads.map(({ uplink }) => uplink));

describe('round-robin with weights 5:3:1', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab({ uplinks: UPLINKS });
    await set_mode(lab, 'round-robin');
    lab.router.exec([
      'ip',
      'route',
      'add',
      '198.51.100.8/32',
      'via',
      lab.uplink('wan3').gateway,
      'dev',
      'wan3',
    ]);
  });
  afterAll(() => lab?.stop());

  test('any nine connections in a row are spread exactly 5:3:1', async () => {
    const links = await opened(lab, 27);
    for (let start = 0; start + 9 <= links.length; start++) {
      expect(counted(links.slice(start, start + 9))).toEqual({ wan1: 5, wan2: 3, wan3: 1 });
    }
  });

  test('any three in a row use at least two links: no blocks of one link', async () => {
    const links = await opened(lab, 18);
    for (let start = 0; start + 3 <= links.length; start++) {
      expect(new Set(links.slice(start, start + 3)).size).toBeGreaterThan(1);
    }
  });

  /** What `disturb` does must not take a turn: the order goes on as if it had not been. */
  async function takes_no_turn(disturb: () => Promise<unknown>): Promise<void> {
    const first = await opened(lab, 9);
    const second: string[] = [];
    for (let i = 0; i < 9; i++) {
      await disturb();
      second.push(...(await opened(lab, 1)));
    }
    expect(second).toEqual(first);
  }

  test('a port scan from outside does not turn the counter', async () => {
    await takes_no_turn(async () => {
      for (const { name } of lab.uplinks) {
        const scan = lab.connect_in(name, 3);
        await scan.close();
      }
    });
  });

  test('connections to the router itself do not turn the counter', async () => {
    await takes_no_turn(() => lab.download({ address: '192.168.1.1', bytes: 1 }));
  });

  test('destinations with a specific route go there and do not turn the counter', async () => {
    await takes_no_turn(async () => {
      const [download] = await lab.download({ address: '198.51.100.8', bytes: 1 });
      expect(download?.uplink).toBe('wan3');
    });
  });

  test("another package's policy rule wins, and its connections do not turn the counter", async () => {
    lab.router.exec([
      'ip',
      'route',
      'add',
      'default',
      'via',
      lab.uplink('wan2').gateway,
      'dev',
      'wan2',
      'table',
      '300',
    ]);
    lab.router.exec(['ip', 'rule', 'add', 'pref', '29000', 'to', '198.51.100.7', 'lookup', '300']);
    await takes_no_turn(async () => {
      const [download] = await lab.download({ address: '198.51.100.7', bytes: 1 });
      expect(download?.uplink).toBe('wan2');
    });
    lab.router.exec(['ip', 'rule', 'del', 'pref', '29000']);
  });

  test("other packages' bits in packet and connection marks survive", async () => {
    const theirs = '0x00013f42';
    const others_bits = '0x80ffffff';
    // What is left of earlier tests' connections goes elsewhere.
    const address = lab.server_addresses.at(-1) ?? '';
    const ours = `iifname "br-lan" ip daddr ${address}`;
    const loaded = lab.router.exec(
      ['nft', '-f', '-'],
      `table inet other {
        counter lost { }
        chain marks {
          type filter hook prerouting priority mangle;
          ${ours} ct state new meta mark set ${theirs} ct mark set ${theirs}
        }
        chain see {
          type filter hook postrouting priority srcnat;
          ${ours} ct state new meta mark & ${others_bits} != ${theirs} counter name lost
          ${ours} ct mark & ${others_bits} != ${theirs} counter name lost
        }
      }`,
    );
    expect(loaded.stderr).toBe('');
    await opened(lab, 9, { address });
    const { stdout } = lab.router.exec(['nft', 'list', 'counter', 'inet', 'other', 'lost']);
    lab.router.exec(['nft', 'delete table inet other']);
    expect(stdout).toContain('packets 0');
  });
});

describe('adaptive on three equal links of 8 Mbit/s', () => {
  let lab: Lab;
  beforeAll(async () => {
    const shaped = { down_bps: 8_000_000, up_bps: 8_000_000 };
    lab = await start_lab({ uplinks: ['wan1', 'wan2', 'wan3'].map(name => ({ name, ...shaped })) });
  });
  afterAll(() => lab?.stop());

  test('three downloads at once use three links, every time', async () => {
    for (let time = 0; time < 4; time++) {
      expect(links_of(await lab.download({ parallel: 3, seconds: 1 }))).toEqual(
        new Set(['wan1', 'wan2', 'wan3']),
      );
    }
  });

  test('a new download takes the link without one, whatever turn it is', async () => {
    for (const turn of [0, 1, 2]) {
      const running = lab.start_download({ parallel: 2, seconds: 3 });
      await new Promise(resolve => setTimeout(resolve, 1000));
      await opened(lab, turn);
      const [third] = await lab.download({ parallel: 1, seconds: 1 });
      const taken = links_of(await running.done);
      expect(taken.size).toBe(2);
      expect(taken.has(third?.uplink ?? null)).toBe(false);
    }
  });

  test('a change of the weights moves no connection and keeps the counters', async () => {
    const connections = lab.open_connections(30);
    await opened(lab, 5);
    const before = await connections.states();
    const counters = () => lab.router.exec(['nft', 'list', 'counters', 'table', 'inet', 'linkagg']).stdout;
    const packets = (text: string) => [...text.matchAll(/packets (\d+)/g)].map(match => Number(match[1]));
    const counted_before = packets(counters());
    await lab.rpc('set_link', { link: { name: 'wan1', weight: 9 } });
    expect(packets(counters()).reduce((a, b) => a + b)).toBeGreaterThanOrEqual(
      counted_before.reduce((a, b) => a + b),
    );
    await new Promise(resolve => setTimeout(resolve, 500));
    for (const [index, state] of (await connections.states()).entries()) {
      expect(state.broken).toBeNull();
      expect(state.exchanged).toBeGreaterThan(before[index]?.exchanged ?? 0);
      expect(state.sources.length).toBeLessThanOrEqual(1);
    }
    await connections.close();
  });
});
