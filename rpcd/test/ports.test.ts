/** Links that share a port: what is refused and why, what is written; what Wi-Fi chips and packages are said to allow. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edit_uci, parse_uci } from '../platform/node/uci.ts';
import type { DaemonPlatform, FilePlatform, JsonObject, UciSection } from '../platform/platform.ts';
import { config_from_uci } from '../src/config/validate.ts';
import { start_packages } from '../src/packages.ts';
import { network_edits, with_links } from '../src/ports/edits.ts';
import { parse_phys, start_radios } from '../src/ports/radios.ts';
import { stored_groups } from '../src/ports/stored.ts';
import { ports_errors, ports_from_json } from '../src/ports/validate.ts';
import type { StagePorts } from '../src/rpc.ts';
import { changes_text } from '../src/staging/text.ts';

const NETWORK = parse_uci(`
config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'

config interface 'wan'
	option device 'eth1'
	option proto 'pppoe'
	option username 'someone'
	option password 'old secret'

config interface 'linkagg_vpn1'
	option proto 'wireguard'
`);
const CONFIG_TEXT = `
config globals 'globals'
	list lan_interface 'lan'

config link 'wan'
	option interface 'wan'

config link 'game2'
	option interface 'other'
`;

function config_of(text: string) {
  const { config, errors } = config_from_uci(parse_uci(text));
  if (config === null) throw new Error(JSON.stringify(errors));
  return config;
}
const CONFIG = config_of(CONFIG_TEXT);

/** A router with these files; every random number is another one. */
function files(texts: Record<string, string>): FilePlatform {
  let asked = 0;
  return {
    read_file: (path: string) => {
      if (path !== '/proc/sys/kernel/random/uuid') return texts[path] ?? null;
      asked += 1;
      return `00000000-0000-4000-8000-a9876543${`${asked}`.padStart(4, '0')}\n`;
    },
  } as unknown as FilePlatform;
}

const DEVICES = {
  '/sys/class/net/eth1/type': '1\n',
  '/sys/class/net/eth2/type': '1\n',
  '/sys/class/net/eth2/master/ifindex': '7\n',
  '/sys/class/net/br-lan/type': '1\n',
  '/sys/class/net/wlan0/type': '1\n',
  '/sys/class/net/wlan0/phy80211/index': '0\n',
  '/sys/class/net/tun0/type': '65534\n',
};

function ports(values: Partial<StagePorts> = {}): StagePorts {
  const wanted = { create: true, name: 'line', parent: 'eth1', count: 3, proto: 'dhcp' as const };
  return { ...wanted, username: null, password: null, ...values };
}

const PPPOE = { proto: 'pppoe' as const, username: 'me@isp', password: "it's secret" };

function written(wanted: StagePorts, network: UciSection[]): UciSection[] {
  const stored = stored_groups(network).find(({ name }) => name === wanted.name) ?? null;
  const result = edit_uci(network, network_edits(wanted, stored, network, files({})));
  if (typeof result === 'string') throw new Error(result);
  return result;
}

function refused(values: Partial<StagePorts>, network = NETWORK, config = CONFIG): string[] {
  return ports_errors(ports(values), { network, config }, files(DEVICES)).map(
    ({ section, option, reason }) => {
      expect(reason).toMatch(/\w+ \w+/);
      expect(section).toBe(values.name ?? 'line');
      return option;
    },
  );
}

