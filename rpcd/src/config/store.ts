/** /etc/config/linkagg: how a configuration is laid out in UCI, and which edits turn one into another. */

import type { Json, JsonObject, UciEdit, UciSection } from '../../platform/platform.ts';
import type { Field } from './field.ts';
import { type Config, globals_fields } from './schema.gen.ts';
import { GLOBALS_SECTION, NAME_OPTION, SECTION_KINDS } from './validate.ts';

/** UCI package of ours. */
export const CONFIG_PACKAGE = 'linkagg';

/** Fewest edits that make the stored sections say what `wanted` says. Empty when they do already. */
export function config_edits(stored: UciSection[], wanted: Config): UciEdit[] {
  const edits: UciEdit[] = [];
  const orders: Record<string, string[]> = {};
  orders.globals = [GLOBALS_SECTION];
  for (const { type } of SECTION_KINDS) orders[type] = wanted[type].map(section => section.name);
  const present: Record<string, UciSection> = {};
  const moved: Record<string, UciSection> = {};
  const places: Record<string, number> = {};
  for (const section of stored) {
    const place = places[section.type] ?? 0;
    // A section can only be appended: those that come in another order are written anew.
    if ((orders[section.type] ?? [])[place] === section.name) {
      present[section.name] = section;
      places[section.type] = place + 1;
    } else {
      edits.push({ kind: 'remove', section: section.name });
      moved[section.name] = section;
    }
  }
  const write = (type: string, name: string, fields: Field[], values: Record<string, Json>) => {
    const there = Object.hasOwn(present, name) ? (present[name] ?? null) : null;
    const before = Object.hasOwn(moved, name) ? (moved[name] ?? null) : null;
    if (there === null) edits.push({ kind: 'create', section: name, type });
    section_edits(edits, name, fields, values, options_of(there), options_of(there ?? before));
  };
  write('globals', GLOBALS_SECTION, globals_fields, { ...wanted.globals });
  for (const { type, fields } of SECTION_KINDS) {
    for (const section of wanted[type]) {
      write(type, section.name, fields, { ...section });
    }
  }
  return edits;
}

function options_of(section: UciSection | null): Record<string, string | string[]> {
  return section === null ? {} : section.options;
}

/** `options`: what the section has; `written`: what it had before it was perhaps removed for a new order. */
function section_edits(
  edits: UciEdit[],
  name: string,
  fields: Field[],
  values: Record<string, Json>,
  options: Record<string, string | string[]>,
  written: Record<string, string | string[]>,
): void {
  for (const field of fields) {
    if (field.option === NAME_OPTION) continue;
    const value = uci_value(values[field.option] ?? null);
    const unset = (written[field.option] ?? null) === null;
    // What nobody set and is as it would be anyway stays out of the file.
    if (unset && same_value(uci_value(field.fallback), value)) continue;
    if (!same_value(options[field.option] ?? null, value)) {
      edits.push({ kind: 'set', section: name, option: field.option, value });
    }
  }
  for (const option of Object.keys(options)) {
    if (!fields.some(field => field.option === option)) {
      edits.push({ kind: 'set', section: name, option, value: null });
    }
  }
}

/** Null for an empty text or list: UCI knows none, the option is just not there. */
function uci_value(value: Json): string | string[] | null {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(uci_text);
  const text = uci_text(value);
  return text === '' ? null : text;
}

function uci_text(value: Json): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return `${value}`;
  return typeof value === 'string' ? value : '';
}

function same_value(before: string | string[] | null, after: string | string[] | null): boolean {
  if (Array.isArray(before) && Array.isArray(after)) {
    return before.length === after.length && before.every((item, index) => item === after[index]);
  }
  return before === after;
}

/**
 * What is stored, as one opaque text: equal for equal sections, so that a client can prove it knows what it
 * replaces. Not a hash, because hashing byte by byte in ucode takes longer on a router than sending the text.
 */
export function config_revision(stored: UciSection[]): string {
  return JSON.stringify(stored.map(section => [section.type, section.name, section.options]));
}

/** A configuration as the page gets and sends it. */
export function config_json(config: Config): JsonObject {
  return {
    globals: { ...config.globals },
    link: config.link.map(link => ({ ...link })),
    group: config.group.map(group => ({ ...group })),
    policy: config.policy.map(policy => ({ ...policy })),
    nat: config.nat.map(rule => ({ ...rule })),
  };
}
