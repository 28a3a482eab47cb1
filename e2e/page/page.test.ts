/** The page in Chromium over a live router, both ways: click and look at the kernel, change the router and look. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { banner, close_page, editor_field, link_field, open_page, start_browser, unfold } from './browser.ts';

let lab: Lab;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  lab = await start_lab({ uplinks: [{ name: 'wan1', weight: 2 }, { name: 'wan2' }, { name: 'wan3' }] });
  browser = await start_browser();
});
afterAll(async () => {
  await browser?.close();
  await lab?.stop();
});

/** The multipath table as `ip` prints it. */
function multipath(): string {
  return lab.router.exec(['ip', 'route', 'show', 'table', '5200']).stdout;
}

async function shown(link: string, field: string, text: string): Promise<void> {
  await wait_for(async () => (await link_field(page, link, field).textContent())?.includes(text), {
    what: `${field} of ${link} to say ${text}`,
  });
}

async function set_weight(link: string, weight: string): Promise<void> {
  const input = link_field(page, link, 'weight');
  await input.fill(weight);
  await input.press('Enter');
}

describe('an admin', () => {
  beforeEach(async () => {
    page = await open_page(browser, lab);
  });
  afterEach(async () => {
    await close_page(page);
  });

  test('sees every link with its state, gateway and rates', async () => {
    for (const { name, gateway, address } of lab.uplinks) {
      await shown(name, 'state', 'Online');
      await shown(name, 'gateway', gateway);
      await shown(name, 'address', address);
    }
    await lab.download({ parallel: 6, bytes: 2_000_000 });
    await wait_for(
      async () => Number(await page.locator('[data-total="rx"]').getAttribute('data-bps')) > 100_000,
      { what: 'the download in the total rate' },
    );
  });

  test('switches a link off and on, and the kernel follows', async () => {
    expect(multipath()).toContain('dev wan2');
    await link_field(page, 'wan2', 'enabled').click();
    await wait_for(() => !multipath().includes('dev wan2'), { what: 'wan2 to leave the multipath route' });
    await shown('wan2', 'state', 'Off');
    expect(lab.read_config('linkagg')).toMatch(/config link 'wan2'[\s\S]*option enabled '0'/);
    await link_field(page, 'wan2', 'enabled').click();
    await wait_for(() => multipath().includes('dev wan2'), { what: 'wan2 to come back' });
  });

  test('changes a weight, and the kernel follows', async () => {
    await set_weight('wan1', '17');
    await wait_for(() => multipath().includes('dev wan1 weight 17'), { what: 'weight 17' });
    await set_weight('wan1', '2');
    await wait_for(() => multipath().includes('dev wan1 weight 2'), { what: 'weight 2' });
  });

  test('chooses how connections are spread, and the kernel follows', async () => {
    const chains = () => lab.router.exec(['nft', '-t', 'list', 'table', 'inet', 'linkagg']).stdout;
    await page.locator('#la-mode').selectOption('hash');
    await wait_for(() => !chains().includes('chain choose'), { what: 'the balancer to be gone' });
    await page.locator('#la-mode').selectOption('adaptive');
    await wait_for(() => chains().includes('chain choose'), { what: 'the balancer to be back' });
  });

  test('reads why a value is refused, and nothing was changed', async () => {
    const before = lab.read_config('linkagg');
    await set_weight('wan1', '300');
    const reason = page.locator('[data-link="wan1"] [data-error="weight"]');
    await reason.waitFor();
    expect(await reason.textContent()).toContain('1 to 256');
    expect(lab.read_config('linkagg')).toBe(before);
    await link_field(page, 'wan1', 'weight').press('Escape');
    expect(await link_field(page, 'wan1', 'weight').inputValue()).toBe('2');
  });

  test('is told when the router refuses a change, and sees the old value again', async () => {
    const good = lab.read_config('linkagg');
    lab.write_config('linkagg', good.replace("config link 'wan3'", "config link 'other'"));
    await link_field(page, 'wan3', 'enabled').click();
    await banner(page, 'refused').waitFor();
    expect(await banner(page, 'refused').textContent()).toContain('no such link');
    await wait_for(async () => await link_field(page, 'wan3', 'enabled').isChecked(), {
      what: 'the rollback',
    });
    lab.write_config('linkagg', good);
  });

  test('sees what somebody else changed on the router', async () => {
    const good = lab.read_config('linkagg');
    const wan3 = good.indexOf("config link 'wan3'");
    const changed = good.slice(wan3).replace("option weight '1'", "option weight '42'");
    lab.write_config('linkagg', good.slice(0, wan3) + changed);
    await lab.ubus.call('linkagg.daemon', 'reload', {});
    await wait_for(async () => (await link_field(page, 'wan3', 'weight').inputValue()) === '42', {
      what: 'weight 42 on the page',
    });
    lab.write_config('linkagg', good);
    await lab.ubus.call('linkagg.daemon', 'reload', {});
    await wait_for(async () => (await link_field(page, 'wan3', 'weight').inputValue()) === '1', {
      what: 'weight 1',
    });
  });

  test('sees a cable pulled and plugged in again', async () => {
    lab.uplink('wan1').cut();
    await shown('wan1', 'state', 'Down');
    lab.uplink('wan1').restore();
    await shown('wan1', 'state', 'Online');
  });

  test('is told what is wrong with a configuration edited by hand', async () => {
    const good = lab.read_config('linkagg');
    lab.write_config('linkagg', good.replace("option weight '2'", "option weight 'heavy'"));
    await lab.ubus.call('linkagg.daemon', 'reload', {});
    await banner(page, 'errors').waitFor();
    const text = await banner(page, 'errors').textContent();
    for (const word of ['wan1', 'weight', '1 to 256']) expect(text).toContain(word);
    lab.write_config('linkagg', good);
    await lab.ubus.call('linkagg.daemon', 'reload', {});
    await banner(page, 'errors').waitFor({ state: 'detached' });
  });

  test('removes a link, and undo brings it back as it was', async () => {
    const before = lab.read_config('linkagg');
    await page.locator('[data-link="wan3"] [data-action="remove"]').click();
    await wait_for(() => !multipath().includes('dev wan3'), { what: 'wan3 to leave the multipath route' });
    await banner(page, 'removed').getByRole('button', { name: 'Undo' }).click();
    await wait_for(() => multipath().includes('dev wan3'), { what: 'wan3 to come back' });
    const sections = (text: string) => text.match(/config link '\w+'/g);
    expect(sections(lab.read_config('linkagg'))).toEqual(sections(before));
  });

  test('switches the whole service off and on', async () => {
    await page.locator('#la-globally-enabled').click();
    await wait_for(() => multipath() === '', { what: 'the multipath table to be empty' });
    await banner(page, 'switched-off').getByRole('button', { name: 'Switch on' }).click();
    await wait_for(() => multipath().includes('dev wan1'), { what: 'the multipath table to be back' });
  });

  test('is told that the service does not run, and the page recovers when it does', async () => {
    await lab.kill_daemon('SIGTERM');
    await banner(page, 'not-running').waitFor();
    expect(await banner(page, 'not-running').textContent()).toContain('service linkagg');
    await lab.start_daemon();
    await banner(page, 'not-running').waitFor({ state: 'detached' });
    await shown('wan1', 'state', 'Online');
  });
});

