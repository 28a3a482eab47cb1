/**
 * The configuration schema of linkagg: the one place that says what /etc/config/linkagg may hold.
 *
 * What the router and the page validate with (`rpcd/src/config/schema.gen.ts`) is generated from it by
 * `generate.ts`, so that zod itself is in neither. Values are typed here; how they look as UCI strings follows
 * from the type: booleans are `0`/`1`, integers decimal, arrays UCI lists.
 */

import { z } from 'zod';
import { conflicts } from '../../rpcd/src/config/conflicts.ts';
import { type Format, format_reason } from '../../rpcd/src/config/formats.ts';
import { GROUPS_MAX, LINKS_MAX, NAT_RULES_MAX, POLICIES_MAX } from '../../rpcd/src/plan/constants.ts';

const formatted = (format: Format) =>
  z
    .string()
    .refine(text => format_reason(format, text) === null)
    .meta({ format });
const section_name = formatted('section_name');
const interface_name = formatted('interface_name');
const mark_mask = formatted('mark_mask');
const probe_target = formatted('probe_target');
const http_url = formatted('http_url');
const optional_name = formatted('optional_name');
const protocol = formatted('protocol');
const network = formatted('network');
const prefix = formatted('prefix');
const optional_address = formatted('optional_address');
const optional_mark = formatted('optional_mark');
const remark = formatted('remark');
const port_range = formatted('port_range');

/** How new connections are spread over a set of links: of the default group and of any other. */
const balance_options = {
  mode: z
    .enum(['adaptive', 'round-robin', 'hash', 'latency'])
    .default('adaptive')
    .describe('How a new connection gets its link.'),
  sticky: z
    .enum(['none', 'source', 'source-destination'])
    .default('none')
    .describe('Whose connections stay on one link: those of a client, or of a client to one destination.'),
  sticky_timeout: z
    .int()
    .min(1)
    .max(86400)
    .default(600)
    .describe('Seconds after the last new connection until a link is chosen anew.'),
  sticky_prefix: z
    .int()
    .min(1)
    .max(32)
    .default(32)
    .describe('IPv4 prefix length within which addresses (sources, or destinations) count as one.'),
  sticky_prefix6: z.int().min(1).max(128).default(128).describe('The same for IPv6.'),
};

export const globals_schema = z.strictObject({
  enabled: z.boolean().default(false).describe('Balance new connections over the links.'),
  ...balance_options,
  failback: z
    .enum(['soft', 'hard'])
    .default('soft')
    .describe('When links of a better tier return: new connections go there, or all are made to.'),
  router_traffic: z
    .enum(['ecmp', 'balanced', 'link'])
    .default('ecmp')
    .describe("How the router's own connections get their link."),
  router_link: optional_name.default('').describe("The link of the router's own connections, for `link`."),
  reset_dead: z
    .boolean()
    .default(true)
    .describe('End the connections of a dead link, so that applications connect anew over another.'),
  captive_check: z.boolean().default(true).describe('Look for captive portals.'),
  captive_url: z
    .array(http_url)
    .min(1)
    .max(4)
    .default(['http://connect.rom.miui.com/generate_204', 'http://www.gstatic.com/generate_204'])
    .describe('Asked now and then over each link; an answer other than 204 comes from a captive portal.'),
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
  tier: z
    .int()
    .min(1)
    .max(9)
    .default(1)
    .describe('New connections use the lowest tier that has a working link; higher ones are backups.'),
  nat6: z
    .enum(['masquerade', 'prefix', 'none'])
    .default('masquerade')
    .describe('IPv6 sources of other links: the address of this one, its delegated prefix, or untouched.'),
  probe: z
    .array(probe_target)
    .min(1)
    .max(8)
    .default(['223.5.5.5', '1.1.1.1', '8.8.8.8', '2400:3200::1', '2606:4700:4700::1111'])
    .describe('What is asked to see whether the link works: any answer will do.'),
  probe_interval: z
    .int()
    .min(1)
    .max(60)
    .default(1)
    .describe('Seconds between probes while the link is in use; at least ten while it is not.'),
  loss_limit: z
    .int()
    .min(0)
    .max(100)
    .default(25)
    .describe('Percentage of lost probes from which the link is degraded; 0: any.'),
  latency_limit: z
    .int()
    .min(0)
    .max(60000)
    .default(0)
    .describe('Round-trip time in milliseconds from which the link is degraded; 0: any.'),
  jitter_limit: z
    .int()
    .min(0)
    .max(60000)
    .default(0)
    .describe('Mean change of the round-trip time in milliseconds from which the link is degraded; 0: any.'),
  degraded: z
    .enum(['leave', 'reduce', 'keep'])
    .default('leave')
    .describe(
      'A degraded link gets new connections only while no better one works, a quarter, or its share.',
    ),
  exit: optional_name
    .default('')
    .describe(
      'Links of the same name lead to one place that translates addresses: they inherit connections.',
    ),
  uplink: optional_name
    .default('')
    .describe("The link by which a WireGuard tunnel's own packets leave; empty: any."),
  network: z
    .array(prefix)
    .max(16)
    .default([])
    .describe('Networks behind this link: what comes from their addresses leaves by it.'),
});

