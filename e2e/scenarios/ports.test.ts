/**
 * More links from one port, for a provider that limits each client: made as the page makes them, each with a MAC
 * address and so an address of its own.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse_uci } from '../../rpcd/platform/node/uci.ts';
import type { JsonObject } from '../../rpcd/platform/platform.ts';
import type { PortGroup, PortStatus } from '../../rpcd/src/rpc.ts';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import * as calls from './calls.ts';
import { configure, has_state } from './configure.ts';

/** What the provider gives each address. */
const CLIENT_BPS = 4e6;
const SECONDS = 3;

let lab: Lab;
let files_before: string[];

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wan1' }, { name: 'wan2' }] });
  await configure(lab, { links: { wan1: { enabled: 1 }, wan2: { enabled: 1 } } });
  files_before = files();
});
afterAll(() => lab?.stop());

const call = (method: string, args: JsonObject = {}) => calls.call(lab, method, args);
const done = (method: string, args: JsonObject = {}) => calls.done(lab, method, args);
const files = () => ['network', 'firewall', 'linkagg'].map(config => lab.read_config(config));
const devices = () => lab.router.exec(['ip', '-o', 'link', 'show']).stdout;

function stage(change: JsonObject): Promise<JsonObject> {
  const wanted = { create: false, name: 'line', parent: 'wan1', count: 3, proto: 'dhcp', ...change };
  return call('stage_ports', { change: { username: null, password: null, ...wanted } });
}

async function ports(): Promise<PortStatus[]> {
  const { groups } = await call('list_ports');
  return (groups as unknown as PortGroup[]).flatMap(group => group.ports);
}

/** The provider shapes what goes to each address, whatever goes to others. */
function limit_clients(addresses: string[]): void {
  const tc = (words: string) => {
    const { code, stderr } = lab.uplink('wan1').provider.exec(['tc', ...words.split(' ')]);
    expect({ words, code, stderr }).toMatchObject({ code: 0 });
  };
  tc('qdisc replace dev cpe root handle 1: htb');
  for (const [index, address] of addresses.entries()) {
    tc(`class add dev cpe parent 1: classid 1:${index + 1} htb rate ${CLIENT_BPS}bit burst 16k`);
    tc(`filter add dev cpe protocol ip parent 1: u32 match ip dst ${address}/32 flowid 1:${index + 1}`);
  }
}

/** Downloads at once: bytes that came within some seconds, and the addresses they came to. */
async function download(parallel: number): Promise<{ bytes: number; sources: string[] }> {
  const transfers = await lab.download({ parallel, bytes: 1e9, seconds: SECONDS });
  const sources = transfers.map(({ source }) => source ?? 'none');
  return { bytes: transfers.reduce((sum, { bytes }) => sum + bytes, 0), sources };
}

