/** What is said of links beside their state. */

import { expect, test } from 'vitest';
import type { DaemonPlatform } from '../platform/platform.ts';
import { config_from_json } from '../src/config/validate.ts';
import { routable_links } from '../src/plan/links.ts';
import type { Verdict } from '../src/plan/types.ts';
import { start_status } from '../src/status/status.ts';
import { router_of_size, sections_of_size } from './router_of_size.ts';

const SIZE = { links: 2, groups: 0, policies: 0 };

/** Of links whose IPv6 has these verdicts. */
function new_ip6_connections(wan1: Verdict, wan2: Verdict): boolean[] {
  const { config } = config_from_json(sections_of_size(SIZE));
  if (config === null) throw new Error('not valid');
  const platform = {
    sockets: null,
    now_ms: () => 0,
    read_file: () => null,
    run: () => ({ code: 1, stdout: '', stderr: '' }),
    spawn: () => ({ stop: () => {} }),
  } as unknown as DaemonPlatform;
  const verdicts = { ip4: { wan1: 'alive', wan2: 'alive' }, ip6: { wan1, wan2 } } as const;
  const { links } = start_status(
    platform,
    () => null,
    () => {},
  );
  const observed = { ...router_of_size(SIZE), verdicts };
  return links(config, observed, routable_links(config, observed)).map(({ ip6 }) => ip6);
}

test('a link whose IPv6 is held down gets no new IPv6 connections, unless no other link has IPv6', () => {
  expect(new_ip6_connections('alive', 'alive')).toEqual([true, true]);
  expect(new_ip6_connections('dead', 'alive')).toEqual([false, true]);
  expect(new_ip6_connections('held', 'alive')).toEqual([false, true]);
  expect(new_ip6_connections('held', 'dead')).toEqual([true, false]);
});
