/** As much as the configuration allows, in a real kernel. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RUN_DIR } from '../../rpcd/platform/platform.ts';
import { apply, remove_all } from '../../rpcd/src/apply/apply.ts';
import type { Config } from '../../rpcd/src/config/schema.gen.ts';
import { config_from_json } from '../../rpcd/src/config/validate.ts';
import { GROUPS_MAX, LINKS_MAX, POLICIES_MAX } from '../../rpcd/src/plan/constants.ts';
import { plan } from '../../rpcd/src/plan/plan.ts';
import type { Plan } from '../../rpcd/src/plan/types.ts';
import { router_of_size, type Sections, sections_of_size } from '../../rpcd/test/router_of_size.ts';
import { type NotingPlatform, platform_in, run_in_netns } from './netns.ts';
import { sorted_ruleset } from './ruleset.ts';

const NETNS = 'scale-test';
const SIZE = { links: LINKS_MAX, groups: GROUPS_MAX, policies: POLICIES_MAX };
const OBSERVED = router_of_size(SIZE);

const router = (...argv: string[]) => run_in_netns(NETNS, ...argv);
const sections = sections_of_size(SIZE);

function config_of(json: Sections): Config {
  const { config, errors } = config_from_json(json);
  if (config === null) throw new Error(JSON.stringify(errors));
  return config;
}

/** Commands and their texts, without those that only ask. */
function written({ batches }: NotingPlatform): NotingPlatform['batches'] {
  return batches.filter(({ command }) => !command.includes('-j'));
}

function lines(text: string, pattern: RegExp): number {
  return text.split('\n').filter(line => pattern.test(line)).length;
}

/** All of ours, and what could have been changed besides. */
function kernel_state(): string {
  return [
    router('ip', 'rule'),
    router('ip', '-6', 'rule'),
    router('ip', '-4', 'route', 'show', 'table', 'all'),
    router('ip', '-6', 'route', 'show', 'table', 'all', 'proto', '108'),
    sorted_ruleset(router('nft', '-s', '-t', 'list', 'ruleset')),
    router('sysctl', 'net.ipv4.fib_multipath_hash_policy', 'net.ipv6.fib_multipath_hash_policy'),
  ].join('\n');
}

describe('62 links, 16 groups and 1,000 policies', () => {
  let before = '';
  let planned = '';
  let wanted: Plan;

  beforeAll(() => {
    rmSync(RUN_DIR, { recursive: true, force: true });
    execFileSync('ip', ['netns', 'add', NETNS]);
    const devices = Object.values(OBSERVED.interfaces).map(({ device }) => device ?? '');
    const commands = devices.flatMap((device, index) => {
      const { ip4, ip6 } = Object.values(OBSERVED.interfaces)[index] ?? { ip4: null, ip6: null };
      return [
        device === 'br-lan'
          ? `link add ${device} type bridge`
          : `link add ${device} type veth peer name isp${index}`,
        ...(device === 'br-lan' ? [] : [`link set isp${index} up`]),
        `link set ${device} up`,
        `address add ${ip4?.address}/24 dev ${device}`,
        ...(ip6 === null || ip6.address === null
          ? []
          : [`address add ${ip6.address}/64 dev ${device} nodad`]),
      ];
    });
    execFileSync('ip', ['-n', NETNS, '-batch', '-'], { input: `link set lo up\n${commands.join('\n')}\n` });
    before = kernel_state();
    wanted = plan(config_of(sections), OBSERVED);
  });
  afterAll(() => {
    execFileSync('ip', ['netns', 'delete', NETNS]);
  });

  test('are one nft transaction and one batch of ip for each family', () => {
    const platform = platform_in(NETNS);
    const start = performance.now();
    expect(apply(platform, wanted).failure).toBe('');
    console.log(`applied in ${Math.round(performance.now() - start)} ms`);
    planned = kernel_state();
    expect(written(platform).map(({ command }) => command)).toEqual([
      'nft -f',
      'ip -4 -force -batch',
      'ip -6 -force -batch',
    ]);
    expect(lines(planned, /lookup 52\d\d .*108$/)).toBeGreaterThan(LINKS_MAX);
    const tables = (family: string) =>
      new Set(router('ip', family, 'route', 'show', 'table', 'all', 'proto', '108').match(/table 52\d\d/g));
    expect(tables('-4').size).toBe(LINKS_MAX + 1);
    expect(tables('-6').size).toBe(LINKS_MAX + 1);
  });

  test('applied a second time change nothing', () => {
    const platform = platform_in(NETNS);
    expect(apply(platform, plan(config_of(sections), { ...OBSERVED, slots: wanted.slots }))).toEqual({
      changed: [],
      failure: '',
    });
    expect(written(platform)).toEqual([]);
  });

  test('with another weight of one link send a small part of the chains anew, and one route of each family', () => {
    const link = sections.link.map((each, index) => (index === 0 ? { ...each, weight: 9 } : each));
    const platform = platform_in(NETNS);
    const changed = plan(config_of({ ...sections, link }), OBSERVED);
    expect(apply(platform, changed).failure).toBe('');
    const [nft, ip4, ip6] = written(platform).map(({ text }) => text);
    const chains = lines(wanted.nft ?? '', /^\tchain /);
    console.log(`${lines(nft ?? '', /^flush chain /)} of ${chains} chains sent anew`);
    expect(nft).not.toMatch(/^flush table|^delete table/m);
    expect(lines(nft ?? '', /^flush chain /)).toBeGreaterThan(0);
    expect(lines(nft ?? '', /^flush chain /)).toBeLessThan(chains / 10);
    expect([ip4, ip6].map(text => text?.trim().split('\n').length)).toEqual([1, 1]);

    // And back, to the same state as before.
    expect(apply(platform_in(NETNS), wanted).failure).toBe('');
    expect(kernel_state()).toBe(planned);
  });

  test('one policy more or less is one chain', () => {
    const policy = sections.policy.filter((_each, index) => index !== 500);
    const platform = platform_in(NETNS);
    expect(apply(platform, plan(config_of({ ...sections, policy }), OBSERVED)).failure).toBe('');
    const [nft, ...others] = written(platform).map(({ text }) => text);
    expect(nft?.match(/^flush .*$/gm)).toEqual(['flush chain inet linkagg policies']);
    expect(others).toEqual([]);
  });

  test('leave nothing when they are removed', () => {
    const platform = platform_in(NETNS);
    expect(remove_all(platform).failure).toBe('');
    expect(written(platform).map(({ command }) => command)).toEqual([
      'nft -f',
      'ip -4 -force -batch',
      'ip -6 -force -batch',
    ]);
    expect(kernel_state()).toBe(before);
  });
});
