/**
 * The pure core under real ucode: the same vectors as under Node, under every interpreter that LINKAGG_UCODE
 * names. Without one they are still compiled.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Json, run_vectors, type Vector } from '../compiler/test/harness.ts';
import { interpreters } from '../compiler/test/interpreters.ts';
import { given_by, golden_files, read_golden } from './golden_cases.ts';

const MODULE = 'rpcd/test/vectors/pipeline.ts';

async function same_everywhere(vectors: Vector[]): Promise<void> {
  expect(await run_vectors(MODULE, vectors)).toBe(vectors.length * interpreters().length);
}

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

describe('the compiled backend does what the sources say', () => {
  test('golden cases: from UCI and netifd to the commands', async () => {
    const cases = golden_files().map(read_golden).map(given_by);
    await same_everywhere(cases.map(given => ({ call: 'commands', args: [json(given)] })));
  });

  test('configurations from the page, good and bad', async () => {
    const stored = given_by(read_golden('01_three_links.txt')).sections;
    const value = fc.record(
      {
        globals: fc.record(
          {
            enabled: fc.boolean(),
            mode: fc.constantFrom('hash', 'x'),
            mark_mask: fc.constantFrom('0x3', '0xff0', '7'),
          },
          { requiredKeys: [] },
        ),
        link: fc.array(
          fc.record(
            {
              name: fc.constantFrom('wan', 'lte', 'w-x', 'x'.repeat(40)),
              interface: fc.constantFrom('wan', 'lan', 'lte', ''),
              enabled: fc.oneof(fc.boolean(), fc.constantFrom('1', 0, null)),
              weight: fc.oneof(fc.integer({ min: -2, max: 300 }), fc.constantFrom(1.5, '3', null)),
              probe: fc.array(fc.constantFrom('1.1.1.1', '01.1.1.1', '256.1.1.1', 'a\nb', '1.1.1.1\n'), {
                maxLength: 9,
              }),
            },
            { requiredKeys: ['name'] },
          ),
          { maxLength: 4 },
        ),
      },
      { requiredKeys: ['link'] },
    );
    const values = fc.sample(value, { numRuns: 200, seed: 1 });
    await same_everywhere(values.map(each => ({ call: 'saved', args: [json(each), json(stored)] })));
  });

  test('tunnels from the page, good and bad, and .conf files', async () => {
    const key = `${'A'.repeat(42)}E=`;
    const network = [
      { name: 'lan', type: 'interface', anonymous: false, options: { ipaddr: '192.168.1.1/24' } },
      {
        name: 'linkagg_t',
        type: 'interface',
        anonymous: false,
        options: { proto: 'wireguard', listen_port: '51821', addresses: ['fd00::1/64'], private_key: key },
      },
    ];
    const zone = { name: 'wan', network: 'wan wan6', masq: '1' };
    const firewall = [
      { name: 'cfg1', type: 'zone', anonymous: true, options: zone },
      { name: 'cfg2', type: 'forwarding', anonymous: true, options: { src: 'lan', dest: 'wan' } },
    ];
    const peer = fc.record({
      public_key: fc.constantFrom(key, key, 'x'),
      preshared_key: fc.constantFrom(null, '', key),
      endpoint_host: fc.constantFrom('', '203.0.113.1', 'fd00::2', 'vpn.example', 'a_b', '1.2.3'),
      endpoint_port: fc.constantFrom(51820, 51820, 0),
      allowed_ips: fc.array(fc.constantFrom('0.0.0.0/0', '::/0', '10.0.0.0/8', '10.0.0.1', 'x'), {
        maxLength: 3,
      }),
      persistent_keepalive: fc.constantFrom(25, 0, -1),
    });
    const tunnel = fc.record({
      name: fc.constantFrom('a', 'tunnel7', 't', 'toolong8'),
      private_key: fc.constantFrom(null, key),
      listen_port: fc.constantFrom(null, 51900, 51821),
      addresses: fc.array(
        fc.constantFrom('10.8.0.2/24', '192.168.1.9/32', 'fd00::5/64', 'fd01::5/64', '1.2.3'),
        {
          maxLength: 2,
        },
      ),
      mtu: fc.constantFrom(null, 1400, 1),
      peers: fc.array(peer, { maxLength: 2 }),
      nat: fc.constantFrom('masquerade', 'none'),
      uplink: fc.constantFrom('wan', '', 'lte'),
      exit: fc.constantFrom('', 'srv'),
    });
    const lines = fc.array(
      fc.constantFrom(
        '[Interface]',
        '[peer]',
        `PrivateKey = ${key}`,
        `PublicKey=${key} # x`,
        'Endpoint = [::1]:51820',
        'Endpoint = a:0',
        'AllowedIPs = 0.0.0.0/0,::/0',
        'DNS = 1.1.1.1',
        'PersistentKeepalive = off',
        'MTU = 1400',
        'nonsense',
        '',
      ),
      { maxLength: 10 },
    );
    const tunnels = fc.sample(tunnel, { numRuns: 200, seed: 2 });
    const pc = fc.record({
      create: fc.constantFrom(true, false),
      name: fc.constantFrom('pc1', 't', 'a b'),
      address: fc.constantFrom('192.168.2.20', '192.168.1.20', '192.168.2.1', '10.120.31.9', 'x'),
      network: fc.constantFrom('', '', '10.5.0.0/24', '10.5.0.1/24', 'x', null),
    });
    const lan = { proto: 'static', ipaddr: '192.168.2.1', netmask: '255.255.254.0' };
    const zones = { ...zone, network: 'wan linkagg_t' };
    const household = network.concat([
      { name: 'lan2', type: 'interface', anonymous: false, options: lan },
      { name: 'linkagg_x', type: 'zone', anonymous: false, options: {} },
      { name: 'cfg3', type: 'zone', anonymous: true, options: zones },
    ] as never[]);
    const up = [{ 'ipv4-address': [{ address: '10.120.0.9', mask: 16 }] }, {}];
    const pcs = fc.sample(pc, { numRuns: 100, seed: 4 });
    const files = fc.sample(lines, { numRuns: 100, seed: 3 }).map(each => each.join('\n'));
    await same_everywhere([
      ...tunnels.map(each => ({ call: 'staged_tunnel', args: [json(each), json(network), json(firewall)] })),
      ...pcs.map(each => ({
        call: 'staged_pc',
        args: [json(each), json(household), json({ interface: up })],
      })),
      ...files.map(text => ({ call: 'conf_file', args: [text] })),
    ]);
  });

  test('links that share a port, good and bad, and what iw prints', async () => {
    const section = (name: string, type: string, options: Record<string, string>) => ({
      name,
      type,
      anonymous: false,
      options,
    });
    const network = [
      section('lan', 'interface', { device: 'br-lan' }),
      section('linkagg_old1_dev', 'device', { type: 'macvlan', name: 'linkagg_old1', macaddr: '02:11' }),
      section('linkagg_old1', 'interface', { proto: 'pppoe', metric: '5001', password: 'x' }),
    ];
    const files = {
      '/sys/class/net/eth1/type': '1\n',
      '/sys/class/net/wlan0/type': '1\n',
      '/sys/class/net/wlan0/phy80211/index': '0\n',
    };
    const ports = fc.record({
      create: fc.boolean(),
      name: fc.constantFrom('line', 'old', 'old', 'old1', 'toolong', 'a\nb', ''),
      parent: fc.constantFrom('eth1', 'eth1', 'eth1', 'wlan0', 'br-lan', 'linkagg_old1', 'eth9', 'a b'),
      count: fc.constantFrom(1, 2, 3, 0, 17, -1, 1.5, '3'),
      proto: fc.constantFrom('dhcp', 'pppoe', 'static'),
      username: fc.constantFrom(null, 'me', '', 'x'.repeat(255), 'x'.repeat(256), 'a\nb', '\u007f'),
      password: fc.constantFrom(null, "it's ~ {}", '\u00e9'),
    });
    const lines = fc.array(
      fc.constantFrom(
        'Wiphy phy0',
        '\t\t * managed',
        '\tvalid interface combinations:',
        '\t\t * #{ managed, AP } <= 8,',
        '\t\t * #{ AP } <= 2, #{ managed } <= 1, #{ P2P-device } <= 1,',
        '\t\t   total <= 4, #channels <= 2, STA/AP BI must match',
        '\tinterface combinations are not supported',
        '',
      ),
      { maxLength: 12 },
    );
    const texts = fc.sample(lines, { numRuns: 100, seed: 5 }).map(each => each.join('\n'));
    await same_everywhere([
      ...fc
        .sample(ports, { numRuns: 300, seed: 4 })
        .map(each => ({ call: 'staged_ports', args: [json(each), json(network), files] })),
      ...texts.map(text => ({ call: 'radios', args: [text] })),
    ]);
  });

  test('what ip prints', async () => {
    const routes = [
      { dst: 'default', gateway: '10.0.0.1', dev: 'wan', table: '5201', flags: ['onlink'] },
      { dst: 'default', dev: 'wg0', table: '5202', scope: '253', flags: [] },
      { dst: '10.9.0.0/16', dev: 'wan', table: '5203', flags: ['linkdown'] },
      {
        dst: 'default',
        table: '5200',
        flags: [],
        nexthops: [
          { gateway: '10.0.0.1', dev: 'wan', weight: 5, flags: ['onlink', 'dead'] },
          { dev: 'wg0', weight: 1, flags: [] },
        ],
      },
      { type: 'unreachable', dst: 'default', table: '5201', flags: [] },
    ];
    const rules = [
      {
        priority: 6000,
        not: null,
        src: 'all',
        fwmark: '0',
        fwmask: '0x7f000000',
        table: '254',
        suppress_prefixlen: 0,
      },
      {
        priority: 6001,
        src: 'all',
        fwmark: '0x1000000',
        fwmask: '0x7f000000',
        table: '5201',
        protocol: '108',
      },
      {
        priority: 32001,
        src: 'all',
        fwmark: '0x40000000',
        fwmask: '0x7f000000',
        action: '7',
        protocol: '108',
      },
      { priority: 6303, src: '10.0.0.0', srclen: 24, oif: 'wan', iif: 'lo', table: '5201' },
      ...['ipproto-17', 'udp', '17', 'x'].map(ipproto => ({
        priority: 5803,
        src: 'all',
        iif: 'lo',
        ipproto,
        sport: 51821,
        table: '5201',
      })),
      {
        priority: 32204,
        src: 'fd00:0:0:1:0:0:0:0',
        srclen: 64,
        dst: '10.0.0.1',
        dport_start: 3000,
        dport_end: 4000,
      },
    ];
    await same_everywhere([
      { call: 'kernel_texts', args: [routes, rules] },
      {
        call: 'watched',
        args: [
          [
            '[ROUTE]Deleted default dev wan table 5201 proto 108',
            '[ROUTE]x proto 2',
            '[LINK]2: wan',
            '[RULE]',
            '',
          ],
        ],
      },
    ]);
  });

  test('probes, slots and rates', async () => {
    const vectors: Vector[] = [
      ...fc
        .sample(fc.array(fc.option(fc.nat(900), { freq: 3 }), { maxLength: 40 }), { numRuns: 60, seed: 2 })
        .map((answers, index) => ({ call: 'verdicts', args: [answers, (index % 3) + 1] })),
      ...fc
        .sample(
          fc.tuple(
            fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 5 }),
            fc.dictionary(fc.constantFrom('a', 'b', 'c', 'z'), fc.integer({ min: 0, max: 9 })),
          ),
          { numRuns: 60, seed: 3 },
        )
        .map(([names, previous]) => ({ call: 'slots', args: [names, json(previous)] })),
      ...fc
        .sample(fc.array(fc.option(fc.nat(60), { freq: 3 }), { maxLength: 90 }), { numRuns: 60, seed: 5 })
        .map(measured => ({ call: 'latencies', args: [measured.map((ms, i) => (i % 40 < 30 ? 20 : ms))] })),
      ...fc
        .sample(fc.array(fc.nat(1000), { maxLength: 20 }), { numRuns: 60, seed: 4 })
        .map(counts => ({ call: 'traffic', args: [counts] })),
    ];
    await same_everywhere(vectors);
  });
});
