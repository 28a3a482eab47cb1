/** Applying plans to a real kernel: idempotent, complete from any state, and gone without a trace. */

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Json, RUN_DIR } from '../../rpcd/platform/platform.ts';
import { apply, apply_unlisted, note_table, remove_all } from '../../rpcd/src/apply/apply.ts';
import type { Config } from '../../rpcd/src/config/schema.gen.ts';
import { config_from_json } from '../../rpcd/src/config/validate.ts';
import { plan } from '../../rpcd/src/plan/plan.ts';
import type { InterfaceState, Observed, Plan } from '../../rpcd/src/plan/types.ts';
import { platform_in, run_in_netns } from './netns.ts';
import { sorted_ruleset } from './ruleset.ts';

const NETNS = 'apply-test';
const UPLINKS = ['wan', 'lte', 'wifi'];

const router = (...argv: string[]) => run_in_netns(NETNS, ...argv);
const platform = (calls_left?: number) => platform_in(NETNS, calls_left);

/** Everything that can be in a table of ours. */
const config = config_of({
  globals: { enabled: true, sticky: 'source-destination', router_traffic: 'balanced' },
  link: UPLINKS.map((name, index) => ({
    name,
    interface: name,
    weight: index + 1,
    nat6: ['masquerade', 'prefix', 'none'][index] ?? 'none',
    network: [`10.${index + 1}.0.7/16`, `fd00:${index + 1}:0:0:1::/64`],
  })),
  group: [
    { name: 'games', link: ['wan', 'lte'], mode: 'hash', sticky: 'source', sticky_prefix: 24 },
    { name: 'bulk', link: ['lte', 'wifi'], mode: 'adaptive' },
    { name: 'quick', link: ['wan', 'lte'], mode: 'latency' },
  ],
  policy: [
    { name: 'udp', target: 'games', protocol: ['udp'], destination_port: ['5000-5100', '53'] },
    { name: 'tv', target: 'wifi', source: ['192.168.1.7', 'fd00::/8'], interface: ['lan'] },
    { name: 'backups', target: 'bulk', destination: ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.1'] },
    { name: 'mark', target: 'main', mark: '0x80010000/0x80ff0000', router: true },
    {
      name: 'own_udp',
      target: 'quick',
      router: true,
      protocol: ['udp', 'tcp'],
      source: ['192.168.1.1', '192.168.1.7/24', 'fd00:1:0:0::9'],
      destination: [
        '192.0.2.3-192.0.2.9',
        '192.0.2.7',
        '2001:db8:0:0:1::-2001:db8:0:0:1::3',
        '::ffff:0:0/96',
      ],
      source_port: ['5000-5000'],
      destination_port: ['53', '443-8443'],
    },
    { name: 'backup', target: 'tier1', router: true, family: 'ipv6' },
    { name: 'own_any', target: 'default', router: true, source: ['0.0.0.0/0'] },
    { name: 'refused', target: 'unreachable', router: true, protocol: ['1', 'icmpv6'] },
    { name: 'rest', target: 'default', protocol: ['esp', '47'] },
  ],
  nat: [
    { name: 'site', in: 'lan', out: 'wan', source: ['10.0.0.1-10.0.0.9', '10.0.0.0/30', 'fd00::/8'] },
    { name: 'fixed', out: 'lte', action: 'snat', address: '192.0.2.9' },
    { name: 'fixed6', out: 'wan', action: 'snat', address: '2001:db8:f::9', destination: ['2001:db8::/32'] },
  ],
});

function config_of(json: Json): Config {
  const { config: valid, errors } = config_from_json(json);
  if (valid === null) throw new Error(JSON.stringify(errors));
  return valid;
}

const nothing = { address: null, gateway: null, point_to_point: false };
const ordinary = { carrier: true, dns: [], is_wireguard: false };
const absent = {
  up: true,
  device: null,
  ...ordinary,
  ip4: nothing,
  ip6: nothing,
  prefixes: [],
  assignments: [],
};

function observed(slots: Record<string, number> = {}): Observed {
  const interfaces: Record<string, InterfaceState> = {
    lan: {
      up: true,
      device: 'br-lan',
      ...ordinary,
      ip4: { ...nothing, address: '192.168.1.1' },
      ip6: { ...nothing, address: 'fd00:1::1' },
      prefixes: [],
      assignments: [
        { network: 'fd00:1::/64', address: 'fd00:1::1' },
        ...[0, 1].map(index => ({
          network: `2001:db8:${index + 1}00::/64`,
          address: `2001:db8:${index + 1}00::1`,
        })),
      ],
    },
  };
  for (const [index, name] of UPLINKS.entries()) {
    // The second one has a delegated prefix alone, the last one only IPv4.
    interfaces[name] = {
      up: true,
      device: name,
      ...ordinary,
      ip4: { ...nothing, address: `10.0.${index}.2`, gateway: `10.0.${index}.1` },
      ip6:
        index === 2
          ? nothing
          : { ...nothing, address: index === 1 ? null : '2001:db8:f::2', gateway: `fe80::${index + 1}` },
      prefixes:
        index === 2
          ? []
          : [{ prefix: `2001:db8:${index + 1}00::/56`, assigned: { lan: `2001:db8:${index + 1}00::/64` } }],
      assignments: [],
    };
  }
  return {
    interfaces,
    verdicts: { ip4: {}, ip6: {} },
    slots,
    strict_rp_filter: ['lte'],
    ip6: true,
    leaving: { ip4: ['wifi'], ip6: ['wan'] },
    listen_ports: {},
    latency_ms: {},
    ended: { ip4: { slots: [1], forgotten: true }, ip6: { slots: [], forgotten: false } },
  };
}

/** What the kernel says in all its words, counters and handles apart. */
function kernel_state(): string {
  return [
    router('ip', 'rule'),
    router('ip', '-6', 'rule'),
    router('ip', '-4', 'route', 'show', 'table', 'all'),
    // What the kernel adds by itself comes when it likes.
    without_lines(router('ip', '-6', 'route', 'show', 'table', 'all'), 'proto kernel'),
    sorted_ruleset(router('nft', '-s', '-t', 'list', 'ruleset')),
    router(
      'sysctl',
      'net.ipv4.fib_multipath_hash_policy',
      'net.ipv6.fib_multipath_hash_policy',
      'net.ipv4.conf.lte.rp_filter',
    ),
  ].join('\n');
}

function without_lines(text: string, unwanted: string): string {
  return text
    .split('\n')
    .filter(line => !line.includes(unwanted))
    .join('\n');
}

beforeAll(() => {
  execFileSync('ip', ['netns', 'add', NETNS]);
  router('ip', 'link', 'set', 'lo', 'up');
  for (const [index, name] of UPLINKS.entries()) add_uplink(index, name);
  router('ip', 'link', 'add', 'br-lan', 'type', 'bridge');
  router('ip', 'address', 'add', '192.168.1.1/24', 'dev', 'br-lan');
  router('ip', 'link', 'set', 'br-lan', 'up');
});

function add_uplink(index: number, name: string): void {
  router('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-isp`);
  router('ip', 'address', 'add', `10.0.${index}.2/24`, 'dev', name);
  router('ip', 'link', 'set', name, 'up');
  router('ip', 'link', 'set', `${name}-isp`, 'up');
  if (name === 'lte') router('sysctl', '-q', '-w', 'net.ipv4.conf.lte.rp_filter=1');
}

afterAll(() => {
  execFileSync('ip', ['netns', 'delete', NETNS]);
});

// Commands are waited for without doing anything else: Vitest takes a worker that is silent for a minute for dead.
afterEach(() => setTimeout());

describe('apply', () => {
  let before = '';
  let wanted: Plan;
  let planned = '';

  beforeEach(() => {
    rmSync(RUN_DIR, { recursive: true, force: true });
    before = kernel_state();
    wanted = plan(config, observed());
    expect(apply(platform(), wanted).failure).toBe('');
    planned = kernel_state();
    return () => {
      expect(remove_all(platform()).failure).toBe('');
      expect(kernel_state()).toBe(before);
    };
  });

  test('a policy whose rule the kernel takes for a wider one is named, and nothing wider stays', () => {
    const ignorant = platform();
    const { run } = ignorant;
    // As netifd of OpenWrt 23.05 does with its own rules.
    ignorant.run = argv => {
      const file = argv.at(-1) ?? '';
      const batch = argv[0] === 'ip' ? ignorant.read_file(file) : null;
      if (batch !== null) ignorant.write_file(file, batch.replaceAll(/ ipproto (6|17)/g, ''));
      return run(argv);
    };
    const without = plan({ ...config, policy: [] }, observed());
    expect(apply(platform(), without).failure).toBe('');
    const { failure } = apply(ignorant, wanted);
    expect(failure).toContain('policy own_udp does not hold');
    expect(failure).not.toMatch(/backup|refused/);
    for (const family of ['-4', '-6']) {
      const own = router('ip', family, 'rule')
        .split('\n')
        .filter(line => line.startsWith('32202:'));
      expect(own).toEqual([]);
    }
    expect(apply(platform(), wanted).failure).toBe('');
    expect(kernel_state()).toBe(planned);
  });

  test('a plan applied twice changes nothing the second time', () => {
    const again = platform();
    expect(apply(again, plan(config, observed(wanted.slots)))).toEqual({ changed: [], failure: '' });
    expect(again.commands.filter(command => !/ list |ip .*-j/.test(command))).toEqual([]);
    expect(kernel_state()).toBe(planned);
  });

  test('killed at any step, the next reconcile ends in the planned state', () => {
    let survived = false;
    for (let calls = 0; !survived; calls++) {
      remove_all(platform());
      try {
        apply(platform(calls), wanted);
        survived = true;
      } catch {
        expect(apply(platform(), wanted).failure).toBe('');
      }
      expect(kernel_state(), `killed after ${calls} calls`).toBe(planned);
      expect(calls).toBeLessThan(50);
    }
  });

  test.each(['noted', 'asked for again', 'lost with the daemon'])(
    'how the table is listed is found out later: %s, others are noticed then',
    how => {
      const without_policy = structuredClone(config);
      without_policy.policy.pop();
      const first = apply_unlisted(platform(), plan(without_policy, observed(wanted.slots)), null);
      expect(first.changed).toEqual(['nft table']);
      const second = platform();
      const { changed, failure, unlisted } = apply_unlisted(second, wanted, first.unlisted);
      expect({ changed, failure, unlisted }).toEqual({
        changed: ['nft table'],
        failure: '',
        unlisted: wanted.nft,
      });
      expect(second.batches.filter(({ text }) => text.includes('flush table'))).toEqual([]);
      expect(kernel_state()).toBe(planned);

      if (how === 'noted') note_table(platform(), wanted.nft ?? '');
      if (how === 'asked for again') {
        expect(apply_unlisted(platform(), wanted, unlisted)).toEqual({
          changed: [],
          failure: '',
          unlisted: null,
        });
      }
      if (how !== 'lost with the daemon') expect(apply(platform(), wanted).changed).toEqual([]);
      router('nft', 'flush', 'chain', 'inet', 'linkagg', 'prerouting');
      expect(apply(platform(), wanted).changed).toEqual(['nft table']);
      expect(kernel_state()).toBe(planned);
    },
  );

  test('killed at any step of stopping, stop leaves nothing of ours', () => {
    let survived = false;
    for (let calls = 0; !survived; calls++) {
      expect(apply(platform(), wanted).failure).toBe('');
      try {
        remove_all(platform(calls));
        survived = true;
      } catch {
        expect(remove_all(platform()).failure).toBe('');
      }
      expect(kernel_state(), `killed after ${calls} calls`).toBe(before);
      expect(calls).toBeLessThan(50);
    }
  });

  test.each([
    [
      'ip rule flush, with the system rules put back',
      () => {
        router('ip', 'rule', 'flush');
        router('ip', 'rule', 'add', 'pref', '32766', 'lookup', 'main');
        router('ip', 'rule', 'add', 'pref', '32767', 'lookup', 'default');
      },
    ],
    ['nft flush ruleset', () => router('nft', 'flush', 'ruleset')],
    ['a rule added to our table', () => router('nft', 'add', 'rule', 'inet', 'linkagg', 'output', 'drop')],
    ['a chain emptied', () => router('nft', 'flush', 'chain', 'inet', 'linkagg', 'prerouting')],
    [
      'our multipath route replaced',
      () => router('ip', 'route', 'replace', 'default', 'dev', 'wan', 'table', '5200'),
    ],
    [
      'a route of our protocol in a table of ours',
      () => router('ip', 'route', 'add', '10.9.0.0/16', 'dev', 'wan', 'table', '5203', 'proto', '108'),
    ],
    [
      'a rule of our protocol that is not planned',
      () => router('ip', 'rule', 'add', 'pref', '6000', 'iif', 'wan', 'lookup', '5202', 'protocol', '108'),
    ],
    ['a sysctl changed', () => router('sysctl', '-q', '-w', 'net.ipv4.fib_multipath_hash_policy=0')],
    ['our runtime folder deleted', () => rmSync(RUN_DIR, { recursive: true })],
    [
      'our runtime files full of garbage',
      () => {
        for (const file of ['state.json', 'table.planned', 'table.listed'])
          writeFileSync(`${RUN_DIR}/${file}`, '{"slots":[]');
      },
    ],
  ])('after %s, the next reconcile ends in the planned state', (_what, disturb) => {
    disturb();
    expect(apply(platform(), plan(config, observed(wanted.slots))).failure).toBe('');
    expect(kernel_state()).toBe(planned);
    if (_what.includes('runtime'))
      router(
        'sysctl',
        '-q',
        '-w',
        'net.ipv4.fib_multipath_hash_policy=0',
        'net.ipv6.fib_multipath_hash_policy=0',
        'net.ipv4.conf.lte.rp_filter=1',
      );
  });

  test('after a device is deleted and comes back, the next reconcile ends in the planned state', () => {
    router('ip', 'link', 'delete', 'lte');
    const without = observed(wanted.slots);
    without.interfaces.lte = { ...absent, up: false, device: null };
    expect(apply(platform(), plan(config, without)).failure).toBe('');
    expect(router('ip', 'route', 'show', 'table', '5200')).not.toContain('dev lte');
    expect(router('ip', 'route', 'show', 'table', '5200')).toContain('dev wifi');

    add_uplink(1, 'lte');
    expect(apply(platform(), plan(config, observed(wanted.slots))).failure).toBe('');
    expect(router('ip', 'route', 'show', 'table', '5200')).toContain('dev lte');
  });

  test('from one plan to any other: the same as if there had been nothing before', async () => {
    const change = (edit: (json: Config) => void): Config => {
      const changed = structuredClone(config);
      edit(changed);
      return changed;
    };
    const configs = [
      config,
      change(({ link }) => link.reverse()),
      change(json => {
        for (const link of json.link) link.weight = 7;
        json.policy = [];
      }),
      change(json => {
        json.globals.mode = 'hash';
        json.globals.sticky = 'none';
        json.group = [];
        json.policy = json.policy.filter(({ target }) => target === 'wifi');
      }),
      change(json => {
        json.globals.mode = 'round-robin';
        json.globals.sticky = 'source';
        json.policy.reverse();
      }),
      change(json => {
        json.link = json.link.slice(0, 2);
        json.group = [];
        json.policy = [];
      }),
    ];
    const families = [
      { ip6: true, leaving: { ip4: ['wifi'], ip6: ['wan'] } },
      { ip6: false, leaving: { ip4: [], ip6: [] } },
    ];
    const plans = configs.flatMap((each, index) =>
      (index < 2 ? families : families.slice(index % 2, (index % 2) + 1)).map(family =>
        plan(each, { ...observed(wanted.slots), ...family }),
      ),
    );
    const listing = () => {
      const listed = sorted_ruleset(router('nft', '-s', '-t', 'list', 'table', 'inet', 'linkagg'));
      return [listed, router('ip', 'rule'), router('ip', '-6', 'rule')].join('\n');
    };
    const fresh = plans.map(each => {
      expect(remove_all(platform()).failure).toBe('');
      expect(apply(platform(), each).failure).toBe('');
      return listing();
    });
    // Every plan after every other one: steps of 1, 2, 3, … through all of them.
    let at = plans.length - 1;
    for (let step = 1; step < plans.length; step++) {
      for (let count = 0; count < plans.length; count += 1) {
        at = (at + step) % plans.length;
        const commands = platform();
        expect(apply(commands, plans[at] as Plan).failure).toBe('');
        expect(listing()).toBe(fresh[at]);
        // No second attempt was needed: what sets and counters hold was kept.
        expect(commands.commands.filter(command => command.startsWith('nft -f')).length).toBeLessThan(2);
      }
      at = (at + 1) % plans.length;
      await setTimeout();
    }
  }, 120_000);

  test("other packages' rules, routes and tables in the same kernel are left alone", () => {
    router('ip', 'rule', 'add', 'pref', '6000', 'from', '10.1.1.1', 'lookup', '100');
    router('ip', 'rule', 'add', 'pref', '1001', 'iif', 'wan', 'lookup', '1');
    router('ip', 'route', 'add', 'default', 'via', '10.0.0.1', 'table', '1');
    router('nft', 'add table inet fw4; add chain inet fw4 forward');
    try {
      const foreign = kernel_state();
      expect(apply(platform(), wanted).changed).toEqual([]);
      expect(remove_all(platform()).failure).toBe('');
      for (const theirs of ['from 10.1.1.1 lookup 100', 'iif wan lookup 1']) {
        expect(router('ip', 'rule')).toContain(theirs);
      }
      expect(router('ip', 'route', 'show', 'table', '1')).toContain('default via 10.0.0.1');
      expect(router('nft', 'list', 'tables')).toContain('fw4');
      expect(foreign).toContain('lookup 5200');
    } finally {
      router('ip', 'rule', 'del', 'pref', '6000', 'from', '10.1.1.1');
      router('ip', 'rule', 'del', 'pref', '1001');
      router('ip', 'route', 'flush', 'table', '1');
      router('nft', 'delete', 'table', 'inet', 'fw4');
    }
  });

  test('a plan the kernel refuses in part is applied as far as it goes, and says what failed', () => {
    const broken = observed(wanted.slots);
    broken.interfaces.wifi = {
      ...absent,
      device: 'nosuch',
      ip4: { address: '10.0.9.2', gateway: '10.0.9.1', point_to_point: false },
    };
    const result = apply(platform(), plan(config, broken));
    expect(result.failure).toContain('nosuch');
    expect(router('ip', 'route', 'show', 'table', '5201')).toContain('dev wan');
  });
});