describe('links that share a port are refused with option and reason', () => {
  test('not when they are right', () => {
    expect(refused({})).toEqual([]);
    expect(refused({ count: 16, ...PPPOE })).toEqual([]);
    expect(refused({ name: 'a_b_c' })).toEqual([]);
  });

  test.each<[string, Partial<StagePorts>, string[]]>([
    ['no name', { name: '' }, ['name']],
    ['a name that leaves no room for the number', { name: 'sixsix' }, ['name']],
    ['a name that could not be told from its number', { name: 'line1' }, ['name']],
    ['a name with other characters', { name: 'a-b' }, ['name']],
    ['the name of a link', { name: 'game' }, ['name']],
    ['the name of an interface', { name: 'vpn' }, ['name']],
    ['none', { count: 0 }, ['count']],
    ['more than there can be in a group', { count: 17 }, ['count']],
    ['fewer than none', { count: -1 }, ['count']],
    ['a device that is none', { parent: 'eth1; reboot' }, ['parent']],
    ['a device that is not there', { parent: 'eth9' }, ['parent']],
    ['a bridge port by configuration', { parent: 'lan1' }, ['parent']],
    ['a bridge port in the kernel', { parent: 'eth2' }, ['parent']],
    ['the LAN', { parent: 'br-lan' }, ['parent']],
    ['Wi-Fi', { parent: 'wlan0' }, ['parent']],
    ['what is no Ethernet', { parent: 'tun0' }, ['parent']],
    ['one of these links', { parent: 'linkagg_line1' }, ['parent']],
    ['PPPoE without an account', { proto: 'pppoe' }, ['username', 'password']],
    ['an account of several lines', { ...PPPOE, password: 'a\nb' }, ['password']],
    ['a change of what is not there', { create: false }, ['name']],
  ])('%s', (_, values, expected) => {
    expect(refused(values)).toEqual(expected);
  });

  test('when they are there already, or an interface of such a name, whose PPP device would be the same', () => {
    expect(refused({}, written(ports(), NETWORK))).toEqual(['name']);
    const other = NETWORK.concat(parse_uci("config interface 'line2'\n\toption proto 'pppoe'\n"));
    expect(refused(PPPOE, other)).toEqual(['name']);
  });

  test('when there would be more links than linkagg can tell apart, its own not counted twice', () => {
    const links = (count: number) =>
      Array.from({ length: count }, (_, i) => `config link 'l${i}x'\n\toption interface 'i${i}'\n`).join('');
    expect(refused({}, NETWORK, config_of(links(59)))).toEqual([]);
    expect(refused({}, NETWORK, config_of(links(60)))).toEqual(['count']);
    const full = with_links(config_of(links(59)), ports());
    expect(refused({ create: false }, written(ports(), NETWORK), full)).toEqual([]);
  });

  test('whatever the page sends, nothing throws, and values of another type are named', () => {
    const value = fc.object({ key: fc.constantFrom('create', 'name', 'count', 'proto', 'x'), maxDepth: 2 });
    fc.assert(
      fc.property(value, given => {
        const { wanted, errors } = ports_from_json(given as JsonObject);
        expect(wanted === null).toBe(errors.length > 0);
      }),
    );
    expect(ports_from_json({ ...ports() })).toEqual({ wanted: ports(), errors: [] });
    expect(ports_from_json({ ...ports(), count: '3' }).errors).toMatchObject([{ option: 'count' }]);
    expect(ports_from_json({ ...ports(), mtu: 1 }).errors).toMatchObject([{ option: 'mtu' }]);
  });
});

