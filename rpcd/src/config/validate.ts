/**
 * Reads a configuration from UCI sections or from JSON. Both end in the same checks, which the generated field
 * tables drive; a refusal names the section, the option and the reason.
 */

import type { Json, JsonObject, UciSection } from '../../platform/platform.ts';
import { is_object } from '../json.ts';
import { refusal } from '../refusal.ts';
import type { ConfigError } from '../rpc.ts';
import { conflicts } from './conflicts.ts';
import type { Field } from './field.ts';
import { format_reason, is_section_name } from './formats.ts';
import {
  type Config,
  type Globals,
  type Group,
  globals_fields,
  group_fields,
  type Link,
  link_fields,
  type Nat,
  nat_fields,
  type Policy,
  policy_fields,
  SECTIONS_MAX,
} from './schema.gen.ts';

/** `config` is null when there is any error. */
export interface ConfigResult {
  config: Config | null;
  errors: ConfigError[];
}

export const GLOBALS_SECTION = 'globals';
export const NAME_OPTION = 'name';

/** A type of which there can be any number of sections, each with a name. */
export interface SectionKind {
  type: 'link' | 'group' | 'policy' | 'nat';
  fields: Field[];
  max: number;
}

export const SECTION_KINDS: SectionKind[] = [
  { type: 'link', fields: link_fields, max: SECTIONS_MAX.link },
  { type: 'group', fields: group_fields, max: SECTIONS_MAX.group },
  { type: 'policy', fields: policy_fields, max: SECTIONS_MAX.policy },
  { type: 'nat', fields: nat_fields, max: SECTIONS_MAX.nat },
];
const TYPES = 'globals, link, group, policy and nat';

/** Configuration from the sections of /etc/config/linkagg, in file order. */
export function config_from_uci(sections: UciSection[]): ConfigResult {
  const errors: ConfigError[] = [];
  let globals_values: JsonObject = {};
  const values: Record<string, JsonObject[]> = {};

  for (const section of sections) {
    const kind = SECTION_KINDS.find(candidate => candidate.type === section.type) ?? null;
    if (section.type === 'globals' && section.name === GLOBALS_SECTION) {
      globals_values = typed_options(section, globals_fields);
    } else if (kind !== null && section.anonymous) {
      // Its generated name would change with the sections before it, and with the name a link's slot.
      errors.push(refusal(section.name, '', `needs a name: config ${section.type} 'name'`));
    } else if (kind !== null) {
      const options = typed_options(section, kind.fields);
      if (Object.hasOwn(section.options, NAME_OPTION)) {
        errors.push(
          refusal(section.name, NAME_OPTION, 'is not an option: the name of the section is the name'),
        );
      }
      options[NAME_OPTION] = section.name;
      const others = values[kind.type] ?? [];
      others.push(options);
      values[kind.type] = others;
    } else if (section.type === 'globals') {
      errors.push(refusal(section.name, '', `must be called '${GLOBALS_SECTION}': config globals 'globals'`));
    } else {
      errors.push(refusal(section.name, '', `has the unknown type ${section.type}: use ${TYPES}`));
    }
  }
  return checked_config(globals_values, values, errors);
}

/** Configuration from JSON, as `set_config` receives it. */
export function config_from_json(value: Json): ConfigResult {
  const errors: ConfigError[] = [];
  if (!is_object(value))
    return { config: null, errors: [refusal('', '', 'the configuration must be an object')] };
  for (const key of Object.keys(value)) {
    if (key !== GLOBALS_SECTION && !SECTION_KINDS.some(kind => kind.type === key))
      errors.push(refusal(key, '', `is unknown: use ${TYPES}`));
  }

  const globals_value = value.globals ?? null;
  if (!is_object(globals_value)) errors.push(refusal(GLOBALS_SECTION, '', 'must be an object'));
  const values: Record<string, JsonObject[]> = {};
  for (const { type } of SECTION_KINDS) {
    const given = value[type] ?? null;
    if (!Array.isArray(given)) {
      errors.push(refusal(type, '', 'must be a list'));
      continue;
    }
    const objects: JsonObject[] = [];
    for (const [index, section] of given.entries()) {
      if (is_object(section)) objects.push(section);
      else errors.push(refusal(`${type} ${index + 1}`, '', 'must be an object'));
    }
    values[type] = objects;
  }
  return checked_config(is_object(globals_value) ? globals_value : {}, values, errors);
}

