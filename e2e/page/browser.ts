/** A real Chromium with the page in it, logged in. */

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Lab, type User, wait_for } from '../lab/lab.ts';

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function start_browser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? EXECUTABLES.find(path => existsSync(path));
  if (executablePath === undefined)
    throw new Error('no Chromium here: apt-get install chromium, or set CHROMIUM');
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Errors that the page threw, by page. */
const thrown = new WeakMap<Page, string[]>();

/** After a test; throws when the page did. */
export async function close_page(page: Page): Promise<void> {
  expect(thrown.get(page)).toEqual([]);
  await page.context().close();
}

/** The page after login, with its links shown. */
export async function open_page(
  browser: Browser,
  lab: Lab,
  user: User = 'root',
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  thrown.set(page, errors);
  page.on('pageerror', error => errors.push(error.message));
  await page.goto(lab.url);
  const { username, password } = lab.credentials[user];
  await page.locator('#luci_username').fill(username);
  await page.locator('#luci_password').fill(password);
  await page.locator('#login button[type=submit]').click();
  await page.locator('[data-link]').first().waitFor();
  return page;
}

export function link_field(page: Page, link: string, field: string): Locator {
  return page.locator(`[data-link="${link}"] [data-field="${field}"]`);
}

/** What is edited: `globals` are the settings, `export` is a tunnel's file for its other side. */
export type Edited = 'link' | 'group' | 'policy' | 'nat' | 'globals' | 'tunnel' | 'export' | 'ports' | 'pc';

export function editor_field(page: Page, edited: Edited, option: string): Locator {
  return page.locator(`[data-editor="${edited}"] [data-field="${option}"]`);
}

export function editor_reason(page: Page, edited: Edited, option: string): Locator {
  return page.locator(`[data-editor="${edited}"] [data-error="${option}"]`);
}

/** For what is going to be refused; `save` waits until it is saved. */
export async function press_save(page: Page, edited: Edited): Promise<void> {
  await page.locator(`[data-editor="${edited}"] button[type=submit]`).click();
}

/** Saves what is in the editor, which closes when the router has it. */
export async function save(page: Page, edited: Edited): Promise<void> {
  await press_save(page, edited);
  await page.locator(`[data-editor="${edited}"]`).waitFor({ state: 'detached' });
}

/** Opens a part of the page that is closed at first. */
export async function unfold(
  page: Page,
  name: 'settings' | 'sticky' | 'tunnel-file' | 'tunnel-rare',
): Promise<void> {
  await page.locator(`[data-fold="${name}"] .la-fold`).click();
}

export function banner(page: Page, name: string): Locator {
  return page.locator(`[data-banner="${name}"]`);
}

/** The bar of unsaved changes. */
export function staged_bar(page: Page): Locator {
  return page.locator('[data-staged]');
}

/** What the frame of the page says in its header of unsaved changes, as LuCI does. */
export async function header_says(page: Page, text: RegExp): Promise<void> {
  await wait_for(async () => text.test((await page.locator('#unsaved').textContent()) ?? ''), {
    what: `the header to say ${text}`,
  });
}

export async function discard(page: Page): Promise<void> {
  const bar = staged_bar(page);
  await bar.locator('[data-action="review"]').click();
  await bar.locator('[data-action="discard"]').click();
  await bar.waitFor({ state: 'detached' });
}
