/** When connections over a backup are ended, and when the kernel is made to forget old ones. */

import { expect, test } from 'vitest';
import type { DaemonPlatform } from '../platform/platform.ts';
import type { Config } from '../src/config/schema.gen.ts';
import { config_from_json } from '../src/config/validate.ts';
import { start_failback } from '../src/failback.ts';
import { mark_layout } from '../src/plan/marks.ts';
import type { Path, Verdicts } from '../src/plan/types.ts';
import { start_sources } from '../src/sources.ts';
import { routable } from './link.ts';

/** Runs nothing: commands are noted, timers fire when told to. */
function fake_platform() {
  const commands: string[] = [];
  const timers: (() => void)[] = [];
  const platform = {
    run: (argv: string[]) => {
      commands.push(argv.join(' '));
      return { code: 0, stdout: '', stderr: '' };
    },
    timer: (_delay_ms: number, callback: () => void) => {
      timers.push(callback);
      return { cancel: () => timers.splice(timers.indexOf(callback), 1) };
    },
  } as unknown as DaemonPlatform;
  return { platform, commands, timers };
}

function config_of(globals: object, policy: object[] = []): Config {
  const link = [
    { name: 'wan', interface: 'wan' },
    { name: 'lte', interface: 'lte', tier: 2 },
  ];
  const { config, errors } = config_from_json({
    globals: { enabled: true, failback: 'hard', ...globals },
    link,
    group: [],
    policy,
    nat: [],
  } as never);
  if (config === null) throw new Error(JSON.stringify(errors));
  return config;
}

const wan = routable('wan', 1);
const lte = routable('lte', 2, { tier: 2 });
const ALONE: Verdicts = { ip4: { wan: 'unknown', lte: 'alive' }, ip6: { wan: 'unknown', lte: 'alive' } };
const BOTH: Verdicts = { ip4: { wan: 'alive', lte: 'alive' }, ip6: { wan: 'alive', lte: 'alive' } };
const nobody = { ip4: [], ip6: [] };

test('a better link ends connections over the backup when it answers, not when it is merely up', () => {
  const { platform, commands, timers } = fake_platform();
  const failback = start_failback(platform, () => {});
  const config = config_of({});
  expect(failback.leaving(config, [lte], ALONE)).toEqual(nobody);
  expect(failback.leaving(config, [wan, lte], ALONE)).toEqual(nobody);
  const both = BOTH;
  expect(failback.leaving(config, [wan, lte], both)).toEqual({ ip4: ['lte'], ip6: ['lte'] });
  timers[0]?.();
  expect(commands).toEqual([
    'conntrack -D -f ipv4 -m 0x02000000/0x7f000000 --reply-dst 100.64.2.2',
    'conntrack -D -f ipv6 -m 0x02000000/0x7f000000 --reply-dst 2001:db8:2::2',
  ]);
  expect(failback.leaving(config, [wan, lte], both)).toEqual(nobody);
});

test('IPv6 stays on the backup until it is back itself', () => {
  const failback = start_failback(fake_platform().platform, () => {});
  const config = config_of({});
  const both = BOTH;
  failback.leaving(config, [lte], both);
  const ip4_only = routable('wan', 1, { ip6: null });
  expect(failback.leaving(config, [ip4_only, lte], both)).toEqual({ ip4: ['lte'], ip6: [] });
  expect(failback.leaving(config, [wan, lte], both).ip6).toEqual(['lte']);
});

test('switched off in between, set to soft, or a target of a policy: nothing is ended', () => {
  const both = BOTH;
  for (const [before, after] of [
    [config_of({ enabled: false }), config_of({})],
    [config_of({}), config_of({ failback: 'soft' })],
    [config_of({}), config_of({}, [{ name: 'voice', target: 'lte' }])],
  ] as const) {
    const failback = start_failback(fake_platform().platform, () => {});
    failback.leaving(config_of({}), [lte], both);
    failback.leaving(before, [lte], both);
    expect(failback.leaving(after, [wan, lte], both)).toEqual(nobody);
  }
});

test('connections of a link are forgotten when it comes back with another address, in that family only', () => {
  const { platform, commands } = fake_platform();
  const sources = start_sources(platform);
  const layout = mark_layout('0x7f000000');
  if (layout === null) throw new Error('this mask is valid');
  sources.note([wan, lte], layout);
  sources.note([lte], layout);
  sources.note([routable('wan', 1, { prefixes: ['2001:db8:100::/56'] }), lte], layout);
  expect(commands).toEqual([]);
  sources.note([lte], layout);
  const renumbered: Path = { address: '2001:db8:9::2', gateway: 'fe80::1', use: 'yes' };
  sources.note([routable('wan', 1, { ip6: renumbered, prefixes: ['2001:db8:100::/56'] }), lte], layout);
  expect(commands).toEqual(['conntrack -D -f ipv6 -m 0x01000000/0x7f000000']);
  sources.note([routable('wan', 1, { ip6: renumbered }), lte], layout);
  expect(commands.length).toBe(2);
  sources.note(
    [routable('wan', 1, { ip6: renumbered, ip4: { address: '100.64.1.3', gateway: null, use: 'yes' } })],
    layout,
  );
  expect(commands[2]).toBe('conntrack -D -f ipv4 -m 0x01000000/0x7f000000');
});
