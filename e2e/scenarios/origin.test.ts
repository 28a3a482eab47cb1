/**
 * The hand-made setup that linkagg replaces, from beginning to end, made as the page makes it: a wired uplink, a guest
 * Wi-Fi through which only UDP passes, a WireGuard tunnel over each to one address of a server, and two PCs with a
 * Wi-Fi of their own as further links. The server translates addresses towards a network of its own.
 */

import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pc_texts } from '../../frontend/src/words/pc.ts';
import { type JsonObject, RUN_DIR } from '../../rpcd/platform/platform.ts';
import type { PcReply } from '../../rpcd/src/rpc.ts';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { run_in } from '../lab/topology.ts';
import { go_on, has_state } from './configure.ts';
import {
  FAR_ADDRESS,
  FAR_ROUTER_ADDRESS,
  type FarSide,
  far_side,
  guests_only,
  type Pc,
  pc_of,
  run_on_linux,
  ways_to_far,
} from './origin_network.ts';

/** What the server sees of each link. */
const NETWORKS = { t_wired: '10.9.1.', t_guest: '10.9.2.', pc1: '10.120.31.', pc2: '10.121.31.' };
const LINKS = Object.keys(NETWORKS);
const BYTES = 50_000;

let lab: Lab;
let far: FarSide;
let public_address = '';
let pcs: Record<'pc1' | 'pc2', Pc>;

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wired' }, { name: 'guest' }], clients: 3 });
  public_address = lab.server_addresses[0] ?? '';
  guests_only(lab, 'guest');
  pcs = { pc1: pc_of(lab, 2), pc2: pc_of(lab, 3) };
  far = await far_side(lab);
});
afterAll(async () => {
  far?.agent.stop();
  await lab?.stop();
});

async function done(method: string, args: JsonObject = {}): Promise<JsonObject> {
  const { reply, error, status } = await lab.rpc(method, args);
  if (reply === null) throw new Error(`${method}: error ${error}, status ${status}`);
  expect(reply).toMatchObject({ ok: true, errors: [] });
  return reply;
}

/** A tunnel over one uplink, and its peer at the server. */
async function tunnel(name: string, uplink: string, address: string, nat: string): Promise<void> {
  const peer = {
    public_key: far.server.public_key,
    preshared_key: null,
    endpoint_host: far.server.host,
    endpoint_port: far.server.port,
    allowed_ips: ['0.0.0.0/0'],
    persistent_keepalive: 25,
  };
  const own = { private_key: null, listen_port: null, mtu: null, nat, exit: '' };
  const wanted = { name, uplink, addresses: [address], peers: [peer], ...own };
  const { public_key } = await done('stage_tunnel', { change: { create: true, tunnel: wanted } });
  far.server.add_peer(String(public_key), address);
}

/** The PC and the server do what the page tells them. */
async function pc_link(name: 'pc1' | 'pc2'): Promise<void> {
  const { address } = pcs[name];
  const reply = await done('stage_pc', { pc: { create: true, name, address, network: '' } });
  const { pc, public_key } = reply as unknown as PcReply;
  if (pc === undefined) throw new Error('nothing for the PC');
  const { host, port, public_key: server_key, device } = far.server;
  const server = { address: host, port, public_key: server_key, interface: device };
  const texts = pc_texts(name, pc, public_key, server);
  run_on_linux(pcs[name], texts.linux);
  expect(run_in('server', ['sh', '-e', '-c', texts.server_shell])).toMatchObject({ code: 0, stderr: '' });
}

