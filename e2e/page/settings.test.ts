/** Tiers, settings, groups, policies and stickiness: set on the page in Chromium, seen in the kernel and the traffic. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { client_address } from '../lab/addresses.ts';
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
  start_browser,
  unfold,
} from './browser.ts';

const UPLINKS = ['wan1', 'wan2', 'wan3'];
const UDP = { protocol: 'udp' } as const;

let lab: Lab;
let browser: Browser;
let page: Page;
let first_config: string;

beforeAll(async () => {
  lab = await start_lab({ uplinks: UPLINKS.map(name => ({ name })), clients: 2, ipv6: true });
  first_config = lab.read_config('linkagg');
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
  lab.write_config('linkagg', first_config);
  await lab.ubus.call('linkagg.daemon', 'reload', {});
});

const nft = () => lab.router.exec(['nft', 'list', 'table', 'inet', 'linkagg']).stdout;
const text_of = async (selector: string) => (await page.locator(selector).textContent()) ?? '';
const policies = () =>
  page.locator('[data-policy]').evaluateAll(rows => rows.map(row => row.getAttribute('data-policy')));

/** Nothing is on its way to the router any more. */
async function confirmed(): Promise<void> {
  const pending = page.locator('.linkagg').locator('[data-pending], tr[aria-busy="true"]');
  await wait_for(async () => (await pending.count()) === 0, { what: 'the router to confirm' });
}

/** Uplinks of connections that are opened one after the other. */
async function taken(count: number, options: { protocol?: 'tcp' | 'udp'; from?: string } = {}) {
  const connections = lab.open_connections(count, options);
  const states = await wait_for(
    async () => {
      const now = await connections.states();
      return now.every(({ uplink }) => uplink !== null) ? now : null;
    },
    { what: `${count} connections to be answered` },
  );
  await connections.close();
  return new Set(states.map(({ uplink }) => uplink));
}

async function start_adding(type: 'group' | 'policy' | 'nat', name: string): Promise<void> {
  await page.locator(`[data-list="${type}"] [data-action="add"]`).click();
  await editor_field(page, type, 'name').fill(name);
}

async function add_policy(name: string, target: string, values: Record<string, string>): Promise<void> {
  await start_adding('policy', name);
  for (const [option, text] of Object.entries(values)) {
    await editor_field(page, 'policy', option).fill(text);
  }
  await editor_field(page, 'policy', 'target').selectOption(target);
  await save(page, 'policy');
}

async function make_sticky(): Promise<void> {
  await unfold(page, 'settings');
  await editor_field(page, 'globals', 'sticky').selectOption('source');
  await save(page, 'globals');
}

test('a link becomes a backup: it stands by, and takes over when the others are gone', async () => {
  expect(await page.locator('[data-field="tier"]').count()).toBe(0);
  await page.locator('[data-link="wan3"] [data-action="edit"]').click();
  await editor_field(page, 'link', 'tier').fill('2');
  await save(page, 'link');

  const state = () => link_field(page, 'wan3', 'state').textContent();
  await wait_for(async () => (await state()) === 'Standby', { what: 'wan3 to stand by' });
  expect(await link_field(page, 'wan3', 'reason').textContent()).toContain('better link');
  expect(await link_field(page, 'wan3', 'tier').textContent()).toContain('2');
  expect(await text_of('[data-summary]')).toContain('1 is a backup');
  expect(await taken(6)).not.toContain('wan3');

  for (const name of ['wan1', 'wan2']) await link_field(page, name, 'enabled').click();
  await wait_for(async () => (await state()) !== 'Standby', { what: 'wan3 to take over' });
  expect(await taken(3)).toEqual(new Set(['wan3']));
});

test('a link shows its IPv6 address and how many connections live on it', async () => {
  const address6 = lab.uplink('wan1').address6 ?? '';
  await wait_for(async () => (await link_field(page, 'wan1', 'address6').textContent())?.includes(address6), {
    what: 'the IPv6 address',
  });
  const connections = lab.open_connections(9);
  const live = async () => {
    const texts = await page.locator('[data-field="live"]').allTextContents();
    return texts.reduce((sum, text) => sum + (Number.parseInt(text, 10) || 0), 0);
  };
  await wait_for(async () => (await live()) >= 9, { what: 'nine live connections', timeout_ms: 15_000 });
  await connections.close();
});

