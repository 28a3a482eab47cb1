/** What comes from outside, and what is sent there, octet by octet. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tcp_connection } from '../src/apply/connections.ts';
import { dns_addresses, dns_question } from '../src/health/dns.ts';
import { type SettledLatency, settled_latency } from '../src/health/latency.ts';
import { network_of, network_text, networks_of, range_of } from '../src/net/network.ts';
import { bare_segments } from '../src/net/segment.ts';
import { parse_http_url, parse_target } from '../src/net/target.ts';

describe('addresses of a policy', () => {
  const networks = (text: string) => {
    const range = range_of(text);
    return range === null ? null : networks_of(range).map(network_text);
  };

  test('a range is as few networks as can be', () => {
    expect(networks('192.168.1.10-192.168.1.20')).toEqual([
      '192.168.1.10/31',
      '192.168.1.12/30',
      '192.168.1.16/30',
      '192.168.1.20',
    ]);
    expect(networks('10.0.255.255-10.1.0.0')).toEqual(['10.0.255.255', '10.1.0.0']);
    expect(networks('0.0.0.0-255.255.255.255')).toEqual(['0.0.0.0/0']);
    expect(networks('0.0.0.1-255.255.255.254')).toHaveLength(62);
    expect(networks('fd00::ffff-fd00::1:0')).toEqual(['fd00::ffff', 'fd00::1:0']);
    expect(networks('::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe')).toHaveLength(254);
  });

  test('a range covers its addresses, and no others', () => {
    const address = (number: number) => `10.0.${Math.floor(number / 256)}.${number % 256}`;
    fc.assert(
      fc.property(fc.nat(2000), fc.integer({ min: 1, max: 2000 }), (first, more) => {
        const parts = (networks(`${address(first)}-${address(first + more)}`) ?? []).map(text => {
          const { first: from, last: to } = range_of(text) ?? { first: [], last: [] };
          return [from[1] ?? 0, to[1] ?? 0] as const;
        });
        expect(parts[0]?.[0]).toBe(first);
        expect(parts.at(-1)?.[1]).toBe(first + more);
        for (const [index, [from]] of parts.slice(1).entries())
          expect(from).toBe((parts[index]?.[1] ?? 0) + 1);
      }),
    );
  });

  test.each([
    '10.0.0.2-10.0.0.1',
    '10.0.0.1-10.0.0.1',
    '10.0.0.1-fd00::1',
    '10.0.0.0/8-11.0.0.0',
    'a-b',
    '-',
  ])('%s is none', text => expect(range_of(text)).toBeNull());

  test.each([
    ['192.168.1.7/24', '192.168.1.0/24'],
    ['192.168.1.7/32', '192.168.1.7'],
    ['FD00:0:0:1::1:0/112', 'fd00::1:0:0:1:0/112'],
    ['fd00:0:0:1:0:0:0:9/80', 'fd00:0:0:1::/80'],
    ['2001:db8:0:1:0:1:0:1', '2001:db8:0:1:0:1:0:1'],
    ['::/1', '::/1'],
    ['::1', '::1'],
    ['1:2:3:4:5:6:7:8/33', '1:2::/33'],
  ])('%s is %s to the kernel', (text, wanted) => {
    const network = network_of(text);
    const got = network === null ? '' : network_text(network);
    expect(got).toBe(wanted);
  });
});

describe('latencies by which links are compared', () => {
  /** One second after the other, each with what is measured then. */
  const followed = (measured: (number | null)[]) => {
    let latency: SettledLatency | null = null;
    return measured.map((ms, second) => {
      latency = settled_latency(latency, ms, second * 1000);
      return latency?.latency_ms ?? null;
    });
  };
  const lasting = (ms: number | null, seconds: number) => Array.from({ length: seconds }, () => ms);

  test('the first one counts at once, another one when it has lasted', () => {
    expect(followed([null, 40])).toEqual([null, 40]);
    expect(followed([40, ...lasting(20, 25)]).at(-1)).toBe(40);
    expect(followed([40, ...lasting(20, 26)]).at(-1)).toBe(20);
  });

  test('small differences, peaks and silence change nothing', () => {
    expect(new Set(followed([40, ...lasting(47, 90)]))).toEqual(new Set([40]));
    expect(new Set(followed([10, ...lasting(14, 90)]))).toEqual(new Set([10]));
    expect(new Set(followed([40, ...lasting(90, 20), 41, ...lasting(90, 20), 41]))).toEqual(new Set([40]));
    expect(new Set(followed([40, ...lasting(null, 90)]))).toEqual(new Set([40]));
  });
});