/** UDP by the guest Wi-Fi, all else over the links to the server; the router translates for a tunnel by a rule. */
async function set_policies(): Promise<void> {
  const { reply } = await lab.rpc('get_config');
  const { revision } = reply as JsonObject;
  const config = reply?.config as JsonObject;
  const { sticky, sticky_timeout, sticky_prefix, sticky_prefix6 } = config.globals as JsonObject;
  const balance = { mode: 'round-robin', sticky, sticky_timeout, sticky_prefix, sticky_prefix6 };
  const everybody = { enabled: true, router: true, family: 'any', mark: '', interface: [] };
  const anything = { source: [], destination: [], source_port: [], destination_port: [] };
  const there = { in: 'lan', out: 'linkagg_t_wired', source: [], destination: [] };
  // The Wi-Fi lets nothing else through.
  const link = (config.link as JsonObject[]).map(each =>
    each.name === 'guest' ? { ...each, probe: ['dns:223.5.5.5'] } : each,
  );
  const wanted = {
    ...config,
    link,
    group: [{ name: 'server', link: LINKS, ...balance } as JsonObject],
    policy: [
      { name: 'udp', target: 'guest', protocol: ['udp'], ...everybody, ...anything },
      { name: 'rest', target: 'server', protocol: [], ...everybody, ...anything },
    ],
    nat: [
      { name: 'there', enabled: true, ...there, action: 'masquerade', address: '', comment: 'no way back' },
    ],
  };
  await done('set_config', { change: { config: wanted, revision: revision ?? '' } });
}

async function are_online(links: string[]): Promise<void> {
  await Promise.all(links.map(link => has_state(lab, link, 'online')));
}

/** Downloads from the far network, all at once: how many went over each link. */
async function download_from_far(parallel: number): Promise<Record<string, number>> {
  ways_to_far(NETWORKS);
  const downloads = await lab.download({ parallel, bytes: BYTES, address: FAR_ADDRESS });
  // The far network knows nobody but the server.
  const expected = { error: null, bytes: BYTES, source: FAR_ROUTER_ADDRESS };
  for (const download of downloads) expect(download).toMatchObject(expected);
  return ways_to_far(NETWORKS);
}

/** As many over each. */
function each_of(links: string[], count: number): Record<string, number> {
  return Object.fromEntries(links.map(link => [link, count]));
}

/** Of an address that the server has seen. */
function link_of(source: string | undefined): string | undefined {
  return Object.entries(NETWORKS).find(([, network]) => source?.startsWith(network))?.[0];
}

/** For clients, and for the router itself, whose tunnels have ways of their own. */
async function udp_and_tcp_take_their_ways(): Promise<void> {
  for (const from of ['client1', 'router']) {
    const udp = lab.open_connections(1, { from, protocol: 'udp', address: public_address });
    const [state] = await go_on(udp);
    expect(state?.sources).toEqual([lab.uplink('guest').address]);
    await udp.close();
    const downloads = await lab.download({ from, parallel: 4, bytes: BYTES, address: public_address });
    const links = downloads.map(({ source, error }) => {
      expect(error).toBeNull();
      return link_of(source ?? undefined);
    });
    // In turn for clients, by chance for the router.
    if (from === 'client1') expect(links.sort()).toEqual([...LINKS].sort());
    else for (const link of links) expect(LINKS).toContain(link);
  }
}

/** Names, numbers and devices of ours. */
const OURS = /linkagg|proto 108|(lookup|table) 52\d\d/;
const kernel = () => {
  const commands = [
    ['ip', '-o', 'link', 'show'],
    ['ip', 'rule'],
    ['ip', '-6', 'rule'],
    ['ip', 'route', 'show', 'table', 'all'],
    ['nft', 'list', 'ruleset'],
  ];
  const text = commands.map(argv => lab.router.exec(argv).stdout).join('');
  // `fw4 reload` leaves the chains of a zone that is gone, empty, until fw4 is restarted.
  return text.replace(/\tchain \w+ \{\n\t\}\n/g, '');
};