describe('settings', () => {
  test('one link for the traffic of the router itself', async () => {
    await unfold(page, 'settings');
    await editor_field(page, 'globals', 'router_traffic').selectOption('link');
    await press_save(page, 'globals');
    await editor_reason(page, 'globals', 'router_link').waitFor();
    await editor_field(page, 'globals', 'router_link').selectOption('wan2');
    await save(page, 'globals');
    expect(await text_of('[data-fold="settings"]')).toContain('wan2');
    expect(await taken(6, { from: 'router' })).toEqual(new Set(['wan2']));
  });

  test('a wrong value is refused at its field, and nothing is saved', async () => {
    const before = lab.read_config('linkagg');
    await unfold(page, 'settings');
    await editor_field(page, 'globals', 'sticky').selectOption('source');
    await editor_field(page, 'globals', 'sticky_timeout').fill('0');
    await editor_field(page, 'globals', 'mark_mask').fill('0xff');
    await press_save(page, 'globals');
    await editor_reason(page, 'globals', 'sticky_timeout').waitFor();
    expect(await editor_reason(page, 'globals', 'sticky_timeout').textContent()).toContain('86400');
    expect(await editor_reason(page, 'globals', 'mark_mask').textContent()).toContain('0x7f000000');
    expect(lab.read_config('linkagg')).toBe(before);
  });

  test('edited on two pages at once: the second is told and sees what is there now', async () => {
    await unfold(page, 'settings');
    await editor_field(page, 'globals', 'failback').selectOption('hard');
    const other = await open_page(browser, lab);
    await unfold(other, 'settings');
    await editor_field(other, 'globals', 'sticky').selectOption('source');
    await save(other, 'globals');
    await other.context().close();

    await press_save(page, 'globals');
    await banner(page, 'editor').waitFor();
    expect(await banner(page, 'editor').textContent()).toContain('changed elsewhere');
    expect(await editor_field(page, 'globals', 'sticky').inputValue()).toBe('source');
    expect(lab.read_config('linkagg')).not.toContain('hard');
  });
});

