/** What the router validates with accepts and refuses exactly what the zod schema does. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { config_schema } from '../../frontend/schema/config.ts';
import { generated_schema } from '../../frontend/schema/generate.ts';
import type { Json, UciSection } from '../platform/platform.ts';
import { config_edits } from '../src/config/store.ts';
import { config_from_json, config_from_uci } from '../src/config/validate.ts';

/** Values near the border between right and wrong, for every option. */
const probe = fc.constantFrom(
  '1.1.1.1',
  '255.255.255.255',
  '256.1.1.1',
  '01.1.1.1',
  '1.1.1',
  '::1',
  'a.b',
  '',
  '1.1.1.1\n',
);
const interface_name = fc.constantFrom(
  'wan',
  'wan_b',
  'lan',
  'w-an',
  '',
  'a'.repeat(32),
  'a'.repeat(33),
  'wan\nx',
  'é',
);
const mask = fc.constantFrom(
  '0x7f000000',
  '0x3',
  '0x1',
  '0x5',
  '0xff000000',
  '0x0',
  '7f',
  '0x3F00',
  '0x1ff',
  '0xG',
);
const noise: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  null,
  true,
  0,
  -1,
  1.5,
  257,
  '',
  '1',
  [],
  ['x'],
  {},
  { a: 1 },
);

function option<T extends Json>(value: fc.Arbitrary<T>): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 8, arbitrary: value as fc.Arbitrary<Json> }, { weight: 1, arbitrary: noise });
}

const balance = {
  mode: option(fc.constantFrom('hash', 'latency', 'magic')),
  sticky: option(fc.constantFrom('none', 'source', 'source-destination', 'client')),
  sticky_timeout: option(fc.constantFrom(0, 1, 600, 86400, 86401)),
  sticky_prefix: option(fc.constantFrom(0, 1, 24, 32, 33)),
  sticky_prefix6: option(fc.constantFrom(0, 1, 64, 128, 129)),
};

