/** What a PC and its server get to paste. That it works on Linux is a scenario of the lab. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PcSide } from '../../rpcd/src/rpc.ts';
import { parse_conf } from '../../rpcd/src/tunnels/conf.ts';
import { type PcServer, pc_texts, server_errors } from '../src/words/pc.ts';

const key_of = (octet: number) => Buffer.alloc(32, octet).toString('base64');
const SIDE: PcSide = {
  private_key: key_of(1),
  public_key: key_of(2),
  preshared_key: key_of(3),
  network: '10.120.31.0/24',
  router_address: '192.168.1.1',
  router_port: 51823,
};
const ROUTER_KEY = key_of(4);
const SERVER: PcServer = { address: '203.0.113.1', port: 51820, public_key: key_of(5), interface: 'wg0' };
const TEXTS = pc_texts('pc1', SIDE, ROUTER_KEY, SERVER);

describe('what is said of the server', () => {
  test.each<[Partial<PcServer>, string[]]>([
    [{}, []],
    [{ address: 'vpn.example.com' }, ['address']],
    [{ address: '203.0.113.1; reboot' }, ['address']],
    [{ port: 0 }, ['port']],
    [{ port: 1.5 }, ['port']],
    [{ public_key: "' ; reboot" }, ['public_key']],
    [{ interface: 'wg0 up; reboot' }, ['interface']],
    [{ interface: '-x' }, ['interface']],
  ])('%j is refused for %j', (values, expected) => {
    expect(Object.keys(server_errors({ ...SERVER, ...values }))).toEqual(expected);
  });

  test('nothing that a shell would take for its own passes', () => {
    const text = fc.string({
      unit: fc.constantFrom('1', '.', 'a', "'", '"', '$', '`', ';', ' ', '\n', '|', '&'),
    });
    fc.assert(
      fc.property(text, value => {
        const errors = server_errors({ address: value, port: 1, public_key: value, interface: value });
        if (!/^[A-Za-z0-9_]+$/.test(value)) expect(errors).toHaveProperty('interface');
        if (!/^[0-9.]+$/.test(value)) expect(errors).toHaveProperty('address');
        expect(errors).toHaveProperty('public_key');
      }),
    );
  });
});

test('the file for Windows is one interface with two peers, the router and the server', () => {
  const { tunnel, errors, ignored } = parse_conf(TEXTS.conf);
  expect({ errors, ignored }).toEqual({ errors: [], ignored: [] });
  expect(tunnel).toMatchObject({
    private_key: SIDE.private_key,
    listen_port: 51820,
    addresses: ['10.120.31.2/24'],
    peers: [
      {
        public_key: ROUTER_KEY,
        preshared_key: SIDE.preshared_key,
        endpoint_host: '192.168.1.1',
        endpoint_port: 51823,
        allowed_ips: ['10.120.31.1/32'],
      },
      {
        public_key: SERVER.public_key,
        preshared_key: '',
        endpoint_host: '203.0.113.1',
        allowed_ips: ['0.0.0.0/0'],
      },
    ],
  });
  expect(TEXTS.conf_name).toBe('pc1_linkagg.conf');
});

test('Windows keeps forwarding on, and the server reached past the router', () => {
  expect(TEXTS.windows).toMatch(/^\$run = @'\n[^']*'0\.0\.0\.0', '192\.168\.1\.1'[^@]*\n'@\n/);
  expect(TEXTS.windows).toContain('-InterfaceAlias pc1_linkagg -AddressFamily IPv4 -Forwarding Enabled');
  expect(TEXTS.windows).toContain('New-NetRoute -DestinationPrefix 203.0.113.1/32 -InterfaceIndex');
  expect(TEXTS.windows).toContain('-User SYSTEM');
  // The PC's key is in its file alone.
  expect(TEXTS.windows).not.toContain(SIDE.private_key);
});

test('the server gets no secret', () => {
  const { server_conf, server_shell, server_uci } = TEXTS;
  for (const text of [server_conf, server_shell, server_uci]) {
    expect(text).toContain(SIDE.public_key);
    expect(text).toContain('10.120.31.0/24');
    expect(text).not.toContain(SIDE.private_key);
    expect(text).not.toContain(SIDE.preshared_key);
  }
});
