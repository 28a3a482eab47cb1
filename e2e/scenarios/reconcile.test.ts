/** Whatever is done to the running router, it ends in the planned state again, and stopping leaves nothing. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, start_lab, wait_for } from '../lab/lab.ts';
import { sorted_ruleset } from './ruleset.ts';

let lab: Lab;

/** Everything in the kernel that is linkagg's, or that it could have changed. */
function kernel_state(): string {
  const words = [
    ['ip', 'rule'],
    ['ip', '-6', 'rule'],
    ['ip', '-4', 'route', 'show', 'table', 'all'],
    ['sysctl', 'net.ipv4.fib_multipath_hash_policy', 'net.netfilter.nf_conntrack_acct'],
  ].map(argv => lab.router.exec(argv).stdout);
  const ruleset = sorted_ruleset(lab.router.exec(['nft', '-s', '-t', 'list', 'ruleset']).stdout);
  return [...words, ruleset].join('\n');
}

async function back_to(planned: string): Promise<void> {
  try {
    await wait_for(() => kernel_state() === planned, { what: 'the planned state', timeout_ms: 15_000 });
  } catch {
    expect(kernel_state()).toBe(planned);
  }
}

/** Two looks in a row that agree. */
async function settled(): Promise<string> {
  let last = '';
  await wait_for(
    async () => {
      const now = kernel_state();
      const same = now === last;
      last = now;
      await new Promise(resolve => setTimeout(resolve, 300));
      return same;
    },
    { what: 'a kernel state that stays' },
  );
  return last;
}

describe('the running service', () => {
  let without = '';
  let planned = '';
  beforeAll(async () => {
    lab = await start_lab({ daemon: false });
    without = await settled();
    await lab.start_daemon();
    planned = await settled();
    expect(planned).toContain('table inet linkagg');
  });
  afterAll(() => lab?.stop());

  test('a reload without a change touches nothing', async () => {
    await lab.ubus.call('linkagg.daemon', 'reload', {});
    expect(kernel_state()).toBe(planned);
  });

  test('a deleted device', async () => {
    lab.uplink('wan2').remove();
    try {
      // The kernel drops the whole multipath route with one of its devices.
      await wait_for(
        () => /dev wan3/.test(lab.router.exec(['ip', 'route', 'show', 'table', '5200']).stdout),
        {
          what: 'the multipath route over the others',
        },
      );
    } finally {
      lab.uplink('wan2').restore();
    }
    await back_to(planned);
  });

  test('ip rule flush', async () => {
    lab.router.exec(['ip', 'rule', 'flush']);
    // What netifd itself restores; the rest is ours.
    lab.router.exec(['ip', 'rule', 'add', 'pref', '32766', 'lookup', 'main']);
    lab.router.exec(['ip', 'rule', 'add', 'pref', '32767', 'lookup', 'default']);
    await back_to(planned);
  });

  test('a single rule deleted', async () => {
    lab.router.exec(['ip', 'rule', 'del', 'pref', '6002']);
    await back_to(planned);
  });

  test('the multipath route deleted', async () => {
    lab.router.exec(['ip', 'route', 'flush', 'table', '5200']);
    await back_to(planned);
  });

  test('service network restart', async () => {
    await lab.restart_network();
    await back_to(planned);
  });

  test('fw4 reload', async () => {
    lab.reload_firewall();
    await back_to(planned);
  });

  test('our nft table flushed, at the next reload', async () => {
    lab.router.exec(['nft', 'flush', 'table', 'inet', 'linkagg']);
    await lab.ubus.call('linkagg.daemon', 'reload', {});
    await back_to(planned);
  });

  test('kill -9 in the middle of anything, and started again as procd does', async () => {
    for (const after_ms of [0, 15, 30, 60, 120]) {
      // Something to do, so that the kill hits a reconcile.
      lab.router.exec(['ip', 'rule', 'flush', 'protocol', '108']);
      await new Promise(resolve => setTimeout(resolve, after_ms));
      await lab.kill_daemon('SIGKILL');
      await lab.start_daemon();
      await back_to(planned);
    }
  });

  test('a configuration edited badly by hand is refused with section, option and reason, and changes nothing', async () => {
    const good = lab.read_config('linkagg');
    lab.write_config(
      'linkagg',
      `${good}\nconfig link 'typo'\n\toption interface 'wan9'\n\toption wieght '3'\n`,
    );
    const reply = await lab.ubus.call('linkagg.daemon', 'reload', {});
    expect(reply).toMatchObject({
      reply: {
        ok: false,
        errors: [{ section: 'typo', option: 'wieght', reason: expect.stringContaining('spelling') }],
      },
    });
    expect(kernel_state()).toBe(planned);
    lab.write_config('linkagg', good);
    expect(await lab.ubus.call('linkagg.daemon', 'reload', {})).toMatchObject({ reply: { ok: true } });
  });

  test('switched off globally and on again', async () => {
    const set_enabled = async (enabled: boolean) => {
      const { reply } = await lab.rpc('get_config');
      const config = reply?.config as { globals: { enabled: boolean } };
      config.globals.enabled = enabled;
      const changed = await lab.rpc('set_config', { change: { config, revision: reply?.revision ?? '' } });
      expect(changed.reply).toMatchObject({ ok: true });
    };
    await set_enabled(false);
    expect(kernel_state()).toBe(without);
    await set_enabled(true);
    await back_to(planned);
  });

  test('starting and stopping breaks no connection', async () => {
    await lab.kill_daemon('SIGTERM');
    expect(kernel_state()).toBe(without);
    const connections = lab.open_connections(20);
    const exchanged_more = async (count: number) => {
      const start = (await connections.states()).map(({ exchanged }) => exchanged);
      await wait_for(
        async () =>
          (await connections.states()).every(({ exchanged }, i) => exchanged >= (start[i] ?? 0) + count),
        { what: 'connections to go on' },
      );
    };
    await exchanged_more(2);
    await lab.start_daemon();
    await exchanged_more(5);
    for (const state of await connections.states()) {
      expect(state.broken).toBeNull();
      expect(state.sources).toHaveLength(1);
    }
    await connections.close();
  });

  test('stop leaves nothing of ours', async () => {
    expect(await lab.kill_daemon('SIGTERM')).toBe(0);
    expect(kernel_state()).toBe(without);
  });
});
