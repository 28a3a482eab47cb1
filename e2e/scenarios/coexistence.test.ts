/**
 * Other packages that steer traffic on the same router, set up as they do it: what they claim goes their way, the
 * rest is balanced, and neither loses anything to the other.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { configure, counted, go_on, opened, stay } from './configure.ts';

const OUR_MASK = 0x7f000000;

let lab: Lab;
/** To one of these the others lay claim: mwan3, pbr, Tailscale and the user's own rules. */
let claimed: { mwan3: string; pbr: string; tailscale: string; user: string };

beforeAll(async () => {
  lab = await start_lab({ clients: 2 });
  await configure(lab);
  const [mwan3 = '', pbr = '', tailscale = '', user = ''] = lab.server_addresses.slice(4);
  claimed = { mwan3, pbr, tailscale, user };
});
afterAll(() => lab?.stop());

function ip(...lines: string[]): void {
  const { stderr } = lab.router.exec(['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  expect(stderr).toBe('');
}

function nft(text: string): void {
  expect(lab.router.exec(['nft', '-f', '-'], text).stderr).toBe('');
}

function default_over(name: string, table: number): string {
  return `route add default via ${lab.uplink(name).gateway} dev ${name} table ${table}`;
}

interface Package {
  /** The link that gets what it claims. */
  link: string;
  address: () => string;
  mark: number;
  mask: number;
  /** The mark is on the connection, too. */
  connection: boolean;
  start(): void;
  stop(): void;
}

/**
 * `iptables -t mangle` is at priority mangle: PREROUTING and OUTPUT jump to mwan3_hook (mwan3_set_general_iptables),
 * which restores the mark, marks what came in by an interface or what a rule claims, and saves it. iptables-nft
 * translates MARK and CONNMARK into expressions that only it can load, so the copy goes by map.
 * Policies choose at random, so a connection depends on its saved mark; here a rule sees its first packet only.
 */
const MWAN3: Package = {
  link: 'wan3',
  address: () => claimed.mwan3,
  mark: 0x300,
  mask: 0x3f00,
  connection: true,
  start() {
    const ids = lab.uplinks.map((_uplink, index) => index + 1);
    ip(
      ...lab.uplinks.flatMap(({ name }, index) => [
        default_over(name, index + 1),
        // mwan3rtmon copies main's other routes.
        `route add 192.168.1.0/24 dev br-lan table ${index + 1}`,
        `rule add pref ${1001 + index} iif ${name} lookup ${index + 1}`,
        `rule add pref ${2001 + index} fwmark 0x${index + 1}00/0x3f00 lookup ${index + 1}`,
        `rule add pref ${3001 + index} fwmark 0x${index + 1}00/0x3f00 unreachable`,
      ]),
      'rule add pref 2061 fwmark 0x3d00/0x3f00 blackhole',
      'rule add pref 2062 fwmark 0x3e00/0x3f00 unreachable',
    );
    const mark = (id: number) => `meta mark set meta mark & 0xffffc0ff | 0x0${id}00`;
    nft(`table inet mwan3 {
      ${ids.map(id => `chain restore_${id} { ${mark(id)}; }`).join('\n')}
      ${ids.map(id => `chain save_${id} { ct mark set ct mark & 0xffffc0ff | 0x0${id}00; }`).join('\n')}
      chain ifaces_in {
        ${lab.uplinks.map(({ name }, index) => `iifname "${name}" meta mark & 0x3f00 == 0 ${mark(index + 1)}`).join('\n')}
      }
      chain connected {
        ip daddr { 127.0.0.0/8, 192.168.1.0/24, 100.64.0.0/16, 224.0.0.0/3 } meta mark set meta mark & 0xffffc0ff | 0x3f00
      }
      chain rules { ct state new ip daddr ${claimed.mwan3} ${mark(3)}; }
      chain mwan3_hook {
        meta mark & 0x3f00 == 0 ct mark & 0x3f00 vmap { ${ids.map(id => `0x0${id}00 : jump restore_${id}`).join(', ')} }
        meta mark & 0x3f00 == 0 jump ifaces_in
        meta mark & 0x3f00 == 0 jump connected
        meta mark & 0x3f00 == 0 jump rules
        meta mark & 0x3f00 vmap { ${ids.map(id => `0x0${id}00 : jump save_${id}`).join(', ')} }
      }
      chain prerouting { type filter hook prerouting priority mangle; jump mwan3_hook; }
      chain output { type route hook output priority mangle; jump mwan3_hook; }
    }`);
  },
  stop() {
    ip(
      ...lab.uplinks.flatMap((_uplink, index) => [
        `rule del pref ${1001 + index}`,
        `rule del pref ${2001 + index}`,
        `rule del pref ${3001 + index}`,
        `route flush table ${index + 1}`,
      ]),
      'rule del pref 2061',
      'rule del pref 2062',
    );
    nft('delete table inet mwan3');
  },
};

/** pbr: chains in fw4's table at priority mangle, packet marks alone, and rules from 30000 downwards. */
const PBR: Package = {
  link: 'wan2',
  address: () => claimed.pbr,
  mark: 0x20000,
  mask: 0xff0000,
  connection: false,
  start() {
    ip(
      ...lab.uplinks.flatMap(({ name }, index) => [
        default_over(name, 256 + index),
        `rule add fwmark 0x${index + 1}0000/0xff0000 table ${256 + index} priority ${30000 - index}`,
      ]),
      'rule add lookup main suppress_prefixlength 1 priority 29990',
    );
    nft(`table inet fw4 {
      chain pbr_mark_0x020000 {
        meta mark set meta mark & 0xff00ffff | 0x00020000
        return
      }
      chain pbr_prerouting {
        meta mark & 0x00ff0000 != 0 return
        ip daddr ${claimed.pbr} goto pbr_mark_0x020000
      }
      chain mangle_prerouting { jump pbr_prerouting; }
    }`);
  },
  stop() {
    ip(
      ...lab.uplinks.flatMap((_uplink, index) => [
        `rule del priority ${30000 - index}`,
        `route flush table ${256 + index}`,
      ]),
      'rule del priority 29990',
    );
    const own = ['pbr_prerouting', 'pbr_mark_0x020000'];
    nft(
      [
        ...['mangle_prerouting', ...own].map(name => `flush chain inet fw4 ${name}`),
        ...own.map(name => `delete chain inet fw4 ${name}`),
      ].join('\n'),
    );
  },
};

/** Tailscale's router_linux.go; the tunnel is another uplink here. */
const TAILSCALE: Package = {
  link: 'wan1',
  address: () => claimed.tailscale,
  mark: 0,
  mask: 0xff0000,
  connection: false,
  start() {
    ip(
      'rule add pref 5210 fwmark 0x80000/0xff0000 lookup main',
      'rule add pref 5230 fwmark 0x80000/0xff0000 lookup default',
      'rule add pref 5250 fwmark 0x80000/0xff0000 unreachable',
      'rule add pref 5270 lookup 52',
      `route add ${claimed.tailscale} via ${lab.uplink('wan1').gateway} dev wan1 table 52`,
    );
  },
  stop() {
    ip(...[5210, 5230, 5250, 5270].map(pref => `rule del pref ${pref}`), 'route flush table 52');
  },
};

const PACKAGES = { mwan3: MWAN3, pbr: PBR, Tailscale: TAILSCALE };

/** Rules, routes and nft tables without ours, in any order. */
function theirs(): string[] {
  const rules = lab.router.exec(['ip', '-N', 'rule']).stdout.split('\n');
  const routes = lab.router.exec(['ip', '-4', '-o', 'route', 'show', 'table', 'all']).stdout.split('\n');
  const tables = lab.router.exec(['nft', '-s', '-t', 'list', 'ruleset']).stdout.split(/^(?=table )/m);
  return [
    ...rules.filter(line => !/proto(col)? 108/.test(line)),
    ...routes.filter(line => !line.includes('proto 108')),
    ...tables.filter(table => !table.startsWith('table inet linkagg')),
  ]
    .map(each => each.trim())
    .filter(each => each !== '')
    .sort();
}

function ours(): string[] {
  const rules = lab.router.exec(['ip', '-N', 'rule']).stdout.split('\n');
  const routes = lab.router.exec(['ip', '-4', '-o', 'route', 'show', 'table', 'all']).stdout.split('\n');
  const table = lab.router.exec(['nft', '-s', '-t', 'list', 'table', 'inet', 'linkagg']).stdout;
  return [
    ...rules.filter(line => /proto(col)? 108/.test(line)),
    ...routes.filter(line => line.includes('proto 108')),
    table,
  ]
    .map(each => each.trim())
    .filter(each => each !== '')
    .sort();
}

/** Marks of the connections to an address. */
function connection_marks(address: string): number[] {
  const { stdout } = lab.router.exec([
    'conntrack',
    '-L',
    '-d',
    address,
    '-p',
    'tcp',
    '--state',
    'ESTABLISHED',
  ]);
  return [...stdout.matchAll(/ mark=(\d+)/g)].map(match => Number(match[1]));
}

/** What `disturb` does must not take a turn. */
async function takes_no_turn(disturb: () => Promise<unknown>): Promise<void> {
  const address = lab.server_addresses[0] ?? '';
  const first = await opened(lab, 6, { address });
  const second: string[] = [];
  for (let i = 0; i < 6; i++) {
    await disturb();
    second.push(...(await opened(lab, 1, { address })));
  }
  expect(second).toEqual(first);
  expect(counted(first)).toEqual({ wan1: 2, wan2: 2, wan3: 2 });
}

describe.each(Object.entries(PACKAGES))('%s beside us', (_name, other) => {
  let before: string[] = [];
  let planned: string[] = [];
  beforeAll(() => {
    lab.router.exec(['conntrack', '-F']);
    before = theirs();
    planned = ours();
    other.start();
  });

  test('starts without touching anything of ours', () => {
    expect(ours()).toEqual(planned);
  });

  test('what it claims goes its way and takes no turn; the rest is balanced', async () => {
    await takes_no_turn(async () => {
      expect(await opened(lab, 2, { address: other.address() })).toEqual([other.link, other.link]);
    });
  });

  test('its marks and ours are on the connections side by side', async () => {
    const connections = lab.open_connections(4, { address: other.address() });
    for (const { uplink } of await go_on(connections)) expect(uplink).toBe(other.link);
    const marks = connection_marks(other.address());
    expect(marks).toHaveLength(4);
    for (const mark of marks) {
      expect(mark & other.mask).toBe(other.connection ? other.mark : 0);
      expect(mark & OUR_MASK, 'pinned').not.toBe(0);
    }
    expect(new Set(marks).size).toBe(1);
    await connections.close();
  });

  test('its marks survive on every packet and connection', async () => {
    if (other.mark === 0) return;
    const wanted = `0x${other.mark.toString(16)}`;
    const claim = `iifname "br-lan" ip daddr ${other.address()}`;
    nft(`table inet watch {
      counter kept { }
      counter lost { }
      chain see {
        type filter hook postrouting priority srcnat;
        ${claim} meta mark & 0x${other.mask.toString(16)} == ${wanted} counter name kept
        ${claim} meta mark & 0x${other.mask.toString(16)} != ${wanted} counter name lost
        ${other.connection ? `${claim} ct mark & 0x${other.mask.toString(16)} != ${wanted} counter name lost` : ''}
      }
    }`);
    const connections = lab.open_connections(3, { address: other.address() });
    await go_on(connections, 3);
    const { stdout } = lab.router.exec(['nft', 'list', 'counters', 'table', 'inet', 'watch']);
    nft('delete table inet watch');
    await connections.close();
    expect(stdout).toMatch(/counter kept \{\n\s*packets [1-9]/);
    expect(stdout).toMatch(/counter lost \{\n\s*packets 0/);
  });

  test('starts and stops move no connection of ours, theirs included', async () => {
    const address = lab.server_addresses[1] ?? '';
    const balanced = lab.open_connections(9, { address });
    const incoming = lab.uplinks.map(({ name }) => lab.connect_in(name, 2, { to: 'client1' }));
    const their_own = lab.open_connections(3, { address: other.address() });
    await stay([balanced, their_own, ...incoming], async () => {
      other.stop();
      expect(theirs()).toEqual(before);
      expect(ours()).toEqual(planned);
      other.start();
    });
    expect(counted((await balanced.states()).map(({ uplink }) => uplink))).toEqual({
      wan1: 3,
      wan2: 3,
      wan3: 3,
    });
    for (const each of [balanced, their_own, ...incoming]) await each.close();
  });

  test('our stop and start leave it complete, and it works in between', async () => {
    const complete = theirs();
    await lab.kill_daemon('SIGTERM');
    expect(theirs()).toEqual(complete);
    expect(ours()).toEqual([]);
    expect(await opened(lab, 2, { address: other.address() })).toEqual([other.link, other.link]);
    await lab.start_daemon();
    expect(theirs()).toEqual(complete);
    expect(ours()).toEqual(planned);
    expect(await opened(lab, 2, { address: other.address() })).toEqual([other.link, other.link]);
  });

  afterAll(() => {
    other.stop();
    expect(theirs()).toEqual(before);
  });
});

describe("the user's own routing", () => {
  test('a rule of theirs wins, and takes no turn', async () => {
    ip(default_over('wan3', 77), `rule add pref 100 to ${claimed.user} lookup 77`);
    await takes_no_turn(async () => {
      expect(await opened(lab, 1, { address: claimed.user })).toEqual(['wan3']);
    });
    ip('rule del pref 100', 'route flush table 77');
  });

  test('a VPN with 0.0.0.0/1 and 128.0.0.0/1 takes all, nothing is balanced, and no turn is taken', async () => {
    const { gateway } = lab.uplink('wan2');
    // The order before, to see that it goes on where it was.
    const address = lab.server_addresses[0] ?? '';
    const first = await opened(lab, 6, { address });
    for (const half of ['0.0.0.0/1', '128.0.0.0/1']) ip(`route add ${half} via ${gateway} dev wan2`);
    expect(counted(await opened(lab, 7))).toEqual({ wan2: 7 });
    expect(counted(await opened(lab, 3, { from: 'router' }))).toEqual({ wan2: 3 });
    for (const half of ['0.0.0.0/1', '128.0.0.0/1']) ip(`route del ${half}`);
    expect(await opened(lab, 6, { address })).toEqual(first);
  });
});

describe('OpenWrt itself', () => {
  /** Balanced, forwarded and the router's own, all with packets going. */
  function live() {
    return [
      lab.open_connections(9, { interval_ms: 50 }),
      lab.open_connections(6, { protocol: 'udp', interval_ms: 50, from: 'client2' }),
      lab.connect_in('wan2', 2, { to: 'client1' }),
      lab.connect_in('wan3', 2, { protocol: 'udp' }),
    ];
  }

  function counter_packets(): number[] {
    const { stdout } = lab.router.exec(['nft', 'list', 'counters', 'table', 'inet', 'linkagg']);
    return [...stdout.matchAll(/packets (\d+)/g)].map(match => Number(match[1]));
  }

  async function sticky_links(): Promise<string[]> {
    const { reply } = await lab.ubus.call('linkagg.daemon', 'get_sticky', {});
    const entries = (reply?.entries ?? []) as unknown as Array<Record<string, unknown>>;
    return entries.map(({ group, link, source }) => `${group} ${source} ${link}`).sort();
  }

  test.each([
    ['fw4 reload', () => lab.reload_firewall()],
    [
      'fw4 restart',
      () => {
        nft('delete table inet fw4');
        lab.reload_firewall();
      },
    ],
  ])('%s moves no connection, and leaves counters and stickiness as they are', async (_what, disturb) => {
    await configure(lab, { globals: { sticky: 'source' } });
    for (const from of ['client1', 'client2']) await opened(lab, 3, { from });
    const connections = live();
    await Promise.all(connections.map(each => go_on(each)));
    const planned = ours();
    const counters = counter_packets();
    const sticky = await sticky_links();
    expect(sticky).toHaveLength(2);
    expect(counters.reduce((a, b) => a + b)).toBeGreaterThan(0);
    await stay(connections, async () => disturb());
    expect(ours()).toEqual(planned);
    expect(counter_packets()).toEqual(counters);
    expect(await sticky_links()).toEqual(sticky);
    for (const each of connections) await each.close();
    await configure(lab);
  });

  test('service network restart: what came in goes on where it is, and new connections are balanced', async () => {
    // The kernel itself forgets masqueraded connections when their address goes.
    await configure(lab);
    const planned = ours();
    const incoming = lab.uplinks.flatMap(({ name }) => [
      lab.connect_in(name, 2, { to: 'client1' }),
      lab.connect_in(name, 2, { protocol: 'udp' }),
    ]);
    await stay(incoming, async () => {
      await lab.restart_network();
      await wait_for(() => JSON.stringify(ours()) === JSON.stringify(planned), { what: 'the planned state' });
    });
    for (const each of incoming) await each.close();
    expect(counted(await opened(lab, 6))).toEqual({ wan1: 2, wan2: 2, wan3: 2 });
  });

  test.each(['wan1', 'wan2', 'wan3'])(
    'without the device of %s the others go on, and get the new connections',
    async gone => {
      await configure(lab);
      const connections = lab.open_connections(9, { interval_ms: 50 });
      const before = await go_on(connections);
      lab.uplink(gone).remove();
      const others = lab.uplinks.map(({ name }) => name).filter(name => name !== gone);
      await wait_for(
        () => {
          const { stdout } = lab.router.exec(['ip', 'route', 'show', 'table', '5200']);
          // Of a device that is on its way out the kernel first lists a dead nexthop.
          return !stdout.includes(`dev ${gone} `) && others.every(name => stdout.includes(`dev ${name} `));
        },
        { what: `the multipath route over ${others.join(' and ')}`, interval_ms: 5 },
      );
      // Until they are reset, a segment of theirs takes a turn.
      await wait_for(
        async () =>
          (await connections.states()).every(
            ({ broken }, index) => before[index]?.uplink !== gone || broken === 'ECONNRESET',
          ),
        { what: `the connections over ${gone} to be reset` },
      );
      expect(counted(await opened(lab, 6))).toEqual(Object.fromEntries(others.map(name => [name, 3])));
      const kept = before
        .map(({ uplink }, index) => ({ uplink, index }))
        .filter(({ uplink }) => uplink !== gone);
      expect(kept).toHaveLength(6);
      const now = await connections.states();
      await wait_for(
        async () => {
          const states = await connections.states();
          return kept.every(
            ({ index }) => (states[index]?.exchanged ?? 0) > (now[index]?.exchanged ?? 0) + 2,
          );
        },
        { what: 'the connections of the others' },
      );
      const after = await connections.states();
      for (const { index } of kept) {
        expect(after[index]).toMatchObject({ broken: null, sources: before[index]?.sources });
      }
      await connections.close();
      lab.uplink(gone).restore();
      await wait_for(
        () => lab.router.exec(['ip', 'route', 'show', 'table', '5200']).stdout.includes(`dev ${gone} `),
        { what: `${gone} back` },
      );
    },
  );

  test('no new connection fails while a device goes away', async () => {
    await configure(lab);
    for (const { name } of lab.uplinks) {
      const knocking = lab.knock({ parallel: 4, seconds: 1 });
      lab.uplink(name).remove();
      const { count, failed } = await knocking;
      expect(count).toBeGreaterThan(20);
      // Those that were about to use the device when it went, and no more.
      expect(failed, name).toBeLessThanOrEqual(4);
      lab.uplink(name).restore();
      await wait_for(
        () => lab.router.exec(['ip', 'route', 'show', 'table', '5200']).stdout.includes(`dev ${name} `),
        { what: `${name} back` },
      );
    }
  });
});
