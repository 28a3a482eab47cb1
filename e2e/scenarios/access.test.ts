/** Who may do what through the web server, and what a refusal says. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, start_lab } from '../lab/lab.ts';

describe('the plugin, called as the page calls it', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await start_lab();
  });
  afterAll(() => lab?.stop());

  test('a read-only login sees everything and changes nothing', async () => {
    const before = lab.read_config('linkagg');
    expect((await lab.rpc('status', {}, { user: 'viewer' })).reply).toMatchObject({ running: true });
    const { reply } = await lab.rpc('get_config', {}, { user: 'viewer' });
    expect(reply).toMatchObject({ errors: [] });
    for (const [method, args] of [
      ['set_link', { link: { name: 'wan1', enabled: false } }],
      ['set_config', { change: { config: reply?.config ?? {}, revision: reply?.revision ?? '' } }],
    ] as const) {
      expect(await lab.rpc(method, args, { user: 'viewer' })).toMatchObject({ error: -32002 });
    }
    expect(lab.read_config('linkagg')).toBe(before);
  });

  test.each([
    ['a weight out of range', { name: 'wan1', weight: 0 }, { section: 'wan1', option: 'weight' }],
    [
      'a weight that is no number',
      { name: 'wan1', weight: '5; reboot' },
      { section: 'wan1', option: 'weight' },
    ],
    ['a link that does not exist', { name: 'wan9', enabled: true }, { section: 'wan9' }],
    ['an option that cannot be set', { name: 'wan1', interface: 'lan' }, { option: 'interface' }],
  ])('%s is refused with section, option and reason, and changes nothing', async (_what, link, error) => {
    const before = lab.read_config('linkagg');
    const { reply } = await lab.rpc('set_link', { link });
    expect(reply).toMatchObject({
      ok: false,
      errors: [{ ...error, reason: expect.stringMatching(/\w+ \w+/) }],
    });
    expect(lab.read_config('linkagg')).toBe(before);
  });

  test('a configuration that somebody else changed meanwhile is not overwritten', async () => {
    const { reply: mine } = await lab.rpc('get_config');
    await lab.rpc('set_link', { link: { name: 'wan1', weight: 7 } });
    const before = lab.read_config('linkagg');
    const change = { config: mine?.config ?? {}, revision: mine?.revision ?? '' };
    expect((await lab.rpc('set_config', { change })).reply).toMatchObject({
      ok: false,
      errors: [{ option: 'revision', reason: expect.stringContaining('reload') }],
    });
    expect(lab.read_config('linkagg')).toBe(before);
  });

  test('without the daemon the status says so, and a change is saved for when it starts', async () => {
    await lab.kill_daemon('SIGKILL');
    expect((await lab.rpc('status')).reply).toMatchObject({ running: false, links: [] });
    const { reply } = await lab.rpc('set_link', { link: { name: 'wan2', weight: 9 } });
    expect(reply).toMatchObject({ ok: true, failure: expect.stringContaining('service linkagg start') });
    await lab.start_daemon();
    const { reply: status } = await lab.rpc('status');
    expect(status?.links).toContainEqual(expect.objectContaining({ name: 'wan2', weight: 9 }));
  });
});
