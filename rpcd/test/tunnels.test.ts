/** Tunnels: what is refused and why, what is written, what is read from files and from WireGuard. */

import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { edit_uci, parse_uci } from '../platform/node/uci.ts';
import type { DaemonPlatform, JsonObject, UciSection } from '../platform/platform.ts';
import { removal_edits } from '../src/config/removal.ts';
import type { Config } from '../src/config/schema.gen.ts';
import { config_from_uci } from '../src/config/validate.ts';
import { covers, is_host_name, network_of, overlap } from '../src/net/network.ts';
import type { Tunnel, TunnelPeer } from '../src/rpc.ts';
import { changes_text } from '../src/staging/text.ts';
import { format_conf, parse_conf } from '../src/tunnels/conf.ts';
import { parse_dump } from '../src/tunnels/dump.ts';
import {
  firewall_edits,
  free_port,
  network_edits,
  network_removal,
  without_links,
  zone_edits,
} from '../src/tunnels/edits.ts';
import { tunnel_from_json } from '../src/tunnels/form.ts';
import { is_key } from '../src/tunnels/keys.ts';
import { start_tunnels } from '../src/tunnels/live.ts';
import { interface_name } from '../src/tunnels/names.ts';
import { network_for, pc_errors, pc_from_json, pc_tunnel } from '../src/tunnels/pc.ts';
import { stored_tunnels } from '../src/tunnels/stored.ts';
import { tunnel_errors, tunnel_notes } from '../src/tunnels/validate.ts';

const key_of = (octets: Uint8Array) => Buffer.from(octets).toString('base64');
const KEY_A = key_of(new Uint8Array(32).fill(1));
const KEY_B = key_of(new Uint8Array(32).fill(2));
const KEY_C = key_of(new Uint8Array(32).fill(3));
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(key_of);

const NETWORK = parse_uci(`
config interface 'lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'

config interface 'wan'
	option proto 'dhcp'

config interface 'linkagg_old'
	option proto 'wireguard'
	option private_key '${KEY_A}'
	option listen_port '51821'
	list addresses '10.9.0.2/24'

config wireguard_linkagg_old 'linkagg_old_peer1'
	option public_key '${KEY_B}'
	option preshared_key '${KEY_C}'
	list allowed_ips '0.0.0.0/0'
`);
const FIREWALL = parse_uci(`
config zone
	option name 'lan'
	list network 'lan'

config zone
	option name 'wan'
	option network 'wan wan6'
	option input 'REJECT'
	option masq '1'

config forwarding
	option src 'lan'
	option dest 'wan'
`);

function config_of(text: string): Config {
  const { config, errors } = config_from_uci(parse_uci(text));
  if (config === null) throw new Error(JSON.stringify(errors));
  return config;
}

const CONFIG = config_of(`
config link 'wan'
	option interface 'wan'

config link 'old'
	option interface 'linkagg_old'
	option uplink 'wan'
`);

function peer(values: Partial<TunnelPeer> = {}): TunnelPeer {
  return {
    public_key: KEY_B,
    preshared_key: null,
    endpoint_host: '203.0.113.1',
    endpoint_port: 51820,
    allowed_ips: ['0.0.0.0/0'],
    persistent_keepalive: 25,
    ...values,
  };
}

function tunnel(values: Partial<Tunnel> = {}): Tunnel {
  return {
    name: 'new',
    private_key: KEY_A,
    listen_port: 51900,
    addresses: ['10.8.0.2/32'],
    mtu: null,
    nat: 'masquerade',
    uplink: 'wan',
    exit: '',
    peers: [peer()],
    ...values,
  };
}

/** `section.option` of each refusal. */
function refused(values: Partial<Tunnel>, create = true): string[] {
  return tunnel_errors(tunnel(values), create, { network: NETWORK, config: CONFIG }).map(
    ({ section, option, reason }) => {
      expect(reason).toMatch(/\w+ \w+/);
      return `${section}.${option}`;
    },
  );
}

