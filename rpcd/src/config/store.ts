/** /etc/config/linkagg: how a configuration is laid out in UCI, and which edits turn one into another. */

import type { Json, UciEdit, UciSection } from '../../platform/platform.ts';
import type { Field } from './field.ts';
import { type Config, globals_fields, link_fields } from './schema.gen.ts';
import { GLOBALS_SECTION, NAME_OPTION } from './validate.ts';

/** UCI package of ours. */
export const CONFIG_PACKAGE = 'linkagg';

/** Fewest edits that make the stored sections say what `wanted` says. Empty when they do already. */
export function config_edits(stored: UciSection[], wanted: Config): UciEdit[] {
  const edits: UciEdit[] = [];
  const wanted_names = wanted.link.map(link => link.name);
  for (const section of stored) {
    const kept =
      (section.type === 'globals' && section.name === GLOBALS_SECTION) ||
      (section.type === 'link' && wanted_names.includes(section.name));
    if (!kept) edits.push({ kind: 'remove', section: section.name });
  }
  section_edits(edits, stored, 'globals', GLOBALS_SECTION, globals_fields, { ...wanted.globals });
  for (const link of wanted.link) section_edits(edits, stored, 'link', link.name, link_fields, { ...link });
  return edits;
}

function section_edits(
  edits: UciEdit[],
  stored: UciSection[],
  type: string,
  name: string,
  fields: Field[],
  values: Record<string, Json>,
): void {
  const section = stored.find(candidate => candidate.name === name && candidate.type === type) ?? null;
  if (section === null) edits.push({ kind: 'create', section: name, type });
  const options = section === null ? {} : section.options;
  for (const field of fields) {
    if (field.option === NAME_OPTION) continue;
    const value = uci_value(values[field.option] ?? null);
    const before = options[field.option] ?? null;
    if (!same_value(before, value)) edits.push({ kind: 'set', section: name, option: field.option, value });
  }
  for (const option of Object.keys(options)) {
    if (!fields.some(field => field.option === option)) {
      edits.push({ kind: 'set', section: name, option, value: null });
    }
  }
}

function uci_value(value: Json): string | string[] {
  return Array.isArray(value) ? value.map(uci_text) : uci_text(value);
}

function uci_text(value: Json): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return `${value}`;
  return typeof value === 'string' ? value : '';
}

function same_value(before: string | string[] | null, after: string | string[]): boolean {
  if (before === null) return false;
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