describe('a read-only login', () => {
  test('sees everything and can change nothing', async () => {
    page = await open_page(browser, lab, 'viewer');
    await banner(page, 'read-only').waitFor();
    await shown('wan1', 'state', 'Online');
    for (const field of ['enabled', 'weight'])
      expect(await link_field(page, 'wan1', field).isDisabled()).toBe(true);
    expect(await page.locator('#la-globally-enabled').isDisabled()).toBe(true);
    for (const action of ['add', 'edit', 'remove']) {
      expect(await page.locator(`[data-action="${action}"]`).first().isDisabled(), action).toBe(true);
    }
    await unfold(page, 'settings');
    expect(await editor_field(page, 'globals', 'lan_interface').inputValue()).toBe('lan');
    const controls = page.locator('[data-editor="globals"]').locator('input, select, button[type=submit]');
    for (const control of await controls.all()) expect(await control.isDisabled()).toBe(true);
    await close_page(page);
  });
});

describe('on any screen', () => {
  test.each([
    ['a phone', { viewport: { width: 320, height: 640 } }],
    ['a dark phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const }],
    ['a desktop', { viewport: { width: 1280, height: 900 } }],
  ])('nothing sticks out of %s', async (_what, options) => {
    page = await open_page(browser, lab, 'root', options);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.context().close();
  });
});
