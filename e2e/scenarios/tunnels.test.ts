/**
 * WireGuard tunnels as links, made as the page makes them: staged, shown, applied, confirmed. Two tunnels lead to one
 * address and port of a server, each pinned to another uplink.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../rpcd/platform/platform.ts';
import { PENDING_REASON } from '../../rpcd/src/staging/pending.ts';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { start_wireguard_server, type WireguardServer } from '../lab/wireguard_server.ts';
import * as calls from './calls.ts';
import { has_state, link_status } from './configure.ts';

const MEGABYTE = 1e6;
/** rpcd and, later, the daemon have undone the change by then. */
const UNDONE_MS = 25_000;

let lab: Lab;
let server: WireguardServer;

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wan1' }, { name: 'wan2' }] });
  server = start_wireguard_server(lab);
});
afterAll(() => lab?.stop());

const call = (method: string, args: JsonObject = {}) => calls.call(lab, method, args);
const done = (method: string, args: JsonObject = {}) => calls.done(lab, method, args);

function tunnel(name: string, uplink: string, address: string): JsonObject {
  return {
    name,
    private_key: null,
    listen_port: null,
    addresses: [address],
    mtu: null,
    nat: 'masquerade',
    uplink,
    exit: '',
    peers: [
      {
        public_key: server.public_key,
        preshared_key: null,
        endpoint_host: server.host,
        endpoint_port: server.port,
        allowed_ips: ['0.0.0.0/0'],
        persistent_keepalive: 25,
      },
    ],
  };
}

/** Stages a tunnel and makes it known to the server. */
async function stage(name: string, uplink: string, address: string): Promise<JsonObject> {
  const reply = await done('stage_tunnel', {
    change: { create: true, tunnel: tunnel(name, uplink, address) },
  });
  server.add_peer(String(reply.public_key), address);
  return reply;
}

interface PeerState {
  handshake_age_s: number | null;
  rx_bytes: number;
}

/** What WireGuard says of the tunnel's only peer. */
async function peer_state(name: string): Promise<PeerState | null> {
  const { tunnels } = await call('list_tunnels');
  const found = (tunnels as JsonObject[]).find(each => each.interface === `linkagg_${name}`);
  return (((found?.peers ?? []) as JsonObject[])[0]?.state ?? null) as PeerState | null;
}

/** All connections of the LAN over these links. */
async function balance_over(links: string[]): Promise<void> {
  const { config, revision } = await call('get_config');
  const wanted = config as JsonObject;
  const balance = (wanted.globals as JsonObject) ?? {};
  const { sticky, sticky_timeout, sticky_prefix, sticky_prefix6 } = balance;
  const kind = { mode: 'round-robin', sticky, sticky_timeout, sticky_prefix, sticky_prefix6 } as JsonObject;
  const group = links.length === 0 ? [] : [{ name: 'vpn', link: links, ...kind }];
  const any = { source: [], destination: [], source_port: [], destination_port: [], interface: [] };
  const policy =
    links.length === 0 ? [] : [{ name: 'all', enabled: true, target: 'vpn', protocol: [], ...any }];
  await done('set_config', { change: { config: { ...wanted, group, policy }, revision: revision ?? '' } });
}

/** Downloads one after the other: how many came from each address, as the server saw them. */
async function sources(count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const [download] = await lab.download({ bytes: 1000 });
    expect(download?.error).toBeNull();
    const source = download?.source ?? 'none';
    counts[source] = (counts[source] ?? 0) + 1;
  }
  return counts;
}

function received(uplink: string): number {
  return lab.uplink(uplink).counters().rx_bytes;
}

const devices = () => lab.router.exec(['ip', '-o', 'link', 'show']).stdout;
const rules = () => lab.router.exec(['ip', 'rule']).stdout + lab.router.exec(['ip', '-6', 'rule']).stdout;
const files = () => ['network', 'firewall', 'linkagg'].map(config => lab.read_config(config));

