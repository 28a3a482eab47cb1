/* Generated from frontend/schema/config.ts by `make schema`; edit that file instead. */

import type { Field } from './field.ts';

export interface Globals {
  /** Balance new connections over the links. */
  enabled: boolean;
  /** How a new connection gets its link. */
  mode: 'adaptive' | 'round-robin' | 'hash';
  /** Mark bits that no other package uses. */
  mark_mask: string;
  /** Interfaces whose clients are balanced. */
  lan_interface: string[];
}

export interface Link {
  name: string;
  /** Network interface of this uplink. */
  interface: string;
  /** Use this link for new connections. */
  enabled: boolean;
  /** Share relative to the other links. */
  weight: number;
  /** Addresses that are pinged to see whether the link works. */
  probe: string[];
}

export interface Config {
  globals: Globals;
  link: Link[];
}

/** Most `link` sections in one configuration. */
export const LINK_SECTIONS_MAX = 62;

export const globals_fields: Field[] = [
  { option: 'enabled', kind: 'boolean', fallback: false },
  { option: 'mode', kind: 'enum', values: ['adaptive', 'round-robin', 'hash'], fallback: 'adaptive' },
  { option: 'mark_mask', kind: 'string', format: 'mark_mask', fallback: '0x7f000000' },
  {
    option: 'lan_interface',
    kind: 'list',
    items_min: 1,
    items_max: 16,
    format: 'interface_name',
    fallback: ['lan'],
  },
];

export const link_fields: Field[] = [
  { option: 'name', kind: 'string', format: 'section_name', fallback: null },
  { option: 'interface', kind: 'string', format: 'interface_name', fallback: null },
  { option: 'enabled', kind: 'boolean', fallback: true },
  { option: 'weight', kind: 'integer', min: 1, max: 256, fallback: 1 },
  {
    option: 'probe',
    kind: 'list',
    items_min: 1,
    items_max: 8,
    format: 'probe_target',
    fallback: ['223.5.5.5', '1.1.1.1', '8.8.8.8'],
  },
];