function edited(sections: UciSection[], edits: Parameters<typeof edit_uci>[1]): UciSection[] {
  const result = edit_uci(sections, edits);
  if (typeof result === 'string') throw new Error(result);
  return result;
}

describe('keys', () => {
  test('32 octets in base64 are one, and nothing else', () => {
    fc.assert(fc.property(key, text => is_key(text)));
    const bytes = fc.uint8Array({ maxLength: 64 }).filter(octets => octets.length !== 32);
    fc.assert(fc.property(bytes, octets => !is_key(key_of(octets))));
    fc.assert(
      fc.property(fc.string(), text => {
        const exact = Buffer.from(text, 'base64').toString('base64') === text && text.length === 44;
        return is_key(text) === (exact && Buffer.from(text, 'base64').length === 32);
      }),
    );
    expect(is_key(`${KEY_A}\n`)).toBe(false);
  });
});

describe('networks', () => {
  test('one covers another when it overlaps and is not longer', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const ip4 = fc
      .tuple(octet, octet, fc.integer({ min: 0, max: 32 }))
      .map(([a, b, length]) => `10.${a}.${b}.1/${length}`);
    const value = (text: string) => {
      const [address = '', length = '32'] = text.split('/');
      const bits = address.split('.').map(part => Number(part).toString(2).padStart(8, '0'));
      return bits.join('').slice(0, Number(length));
    };
    fc.assert(
      fc.property(ip4, ip4, (one, other) => {
        const [a, b] = [network_of(one), network_of(other)];
        if (a === null || b === null) throw new Error('no network');
        expect(covers(a, b)).toBe(value(other).startsWith(value(one)));
        expect(overlap(a, b)).toBe(covers(a, b) || covers(b, a));
      }),
    );
  });

  test.each([
    ['vpn.example.com', true],
    ['a', true],
    ['x'.repeat(64), false],
    ['-a.example', false],
    ['a..b', false],
    ['1.2.3', false],
    ['300.1.1.1', false],
    ['a b', false],
    ['a;b', false],
    ['', false],
  ])('%j as a host name: %s', (text, expected) => {
    expect(is_host_name(text)).toBe(expected);
  });
});