function checked_config(
  globals: JsonObject,
  values: Record<string, JsonObject[]>,
  errors: ConfigError[],
): ConfigResult {
  const checked_globals = checked_section(GLOBALS_SECTION, globals, globals_fields, errors);
  const checked: Record<string, JsonObject[]> = {};
  for (const { type, fields, max } of SECTION_KINDS) {
    const sections = values[type] ?? [];
    if (sections.length > max) {
      errors.push(
        refusal(type, '', `at most ${max} sections of this type are possible, not ${sections.length}`),
      );
    }
    checked[type] = sections.map((section, index) => {
      const name = section[NAME_OPTION] ?? null;
      const shown = typeof name === 'string' && is_section_name(name) ? name : `${type} ${index + 1}`;
      return checked_section(shown, section, fields, errors);
    });
  }
  if (errors.length > 0) return { config: null, errors };

  // Every option has been checked against its field, whose type the generator wrote beside it.
  const config: Config = {
    globals: checked_globals as unknown as Globals,
    link: (checked.link ?? []) as unknown as Link[],
    group: (checked.group ?? []) as unknown as Group[],
    policy: (checked.policy ?? []) as unknown as Policy[],
    nat: (checked.nat ?? []) as unknown as Nat[],
  };
  const contradictions = conflicts(config);
  return contradictions.length > 0 ? { config: null, errors: contradictions } : { config, errors: [] };
}

/** All options of a section: given ones checked, missing ones with their fallback. Adds to `errors`. */
function checked_section(
  section: string,
  values: JsonObject,
  fields: Field[],
  errors: ConfigError[],
): JsonObject {
  const result: JsonObject = {};
  for (const field of fields) {
    if (Object.hasOwn(values, field.option)) {
      const value = values[field.option] ?? null;
      const reason = value_reason(field, value);
      if (reason !== null) errors.push(refusal(section, field.option, reason));
      result[field.option] = value;
    } else if (field.fallback !== null) {
      result[field.option] = field.fallback;
    } else {
      errors.push(refusal(section, field.option, 'is missing'));
    }
  }
  for (const option of Object.keys(values)) {
    if (!fields.some(field => field.option === option)) {
      errors.push(refusal(section, option, 'is not a known option: check the spelling'));
    }
  }
  return result;
}

/** Null when `value` is what `field` wants, else what it must be. */
export function value_reason(field: Field, value: Json): string | null {
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be 0 or 1';
    case 'integer': {
      const fits = is_integer(value) && value >= field.min && value <= field.max;
      return fits ? null : `must be a whole number from ${field.min} to ${field.max}`;
    }
    case 'enum':
      return typeof value === 'string' && field.values.includes(value)
        ? null
        : `must be one of: ${field.values.join(', ')}`;
    case 'string':
      return typeof value === 'string' ? format_reason(field.format, value) : 'must be text';
    case 'list': {
      if (!Array.isArray(value)) return 'must be a list';
      if (value.length < field.items_min) return `needs at least ${field.items_min}`;
      if (value.length > field.items_max) return `can hold at most ${field.items_max}`;
      for (const item of value) {
        if (typeof item !== 'string') return 'must be a list of text';
        const reason = format_reason(field.format, item);
        if (reason !== null) return `${reason}, not '${item}'`;
      }
      return null;
    }
  }
}

/** Options of a UCI section as the fields' types; text that does not read as its type stays text and is refused. */
function typed_options(section: UciSection, fields: Field[]): JsonObject {
  const values: JsonObject = {};
  for (const option of Object.keys(section.options)) {
    const raw = section.options[option] ?? '';
    const field = fields.find(candidate => candidate.option === option) ?? null;
    values[option] = field === null ? raw : typed_option(field, raw);
  }
  return values;
}

function typed_option(field: Field, raw: string | string[]): Json {
  if (field.kind === 'list') return Array.isArray(raw) ? raw : [raw];
  if (Array.isArray(raw)) return raw;
  if (field.kind === 'boolean') {
    // The words that OpenWrt's own config_get_bool accepts.
    if (['1', 'on', 'true', 'yes', 'enabled'].includes(raw)) return true;
    if (['0', 'off', 'false', 'no', 'disabled'].includes(raw)) return false;
  }
  if (field.kind === 'integer' && /^(0|-?[1-9][0-9]{0,8})$/.test(raw)) return Number.parseInt(raw, 10);
  return raw;
}

function is_integer(value: Json): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}