describe('groups and policies', () => {
  test('a page without any says what they are for', async () => {
    expect(await banner(page, 'no-policies').textContent()).toContain('UDP over one link');
    expect(await banner(page, 'no-groups').textContent()).toContain('policies');
  });

  test('UDP goes over two of three links, and the rest over all', async () => {
    await start_adding('group', 'calls');
    for (const name of ['wan1', 'wan2']) {
      await editor_field(page, 'group', 'link').locator(`input[value="${name}"]`).check();
    }
    await editor_field(page, 'group', 'mode').selectOption('round-robin');
    await save(page, 'group');
    expect(await text_of('[data-group="calls"] [data-field="link"]')).toBe('wan1, wan2');

    await add_policy('voip', 'calls', { protocol: 'udp' });
    expect(await text_of('[data-policy="voip"] [data-field="fits"]')).toBe('UDP');
    expect(await text_of('[data-policy="voip"] [data-field="target"]')).toBe('Group calls');
    expect(await taken(8, UDP)).toEqual(new Set(['wan1', 'wan2']));
    expect(await taken(8)).toContain('wan3');

    await page.locator('[data-policy="voip"] [data-field="enabled"]').click();
    await confirmed();
    expect(await taken(8, UDP)).toContain('wan3');
  });

  test('the first policy that fits decides, and the order is changed with a click', async () => {
    await add_policy('phones', 'wan2', { protocol: 'udp' });
    await add_policy('console', 'wan3', { protocol: 'udp', source: '192.168.1.0/24' });
    expect(await taken(3, UDP)).toEqual(new Set(['wan2']));

    const up = page.locator('[data-policy="console"] [data-action="up"]');
    await up.press('Enter');
    expect(await policies()).toEqual(['console', 'phones']);
    await confirmed();
    expect(await taken(3, UDP)).toEqual(new Set(['wan3']));
    // It is the first now; the keyboard stays where it was.
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-action'));
    expect(focused).toBe('down');
  });

  test('what does not go together is refused at its field', async () => {
    const before = lab.read_config('linkagg');
    await start_adding('policy', 'wan1');
    await editor_field(page, 'policy', 'source').fill('printer');
    await press_save(page, 'policy');
    expect(await editor_reason(page, 'policy', 'source').textContent()).toContain("not 'printer'");
    expect(await editor_reason(page, 'policy', 'target').textContent()).toContain('choose');

    await editor_field(page, 'policy', 'source').fill('');
    await editor_field(page, 'policy', 'destination_port').fill('53');
    await editor_field(page, 'policy', 'target').selectOption('wan2');
    await press_save(page, 'policy');
    await editor_reason(page, 'policy', 'protocol').waitFor();
    expect(await editor_reason(page, 'policy', 'protocol').textContent()).toContain('tcp, udp');
    expect(await editor_reason(page, 'policy', 'name').textContent()).toContain('name of a link');
    expect(lab.read_config('linkagg')).toBe(before);
  });

  test('UDP one way and TCP another, from a preset', async () => {
    await page.locator('[data-preset="protocols"]').click();
    await editor_field(page, 'policy', 'target').selectOption('wan3');
    await editor_field(page, 'policy', 'router').selectOption('true');
    expect(await editor_field(page, 'policy', 'protocol').inputValue()).toBe('udp');
    await press_save(page, 'policy');
    await wait_for(async () => (await editor_field(page, 'policy', 'protocol').inputValue()) === 'tcp', {
      what: 'the editor for TCP',
    });
    await editor_field(page, 'policy', 'target').selectOption('wan2');
    await save(page, 'policy');
    expect(await text_of('[data-policy="udp"] [data-field="fits"]')).toBe('UDP; the router as well');
    for (const from of ['client1', 'router']) {
      expect(await taken(4, { ...UDP, from })).toEqual(new Set(['wan3']));
    }
    expect(await taken(4)).toEqual(new Set(['wan2']));
  });

  test('the quickest link for games, from a preset; refused connections; a tier that is in use', async () => {
    await page.locator('[data-preset="quickest"]').click();
    await save(page, 'group');
    await save(page, 'policy');
    expect(await text_of('[data-group="quickest"] [data-field="mode"]')).toContain('shortest delay');
    expect(await text_of('[data-policy="realtime"] [data-field="target"]')).toBe('Group quickest');
    expect((await taken(6, UDP)).size).toBe(1);

    await page.locator('[data-preset="host"]').click();
    await editor_field(page, 'policy', 'source').fill(`${client_address(2)}-192.168.1.120`);
    await editor_field(page, 'policy', 'target').selectOption('unreachable');
    await save(page, 'policy');
    expect(await text_of('[data-policy="device"] [data-field="target"]')).toContain('refused');
    const [download] = await lab.download({ from: 'client2', bytes: 1 });
    expect(download?.error).toBe('ECONNREFUSED');
    expect(await taken(3, { from: 'client1' })).not.toContain(null);
  });

  test('a link that a policy uses stays, and the reason says who uses it', async () => {
    await add_policy('tv', 'wan3', { source: '192.168.1.7' });
    await page.locator('[data-link="wan3"] [data-action="remove"]').click();
    await banner(page, 'refused').waitFor();
    const text = await banner(page, 'refused').textContent();
    for (const word of ['wan3', 'not removed', 'tv']) expect(text).toContain(word);
    expect(await page.locator('[data-link="wan3"]').count()).toBe(1);

    await page.locator('[data-policy="tv"] [data-action="remove"]').click();
    await banner(page, 'removed').getByRole('button', { name: 'Undo' }).click();
    await page.locator('[data-policy="tv"]').waitFor();
    await wait_for(() => lab.read_config('linkagg').includes("config policy 'tv'"), {
      what: 'tv to be back',
    });
  });

  test('what somebody else added on the router shows up', async () => {
    const theirs = "\nconfig policy 'theirs'\n\toption target 'wan1'\n\tlist protocol 'icmp'\n";
    lab.write_config('linkagg', first_config + theirs);
    await page.locator('[data-policy="theirs"]').waitFor({ timeout: 20_000 });
    expect(await text_of('[data-policy="theirs"] [data-field="fits"]')).toBe('ICMP');
  });
});

