/** The wizard for a PC as a link: made on the page in Chromium; the PC does what it is told, in a lab with a server. */

import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { run_in } from '../lab/topology.ts';
import { type FarSide, far_side, type Pc, pc_of, run_on_linux } from '../scenarios/origin_network.ts';
import {
  banner,
  close_page,
  discard,
  editor_field,
  editor_reason,
  open_page,
  press_save,
  start_browser,
} from './browser.ts';

let lab: Lab;
let far: FarSide;
let pc: Pc;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wan1' }], clients: 2 });
  pc = pc_of(lab, 2);
  far = await far_side(lab);
  browser = await start_browser();
});
afterAll(async () => {
  await browser?.close();
  far?.agent.stop();
  await lab?.stop();
});

beforeEach(async () => {
  page = await open_page(browser, lab);
  await page.locator('[data-action="add-pc"]').click();
});
afterEach(async () => {
  await close_page(page);
});

async function fill_in(values: Record<string, string>): Promise<void> {
  for (const [option, text] of Object.entries(values)) await editor_field(page, 'pc', option).fill(text);
}

/** All that has to be known of this lab. */
async function fill_in_right(): Promise<void> {
  await fill_in({
    name: 'pc1',
    address: pc.address,
    server_address: far.server.host,
    server_port: `${far.server.port}`,
    server_public_key: far.server.public_key,
    server_interface: far.server.device,
  });
}

function text_of(field: string): Locator {
  return page.locator(`[data-editor="pc"] pre[data-field="${field}"]`);
}

async function shown(field: string): Promise<string> {
  await text_of(field).waitFor();
  return (await text_of(field).textContent()) ?? '';
}

describe('bad input', () => {
  test('about the server is refused before anything is staged', async () => {
    await fill_in_right();
    await fill_in({ server_address: 'vpn.example.com', server_public_key: 'short', server_interface: 'a b' });
    await press_save(page, 'pc');
    await editor_reason(page, 'pc', 'server_address').waitFor();
    expect(await editor_reason(page, 'pc', 'server_public_key').textContent()).toContain('44');
    expect(await editor_reason(page, 'pc', 'server_interface').textContent()).toContain('wg0');
    expect(await page.locator('[data-staged]').count()).toBe(0);
  });

  test('about the PC is refused by the router, at its field', async () => {
    await fill_in_right();
    await fill_in({ address: '10.1.2.3', network: '192.168.1.0/24' });
    await press_save(page, 'pc');
    await editor_reason(page, 'pc', 'address').waitFor();
    await fill_in({ address: pc.address });
    await press_save(page, 'pc');
    await editor_reason(page, 'pc', 'network').waitFor();
    expect(await editor_reason(page, 'pc', 'network').textContent()).toContain('network of lan');
    await fill_in({ network: '', name: 'much_too_long' });
    await press_save(page, 'pc');
    await editor_reason(page, 'pc', 'name').waitFor();
    expect(await page.locator('[data-staged]').count()).toBe(0);
  });
});

test('Windows gets a file, and commands without its key', async () => {
  await fill_in_right();
  await press_save(page, 'pc');
  const conf = await shown('conf');
  const key = /PrivateKey = (.{44})\n/.exec(conf)?.[1] ?? '';
  expect(conf).toContain('Address = 10.120.31.2/24');
  expect(await shown('windows')).toContain('-InterfaceAlias pc1_linkagg');
  expect(await shown('windows')).not.toContain(key);
  const download = page.locator('[data-action="download-conf"]');
  expect(await download.getAttribute('download')).toBe('pc1_linkagg.conf');
  expect(await shown('server_uci')).toContain(`config wireguard_${far.server.device}`);
  await discard(page);
});

test('a Linux PC is a link when it, the server and the router have what the page says', async () => {
  await fill_in_right();
  await editor_field(page, 'pc', 'system').selectOption('linux');
  await press_save(page, 'pc');
  run_on_linux(pc, await shown('linux'));
  const server = run_in('server', ['sh', '-e', '-c', await shown('server_shell')]);
  expect(server).toMatchObject({ code: 0, stderr: '' });
  const staged = page.locator('[data-staged]');
  await staged.locator('[data-action="review"]').click();
  await staged.locator('[data-action="apply"]').click();
  await banner(page, 'confirmed').waitFor({ timeout: 20_000 });
  await wait_for(async () => (await page.locator('[data-link="pc1"]').textContent())?.includes('Online'), {
    what: 'the PC to be a link that works',
    timeout_ms: 20_000,
  });
});

test('nothing sticks out of a phone', async () => {
  await page.setViewportSize({ width: 320, height: 640 });
  await fill_in_right();
  await fill_in({ name: 'pc2' });
  await press_save(page, 'pc');
  await text_of('windows').waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await discard(page);
});