describe('two tunnels to one server, each over an uplink of its own', () => {
  test('are shown before anything is changed, without keys', async () => {
    const before = files();
    await stage('t1', 'wan1', '10.9.1.2/32');
    const reply = await stage('t2', 'wan2', '10.9.2.2/32');
    const text = JSON.stringify(reply);
    expect(text).toContain("network.linkagg_t1.proto='wireguard'");
    expect(text).toContain('network.linkagg_t1.private_key=(hidden)');
    expect(text).toContain("+='linkagg_t2'");
    expect(text).toContain("linkagg.t2.uplink='wan2'");
    expect(reply.commands).toContainEqual(
      expect.stringMatching(/^ip -4 rule add .* sport 51821 lookup 5201/),
    );
    expect(reply.commands).toContainEqual(
      expect.stringMatching(/^ip -4 rule add .* sport 51822 lookup 5202/),
    );
    expect(reply.commands).toContainEqual(
      expect.stringMatching(/^ip -6 rule add .* sport 51822 unreachable/),
    );
    expect(reply.notes).toContain('network: netifd brings interface linkagg_t1 up (wireguard)');
    expect(reply).toMatchObject({ pending: 'none' });
    expect(files()).toEqual(before);
    expect(devices()).not.toContain('linkagg_');
  });

  test('while they wait for their confirmation nobody else can change anything', async () => {
    expect(await done('apply_staged', { timeout_s: 30 })).toMatchObject({ pending: 'own', left_s: 30 });
    const refused = { ok: false, errors: [{ reason: PENDING_REASON }] };
    expect(await call('set_link', { link: { name: 'wan1', weight: 2 } })).toMatchObject(refused);
    expect(
      await call('stage_tunnel', { change: { create: true, tunnel: tunnel('t3', 'wan1', '10.9.3.2') } }),
    ).toMatchObject(refused);
    expect(await call('apply_staged', { timeout_s: 30 })).toMatchObject({ ok: false, pending: 'other' });
    const other = { ubus_rpc_session: 'f'.repeat(32) };
    const { reply } = await lab.ubus.call('linkagg', 'confirm_applied', other);
    expect(reply).toMatchObject({ ok: false, pending: 'other' });
    expect(await call('get_staged')).toMatchObject({ pending: 'own', staged: [] });
    await done('confirm_applied');
    expect(await call('confirm_applied')).toMatchObject({ ok: false, pending: 'none' });
  });

  test('shake hands, and a viewer sees how they are, but no key', async () => {
    for (const name of ['t1', 't2']) {
      await wait_for(async () => (await peer_state(name))?.handshake_age_s != null, {
        what: `a handshake of ${name}`,
        timeout_ms: 20_000,
        interval_ms: 300,
      });
      await has_state(lab, name, 'online');
    }
    const { reply } = await lab.rpc('list_tunnels', {}, { user: 'viewer' });
    expect(reply?.tunnels).toMatchObject([
      {
        interface: 'linkagg_t1',
        ours: true,
        link: 't1',
        uplink: 'wan1',
        has_private_key: true,
        listen_port: 51821,
      },
      { interface: 'linkagg_t2', ours: true, link: 't2', uplink: 'wan2', nat: 'masquerade' },
    ]);
    const secret = /option private_key '(.*)'/.exec(lab.read_config('network'))?.[1] ?? '';
    expect(secret).toHaveLength(44);
    expect(JSON.stringify(reply)).not.toContain(secret);
    expect((await lab.rpc('get_staged', {}, { user: 'viewer' })).error).toBe(-32002);
  });

  test('carry the connections of the LAN, each over its own uplink', async () => {
    await balance_over(['t1', 't2']);
    expect(await sources(6)).toEqual({ '10.9.1.2': 3, '10.9.2.2': 3 });
    for (const [tunnels, uplink, other] of [
      [['t1'], 'wan1', 'wan2'],
      [['t2'], 'wan2', 'wan1'],
    ] as const) {
      await balance_over([...tunnels]);
      const before = { own: received(uplink), other: received(other), rx: await peer_state(tunnels[0]) };
      const [download] = await lab.download({ bytes: MEGABYTE });
      expect(download).toMatchObject({ error: null, bytes: MEGABYTE });
      expect(received(uplink) - before.own).toBeGreaterThan(MEGABYTE);
      expect(received(other) - before.other).toBeLessThan(MEGABYTE / 10);
    }
    await balance_over(['t1', 't2']);
  });

  test('an uplink that goes takes its tunnel along and no other, and brings it back', async () => {
    lab.uplink('wan2').remove();
    await has_state(lab, 't2', 'offline');
    expect(await sources(4)).toEqual({ '10.9.1.2': 4 });
    expect(rules()).toMatch(/sport 51822 unreachable/);
    expect(rules()).not.toMatch(/sport 51822 lookup/);
    lab.uplink('wan2').restore();
    await has_state(lab, 't2', 'online');
    expect(await sources(4)).toEqual({ '10.9.1.2': 2, '10.9.2.2': 2 });
  });

  test('a peer that is silent is told from one that answers while nothing behind it does', async () => {
    const { tunnels } = await call('list_tunnels');
    const key = String((tunnels as JsonObject[])[1]?.public_key);
    const { exec } = lab.server;
    expect(exec(['wg', 'set', server.device, 'peer', key, 'remove']).code).toBe(0);
    const drop = `iifname "${server.device}" ip saddr 10.9.1.2 drop`;
    exec(['nft', `table ip behind { chain in { type filter hook input priority 0; ${drop}; }; }`]);
    for (const name of ['t1', 't2']) await has_state(lab, name, 'offline');
    // WireGuard asks a peer that sends nothing back for a handshake, but takes its time.
    await wait_for(async () => (await link_status(lab, 't2')).reason === 'no-handshake', {
      what: 't2 to be told',
      timeout_ms: 40_000,
      interval_ms: 300,
    });
    expect(await link_status(lab, 't1')).toMatchObject({ state: 'offline', reason: 'no-reply' });

    exec(['nft', 'delete', 'table', 'ip', 'behind']);
    exec(['wg', 'set', server.device, 'peer', key, 'allowed-ips', '10.9.2.2/32']);
    for (const name of ['t1', 't2']) await has_state(lab, name, 'online');
  });
});