/** Links that some of the traffic is spread over, in its own way. */
export const group_schema = z.strictObject({
  name: section_name,
  link: z.array(section_name).min(1).max(LINKS_MAX).describe('Its links.'),
  ...balance_options,
});

/** Which new connections go where; the first that fits decides. */
export const policy_schema = z.strictObject({
  name: section_name,
  enabled: z.boolean().default(true).describe('Use this policy.'),
  target: section_name.describe(
    'A group, a link, a tier (tier1 to tier9), main (as without linkagg) or unreachable (refused).',
  ),
  router: z
    .boolean()
    .default(false)
    .describe('For what the router itself sends as well as for connections from the LAN.'),
  family: z.enum(['any', 'ipv4', 'ipv6']).default('any').describe('Of the addresses.'),
  protocol: z.array(protocol).max(16).default([]).describe('Any of these protocols; none: all.'),
  source: z.array(network).max(64).default([]).describe('From any of these addresses.'),
  destination: z.array(network).max(64).default([]).describe('To any of these addresses.'),
  source_port: z.array(port_range).max(64).default([]).describe('From any of these ports.'),
  destination_port: z.array(port_range).max(64).default([]).describe('To any of these ports.'),
  interface: z.array(interface_name).max(16).default([]).describe('From any of these LAN interfaces.'),
  mark: optional_mark.default('').describe("Packets with this mark of somebody else's; empty: any."),
});

/** Source addresses of what goes from one interface to another; the first rule that fits decides. */
export const nat_schema = z.strictObject({
  name: section_name,
  enabled: z.boolean().default(true).describe('Use this rule.'),
  in: optional_name.default('').describe('Interface that the connections come in by; empty: any.'),
  out: interface_name.describe('Interface that they leave by.'),
  source: z.array(network).max(64).default([]).describe('From any of these addresses.'),
  destination: z.array(network).max(64).default([]).describe('To any of these addresses.'),
  action: z
    .enum(['masquerade', 'snat'])
    .default('masquerade')
    .describe('They get the address of the interface that they leave by, or the one given here.'),
  address: optional_address.default('').describe('The new source address, for `snat`.'),
  comment: remark.default('').describe('What the rule is for.'),
});

/** The whole configuration, conflicts between sections included. */
export const config_schema = z
  .strictObject({
    globals: globals_schema,
    link: z.array(link_schema).max(LINKS_MAX),
    group: z.array(group_schema).max(GROUPS_MAX),
    policy: z.array(policy_schema).max(POLICIES_MAX),
    nat: z.array(nat_schema).max(NAT_RULES_MAX),
  })
  .superRefine((config, context) => {
    for (const conflict of conflicts(config)) {
      context.addIssue({
        code: 'custom',
        path: [conflict.section, conflict.option],
        message: conflict.reason,
      });
    }
  });
