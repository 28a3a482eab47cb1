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

const globals = fc.record(
  {
    enabled: option(fc.boolean()),
    mode: option(fc.constantFrom('hash', 'adaptive', 'magic')),
    mark_mask: option(mask),
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
    surprise: noise,
  },
  { requiredKeys: ['name', 'interface'] },
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
const nearly_config: fc.Arbitrary<Json> = fc.oneof(
  fc.record(
    {
      globals: option(globals as fc.Arbitrary<Json>),
      link: option(fc.array(link as fc.Arbitrary<Json>, { maxLength: 4 })),
    },
    { requiredKeys: ['globals'] },
  ),
  fc.record({
    globals: fc.record({ enabled: fc.boolean() }, { requiredKeys: [] }),
    link: fc
      .uniqueArray(valid_link, { maxLength: 66, selector: ({ interface: name }) => name })
      .map(links => links.map((each, index) => ({ name: `link_${index}`, ...each }))),
  }) as fc.Arbitrary<Json>,
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

function stored_after(edits: ReturnType<typeof config_edits>): UciSection[] {
  const sections: UciSection[] = [];
  for (const edit of edits) {
    if (edit.kind === 'create')
      sections.push({ name: edit.section, type: edit.type, anonymous: false, options: {} });
    const section = sections.find(({ name }) => name === edit.section);
    if (edit.kind === 'set' && section !== undefined && edit.value !== null)
      section.options[edit.option] = edit.value;
  }
  return sections;
}
