/** Links that share a port: made on the page in Chromium, seen on the router. */

import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import {
  banner,
  close_page,
  editor_field,
  editor_reason,
  link_field,
  open_page,
  press_save,
  save,
  staged_bar,
  start_browser,
} from './browser.ts';

/** The hold-off, and what the router takes to bring the links up. */
const APPLIED_MS = 20_000;

let lab: Lab;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wan1' }, { name: 'wan2' }] });
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

const row = (): Locator => page.locator('[data-ports="line"]');
const port = (number: number): Locator => row().locator(`[data-port="linkagg_line${number}"]`);
const staged = (): Locator => staged_bar(page);
const devices = () => lab.router.exec(['ip', '-o', 'link', 'show']).stdout;

async function start_adding(): Promise<void> {
  await page.locator('[data-list="ports"] [data-action="add"]').click();
}

async function apply(): Promise<void> {
  await staged().locator('[data-action="review"]').click();
  await staged().locator('[data-action="apply"]').click();
  await banner(page, 'confirmed').waitFor({ timeout: APPLIED_MS });
}

async function shows(place: Locator, text: string | RegExp): Promise<void> {
  await wait_for(async () => (await place.textContent())?.match(text), {
    what: `the page to show ${text}`,
    timeout_ms: 20_000,
  });
}

test('bad input is refused at its field, and nothing is staged', async () => {
  expect(await banner(page, 'no-ports').textContent()).toContain('MAC address');
  await start_adding();
  await editor_field(page, 'ports', 'name').fill('line');
  await editor_field(page, 'ports', 'count').fill('x');
  await press_save(page, 'ports');
  await editor_reason(page, 'ports', 'count').waitFor();
  await editor_field(page, 'ports', 'count').fill('17');
  await editor_field(page, 'ports', 'name').fill('line1');
  await press_save(page, 'ports');
  await editor_reason(page, 'ports', 'name').waitFor();
  expect(await editor_reason(page, 'ports', 'count').textContent()).toContain('16');
  await editor_field(page, 'ports', 'name').fill('line');
  await editor_field(page, 'ports', 'count').fill('2');
  await editor_field(page, 'ports', 'parent').fill('lan1');
  await press_save(page, 'ports');
  await editor_reason(page, 'ports', 'parent').waitFor();
  expect(await editor_reason(page, 'ports', 'parent').textContent()).toContain('bridge');
  expect(await staged().count()).toBe(0);
});

test('PPPoE asks for an account, and says what is not installed', async () => {
  await start_adding();
  await editor_field(page, 'ports', 'name').fill('dsl');
  await editor_field(page, 'ports', 'proto').selectOption('pppoe');
  await press_save(page, 'ports');
  await editor_reason(page, 'ports', 'username').waitFor();
  await editor_field(page, 'ports', 'username').fill('me@isp');
  const password = editor_field(page, 'ports', 'password');
  await password.fill('secret');
  expect(await password.getAttribute('type')).toBe('password');
  expect(await password.getAttribute('autocomplete')).toBe('new-password');
  await page.locator('[data-action="show"]').click();
  expect(await password.getAttribute('type')).toBe('text');
  await page.locator('[data-action="show"]').click();
  expect(await password.getAttribute('type')).toBe('password');
  expect(await password.inputValue()).toBe('secret');
  await press_save(page, 'ports');
  await editor_reason(page, 'ports', 'proto').waitFor();
  expect(await editor_reason(page, 'ports', 'proto').textContent()).toContain('install ppp-mod-pppoe');
});

test('links are staged, applied, and show what each of them got', async () => {
  await start_adding();
  await editor_field(page, 'ports', 'name').fill('line');
  expect(await editor_field(page, 'ports', 'parent').inputValue()).toBe('wan1');
  await editor_field(page, 'ports', 'count').fill('3');
  await save(page, 'ports');
  await shows(port(3), 'not applied yet');
  await apply();
  for (const number of [1, 2, 3]) await shows(port(number), /Online\s+100\.64\.1\.1\d\d\s+02:/);
  expect(await page.locator('[data-link="line2"]').count()).toBe(1);
});

test('they are switched off and on together', async () => {
  const { router } = lab;
  const used = () =>
    (router.exec(['ip', 'route', 'show', 'table', '5200']).stdout.match(/line/g) ?? []).length;
  await row().locator('[data-field="enabled"]').click();
  await wait_for(() => used() === 0, { what: 'all of them to be off' });
  await shows(port(1), 'Off');
  expect(await link_field(page, 'line3', 'enabled').isChecked()).toBe(false);
  await row().locator('[data-field="enabled"]').click();
  await wait_for(() => used() === 3, { what: 'all of them to be on', timeout_ms: 20_000 });
});

test('a viewer sees them and can change nothing', async () => {
  const viewer = await open_page(browser, lab, 'viewer');
  const theirs = viewer.locator('[data-ports="line"]');
  await theirs.waitFor();
  expect(await theirs.locator('[data-action="edit"]').isDisabled()).toBe(true);
  expect(await theirs.locator('[data-field="enabled"]').isDisabled()).toBe(true);
  await viewer.context().close();
});

test('nothing sticks out of a phone', async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  await row().locator('[data-action="edit"]').click();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

test('they become fewer, and leave nothing when they are removed', async () => {
  await row().locator('[data-action="edit"]').click();
  await editor_field(page, 'ports', 'count').fill('1');
  await save(page, 'ports');
  await apply();
  await wait_for(() => !devices().includes('linkagg_line2'), { what: 'the second device to be gone' });
  await banner(page, 'confirmed').locator('button').click();
  await row().locator('[data-action="remove"]').click();
  await apply();
  await banner(page, 'no-ports').waitFor();
  await wait_for(() => !devices().includes('linkagg_'), { what: 'the devices to be gone' });
  expect(lab.read_config('network')).not.toContain('linkagg_');
});

test('limits of Wi-Fi and missing packages are said before anybody tries', async () => {
  await page.route('**/ubus', async route => {
    const response = await route.fetch();
    const text = (await response.text())
      .replaceAll(/"radios":\s*\[\]/g, '"radios":[{"name":"radio0","clients":8,"channels":1}]')
      .replaceAll(/"missing":\s*\{[^}]*\}/g, '"missing":{"dhcp":"opkg install kmod-macvlan","pppoe":""}')
      .replaceAll(/"missing":\s*""/g, '"missing":"opkg install ip-full"');
    await route.fulfill({ response, body: text });
  });
  const radios = page.locator('[data-field="radios"]');
  await radios.waitFor();
  expect(await radios.textContent()).toContain(
    'radio0: client of at most 8 Wi-Fi networks, all on one channel.',
  );
  await banner(page, 'no-macvlan').waitFor();
  expect(await banner(page, 'no-macvlan').textContent()).toContain('opkg install kmod-macvlan');
  expect(await banner(page, 'no-multipath').textContent()).toContain('opkg install ip-full');
  expect(await page.locator('[data-list="ports"] [data-action="add"]').isDisabled()).toBe(true);
});