describe('a change that nobody confirms', () => {
  async function is_undone(before: string[]): Promise<void> {
    await wait_for(() => files().every((text, index) => text === before[index]), {
      what: 'the files to be as before',
      timeout_ms: UNDONE_MS,
    });
    await wait_for(() => !devices().includes('linkagg_t3') && !rules().includes('sport 51823'), {
      what: 'the tunnel to be gone',
    });
    await wait_for(async () => (await call('get_staged')).pending === 'none', {
      what: 'nothing to be pending',
      timeout_ms: 10_000,
    });
  }

  async function apply_third(): Promise<string[]> {
    const before = files();
    await stage('t3', 'wan1', '10.9.3.2/32');
    await done('apply_staged', { timeout_s: calls.TIMEOUT_S });
    await wait_for(() => devices().includes('linkagg_t3') && rules().includes('sport 51823'), {
      what: 'the tunnel to be there',
    });
    return before;
  }

  test('is undone by itself, running state included, and is staged again', async () => {
    await is_undone(await apply_third());
    const { staged } = await call('get_staged');
    expect(JSON.stringify(staged)).toContain('linkagg_t3');
    expect(await done('discard_staged')).toMatchObject({ staged: [] });
  });

  test('also when rpcd was reloaded meanwhile, which makes it forget', async () => {
    const before = await apply_third();
    await lab.ubus.call('uci', 'reload', { ubus_rpc_session: 'f'.repeat(32) });
    expect(await call('set_link', { link: { name: 'wan1', weight: 2 } })).toMatchObject({
      errors: [{ reason: PENDING_REASON }],
    });
    await is_undone(before);
    await done('set_link', { link: { name: 'wan1', weight: 1 } });
  });

  test('also when another session applies without rollback, which takes rpcd what it would restore', async () => {
    const before = await apply_third();
    await lab.ubus.call('uci', 'apply', { ubus_rpc_session: 'f'.repeat(32), rollback: false });
    await is_undone(before);
  });

  test('and at once when the page wants it', async () => {
    const before = await apply_third();
    await done('undo_applied');
    await is_undone(before);
    await done('discard_staged');
  });
});

describe('for the other side', () => {
  test('there is a file with keys made on the spot, which the peer then has', async () => {
    const { conf, ...reply } = await done('export_tunnel', {
      export: {
        interface: 'linkagg_t1',
        peer: server.public_key,
        endpoint_host: '192.0.2.1',
        make_keys: true,
      },
    });
    const key = /PrivateKey = (.*)/.exec(String(conf))?.[1] ?? '';
    const public_key = lab.server.exec(['wg', 'pubkey'], `${key}\n`).stdout.trim();
    expect(String(conf)).toContain('Endpoint = 192.0.2.1:51821');
    expect(JSON.stringify(reply.staged)).toContain(`public_key='${public_key}'`);
    expect(JSON.stringify(reply)).not.toContain(key);
    await done('discard_staged');
  });
});

describe('removing the tunnels', () => {
  test('is refused while a group needs them', async () => {
    expect(await call('remove_tunnel', { interface: 'linkagg_t1' })).toMatchObject({
      ok: false,
      errors: [{ section: 'vpn', option: 'link' }],
    });
  });

  test('leaves nothing of them in UCI or in the kernel', async () => {
    await balance_over([]);
    await done('remove_tunnel', { interface: 'linkagg_t1' });
    await done('remove_tunnel', { interface: 'linkagg_t2' });
    await calls.apply_and_confirm(lab);
    expect(files().join('')).not.toMatch(/linkagg_|\bt1\b/);
    await wait_for(() => !devices().includes('linkagg_') && !rules().includes('sport'), {
      what: 'devices and rules to be gone',
    });
    expect((await call('list_tunnels')).tunnels).toEqual([]);
  });
});
