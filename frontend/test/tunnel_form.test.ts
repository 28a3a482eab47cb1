import { describe, expect, test } from 'vitest';
import type { Tunnel, TunnelStatus } from '../../rpcd/src/rpc.ts';
import { placed_errors } from '../src/store/form.ts';
import { tunnel_forms, tunnel_of, tunnel_places } from '../src/store/tunnel_form.ts';

const KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

const STORED: TunnelStatus = {
  interface: 'linkagg_t1',
  ours: true,
  link: 't1',
  has_private_key: true,
  public_key: KEY,
  listen_port: 51821,
  addresses: ['10.9.1.2/32', 'fd00::2/128'],
  mtu: null,
  nat: 'none',
  uplink: 'wan1',
  exit: 'vps',
  peers: [
    {
      public_key: KEY,
      has_preshared_key: true,
      endpoint_host: 'vpn.example.org',
      endpoint_port: 51820,
      allowed_ips: ['0.0.0.0/0'],
      persistent_keepalive: 25,
      state: null,
    },
  ],
};

const PEER = {
  public_key: KEY,
  preshared_key: null,
  endpoint_host: 'vpn.example.org',
  endpoint_port: 51820,
  allowed_ips: ['0.0.0.0/0'],
  persistent_keepalive: 25,
};

const TUNNEL: Tunnel = {
  name: 't1',
  private_key: null,
  listen_port: 51821,
  addresses: ['10.9.1.2/32', 'fd00::2/128'],
  mtu: null,
  nat: 'none',
  uplink: 'wan1',
  exit: 'vps',
  peers: [PEER],
};

const [own = {}, peer = {}] = tunnel_forms(STORED);

describe('a stored tunnel', () => {
  test('comes out of its form as it went in, keys kept', () => {
    expect(tunnel_of(tunnel_forms(STORED), null)).toEqual({ tunnel: TUNNEL, errors: [{}, {}] });
  });

  test('loses its preshared key only when that is wanted', () => {
    const { tunnel } = tunnel_of([own, { ...peer, preshared: 'none' }], null);
    expect(tunnel.peers[0]?.preshared_key).toBe('');
    const without = { ...PEER, has_preshared_key: false, state: null };
    const [, none = {}] = tunnel_forms({ ...STORED, peers: [without] });
    expect(tunnel_of([own, none], null).tunnel.peers[0]?.preshared_key).toBe('');
  });

  test('of a zone of somebody else has to be given its kind of NAT', () => {
    const forms = tunnel_forms({ ...STORED, nat: 'other' });
    expect(tunnel_of(forms, null).errors[0]).toHaveProperty('nat');
  });
});

test('a tunnel from a file keeps the keys of the file', () => {
  const file: Tunnel = { ...TUNNEL, private_key: KEY, peers: [{ ...PEER, preshared_key: KEY }] };
  expect(tunnel_of(tunnel_forms(file), file.private_key)).toEqual({ tunnel: file, errors: [{}, {}] });
});

test('what is no number or is missing is said at its field', () => {
  const typed = { ...peer, endpoint_port: '1e3', preshared: 'typed', preshared_key: ' ' };
  expect(tunnel_of([{ ...own, mtu: '-1' }, typed], null).errors).toEqual([
    { mtu: expect.stringContaining('whole') },
    { endpoint_port: expect.stringContaining('whole'), preshared_key: 'is missing' },
  ]);
});

test('reasons of the router stand at the fields that are shown, the others apart', () => {
  const error = (section: string, option: string) => ({ section, option, reason: `${option}!` });
  const given = [
    error('linkagg_t1', 'addresses'),
    error('linkagg_t1', 'addresses'),
    error('linkagg_t1_peer1', 'public_key'),
    error('linkagg_t1', 'private_key'),
    error('wan1', 'uplink'),
  ];
  const { placed, others } = placed_errors(
    tunnel_places(TUNNEL, [[{ option: 'addresses' }], [{ option: 'public_key' }]]),
    given,
  );
  expect(placed).toEqual([{ addresses: 'addresses!; addresses!' }, { public_key: 'public_key!' }]);
  expect(others).toEqual(given.slice(3));
});