describe('what is written', () => {
  test('is what netifd has for it: a macvlan device with a MAC of its own, and an interface on it', () => {
    const after = written(ports({ count: 2 }), NETWORK);
    expect(after.slice(NETWORK.length)).toEqual(
      parse_uci(`
config device 'linkagg_line1_dev'
	option type 'macvlan'
	option name 'linkagg_line1'
	option ifname 'eth1'
	option macaddr '02:87:65:43:00:01'
	option mode 'private'

config interface 'linkagg_line1'
	option proto 'dhcp'
	option device 'linkagg_line1'
	option metric '5001'

config device 'linkagg_line2_dev'
	option type 'macvlan'
	option name 'linkagg_line2'
	option ifname 'eth1'
	option macaddr '02:87:65:43:00:02'
	option mode 'private'

config interface 'linkagg_line2'
	option proto 'dhcp'
	option device 'linkagg_line2'
	option metric '5002'
`),
    );
    expect(written(ports({ create: false, count: 0 }), after)).toEqual(NETWORK);
  });

  test('has, for PPPoE, the account and a device name that the kernel has room for', () => {
    const after = written(ports({ ...PPPOE, name: 'linee', count: 16 }), NETWORK);
    const own = after.find(({ name }) => name === 'linkagg_linee16');
    expect(own?.options).toEqual({
      proto: 'pppoe',
      device: 'linkagg_linee16',
      metric: '5016',
      username: 'me@isp',
      password: "it's secret",
      pppname: 'pppoe-linee16',
    });
    for (const { options } of after) {
      for (const name of [options.name, options.pppname]) expect(String(name ?? '').length).toBeLessThan(16);
    }
  });

  test('keeps MAC addresses and the account when the rest changes', () => {
    const before = written(ports({ ...PPPOE, count: 2 }), NETWORK);
    const change = { create: false, proto: 'pppoe' as const, count: 3, parent: 'eth3' };
    const after = written(ports(change), before);
    const [old] = stored_groups(before);
    const [now] = stored_groups(after);
    expect(now).toMatchObject({ parent: 'eth3', username: 'me@isp', password: "it's secret" });
    expect(now?.ports.slice(0, 2)).toEqual(old?.ports);
    expect(new Set(now?.ports.map(({ mac }) => mac)).size).toBe(3);
    expect(stored_groups(written(ports({ create: false, count: 1 }), after))).toMatchObject([
      { proto: 'dhcp', username: '', ports: [{ number: 1 }] },
    ]);
  });

  test('has no MAC address twice, also when random numbers repeat', () => {
    const [first] = stored_groups(written(ports({ count: 1 }), NETWORK));
    const taken = NETWORK.concat({
      name: 'eth1_dev',
      type: 'device',
      anonymous: false,
      options: { name: 'eth1', macaddr: String(first?.ports[0]?.mac).toUpperCase() },
    });
    const [again] = stored_groups(written(ports({ count: 1 }), taken));
    expect(again?.ports[0]?.mac).not.toBe(first?.ports[0]?.mac);
  });

  test('is shown without the account', () => {
    const text = changes_text('network', NETWORK, written(ports(PPPOE), NETWORK)).join('\n');
    expect(text).toContain('network.linkagg_line1.username=(hidden)');
    expect(text).not.toMatch(/me@isp|secret/);
  });

  test('gives each a link, once', () => {
    const once = with_links(CONFIG, ports({ count: 2 }));
    expect(once.link.slice(2)).toMatchObject([
      { name: 'line1', interface: 'linkagg_line1', enabled: true },
      { name: 'line2', interface: 'linkagg_line2' },
    ]);
    expect(with_links(once, ports({ count: 2 }))).toEqual(once);
  });
});

/** Lines as iw prints them, with what comes before and after. */
function phy(name: string, modes: string[], combinations: string): string {
  return [
    `Wiphy ${name}`,
    '\twiphy index: 0',
    '\tmax # scan SSIDs: 4',
    '\tSupported interface modes:',
    ...modes.map(mode => `\t\t * ${mode}`),
    '\tsoftware interface modes (can always be added):',
    '\t\t * monitor',
    combinations,
    '\tHT Capability overrides:',
    '\t\t * MCS: ff ff ff ff ff ff ff ff ff ff',
    '\tDevice supports SAE with AUTHENTICATE command',
    '',
  ].join('\n');
}

const MODES = ['IBSS', 'managed', 'AP', 'AP/VLAN', 'monitor'];