describe('three links from one port', () => {
  test('are shown before anything is changed', async () => {
    const { parents, groups, missing } = await call('list_ports');
    expect({ parents, groups }).toEqual({ parents: ['wan1', 'wan2'], groups: [] });
    expect(missing).toEqual({ dhcp: '', pppoe: expect.stringContaining('install ppp-mod-pppoe') });
    const reply = await stage({ create: true });
    expect(reply).toMatchObject({ ok: true, errors: [], pending: 'none' });
    const text = JSON.stringify(reply);
    expect(text).toContain("network.linkagg_line1_dev.type='macvlan'");
    expect(text).toContain("network.linkagg_line3_dev.ifname='wan1'");
    expect(text).toContain("+='linkagg_line2'");
    expect(text).toContain("linkagg.line3.interface='linkagg_line3'");
    expect(reply.notes).toContain('network: netifd brings interface linkagg_line1 up (dhcp)');
    expect((await ports()).map(({ interface: name }) => name)).toHaveLength(3);
    expect(files()).toEqual(files_before);
    expect(devices()).not.toContain('linkagg_');
  });

  test('get a MAC address and an address each, which everybody sees who may look', async () => {
    await calls.apply_and_confirm(lab);
    for (const link of ['line1', 'line2', 'line3']) await has_state(lab, link, 'online');
    const { reply } = await lab.rpc('list_ports', {}, { user: 'viewer' });
    const [group] = (reply?.groups ?? []) as unknown as PortGroup[];
    expect(group).toMatchObject({ name: 'line', parent: 'wan1', proto: 'dhcp' });
    const got = group?.ports ?? [];
    expect(got.map(({ link }) => link)).toEqual(['line1', 'line2', 'line3']);
    expect(new Set(got.map(({ address }) => address)).size).toBe(3);
    for (const { address } of got) expect(address).toMatch(/^100\.64\.1\.1\d\d$/);
    for (const { mac, interface: device } of got) {
      expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
      const { stdout } = lab.router.exec(['ip', '-d', 'link', 'show', device]);
      expect(stdout).toContain(`${device}@wan1`);
      expect(stdout).toContain(`link/ether ${mac}`);
      expect(stdout).toContain('macvlan mode private');
    }
  });

  test('bring three times what one client gets', async () => {
    for (const name of ['wan1', 'wan2']) await done('set_link', { link: { name, enabled: false } });
    const addresses = (await ports()).map(({ address }) => address);
    limit_clients(addresses);
    const one = await download(1);
    const three = await download(3);
    expect(addresses).toContain(one.sources[0]);
    expect(three.sources.sort()).toEqual(addresses.sort());
    expect(three.bytes).toBeGreaterThan(2 * one.bytes);
  });

  test('keep their addresses when there become more, and fewer', async () => {
    const before = await ports();
    expect(await stage({ count: 4 })).toMatchObject({ ok: true });
    await calls.apply_and_confirm(lab);
    await has_state(lab, 'line4', 'online');
    expect((await ports()).slice(0, 3)).toEqual(before);
    expect(await stage({ count: 2 })).toMatchObject({ ok: true });
    await calls.apply_and_confirm(lab);
    await wait_for(() => !devices().includes('linkagg_line3'), { what: 'the third device to be gone' });
    expect(await ports()).toEqual(before.slice(0, 2));
  });

  test('are there again with the port itself', async () => {
    lab.uplink('wan1').remove();
    await has_state(lab, 'line1', 'down');
    lab.uplink('wan1').restore();
    for (const link of ['line1', 'line2']) await has_state(lab, link, 'online');
  });
});

describe('what cannot work', () => {
  test.each<[string, JsonObject, string]>([
    ['a port that is not there', { parent: 'eth9' }, 'parent'],
    ['a port of the LAN bridge', { parent: 'lan1' }, 'parent'],
    ['the LAN', { parent: 'br-lan' }, 'parent'],
    ['the loopback device', { parent: 'lo' }, 'parent'],
    ['a link of this kind', { parent: 'linkagg_line1' }, 'parent'],
    ['too many', { count: 17 }, 'count'],
    ['a name that leaves no room for the number', { name: 'string' }, 'name'],
    ['the names of other links', { name: 'wan' }, 'name'],
    ['PPPoE without the program', { proto: 'pppoe', username: 'a', password: 'b' }, 'proto'],
  ])('is refused: %s', async (_, change, option) => {
    const wanted = { create: true, name: 'other', ...change };
    const errors = [{ section: wanted.name, option, reason: expect.stringMatching(/\w+ \w+/) }];
    expect(await stage(wanted)).toMatchObject({ ok: false, errors, staged: [] });
    expect((await call('get_staged')).staged).toEqual([]);
  });
});

test('removing them leaves nothing in UCI or in the kernel', async () => {
  expect(await stage({ count: 0 })).toMatchObject({ ok: true });
  await calls.apply_and_confirm(lab);
  await wait_for(() => !devices().includes('linkagg_'), { what: 'the devices to be gone' });
  for (const name of ['wan1', 'wan2']) await done('set_link', { link: { name, enabled: true } });
  expect(files().map(parse_uci)).toEqual(files_before.map(parse_uci));
  expect(await ports()).toEqual([]);
});