const globals = fc.record(
  {
    enabled: option(fc.boolean()),
    mark_mask: option(mask),
    ...balance,
    failback: option(fc.constantFrom('soft', 'hard', 'no')),
    router_traffic: option(fc.constantFrom('ecmp', 'balanced', 'link')),
    router_link: option(fc.constantFrom('', 'wan', 'nobody', 'w-1')),
    lan_interface: option(fc.array(interface_name, { maxLength: 17 })),
    surprise: noise,
  },
  { requiredKeys: [] },
);
const link = fc.record(
  {
    name: option(
      fc.constantFrom('wan', 'lte', 'globals', 'constructor', '__proto__', 'w-1', '', 'x'.repeat(33)),
    ),
    interface: option(interface_name),
    enabled: option(fc.boolean()),
    weight: option(fc.constantFrom(0, 1, 2, 255, 256, 257, -3, 1.5)),
    probe: option(fc.array(probe, { maxLength: 9 })),
    tier: option(fc.constantFrom(0, 1, 9, 10)),
    nat6: option(fc.constantFrom('prefix', 'none', 'nat')),
    surprise: noise,
  },
  { requiredKeys: ['name', 'interface'] },
);
const network = fc.constantFrom(
  '1.2.3.4',
  '10.0.0.0/8',
  '10.0.0.0/33',
  '0.0.0.0/0',
  '2001:db8::/32',
  '2001:db8::/129',
  '::',
  '1::2::3',
  ':::',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7::',
  '1:2:3:4:5:6:7:8::',
  '::ffff:1.2.3.4',
  '1.2.3.4::',
  'fe80::1%eth0',
  'example.org',
  '1.2.3.4/',
  '1.2.3.4/08',
  '10.0.0.5-10.0.1.9',
  '10.0.0.5-10.0.0.5',
  '10.0.0.5-10.0.0.4',
  '10.0.0.5-fd00::1',
  '10.0.0.0/8-11.0.0.0/8',
  'fd00::5-fd00::1:0',
  'fd00::5-',
);
const packet_mark = fc.constantFrom(
  '',
  '0x1/0xff',
  '0x1',
  '0x100/0xff',
  '0x80000000/0x80000000',
  '0x0/0x0',
  '1/1',
);
const names = fc.constantFrom('wan', 'lte', 'games', 'udp', 'default', 'globals', 'nobody');
const group = fc.record(
  { name: option(names), link: option(fc.array(names, { maxLength: 3 })), ...balance, surprise: noise },
  { requiredKeys: ['name', 'link'] },
);
const policy = fc.record(
  {
    name: option(names),
    enabled: option(fc.boolean()),
    target: option(names),
    protocol: option(
      fc.array(fc.constantFrom('tcp', 'udp', 'icmp', '47', '0', '256', 'TCP', ''), { maxLength: 3 }),
    ),
    source: option(fc.array(network, { maxLength: 2 })),
    destination: option(fc.array(network, { maxLength: 2 })),
    source_port: option(
      fc.array(fc.constantFrom('1', '0', '65535', '65536', '5-9', '9-5', '1-', '-1', '0100', '080-90'), {
        maxLength: 2,
      }),
    ),
    destination_port: option(fc.array(fc.constantFrom('53', '5000-5100', 'dns'), { maxLength: 2 })),
    interface: option(fc.array(fc.constantFrom('lan', 'guest'), { maxLength: 2 })),
    router: option(fc.boolean()),
    family: option(fc.constantFrom('any', 'ipv4', 'ipv6', 'ip4')),
    mark: option(packet_mark),
    surprise: noise,
  },
  { requiredKeys: ['name', 'target'] },
);
const nat_rule = fc.record(
  {
    name: option(names),
    enabled: option(fc.boolean()),
    in: option(fc.constantFrom('', 'lan', 'br-lan')),
    out: option(fc.constantFrom('', 'wan', 'eth0.2')),
    source: option(fc.array(network, { maxLength: 2 })),
    destination: option(fc.array(network, { maxLength: 2 })),
    action: option(fc.constantFrom('masquerade', 'snat', 'dnat')),
    address: option(network),
    comment: option(fc.constantFrom('', 'no way back', 'a\nb', '\u0000', '回程', 'x'.repeat(201))),
    surprise: noise,
  },
  { requiredKeys: ['name', 'out'] },
);
const valid_nat_rule = fc.constantFrom<object>(
  { out: 'wan', source: ['10.0.0.1-10.0.0.9', 'fd00::/8'] },
  { out: 'lte', action: 'snat', address: 'fd00::1', source: ['fd00::/8'], enabled: false },
  { out: 'lte', action: 'snat', address: '192.0.2.1', in: 'lan', comment: '回程' },
);
const valid_policy = fc.record(
  {
    enabled: fc.boolean(),
    target: fc.constantFrom('default', 'games', 'main', 'unreachable', 'tier1'),
    router: fc.boolean(),
    family: fc.constantFrom('any', 'any', 'any', 'any', 'any', 'any', 'ipv4'),
    mark: fc.constantFrom('', '0x1/0xff', '0x80000000/0x80000000'),
    protocol: fc.constantFrom(['tcp'], ['udp', 'tcp']),
    source: fc.array(fc.oneof(fc.ipV4(), fc.constantFrom('fd00::/8', '10.1.1.1-10.1.2.254')), {
      maxLength: 3,
    }),
    destination_port: fc.constantFrom([], ['443'], ['5000-5100', '53']),
  },
  { requiredKeys: ['target'] },
);
const valid_link = fc.record(
  {
    interface: fc.stringMatching(/^[a-z]{1,6}$/),
    enabled: fc.boolean(),
    weight: fc.integer({ min: 1, max: 256 }),
    probe: fc.array(fc.ipV4(), { minLength: 1, maxLength: 8 }),
  },
  { requiredKeys: ['interface'] },
);
const sections = (arbitrary: fc.Arbitrary<unknown>, maxLength: number): fc.Arbitrary<Json> =>
  option(fc.array(arbitrary as fc.Arbitrary<Json>, { maxLength }));