describe('NAT rules', () => {
  test('one is added, counts what it was used for, is switched off and removed', async () => {
    expect(await banner(page, 'no-nat').textContent()).toContain('firewall');
    await start_adding('nat', 'site');
    await editor_field(page, 'nat', 'out').fill('wan2');
    await editor_field(page, 'nat', 'source').fill('192.168.1.0/24');
    await editor_field(page, 'nat', 'comment').fill('<b>回程</b> is missing');
    await editor_field(page, 'nat', 'action').selectOption('snat');
    await press_save(page, 'nat');
    expect(await editor_reason(page, 'nat', 'address').textContent()).toContain('missing');
    await editor_field(page, 'nat', 'action').selectOption('masquerade');
    await save(page, 'nat');
    expect(await text_of('[data-nat="site"]')).toContain('<b>回程</b> is missing');
    expect(nft()).toContain('nat_site');

    await add_policy('all', 'wan2', {});
    expect(await taken(4)).toEqual(new Set(['wan2']));
    const used = async () => Number.parseInt(await text_of('[data-nat="site"] [data-field="used"]'), 10);
    await wait_for(async () => (await used()) >= 4, { what: 'four connections' });

    await page.locator('[data-nat="site"] [data-field="enabled"]').click();
    await confirmed();
    expect(nft()).not.toContain('nat_site');
    await page.locator('[data-nat="site"] [data-action="remove"]').click();
    await banner(page, 'no-nat').waitFor();
  });
});

describe('who stays on which link', () => {
  const entries = () =>
    page
      .locator('[data-sticky]')
      .evaluateAll(rows => rows.map(row => row.getAttribute('data-sticky')).sort());
  const shows = (...sources: string[]) =>
    wait_for(async () => JSON.stringify(await entries()) === JSON.stringify(sources), {
      what: `the list to be ${sources.join(' ')}`,
    });

  test('is listed, and a client or all of them can be forgotten', async () => {
    expect(await page.locator('[data-fold="sticky"]').count()).toBe(0);
    await make_sticky();
    await unfold(page, 'sticky');
    await banner(page, 'no-sticky').waitFor();

    const [first] = await lab.download({ from: 'client1', bytes: 1 });
    await lab.download({ from: 'client2', bytes: 1 });
    const [client1, client2] = [client_address(1), client_address(2)];
    await shows(client1, client2);
    expect(await text_of(`[data-sticky="${client1}"] [data-field="link"]`)).toBe(first?.uplink);
    expect(await taken(4, { from: 'client1' })).toEqual(new Set([first?.uplink]));

    await page.locator(`[data-sticky="${client1}"] [data-action="forget"]`).click();
    await shows(client2);
    expect(nft()).not.toMatch(new RegExp(`${client1} .*expires`));

    await page.locator('[data-action="clear"]').click();
    await banner(page, 'no-sticky').waitFor();
    expect(nft()).not.toMatch(new RegExp(`${client2} .*expires`));
  });

  test('is seen but not cleared by a read-only login', async () => {
    await make_sticky();
    await lab.download({ from: 'client1', bytes: 1 });
    const viewer = await open_page(browser, lab, 'viewer');
    await unfold(viewer, 'sticky');
    await viewer.locator('[data-sticky]').waitFor();
    for (const action of ['forget', 'clear']) {
      expect(await viewer.locator(`[data-action="${action}"]`).first().isDisabled(), action).toBe(true);
    }
    await viewer.context().close();
  });
});

test('flow offloading is warned of', async () => {
  const good = lab.read_config('firewall');
  lab.write_config('firewall', `${good}\nconfig defaults\n\toption flow_offloading '1'\n`);
  await lab.ubus.call('linkagg.daemon', 'reload', {});
  await banner(page, 'flow-offloading').waitFor();
  lab.write_config('firewall', good);
  await lab.ubus.call('linkagg.daemon', 'reload', {});
  await banner(page, 'flow-offloading').waitFor({ state: 'detached' });
});

test('nothing sticks out of a phone, with all of it open', async () => {
  await make_sticky();
  await add_policy('somebody_elses_long_policy_name', 'wan3', {
    protocol: 'tcp udp',
    source: 'fd00:1234:5678:9abc:def0:1234:5678:9abc 192.168.1.0/24 10.0.0.0/8 172.16.0.0/12 192.0.2.1',
    destination_port: '1-1023 5000-5100',
  });
  await lab.download({ from: 'client1', bytes: 1 });
  await page.setViewportSize({ width: 320, height: 640 });
  await unfold(page, 'sticky');
  await page.locator('[data-sticky]').waitFor();
  await unfold(page, 'settings');
  await start_adding('group', 'g');
  await editor_field(page, 'globals', 'mark_mask').waitFor();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