describe('a tunnel is refused with section, option and reason', () => {
  test('not when it is right', () => {
    expect(refused({})).toEqual([]);
    expect(refused({ addresses: ['10.9.0.77/32'] })).toEqual(['linkagg_new.addresses']);
    expect(refused({ addresses: ['fd00:9::2/64', '10.8.0.2'] })).toEqual([]);
  });

  test.each<[string, Partial<Tunnel>, string[]]>([
    ['a name that is too long for a device', { name: 'eightcha' }, ['linkagg_eightcha.name']],
    ['a name with other characters', { name: 'a-b' }, ['linkagg_a-b.name']],
    ['the name of another tunnel', { name: 'old', listen_port: 51900 }, ['linkagg_old.name']],
    [
      'the name of a link',
      { name: 'wan', uplink: '' },
      ['linkagg_wan.name', 'linkagg_wan_peer1.endpoint_host'],
    ],
    ['a key that is none', { private_key: 'x' }, ['linkagg_new.private_key']],
    ["another tunnel's listen port", { listen_port: 51821 }, ['linkagg_new.listen_port']],
    ['a port that is none', { listen_port: 65536 }, ['linkagg_new.listen_port']],
    ['an MTU that is none', { mtu: 100 }, ['linkagg_new.mtu']],
    ['no address', { addresses: [] }, ['linkagg_new.addresses']],
    ['an address that is none', { addresses: ['10.8.0.300/24'] }, ['linkagg_new.addresses']],
    ["another tunnel's network", { addresses: ['10.9.0.3/24'] }, ['linkagg_new.addresses']],
    ["the LAN's network", { addresses: ['192.168.1.77/32'] }, ['linkagg_new.addresses']],
    ['an uplink that is not there', { uplink: 'lte' }, ['linkagg_new.uplink']],
    ['itself as uplink', { uplink: 'new' }, ['linkagg_new.uplink']],
    ['a bad exit', { exit: 'a b' }, ['linkagg_new.exit']],
    ['no peer', { peers: [] }, ['linkagg_new.peers']],
    ['a bad public key', { peers: [peer({ public_key: '' })] }, ['linkagg_new_peer1.public_key']],
    [
      'one key twice',
      { peers: [peer(), peer({ allowed_ips: ['10.0.0.0/8'] })] },
      ['linkagg_new_peer2.public_key'],
    ],
    ['a bad preshared key', { peers: [peer({ preshared_key: 'x' })] }, ['linkagg_new_peer1.preshared_key']],
    ['a bad endpoint', { peers: [peer({ endpoint_host: '$(id)' })] }, ['linkagg_new_peer1.endpoint_host']],
    ['a bad endpoint port', { peers: [peer({ endpoint_port: 0 })] }, ['linkagg_new_peer1.endpoint_port']],
    ['no allowed addresses', { peers: [peer({ allowed_ips: [] })] }, ['linkagg_new_peer1.allowed_ips']],
    ['bad allowed addresses', { peers: [peer({ allowed_ips: ['x/8'] })] }, ['linkagg_new_peer1.allowed_ips']],
    [
      'one network for two peers',
      { peers: [peer(), peer({ public_key: KEY_C })] },
      ['linkagg_new_peer2.allowed_ips'],
    ],
    [
      'an endpoint within itself without an uplink',
      { uplink: '', peers: [peer({ allowed_ips: ['203.0.113.0/24'] })] },
      ['linkagg_new_peer1.endpoint_host'],
    ],
    [
      'a name as endpoint of everything without an uplink',
      { uplink: '', peers: [peer({ endpoint_host: 'vpn.example.com' })] },
      ['linkagg_new_peer1.endpoint_host'],
    ],
  ])('%s', (_, values, expected) => {
    expect(refused(values)).toEqual(expected);
  });

  test('a circle of uplinks', () => {
    const looped = { ...tunnel(), name: 'old', uplink: 'second', listen_port: null };
    const config = {
      ...CONFIG,
      link: CONFIG.link.concat(
        CONFIG.link.slice(1).map(link => ({ ...link, name: 'second', uplink: 'old' })),
      ),
    };
    const errors = tunnel_errors(looped, false, { network: NETWORK, config });
    expect(errors).toMatchObject([{ section: 'linkagg_old', option: 'uplink' }]);
  });

  test('an edit keeps its own name, port and network, and needs the tunnel', () => {
    expect(refused({ name: 'old', listen_port: 51821, addresses: ['10.9.0.2/24'] }, false)).toEqual([]);
    expect(refused({}, false)).toEqual(['linkagg_new.name']);
  });

  test('whatever the page sends, nothing throws, and values of another type are named', () => {
    const value = fc.object({ key: fc.constantFrom('name', 'peers', 'addresses', 'mtu', 'x'), maxDepth: 3 });
    fc.assert(
      fc.property(value, given => {
        const { tunnel: read, errors } = tunnel_from_json(given as JsonObject);
        expect(read === null).toBe(errors.length > 0);
      }),
    );
    const { errors } = tunnel_from_json({ ...tunnel(), mtu: '1400', peers: [] } as unknown as JsonObject);
    expect(errors).toEqual([{ section: 'tunnel', option: 'mtu', reason: 'must be a whole number or null' }]);
  });

  test('what is allowed, but hardly wanted, is said', () => {
    expect(tunnel_notes(tunnel())).toEqual([]);
    expect(tunnel_notes(tunnel({ peers: [peer({ allowed_ips: ['10.8.0.0/24'] })] }))).toHaveLength(1);
  });
});

