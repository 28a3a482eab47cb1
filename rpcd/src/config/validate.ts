/**
 * Reads a configuration from UCI sections or from JSON. Both end in the same checks, which the generated field
 * tables drive; a refusal names the section, the option and the reason.
 */

import type { Json, JsonObject, UciSection } from '../../platform/platform.ts';
import { is_object } from '../json.ts';
import type { ConfigError } from '../rpc.ts';
import { conflicts } from './conflicts.ts';
import type { Field } from './field.ts';
import { format_reason, is_section_name } from './formats.ts';
import {
  type Config,
  type Globals,
  globals_fields,
  LINK_SECTIONS_MAX,
  type Link,
  link_fields,
} from './schema.gen.ts';

/** `config` is null when there is any error. */
export interface ConfigResult {
  config: Config | null;
  errors: ConfigError[];
}

export const GLOBALS_SECTION = 'globals';
export const NAME_OPTION = 'name';

/** Configuration from the sections of /etc/config/linkagg, in file order. */
export function config_from_uci(sections: UciSection[]): ConfigResult {
  const errors: ConfigError[] = [];
  let globals_values: JsonObject = {};
  const link_values: JsonObject[] = [];

  for (const section of sections) {
    if (section.type === 'globals' && section.name === GLOBALS_SECTION) {
      globals_values = typed_options(section, globals_fields);
    } else if (section.type === 'link' && section.anonymous) {
      // Its generated name would change with the sections before it, and with the name its slot.
      errors.push(refusal(section.name, '', "needs a name: config link 'wan'"));
    } else if (section.type === 'link') {
      const values = typed_options(section, link_fields);
      if (Object.hasOwn(section.options, NAME_OPTION)) {
        errors.push(
          refusal(section.name, NAME_OPTION, 'is not an option: the name of the section is the name'),
        );
      }
      values[NAME_OPTION] = section.name;
      link_values.push(values);
    } else if (section.type === 'globals') {
      errors.push(refusal(section.name, '', `must be called '${GLOBALS_SECTION}': config globals 'globals'`));
    } else {
      errors.push(refusal(section.name, '', `has the unknown type ${section.type}: use globals or link`));
    }
  }
  return checked_config(globals_values, link_values, errors);
}

/** Configuration from JSON, as `set_config` receives it. */
export function config_from_json(value: Json): ConfigResult {
  const errors: ConfigError[] = [];
  if (!is_object(value))
    return { config: null, errors: [refusal('', '', 'the configuration must be an object')] };
  for (const key of Object.keys(value)) {
    if (key !== 'globals' && key !== 'link')
      errors.push(refusal(key, '', 'is unknown: use globals and link'));
  }

  const globals_value = value.globals ?? null;
  const links = value.link ?? null;
  if (!is_object(globals_value)) errors.push(refusal(GLOBALS_SECTION, '', 'must be an object'));
  if (!Array.isArray(links)) {
    errors.push(refusal('link', '', 'must be a list of links'));
    return { config: null, errors };
  }
  const link_values: JsonObject[] = [];
  for (const [index, link] of links.entries()) {
    if (is_object(link)) link_values.push(link);
    else errors.push(refusal(`link ${index + 1}`, '', 'must be an object'));
  }
  return checked_config(is_object(globals_value) ? globals_value : {}, link_values, errors);
}

function checked_config(globals: JsonObject, links: JsonObject[], errors: ConfigError[]): ConfigResult {
  const checked_globals = checked_section(GLOBALS_SECTION, globals, globals_fields, errors);
  const checked_links: JsonObject[] = [];
  if (links.length > LINK_SECTIONS_MAX) {
    errors.push(refusal('link', '', `at most ${LINK_SECTIONS_MAX} links are possible, not ${links.length}`));
  }
  for (const [index, link] of links.entries()) {
    const name = link[NAME_OPTION] ?? null;
    const section = typeof name === 'string' && is_section_name(name) ? name : `link ${index + 1}`;
    checked_links.push(checked_section(section, link, link_fields, errors));
  }
  if (errors.length > 0) return { config: null, errors };

  // Every option has been checked against its field, whose type the generator wrote beside it.
  const config: Config = {
    globals: checked_globals as unknown as Globals,
    link: checked_links as unknown as Link[],
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

function refusal(section: string, option: string, reason: string): ConfigError {
  return { section, option, reason };
}

function is_integer(value: Json): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}
