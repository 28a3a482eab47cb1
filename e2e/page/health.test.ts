/** What the page tells of a link that is ill: its state, its last 24 hours, and a test of its probes. */

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, start_lab, type User, wait_for } from '../lab/lab.ts';
import { configure, has_state } from '../scenarios/configure.ts';
import {
  banner,
  close_page,
  editor_field,
  editor_reason,
  link_field,
  open_page,
  press_save,
  save,
  start_browser,
  unfold,
} from './browser.ts';

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
afterEach(async () => {
  await close_page(page);
  for (const uplink of lab.uplinks) uplink.restore();
  await configure(lab, { globals: { captive_check: 1 } });
  for (const { name } of lab.uplinks) await has_state(lab, name, 'online');
});

async function open(user: User = 'root', options: BrowserContextOptions = {}): Promise<void> {
  page = await open_page(browser, lab, user, options);
}

async function shown(link: string, field: string, text: string | RegExp): Promise<void> {
  await link_field(page, link, field).filter({ hasText: text }).waitFor({ timeout: 30_000 });
}

const details = (link: string) => page.locator(`[data-details="${link}"]`);
const test_button = (link: string) => details(link).locator('[data-action="test"]');

/** The row's details, which are closed at first. */
async function open_details(link: string): Promise<void> {
  expect(await details(link).count()).toBe(0);
  await page.locator(`[data-link="${link}"] [data-action="details"]`).click();
  await test_button(link).waitFor();
}

/** Changes of state that the details list, newest first. */
function events(link: string): Promise<(string | null)[]> {
  return details(link)
    .locator('[data-event]')
    .evaluateAll(items => items.map(item => item.getAttribute('data-event')));
}