describe('a PC as a link', () => {
  const pc = { create: true, name: 'pc1', address: '192.168.1.20', network: '10.120.31.0/24' };
  const refused_options = (values: Partial<typeof pc>) =>
    pc_errors({ ...pc, ...values }, NETWORK).map(({ option }) => option);

  test.each<[string, Partial<typeof pc>, string[]]>([
    ['is right', {}, []],
    ['is not in a network of the router', { address: '192.168.2.20' }, ['address']],
    ['is the router itself', { address: '192.168.1.1' }, ['address']],
    ['is only behind a tunnel', { address: '10.9.0.3' }, ['address']],
    ['is no address', { address: '$(id)' }, ['address']],
    ['has a network of another size', { network: '10.120.31.0/25' }, ['network']],
    ['has an address instead of a network', { network: '10.120.31.1/24' }, ['network']],
    ['has no network', { network: '' }, ['network']],
  ])('%s', (_, values, expected) => expect(refused_options(values)).toEqual(expected));

  test('gets a network that neither a file nor an uplink has, and keeps it', () => {
    const dump = { interface: [{ 'ipv4-address': [{ address: '10.120.200.7', mask: 16 }] }] };
    expect(network_for(null, NETWORK, {})).toBe('10.120.31.0/24');
    expect(network_for(null, NETWORK, dump)).toBe('10.121.31.0/24');
    const everything = { interface: [{ 'ipv4-address': [{ address: '10.0.0.1', mask: 8 }] }] };
    expect(network_for(null, NETWORK, everything)).toBe('');
    const keys = { public_key: KEY_B, preshared_key: KEY_C };
    const wanted = { ...pc_tunnel('pc1', pc.address, pc.network, keys, 51900), private_key: KEY_A };
    const after = edited(NETWORK, network_edits(wanted, NETWORK));
    expect(network_for(null, after, {})).toBe('10.121.31.0/24');
    expect(network_for(stored_tunnels(after)[1] ?? null, after, dump)).toBe('10.120.31.0/24');
  });

  test('is a tunnel that can take everything, because the PC is a neighbour; but not what another tunnel overlaps', () => {
    const keys = { public_key: KEY_B, preshared_key: KEY_C };
    const errors = (address: string, network: string) =>
      tunnel_errors(pc_tunnel('pc1', address, network, keys, 51900), true, {
        network: NETWORK,
        config: CONFIG,
      }).map(({ section, option }) => `${section}.${option}`);
    expect(errors('192.168.1.20', '10.120.31.0/24')).toEqual([]);
    expect(errors('203.0.113.1', '10.120.31.0/24')).toEqual(['linkagg_pc1_peer1.endpoint_host']);
    expect(errors('10.9.0.1', '10.120.31.0/24')).toEqual(['linkagg_pc1_peer1.endpoint_host']);
    expect(errors('192.168.1.20', '10.9.0.0/24')).toEqual(['linkagg_pc1.addresses']);
  });

  test('values of another type are named', () => {
    const { pc: read, errors } = pc_from_json({ name: 1, address: 'x', network: '', server: 'y' });
    expect(read).toBeNull();
    expect(errors.map(({ option }) => option)).toEqual(['server', 'name']);
  });
});

describe('removing the package', () => {
  test('takes what is ours out of network and firewall, and nothing else', () => {
    const none = tunnel({ nat: 'none' });
    const network = edited(NETWORK.slice(0, 2), network_edits(none, NETWORK));
    const zones = edited(FIREWALL, firewall_edits(none, CONFIG, FIREWALL).edits);
    const both = edited(zones, firewall_edits(tunnel({ name: 'a' }), CONFIG, zones).edits);
    expect(edited(network, removal_edits(network))).toEqual(NETWORK.slice(0, 2));
    const left = edited(both, removal_edits(both));
    expect(changes_text('firewall', FIREWALL, left)).toEqual([]);
    expect(removal_edits(left)).toEqual([]);
  });
});

describe('uplinks in the configuration', () => {
  const errors_of = (uplinks: Record<string, string>) =>
    config_from_uci(
      Object.entries(uplinks).map(([name, uplink]) => ({
        name,
        type: 'link',
        anonymous: false,
        options: { interface: name, ...(uplink === '' ? {} : { uplink }) },
      })),
    ).errors.map(({ section, option }) => `${section}.${option}`);

  test.each<[string, Record<string, string>, string[]]>([
    ['exist', { a: '', b: 'a', c: 'b' }, []],
    ['that do not exist are refused', { a: 'x' }, ['a.uplink']],
    ['cannot be the link itself', { a: 'a' }, ['a.uplink']],
    ['cannot go round in a circle', { a: 'b', b: 'c', c: 'a', d: 'a' }, ['a.uplink', 'b.uplink', 'c.uplink']],
  ])('%s', (_, uplinks, expected) => {
    expect(errors_of(uplinks)).toEqual(expected);
  });
});

