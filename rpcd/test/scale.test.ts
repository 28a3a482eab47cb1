/** As much as the configuration allows: what is planned grows with what is configured, and no faster. */

import { describe, expect, test } from 'vitest';
import { nft_script } from '../src/apply/diff.ts';
import { config_from_json, config_from_uci } from '../src/config/validate.ts';
import { GROUPS_MAX, LINKS_MAX, POLICIES_MAX } from '../src/plan/constants.ts';
import { plan } from '../src/plan/plan.ts';
import type { Plan } from '../src/plan/types.ts';
import { router_of_size, type Size, sections_of_size, uci_of_size } from './router_of_size.ts';

const FULL: Size = { links: LINKS_MAX, groups: GROUPS_MAX, policies: POLICIES_MAX };

function planned(size: Size): Plan {
  const { config, errors } = config_from_json(sections_of_size(size));
  if (config === null) throw new Error(JSON.stringify(errors));
  return plan(config, router_of_size(size));
}

function lines(text: string | null): number {
  return (text ?? '').split('\n').length;
}

function size_of({ ip4, ip6, nft }: Plan): Record<string, number> {
  return {
    'routes of IPv4': ip4.routes.length,
    'rules of IPv4': ip4.rules.length,
    'routes of IPv6': ip6.routes.length,
    'rules of IPv6': ip6.rules.length,
    'lines of nft': lines(nft),
    'bytes of nft': (nft ?? '').length,
  };
}

/** How many times as much of each there is. */
function growth(from: Size, to: Size): [string, number][] {
  const before = size_of(planned(from));
  const after = size_of(planned(to));
  return Object.keys(before).map(what => [what, (after[what] ?? 0) / (before[what] ?? 1)]);
}

describe('62 links, 16 groups and 1,000 policies', () => {
  test('are a valid configuration, in UCI and in JSON, and one more of each is refused', () => {
    expect(config_from_json(sections_of_size(FULL)).errors).toEqual([]);
    expect(config_from_uci(uci_of_size(FULL)).errors).toEqual([]);
    for (const kind of ['links', 'groups', 'policies'] as const) {
      const more = config_from_uci(uci_of_size({ ...FULL, [kind]: FULL[kind] + 1 }));
      expect(more.config, `one more of the ${kind}`).toBeNull();
    }
  });

  test('are planned with a route and all rules for every link in both families', () => {
    const { ip4, ip6, nft, slots } = planned(FULL);
    for (const family of [ip4, ip6]) {
      // One table per link, and the multipath one.
      expect(family.routes).toHaveLength(LINKS_MAX + 1);
      expect(family.routes.at(-1)?.match(/nexthop/g)).toHaveLength(LINKS_MAX);
      expect(new Set(family.rules).size).toBe(family.rules.length);
    }
    expect(new Set(Object.values(slots)).size).toBe(LINKS_MAX);
    expect(nft?.match(/^table inet linkagg \{$/gm)).toHaveLength(1);
    expect(nft?.match(/^\tchain choose_(default|group\d+) \{$/gm)).toHaveLength(1 + GROUPS_MAX);
    const [, policies = ''] = nft?.split('\tchain policies {\n') ?? [];
    expect(lines(policies.split('\n\t}\n')[0] ?? '')).toBeGreaterThanOrEqual(POLICIES_MAX);
  });

  test('twice the links make about twice the text', () => {
    for (const [what, times] of growth({ ...FULL, links: LINKS_MAX / 2 }, FULL)) {
      expect(times, what).toBeLessThan(2.3);
    }
  });

  test('twice the groups make at most twice the text', () => {
    for (const [what, times] of growth({ ...FULL, groups: GROUPS_MAX / 2 }, FULL)) {
      expect(times, what).toBeLessThan(2.3);
    }
  });

  test('twice the policies make at most twice the text', () => {
    const few = { links: 4, groups: 2 };
    for (const [what, times] of growth({ ...few, policies: 500 }, { ...few, policies: 1000 })) {
      expect(times, what).toBeLessThan(2.3);
    }
    const chain_bytes = (policies: number) =>
      (planned({ ...FULL, policies }).nft ?? '').length -
      (planned({ ...FULL, policies: 0 }).nft ?? '').length;
    expect(chain_bytes(1000) / chain_bytes(500)).toBeLessThan(2.3);
  });

  test('another weight of one link writes only the chains anew that say weights', () => {
    const before = planned(FULL).nft;
    const sections = sections_of_size(FULL);
    const { config } = config_from_json({
      ...sections,
      link: sections.link.map((link, index) => (index === 0 ? { ...link, weight: 9 } : link)),
    });
    if (config === null || before === null) throw new Error('not valid');
    const script = nft_script(plan(config, router_of_size(FULL)).nft, '', before);
    const flushed = [...script.matchAll(/^flush chain inet linkagg (\S+)$/gm)].map(match => match[1] ?? '');
    for (const chain of flushed) expect(chain).toMatch(/^(choose|sit|move|load|end)/);
    expect(script.length).toBeLessThan(before.length / 4);
    console.log(
      `${flushed.length} chains of ${before.match(/\tchain /g)?.length}, ${script.length} bytes of ${before.length}`,
    );
  });

  test('how long it takes', () => {
    const { config } = config_from_json(sections_of_size(FULL));
    if (config === null) throw new Error('not valid');
    const observed = router_of_size(FULL);
    const times: Record<string, number[]> = { plan: [], diff: [] };
    for (let round = 0; round < 5; round++) {
      const start = performance.now();
      const { nft } = plan(config, observed);
      const planned_at = performance.now();
      nft_script(nft, nft, nft);
      times.plan?.push(planned_at - start);
      times.diff?.push(performance.now() - planned_at);
    }
    for (const [what, all] of Object.entries(times)) {
      console.log(`${what}: ${all.map(each => each.toFixed(1)).join(' ')} ms`);
    }
    console.log(size_of(plan(config, observed)));
  });
});