describe('an admin', () => {
  test('sees how long a link takes to answer, and what it was like until now', async () => {
    await open();
    await shown('wan1', 'probes', /^\d+ ms, \d+% lost$/);
    await open_details('wan1');
    const graph = details('wan1').getByRole('img');
    await graph.waitFor();
    expect(await graph.getAttribute('aria-label')).toMatch(/on average.* lost/);
    expect(await graph.locator('.la-line').getAttribute('d')).toMatch(/^M/);
    expect(await events('wan1')).toContain('online');
  });

  test('sees a link that has died, why it is thought to be dead, and when that was', async () => {
    await open();
    await open_details('wan2');
    lab.uplink('wan2').blackhole();
    await shown('wan2', 'state', 'Offline');
    await shown('wan2', 'reason', 'no answer');
    expect(await page.locator('[data-summary]').textContent()).toContain('1 of 2 links');
    await wait_for(async () => (await events('wan2'))[0] === 'offline', { what: 'the change in the list' });
    expect(await details('wan2').locator('[data-event]').first().textContent()).toMatch(
      /no answer.*\d s ago/,
    );

    lab.uplink('wan2').restore();
    await shown('wan2', 'state', 'Online');
    await wait_for(async () => (await events('wan2')).slice(0, 2).includes('online'), { what: 'the return' });
  });

  test('asks all probes of a link that is switched off', async () => {
    await configure(lab, { links: { wan2: { enabled: 0, probe: ['1.1.1.1', '192.0.2.253'] } } });
    await open();
    await shown('wan2', 'state', 'Off');
    await open_details('wan2');
    await test_button('wan2').click();
    const outcome = (probe: string) =>
      details('wan2').locator(`[data-probe="${probe}"]`).getAttribute('data-outcome');
    await details('wan2').locator('[data-test="done"] [data-probe]').first().waitFor();
    expect(await outcome('1.1.1.1')).toBe('ok');
    expect(await outcome('gateway')).toBe('ok');
    expect(await outcome('192.0.2.253')).toBe('no-reply');
    expect(await details('wan2').locator('[role="status"]').textContent()).toMatch(/^\d of \d answered/);
    expect(await test_button('wan2').isEnabled()).toBe(true);
  });

  test('is told why a link cannot be tested', async () => {
    await open();
    await lab.uplink('wan2').ifdown();
    await shown('wan2', 'state', 'Down');
    await open_details('wan2');
    await test_button('wan2').click();
    await banner(page, 'refused').waitFor();
    expect(await banner(page, 'refused').textContent()).toMatch(/wan2 was not tested.*interface is not up/s);
    await lab.uplink('wan2').ifup();
    await has_state(lab, 'wan2', 'online');
  });

  test('is told to log in where a captive portal is', async () => {
    await open();
    await lab.uplink('wan2').ifdown();
    await shown('wan2', 'state', 'Down');
    lab.uplink('wan2').captive('open');
    await lab.uplink('wan2').ifup();
    await shown('wan2', 'state', 'Login needed');
    const link = banner(page, 'captive').getByRole('link');
    expect(await banner(page, 'captive').textContent()).toContain('wan2');
    expect(await link.getAttribute('href')).toBe(`http://${lab.uplink('wan2').gateway}/`);
  });

  test('says from when on a link is too slow, and sees it degraded', async () => {
    await open();
    await page.locator('[data-link="wan2"] [data-action="edit"]').click();
    await editor_field(page, 'link', 'probe').waitFor();
    expect(await editor_field(page, 'link', 'loss_limit').count()).toBe(0);
    await page.locator('[data-fold="link-rare"] .la-fold').click();
    await editor_field(page, 'link', 'loss_limit').fill('101');
    await press_save(page, 'link');
    expect(await editor_reason(page, 'link', 'loss_limit').textContent()).toContain('0 to 100');
    await editor_field(page, 'link', 'loss_limit').fill('10');
    await editor_field(page, 'link', 'degraded').selectOption('reduce');
    await save(page, 'link');
    const stored = lab.read_config('linkagg');
    expect(stored).toMatch(/config link 'wan2'[\s\S]*option loss_limit '10'/);
    expect(stored).toMatch(/config link 'wan2'[\s\S]*option degraded 'reduce'/);

    lab.uplink('wan2').set_loss(200);
    await shown('wan2', 'state', 'Degraded');
    await shown('wan2', 'reason', 'loses');
    expect(await page.locator('[data-summary]').textContent()).toContain('1 is degraded');
    await shown('wan2', 'planned', '20%');
  });

  test('changes what happens to connections of a dead link', async () => {
    await open();
    await unfold(page, 'settings');
    await editor_field(page, 'globals', 'reset_dead').selectOption('false');
    await editor_field(page, 'globals', 'captive_check').selectOption('false');
    await save(page, 'globals');
    expect(lab.read_config('linkagg')).toContain("option reset_dead '0'");
    expect(lab.read_config('linkagg')).toContain("option captive_check '0'");
  });

  test('is told that nothing is measured while the service does not run', async () => {
    await open();
    await open_details('wan1');
    await lab.kill_daemon('SIGTERM');
    await banner(page, 'no-history').waitFor();
    await lab.start_daemon();
    await test_button('wan1').waitFor();
    await shown('wan1', 'state', 'Online');
  });
});

describe('a read-only login', () => {
  test('sees the past of a link, and cannot have it tested', async () => {
    await open('viewer');
    await open_details('wan1');
    await details('wan1').getByRole('img').waitFor();
    expect(await test_button('wan1').isDisabled()).toBe(true);
  });
});

describe('on any screen', () => {
  test.each([
    ['a phone', { viewport: { width: 320, height: 640 } }],
    ['a dark phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const }],
    ['a desktop', { viewport: { width: 1280, height: 900 } }],
  ])('nothing sticks out of %s with open details', async (_what, options) => {
    await open('root', options);
    await open_details('wan1');
    await test_button('wan1').click();
    await details('wan1').locator('[data-test="done"] [data-probe]').first().waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});