const nearly_config: fc.Arbitrary<Json> = fc.oneof(
  fc.record(
    {
      globals: option(globals as fc.Arbitrary<Json>),
      link: sections(link, 4),
      group: sections(group, 2),
      policy: sections(policy, 3),
      nat: sections(nat_rule, 2),
    },
    { requiredKeys: ['globals', 'link', 'group', 'policy', 'nat'] },
  ),
  fc.record({
    globals: fc.record({ enabled: fc.boolean() }, { requiredKeys: [] }),
    link: fc
      .uniqueArray(valid_link, { minLength: 1, maxLength: 66, selector: ({ interface: name }) => name })
      .map(links =>
        links.map((each, index) => ({ name: `link_${index}`, network: [`10.${index}.0.0/16`], ...each })),
      ),
    group: fc.constant([{ name: 'games', link: ['link_0'], sticky: 'source' }]),
    policy: fc
      .array(valid_policy, { maxLength: 4 })
      .map(policies => policies.map((each, index) => ({ name: `policy_${index}`, ...each }))),
    nat: fc
      .array(valid_nat_rule, { maxLength: 2 })
      .map(rules => rules.map((each, index) => ({ name: `nat_${index}`, ...each }))),
  }) as unknown as fc.Arbitrary<Json>,
  fc.record({ globals: globals as fc.Arbitrary<Json>, link: sections(link, 4) }) as fc.Arbitrary<Json>,
  noise,
);

describe('the generated validator', () => {
  test('is what the zod schema generates today', () => {
    const file = join(import.meta.dirname, '../src/config/schema.gen.ts');
    const squeeze = (text: string) => text.replace(/[\s,]+/g, '');
    expect(squeeze(readFileSync(file, 'utf8'))).toBe(squeeze(generated_schema()));
  });

  test('accepts and refuses the same JSON as zod, and fills in the same values', () => {
    let accepted = 0;
    fc.assert(
      fc.property(nearly_config, value => {
        const ours = config_from_json(value);
        const zod = config_schema.safeParse(value);
        expect(ours.config !== null, JSON.stringify(ours.errors)).toBe(zod.success);
        if (zod.success) {
          accepted += 1;
          expect(ours.config).toEqual(zod.data);
        } else {
          expect(ours.errors.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  test('sections are kept in the order of the configuration, whatever it was before', () => {
    const named = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e']);
    fc.assert(
      fc.property(named, named, (before, after) => {
        const config_of = (order: string[]) =>
          config_from_json({
            globals: {},
            link: [],
            group: [],
            policy: order.map(name => ({ name, target: 'default' })),
            nat: [],
          }).config;
        const [first, second] = [config_of(before), config_of(after)];
        if (first === null || second === null) throw new Error('these are valid');
        const stored = stored_after(config_edits([], first));
        expect(config_from_uci(stored_after(config_edits(stored, second), stored)).config).toEqual(second);
      }),
    );
  });

  test('reads back from UCI what it wrote there', () => {
    fc.assert(
      fc.property(nearly_config, value => {
        const { config } = config_from_json(value);
        if (config === null) return;
        const stored = stored_after(config_edits([], config));
        expect(config_from_uci(stored)).toEqual({ config, errors: [] });
        expect(config_edits(stored, config)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

function stored_after(edits: ReturnType<typeof config_edits>, before: UciSection[] = []): UciSection[] {
  let sections = structuredClone(before);
  for (const edit of edits) {
    if (edit.kind === 'remove') sections = sections.filter(({ name }) => name !== edit.section);
    if (edit.kind === 'create')
      sections.push({ name: edit.section, type: edit.type, anonymous: false, options: {} });
    const section = sections.find(({ name }) => name === edit.section);
    if (edit.kind === 'set' && section !== undefined && edit.value !== null)
      section.options[edit.option] = edit.value;
  }
  return sections;
}
