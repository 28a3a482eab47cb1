/** Tunnels and unsaved changes: made on the page in Chromium, seen on the router and at the server. */

import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { start_wireguard_server, type WireguardServer } from '../lab/wireguard_server.ts';
import {
  banner,
  close_page,
  discard,
  editor_field,
  editor_reason,
  header_says,
  open_page,
  press_save,
  save,
  staged_bar,
  start_browser,
  unfold,
} from './browser.ts';

const DEVICE = 'linkagg_t1';
/** The hold-off, and what the router takes to bring a tunnel up. */
const APPLIED_MS = 20_000;
/** The shortest time that can be chosen, and the daemon's grace. */
const UNDONE_MS = 60_000;

let lab: Lab;
let server: WireguardServer;
let browser: Browser;
let page: Page;
let private_key: string;

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wan1' }, { name: 'wan2' }] });
  server = start_wireguard_server(lab);
  private_key = lab.server.exec(['wg', 'genkey']).stdout.trim();
  server.add_peer(lab.server.exec(['wg', 'pubkey'], private_key).stdout.trim(), '10.9.1.2/32');
  browser = await start_browser();
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
});

beforeEach(async () => {
  page = await open_page(browser, lab);
});
afterEach(async () => {
  await close_page(page);
});

const row = (device = DEVICE): Locator => page.locator(`[data-tunnel="${device}"]`);
const staged = (): Locator => staged_bar(page);
const devices = () => lab.router.exec(['ip', '-o', 'link', 'show']).stdout;
const files = () => ['network', 'firewall', 'linkagg'].map(config => lab.read_config(config));
const peer_field = (option: string) => page.locator(`[data-peer="1"] [data-field="${option}"]`);

function conf(address: string): string {
  return [
    '[Interface]',
    `PrivateKey = ${private_key}`,
    `Address = ${address}`,
    'DNS = 10.9.0.1',
    '[Peer]',
    `PublicKey = ${server.public_key}`,
    `Endpoint = ${server.host}:${server.port}`,
    'AllowedIPs = 0.0.0.0/0',
  ].join('\n');
}

async function start_adding(): Promise<void> {
  await page.locator('[data-list="tunnel"] [data-action="add"]').click();
}

async function fill_in(text: string): Promise<void> {
  await start_adding();
  await unfold(page, 'tunnel-file');
  await editor_field(page, 'tunnel', 'conf').fill(text);
  await page.locator('[data-action="read"]').click();
}

async function stage_tunnel(): Promise<void> {
  await fill_in(conf('10.9.1.2/32'));
  await banner(page, 'file-read').waitFor();
  await editor_field(page, 'tunnel', 'name').fill('t1');
  await editor_field(page, 'tunnel', 'uplink').selectOption('wan1');
  await save(page, 'tunnel');
  await staged().waitFor();
}

async function apply(timeout_s = 60): Promise<void> {
  await staged().locator('[data-action="review"]').click();
  await staged().locator('[data-field="timeout"]').selectOption(`${timeout_s}`);
  await staged().locator('[data-action="apply"]').click();
}

async function apply_and_see_it_confirmed(): Promise<void> {
  await apply();
  await banner(page, 'trial').waitFor();
  // The button is gone, the keyboard is not.
  expect(await page.evaluate(() => document.activeElement?.closest('.la-notice') !== null)).toBe(true);
  await banner(page, 'confirmed').waitFor({ timeout: APPLIED_MS });
  expect(await staged().count()).toBe(0);
}

test('a page without tunnels says what they are for', async () => {
  expect(await banner(page, 'no-tunnels').textContent()).toContain('WireGuard');
});