describe('a peer that has been silent for long', () => {
  vi.useFakeTimers();

  /** Commands that the daemon starts within a minute. */
  function commands(endpoint_host: string, handshake_s: number, can_leave: boolean): string[] {
    const started: string[][] = [];
    const network = edited(NETWORK, network_edits(tunnel({ peers: [peer({ endpoint_host })] }), NETWORK));
    const platform = {
      now_ms: () => performance.now(),
      timer: (delay_ms: number, callback: () => void) => {
        const timeout = setTimeout(callback, delay_ms);
        return { cancel: () => clearTimeout(timeout) };
      },
      uci_read: () => network,
      config_text: () => JSON.stringify(network),
      read_file: (path: string) => (path === '/proc/uptime' ? '1000.5 1\n' : 'x\nbtime 1000000\n'),
      spawn: (argv: string[], on_line: (line: string) => void, on_exit: () => void) => {
        started.push(argv);
        if (argv.includes('dump')) {
          on_line(`linkagg_new\t${KEY_A}\t${KEY_C}\t51900\toff`);
          on_line(`linkagg_new\t${KEY_B}\t(none)\t192.0.2.1:1\t0.0.0.0/0\t${handshake_s}\t0\t0\t25`);
        }
        on_exit();
        return { stop: () => {} };
      },
    } as unknown as DaemonPlatform;
    start_tunnels(platform, { missing: () => '' }, () => can_leave);
    vi.advanceTimersByTime(31_000);
    vi.clearAllTimers();
    return started.filter(argv => argv.includes('set')).map(argv => argv.slice(-6).join(' '));
  }

  const NOW_S = 1_001_000;

  test('is looked up again by its name, when packets would get out', () => {
    expect(commands('vpn.example.com', NOW_S - 200, true)).toEqual([
      `set linkagg_new peer ${KEY_B} endpoint vpn.example.com:51820`,
    ]);
    expect(commands('vpn.example.com', NOW_S - 200, false)).toEqual([]);
    expect(commands('vpn.example.com', NOW_S - 100, true)).toEqual([]);
    expect(commands('203.0.113.1', NOW_S - 200, true)).toEqual([]);
  });
});