describe('the limits of Wi-Fi clients', () => {
  test.each<[string, string, [number, number][]]>([
    [
      'one group of modes, a total and one channel',
      phy(
        'phy0',
        MODES,
        '\tvalid interface combinations:\n\t\t * #{ IBSS } <= 1, #{ managed, AP, mesh point, P2P-client, P2P-GO } <= 8,\n\t\t   total <= 8, #channels <= 1, STA/AP BI must match, radar detect widths: { 20 MHz (no HT), 20 MHz }\n',
      ),
      [[8, 1]],
    ],
    [
      'several combinations, of which the second allows more',
      phy(
        'phy0',
        MODES,
        '\tvalid interface combinations:\n\t\t * #{ managed } <= 1, #{ AP, mesh point } <= 4,\n\t\t   total <= 4, #channels <= 1\n\n\t\t * #{ managed, P2P-client } <= 2, #{ P2P-device } <= 1,\n\t\t   total <= 3, #channels <= 2\n',
      ),
      [[2, 2]],
    ],
    [
      'two channels that are no use to one client',
      phy(
        'phy0',
        MODES,
        '\tvalid interface combinations:\n\t\t * #{ managed } <= 1, #{ AP } <= 1, #{ P2P-client } <= 1,\n\t\t   total <= 3, #channels <= 2',
      ),
      [[1, 1]],
    ],
    [
      'a total below the limit of the mode, copied with blanks',
      phy(
        'phy0',
        MODES,
        '        valid interface combinations:\n                 * #{ managed } <= 2048, #{ AP } <= 8,\n                   total <= 4, #channels <= 1',
      ),
      [[4, 1]],
    ],
    ['no combinations', phy('phy0', MODES, '\tinterface combinations are not supported'), [[1, 1]]],
    ['a chip that can be no client', phy('phy0', ['AP'], '\tinterface combinations are not supported'), []],
    ['a text that breaks off', 'Wiphy phy0\n\tvalid interface combinations:\n\t\t * #{ managed } <=', []],
    ['no Wi-Fi', '', []],
  ])('%s', (_, text, expected) => {
    expect(parse_phys(text).map(({ clients, channels }) => [clients, channels])).toEqual(expected);
  });

  test('any text ends in numbers', () => {
    const piece = fc.constantFrom(
      '\nWiphy ',
      'valid interface combinations:\n',
      '* #{ managed',
      ' } <= ',
      'total <= ',
      '9',
      '#channels <= 2',
      '\n',
      '#{',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), pieces => {
        for (const { clients, channels } of parse_phys(pieces.join(''))) {
          expect(Number.isInteger(clients) && clients > 0 && channels >= 1).toBe(true);
        }
      }),
    );
  });

  test('of each chip, under the name that it has in /etc/config/wireless', () => {
    const none = '\tinterface combinations are not supported';
    const platform = {
      now_ms: () => 0,
      run: () => ({ code: 0, stdout: phy('phy0', MODES, none) + phy('phy1', MODES, none), stderr: '' }),
      ubus_call: () => ({ radio0: { interfaces: [] }, radio1: { interfaces: [{ ifname: 'phy0-sta0' }] } }),
      read_file: (path: string) => (path.includes('/phy0-sta0/') ? 'phy0\n' : null),
    } as unknown as DaemonPlatform;
    expect(start_radios(platform)().map(({ name }) => name)).toEqual(['radio1', 'phy1']);
  });
});

describe('what is missing', () => {
  const command = (features: Parameters<ReturnType<typeof start_packages>['missing']>[0], apk = false) => {
    const platform = {
      run: (argv: string[]) =>
        argv.includes('macvlan')
          ? { code: 2, stdout: '', stderr: 'Error: Unknown device type.\n' }
          : { code: 1, stdout: '', stderr: 'ip: either "to" is duplicate, or "nexthop" is garbage\n' },
      ubus_call: () => ({ static: {}, wireguard: {} }),
      read_file: () => (apk ? 'luci\n' : null),
    } as unknown as DaemonPlatform;
    return start_packages(platform).missing(features);
  };

  test("is named with the command of the router's own package manager", () => {
    expect(command(['multipath'])).toBe('opkg update && opkg install ip-full');
    expect(command(['multipath', 'macvlan'], true)).toBe('apk update && apk add ip-full kmod-macvlan');
    expect(command(['wireguard'])).toBe('');
  });

  test('needs netifd to start anew when it is a protocol of netifd', () => {
    expect(command(['macvlan', 'pppoe'])).toBe(
      'opkg update && opkg install kmod-macvlan ppp-mod-pppoe && service network restart',
    );
  });

  test('is not claimed when nobody answers', () => {
    const platform = { ubus_call: () => null } as unknown as DaemonPlatform;
    expect(start_packages(platform).missing(['wireguard', 'pppoe'])).toBe('');
  });
});