describe('the hand-made setup, from the page', () => {
  test('is made by staging two tunnels and two PCs, and policies', async () => {
    await tunnel('t_wired', 'wired', '10.9.1.2/32', 'none');
    await tunnel('t_guest', 'guest', '10.9.2.2/32', 'masquerade');
    await pc_link('pc1');
    await pc_link('pc2');
    await done('apply_staged', { timeout_s: 30 });
    await done('confirm_applied');
    await set_policies();
    await are_online([...LINKS, 'wired', 'guest']);
  });

  test('parallel downloads use all links, and the far side translates', async () => {
    expect(await download_from_far(8)).toEqual(each_of(LINKS, 2));
  });

  test('UDP and TCP to the same address take different ways', udp_and_tcp_take_their_ways);

  test('what comes from the network of a PC leaves by this PC', () => {
    for (const pc of ['pc1', 'pc2'] as const) {
      const way = ['ip', 'route', 'get', public_address, 'from', `${NETWORKS[pc]}7`, 'iif', `linkagg_${pc}`];
      expect(lab.router.exec(way).stdout).toContain(`dev linkagg_${pc} `);
    }
  });

  test.each<[string, string, () => void, () => void]>([
    ['the wired uplink', 't_wired', () => lab.uplink('wired').remove(), () => lab.uplink('wired').restore()],
    ['the guest Wi-Fi', 't_guest', () => lab.uplink('guest').cut(), () => lab.uplink('guest').restore()],
    ['a PC', 'pc1', () => pcs.pc1.unplug(), () => pcs.pc1.plug()],
    ["a PC's Wi-Fi", 'pc2', () => pcs.pc2.wifi_off(), () => pcs.pc2.wifi_on()],
  ])('without %s the rest goes on', async (_, link, kill, heal) => {
    const connections = lab.open_connections(8, { address: public_address });
    await go_on(connections);
    kill();
    await has_state(lab, link, 'offline', 'down');
    const rest = LINKS.filter(each => each !== link);
    expect(await download_from_far(6)).toEqual(each_of(rest, 2));
    const start = await connections.states();
    await wait_for(
      async () => {
        const others = (await connections.states()).map(({ exchanged, broken, sources }, index) => ({
          link: link_of(sources[0]),
          goes_on: broken === null && exchanged > (start[index]?.exchanged ?? 0),
        }));
        return others.every(each => each.link === link || each.goes_on);
      },
      { what: 'the connections over other links to go on' },
    );
    await connections.close();
    heal();
    await are_online(LINKS);
  });

  test('after a reboot everything comes back', async () => {
    const interfaces = lab.uplinks.map(({ name }) => name).concat(LINKS.map(link => `linkagg_${link}`));
    const all_interfaces = async (method: string) => {
      for (const name of interfaces) await lab.ubus.call(`network.interface.${name}`, method, {});
    };
    await lab.kill_daemon('SIGKILL');
    await all_interfaces('down');
    for (const { name } of lab.uplinks) lab.uplink(name).remove();
    for (const family of ['-4', '-6']) {
      lab.router.exec(['ip', family, 'rule', 'flush']);
      lab.router.exec(['ip', family, 'rule', 'add', 'pref', '32766', 'lookup', 'main']);
    }
    lab.router.exec(['nft', 'flush', 'ruleset']);
    lab.router.exec(['conntrack', '-F']);
    rmSync(RUN_DIR, { recursive: true, force: true });
    expect(kernel()).not.toMatch(OURS);

    for (const { name } of lab.uplinks) lab.uplink(name).restore();
    await all_interfaces('up');
    lab.reload_firewall();
    await lab.start_daemon();
    await are_online([...LINKS, 'wired', 'guest']);
    expect(await download_from_far(8)).toEqual(each_of(LINKS, 2));
    await udp_and_tcp_take_their_ways();
  });

  test('removing the package leaves nothing on the router, and the far side as it is', async () => {
    const peers = () =>
      run_in('server', ['wg', 'show', far.server.device, 'allowed-ips']).stdout.trim().split('\n').sort();
    const far_before = peers();
    // As prerm-pkg, procd and the init script.
    expect(lab.linkaggd('remove')).toMatchObject({ code: 0, stderr: '' });
    await lab.kill_daemon();
    expect(lab.linkaggd('stop')).toMatchObject({ code: 0, stderr: '' });
    await wait_for(() => !OURS.test(kernel()), { what: 'the kernel to hold nothing of ours' });
    expect(lab.read_config('network') + lab.read_config('firewall')).not.toContain('linkagg');
    const [download] = await lab.download({ bytes: BYTES, address: public_address });
    expect(download).toMatchObject({ error: null, uplink: 'wired' });
    expect(peers()).toEqual(far_before);
    expect(far_before).toHaveLength(LINKS.length);
  });
});