describe('what is written', () => {
  test('is what is read again, and nothing is left after the removal', () => {
    const after = edited(NETWORK, network_edits(tunnel({ mtu: 1400 }), NETWORK));
    expect(stored_tunnels(after)[1]).toEqual({
      interface: 'linkagg_new',
      private_key: KEY_A,
      listen_port: 51900,
      addresses: ['10.8.0.2/32'],
      mtu: 1400,
      peers: [
        {
          section: 'linkagg_new_peer1',
          public_key: KEY_B,
          preshared_key: '',
          endpoint_host: '203.0.113.1',
          endpoint_port: 51820,
          allowed_ips: ['0.0.0.0/0'],
          persistent_keepalive: 25,
        },
      ],
    });
    expect(edited(after, network_removal('linkagg_new', after))).toEqual(NETWORK);
  });

  test('an edit keeps the preshared key of a peer that stays, unless it is taken away', () => {
    const preshared = (value: string | null) => {
      const wanted = tunnel({ name: 'old', peers: [peer({ preshared_key: value })] });
      return stored_tunnels(edited(NETWORK, network_edits(wanted, NETWORK)))[0]?.peers[0]?.preshared_key;
    };
    expect(preshared(null)).toBe(KEY_C);
    expect(preshared('')).toBe('');
    expect(preshared(KEY_A)).toBe(KEY_A);
  });

  test('a port is free that no other tunnel has', () => {
    expect(free_port(NETWORK)).toBe(51822);
    expect(free_port([])).toBe(51821);
  });

  const zone = (firewall: UciSection[], name: string) =>
    firewall.find(section => section.options.name === name)?.options.network ?? null;

  test("in somebody else's zone only our own item changes", () => {
    const { edits } = firewall_edits(tunnel(), CONFIG, FIREWALL);
    const after = edited(FIREWALL, edits);
    expect(zone(after, 'wan')).toEqual(['wan', 'wan6', 'linkagg_new']);
    expect(firewall_edits(tunnel(), CONFIG, after).edits).toEqual([]);
    const removed = edited(after, zone_edits(after, [interface_name('new')], [], ''));
    expect(zone(removed, 'wan')).toEqual(['wan', 'wan6']);
    expect(changes_text('firewall', FIREWALL, removed)).toEqual([]);
  });

  test('without address translation it gets a zone of ours, which goes with the last one', () => {
    const none = (name: string) => tunnel({ name, nat: 'none' });
    const first = edited(FIREWALL, firewall_edits(none('a'), CONFIG, FIREWALL).edits);
    const both = edited(first, firewall_edits(none('b'), CONFIG, first).edits);
    expect(zone(both, 'linkagg')).toEqual(['linkagg_a', 'linkagg_b']);
    expect(zone(both, 'wan')).toBe('wan wan6');
    expect(both.filter(({ options }) => options.dest === 'linkagg')).toMatchObject([
      { options: { src: 'lan' } },
    ]);
    const one = edited(both, firewall_edits(tunnel({ name: 'a' }), CONFIG, both).edits);
    expect([zone(one, 'linkagg'), zone(one, 'wan')]).toEqual([['linkagg_b'], ['wan', 'wan6', 'linkagg_a']]);
    const gone = edited(one, zone_edits(one, ['linkagg_b'], [], ''));
    expect(gone.filter(({ name }) => name.startsWith('linkagg_'))).toEqual([]);
  });

  test('a router without a zone that translates is told so', () => {
    const { edits, error } = firewall_edits(tunnel(), CONFIG, FIREWALL.slice(0, 1));
    expect([edits, error?.section]).toEqual([[], 'firewall']);
  });

  test('a link that others name stays', () => {
    expect(without_links(CONFIG, ['wan']).errors).toMatchObject([{ section: 'old', option: 'uplink' }]);
    expect(without_links(CONFIG, ['linkagg_old'])).toMatchObject({
      errors: [],
      config: { link: [{ name: 'wan' }] },
    });
  });

  test('keys are not in what is shown', () => {
    const after = edited(NETWORK, network_edits(tunnel({ private_key: KEY_C }), NETWORK));
    const lines = changes_text('network', NETWORK, after);
    expect(lines).toContain('network.linkagg_new.private_key=(hidden)');
    expect(lines.join('\n')).not.toContain(KEY_C);
    expect(changes_text('network', after, NETWORK)).toEqual([
      '-network.linkagg_new',
      '-network.linkagg_new_peer1',
    ]);
  });
});

