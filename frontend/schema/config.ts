/**
 * The configuration schema of linkagg: the one place that says what /etc/config/linkagg may hold.
 *
 * What the router and the page validate with (`rpcd/src/config/schema.gen.ts`) is generated from it by
 * `generate.ts`, so that zod itself is in neither. Values are typed here; how they look as UCI strings follows
 * from the type: booleans are `0`/`1`, integers decimal, arrays UCI lists.
 */

import { z } from 'zod';
import { conflicts } from '../../rpcd/src/config/conflicts.ts';
import {
  is_interface_name,
  is_mark_mask,
  is_probe_target,
  is_section_name,
} from '../../rpcd/src/config/formats.ts';
import { LINKS_MAX } from '../../rpcd/src/plan/constants.ts';

const section_name = z.string().refine(is_section_name).meta({ format: 'section_name' });
const interface_name = z.string().refine(is_interface_name).meta({ format: 'interface_name' });
const mark_mask = z.string().refine(is_mark_mask).meta({ format: 'mark_mask' });
const probe_target = z.string().refine(is_probe_target).meta({ format: 'probe_target' });

export const globals_schema = z.strictObject({
  enabled: z.boolean().default(false).describe('Balance new connections over the links.'),
  mode: z
    .enum(['adaptive', 'round-robin', 'hash'])
    .default('adaptive')
    .describe('How a new connection gets its link.'),
  mark_mask: mark_mask.default('0x7f000000').describe('Mark bits that no other package uses.'),
  lan_interface: z
    .array(interface_name)
    .min(1)
    .max(16)
    .default(['lan'])
    .describe('Interfaces whose clients are balanced.'),
});

export const link_schema = z.strictObject({
  name: section_name,
  interface: interface_name.describe('Network interface of this uplink.'),
  enabled: z.boolean().default(true).describe('Use this link for new connections.'),
  weight: z.int().min(1).max(256).default(1).describe('Share relative to the other links.'),
  probe: z
    .array(probe_target)
    .min(1)
    .max(8)
    .default(['223.5.5.5', '1.1.1.1', '8.8.8.8'])
    .describe('Addresses that are pinged to see whether the link works.'),
});

/** The whole configuration, conflicts between sections included. */
export const config_schema = z
  .strictObject({ globals: globals_schema, link: z.array(link_schema).max(LINKS_MAX) })
  .superRefine((config, context) => {
    for (const conflict of conflicts(config)) {
      context.addIssue({
        code: 'custom',
        path: [conflict.section, conflict.option],
        message: conflict.reason,
      });
    }
  });