describe('probe targets', () => {
  test('addresses, and what else can be asked at one', () => {
    expect(parse_target('1.1.1.1')).toEqual({ kind: 'icmp', family: 'ip4', address: '1.1.1.1' });
    expect(parse_target('2606:4700:4700::1111')?.family).toBe('ip6');
    expect(parse_target('tcp:1.1.1.1:443')).toMatchObject({ kind: 'tcp', address: '1.1.1.1', port: 443 });
    expect(parse_target('tcp:[2606:4700:4700::1111]:443')).toMatchObject({ family: 'ip6', port: 443 });
    expect(parse_target('dns:223.5.5.5')).toEqual({ kind: 'dns', family: 'ip4', address: '223.5.5.5' });
    expect(parse_target('http://1.1.1.1/index#301')).toMatchObject({
      kind: 'http',
      address: '1.1.1.1',
      port: 80,
      path: '/index',
      status: 301,
    });
  });

  test('names, and whatever else could be mistaken, are refused', () => {
    for (const text of [
      '',
      'one.one.one.one',
      '1.1.1',
      '1.1.1.1 ',
      '1.1.1.1;reboot',
      'tcp:1.1.1.1',
      'tcp:1.1.1.1:0',
      'tcp:1.1.1.1:65536',
      'tcp:2606::1:443',
      'dns:example.com',
      'dns:1.1.1.1:53',
      'http://example.com/',
      'https://1.1.1.1/',
    ]) {
      expect(parse_target(text), text).toBeNull();
    }
  });

  test('pages may have names', () => {
    expect(parse_http_url('http://www.gstatic.com/generate_204')).toEqual({
      host: 'www.gstatic.com',
      port: 80,
      path: '/generate_204',
      status: 204,
    });
    expect(parse_http_url('http://[2606::1]:8080')).toEqual({
      host: '2606::1',
      port: 8080,
      path: '/',
      status: 204,
    });
    for (const text of [
      'ftp://a.b/',
      'http://',
      'http:///x',
      'http://a b/',
      'http://a/x\r\nHost: b',
      'http://-a.b/',
      'http://a.b/#20',
      'http://a.b/#204#204',
      'http://1.2.3/',
      `http://a.b/${'x'.repeat(200)}`,
    ]) {
      expect(parse_http_url(text), text).toBeNull();
    }
  });
});

describe('DNS', () => {
  const answer = (...records: number[][]) => [
    ...[0x12, 0x34, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0],
    ...dns_question(0x1234, 'www.example.com').slice(12),
    ...records.flat(),
  ];
  const a = (...address: number[]) => [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address];
  const cname = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12];

  test('addresses are found behind aliases', () => {
    expect(dns_addresses(answer(cname, a(192, 0, 2, 1), a(192, 0, 2, 2)), 0x1234)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ]);
    expect(dns_addresses(answer(), 0x1234)).toEqual([]);
  });

  test('what answers another question, or none, is no answer', () => {
    expect(dns_addresses(answer(a(192, 0, 2, 1)), 0x1235)).toBeNull();
    expect(dns_addresses(dns_question(0x1234, ''), 0x1234)).toBeNull();
    expect(dns_addresses([], 0)).toBeNull();
  });

  test('no packet makes it throw, loop or read beyond the end', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 80 }), octets => {
        const addresses = dns_addresses([0x12, 0x34, 0x81, ...octets], 0x1234) ?? [];
        for (const address of addresses) expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      }),
    );
  });
});

describe('segments', () => {
  /** Internet checksum over everything, which is 0 when the one inside is right. */
  function checked(pseudo: number[], segment: number[]): number {
    let sum = 0;
    const octets = pseudo.concat(segment);
    for (let i = 0; i < octets.length; i += 2) sum += (octets[i] ?? 0) * 256 + (octets[i + 1] ?? 0);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return 0xffff - sum;
  }

  test('have a checksum that receivers accept, in both families', () => {
    const port = fc.integer({ min: 1, max: 65535 });
    fc.assert(
      fc.property(port, port, (own, peer) => {
        const four = bare_segments(
          { address: '203.0.113.9', port: peer },
          { address: '192.168.1.2', port: own },
        );
        const six = bare_segments({ address: '2001:db8::1', port: peer }, { address: 'fd00::2', port: own });
        const addresses = [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1, 0xfd, ...Array(14).fill(0), 2];
        for (const segment of four) {
          expect(segment).toHaveLength(20);
          expect(checked([203, 0, 113, 9, 192, 168, 1, 2, 0, 6, 0, 20], segment)).toBe(0);
        }
        for (const segment of six) expect(checked([...addresses, 0, 6, 0, 20], segment)).toBe(0);
        expect(four.map(segment => segment[4])).toEqual([0, 0x80]);
      }),
    );
  });
});

describe('the connection table', () => {
  const out =
    'ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.1.10 dst=203.0.113.9 sport=51234 dport=443 packets=9 bytes=900 src=203.0.113.9 dst=100.64.1.2 sport=443 dport=51234 packets=9 bytes=9000 [ASSURED] mark=16777216 use=2';

  test('names this side, whoever began', () => {
    expect(tcp_connection(out, '100.64.1.2')).toEqual({
      address: '192.168.1.10',
      port: 51234,
      peer: '203.0.113.9',
      peer_port: 443,
    });
    const came_in =
      'ipv4     2 tcp      6 431999 ESTABLISHED src=203.0.113.9 dst=100.64.1.2 sport=40000 dport=8080 src=192.168.1.10 dst=203.0.113.9 sport=80 dport=40000 [ASSURED] mark=16777216 use=2';
    expect(tcp_connection(came_in, '100.64.1.2')).toEqual({
      address: '192.168.1.10',
      port: 80,
      peer: '203.0.113.9',
      peer_port: 40000,
    });
  });

  test("the router's own connections are among them", () => {
    const own = out.replace('src=192.168.1.10', 'src=100.64.1.2');
    expect(tcp_connection(own, '100.64.1.2')).toMatchObject({ address: '100.64.1.2', peer: '203.0.113.9' });
  });

  test('lines that are none are left out', () => {
    for (const line of [
      '',
      'src=1 dst=2',
      out.replace('sport=51234', 'sport=99999999'),
      out.replace('192.168.1.10', '$(reboot)'),
    ]) {
      expect(tcp_connection(line, '100.64.1.2')).toBeNull();
    }
  });
});