describe('.conf files', () => {
  const CONF = [
    '[Interface]',
    `PrivateKey = ${KEY_A}  # secret`,
    'Address = 10.8.0.2/32, fd00:8::2/128',
    'DNS = 1.1.1.1',
    'PostUp = iptables -A FORWARD -j ACCEPT',
    'MTU = 1400',
    '',
    '[Peer]',
    `publickey=${KEY_B}`,
    `PresharedKey = ${KEY_C}`,
    'AllowedIPs = 0.0.0.0/0',
    'AllowedIPs = ::/0',
    'Endpoint = [2001:db8::1]:51820',
    '',
  ].join('\r\n');

  test('what a provider hands out', () => {
    const { tunnel: read, errors, ignored } = parse_conf(CONF);
    expect(errors).toEqual([]);
    expect(ignored.map(({ option }) => option)).toEqual(['DNS', 'PostUp']);
    expect(read).toEqual({
      name: '',
      private_key: KEY_A,
      listen_port: null,
      addresses: ['10.8.0.2/32', 'fd00:8::2/128'],
      mtu: 1400,
      nat: 'masquerade',
      uplink: '',
      exit: '',
      peers: [
        peer({
          preshared_key: KEY_C,
          allowed_ips: ['0.0.0.0/0', '::/0'],
          endpoint_host: '2001:db8::1',
        }),
      ],
    });
  });

  test.each([
    ['a key with a typo', CONF.replace('MTU', 'MUT'), 'Interface.MUT'],
    ['a key in the wrong section', CONF.replace('MTU = 1400', 'Endpoint = a:1'), 'Interface.Endpoint'],
    ['a key that is none', CONF.replace(KEY_B, 'abc'), 'Peer 1.publickey'],
    ['an endpoint without port', CONF.replace('[2001:db8::1]:51820', 'vpn.example.com'), 'Peer 1.Endpoint'],
    ['no peer', CONF.split('[Peer]')[0] ?? '', 'Peer.'],
    ['a peer without key', CONF.replace(/publickey=.*/, ''), 'Peer 1.PublicKey'],
    ['something else', 'hello', '.'],
    ['two interfaces', `${CONF}\n[Interface]\n`, 'Interface.'],
  ])('%s is refused by name', (_, text, expected) => {
    const { tunnel: read, errors } = parse_conf(text);
    expect(read).toBeNull();
    expect(errors.map(({ section, option }) => `${section}.${option}`)).toContain(expected);
  });

  test('any text ends in a tunnel or in reasons', () => {
    const word = fc.constantFrom(
      '[Interface]',
      '[Peer]',
      `PublicKey=${KEY_A}`,
      'Endpoint=a:1',
      '=',
      '#',
      'MTU=9',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string())), lines => {
        const { tunnel: read, errors } = parse_conf(lines.join('\n'));
        expect(read === null).toBe(errors.length > 0);
      }),
    );
  });

  test('what is written for the other side can be read, once its keys are in', () => {
    const side = {
      private_key: '',
      preshared_key: '',
      has_preshared_key: true,
      addresses: ['10.8.0.1/32', '0.0.0.0/0'],
      listen_port: 51820,
      router: {
        public_key: KEY_B,
        endpoint_host: '2001:db8::2',
        endpoint_port: 51821,
        allowed_ips: ['10.8.0.2/32'],
      },
    };
    expect(format_conf(side)).toContain('PrivateKey = (the private key of this side)');
    expect(format_conf(side)).toContain('PresharedKey = (as on the router)');
    const { tunnel: read } = parse_conf(format_conf({ ...side, private_key: KEY_A, preshared_key: KEY_C }));
    expect(read).toMatchObject({
      private_key: KEY_A,
      listen_port: 51820,
      addresses: ['10.8.0.1/32'],
      peers: [
        { public_key: KEY_B, endpoint_host: '2001:db8::2', endpoint_port: 51821, preshared_key: KEY_C },
      ],
    });
  });
});

test('of what WireGuard says no key but the public ones is kept', () => {
  const devices = parse_dump([
    `wg0\t${KEY_A}\t${KEY_B}\t51821\toff`,
    `wg0\t${KEY_C}\t(none)\t192.0.2.1:51820\t0.0.0.0/0\t1700000000\t1234\t567\t25`,
    `wg0\t${KEY_B}\t${KEY_A}\t(none)\t(none)\t0\t0\t0\toff`,
    'nonsense',
    '',
  ]);
  expect(devices).toEqual({
    wg0: {
      public_key: KEY_B,
      peers: [
        {
          public_key: KEY_C,
          endpoint: '192.0.2.1:51820',
          handshake_s: 1700000000,
          rx_bytes: 1234,
          tx_bytes: 567,
        },
        { public_key: KEY_B, endpoint: '', handshake_s: 0, rx_bytes: 0, tx_bytes: 0 },
      ],
    },
  });
  expect(JSON.stringify(devices)).not.toContain(KEY_A);
});