test('without WireGuard it says how to install that, and adds nothing', async () => {
  const command = 'opkg install wireguard-tools kmod-wireguard';
  await page.route('**/ubus', async route => {
    if (route.request().postData()?.includes('list_tunnels') !== true) return route.continue();
    const response = await route.fetch();
    const { result, ...others } = (await response.json()) as { result: [number, object] };
    const json = { ...others, result: [result[0], { ...result[1], missing: command }] };
    return route.fulfill({ response, json });
  });
  await banner(page, 'no-wireguard').waitFor();
  expect(await banner(page, 'no-wireguard').textContent()).toContain(command);
  expect(await page.locator('[data-list="tunnel"] [data-action="add"]').isDisabled()).toBe(true);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

describe('bad input', () => {
  test('is refused at its field, and nothing is staged', async () => {
    await start_adding();
    await editor_field(page, 'tunnel', 'name').fill('home');
    await editor_field(page, 'tunnel', 'addresses').fill('10.9.1.2/33');
    await peer_field('public_key').fill('short');
    await peer_field('endpoint_host').fill('a b');
    await press_save(page, 'tunnel');
    await editor_reason(page, 'tunnel', 'addresses').waitFor();
    expect(await editor_reason(page, 'tunnel', 'addresses').textContent()).toContain("not '10.9.1.2/33'");
    expect(await editor_reason(page, 'tunnel', 'public_key').textContent()).toContain('44');
    expect(await editor_reason(page, 'tunnel', 'endpoint_host').textContent()).toContain('host name');

    await editor_field(page, 'tunnel', 'name').fill('much_too_long');
    await press_save(page, 'tunnel');
    await editor_reason(page, 'tunnel', 'name').waitFor();
    expect(await editor_reason(page, 'tunnel', 'name').textContent()).toContain('1 to 7');
    expect(await staged().count()).toBe(0);
  });

  test('in a folded part opens it', async () => {
    await start_adding();
    await unfold(page, 'tunnel-rare');
    await editor_field(page, 'tunnel', 'mtu').fill('x');
    await unfold(page, 'tunnel-rare');
    await press_save(page, 'tunnel');
    expect(await editor_reason(page, 'tunnel', 'mtu').textContent()).toContain('whole number');
  });

  test('a file that is none says where it is wrong', async () => {
    await fill_in(`${conf('10.9.1.2/32')}\nMtu = 1400`);
    await banner(page, 'file-refused').waitFor();
    expect(await banner(page, 'file-refused').textContent()).toContain('Peer 1.Mtu');
  });
});

describe('a tunnel from a .conf file', () => {
  test('is shown before it is applied, without its key, and can be discarded', async () => {
    const before = files();
    await stage_tunnel();
    expect(await row().textContent()).toContain('not applied yet');
    await staged().locator('[data-action="review"]').click();
    const text = await staged().textContent();
    expect(text).toContain("network.linkagg_t1.proto='wireguard'");
    expect(text).toContain("linkagg.t1.uplink='wan1'");
    expect(text).toContain('ip -4 rule add');
    expect(await page.content()).not.toContain(private_key);
    await header_says(page, /Unsaved Changes: \d+/);
    await staged().locator('[data-action="discard"]').click();
    await staged().waitFor({ state: 'detached' });
    await banner(page, 'no-tunnels').waitFor();
    await header_says(page, /^$/);
    expect(files()).toEqual(before);
  });

  test('is called like the file', async () => {
    await start_adding();
    await unfold(page, 'tunnel-file');
    const file = { name: 'my-home-vpn.conf', mimeType: 'text/plain', buffer: Buffer.from(conf('10.9.1.2')) };
    await editor_field(page, 'tunnel', 'file').setInputFiles(file);
    await banner(page, 'file-read').waitFor();
    expect(await banner(page, 'file-read').textContent()).toContain('Interface.DNS');
    expect(await editor_field(page, 'tunnel', 'name').inputValue()).toBe('myhomev');
    expect(await peer_field('endpoint_host').inputValue()).toBe(server.host);
  });

  test('is applied, confirmed and shakes hands', async () => {
    await stage_tunnel();
    await apply_and_see_it_confirmed();
    expect(devices()).toContain(DEVICE);
    await wait_for(async () => (await row().textContent())?.includes('Online'), {
      what: 'the tunnel to be online',
      timeout_ms: 20_000,
    });
    expect(await row().textContent()).toContain('handshake');
    expect(await row().locator('[data-field="uplink"]').textContent()).toContain('wan1');
    expect(await page.locator('[data-link="t1"]').count()).toBe(1);
  });

  test('is seen by a viewer, who can change nothing', async () => {
    const viewer = await open_page(browser, lab, 'viewer');
    const theirs = viewer.locator(`[data-tunnel="${DEVICE}"]`);
    await theirs.waitFor();
    for (const action of ['edit', 'remove', 'export']) {
      expect(await theirs.locator(`[data-action="${action}"]`).isDisabled(), action).toBe(true);
    }
    expect(await viewer.locator('[data-list="tunnel"] [data-action="add"]').isDisabled()).toBe(true);
    await viewer.context().close();
  });

  test('is changed', async () => {
    await row().locator('[data-action="edit"]').click();
    await unfold(page, 'tunnel-rare');
    await editor_field(page, 'tunnel', 'mtu').fill('1380');
    await save(page, 'tunnel');
    await apply_and_see_it_confirmed();
    await wait_for(() => lab.router.exec(['ip', 'link', 'show', DEVICE]).stdout.includes('mtu 1380'), {
      what: 'the other MTU',
    });
    expect(lab.read_config('network')).toContain(private_key);
  });

  test('has a file for the other side, with a QR code when its keys are new', async () => {
    await row().locator('[data-action="export"]').click();
    await editor_field(page, 'export', 'endpoint_host').fill('192.0.2.1');
    await editor_field(page, 'export', 'keys').selectOption('known');
    await press_save(page, 'export');
    const text = page.locator('[data-field="conf"]');
    await text.waitFor();
    expect(await text.textContent()).toContain('the private key of this side');
    expect(await page.locator('.la-qr').count()).toBe(0);

    await editor_field(page, 'export', 'keys').selectOption('made');
    await press_save(page, 'export');
    await page.locator('.la-qr').waitFor();
    const key = /PrivateKey = (.*)/.exec((await text.textContent()) ?? '')?.[1] ?? '';
    const public_key = lab.server.exec(['wg', 'pubkey'], `${key}\n`).stdout.trim();
    await page.locator('[data-action="copy-conf"]').click();
    const href = await page.locator('[data-action="download-conf"]').getAttribute('href');
    expect(decodeURIComponent(href ?? '')).toContain(key);
    await staged().locator('[data-action="review"]').click();
    expect(await staged().textContent()).toContain(public_key);
    await staged().locator('[data-action="discard"]').click();
    await staged().waitFor({ state: 'detached' });
  });
});

describe('a change on trial', () => {
  test('that cuts the browser off is undone, and the page says so', async () => {
    const before = files();
    await row().locator('[data-action="remove"]').click();
    await apply(30);
    await banner(page, 'trial').waitFor();
    await page.context().setOffline(true);
    await wait_for(() => !devices().includes(DEVICE), { what: 'the tunnel to be gone' });
    await wait_for(async () => (await banner(page, 'trial').textContent())?.includes('does not answer'), {
      what: 'the page to say that it is cut off',
      timeout_ms: 15_000,
    });
    expect(await banner(page, 'trial').locator('[data-field="left"]').textContent()).toMatch(/^\d+ s until/);
    await wait_for(() => files().every((text, index) => text === before[index]), {
      what: 'the router to undo it',
      timeout_ms: UNDONE_MS,
    });
    await page.context().setOffline(false);
    await banner(page, 'undone').waitFor({ timeout: 20_000 });
    expect(await banner(page, 'undone').textContent()).toContain('not reached in time');
    await wait_for(() => devices().includes(DEVICE), { what: 'the tunnel to be back' });
    expect(await staged().textContent()).toContain('unsaved');
    await discard(page);
  });

  test('is undone at once when the admin wants it', async () => {
    const before = files();
    await row().locator('[data-action="remove"]').click();
    await apply();
    await header_says(page, /^$/);
    await banner(page, 'trial').getByRole('button', { name: 'Undo now' }).click();
    await banner(page, 'undone').waitFor();
    await header_says(page, /Unsaved Changes: \d+/);
    expect(files()).toEqual(before);
    await discard(page);
  });

  test('of somebody else is waited for', async () => {
    const other = await open_page(browser, lab);
    await other.locator(`[data-tunnel="${DEVICE}"] [data-action="remove"]`).click();
    await other.locator('[data-action="review"]').click();
    await other.locator('[data-action="apply"]').click();
    await other.locator('[data-banner="trial"]').waitFor();
    await page.reload();
    await banner(page, 'pending').waitFor();
    expect(await page.locator('[data-list="tunnel"] [data-action="add"]').isDisabled()).toBe(true);
    await other.locator('[data-banner="trial"] button').click();
    await other.locator('[data-banner="undone"]').waitFor();
    await banner(page, 'pending').waitFor({ state: 'detached' });
    await other.context().close();
  });
});

test('a tunnel that is removed leaves nothing', async () => {
  await row().locator('[data-action="remove"]').click();
  await apply_and_see_it_confirmed();
  expect(files().join('')).not.toContain('linkagg_');
  await wait_for(() => !devices().includes(DEVICE), { what: 'the device to be gone' });
  await banner(page, 'no-tunnels').waitFor();
});

test('nothing sticks out of a phone', async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  await stage_tunnel();
  await row().locator('[data-action="edit"]').click();
  await staged().locator('[data-action="review"]').click();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
