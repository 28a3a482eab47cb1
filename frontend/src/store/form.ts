/** Forms: what was typed for the options of a section, checked against the generated field tables. Pure. */

import type { Json, JsonObject } from '../../../rpcd/platform/platform.ts';
import type { Field } from '../../../rpcd/src/config/field.ts';
import { link_fields } from '../../../rpcd/src/config/schema.gen.ts';
import { value_reason } from '../../../rpcd/src/config/validate.ts';
import type { ConfigError } from '../../../rpcd/src/rpc.ts';

/** Texts as typed, by option; the items of a list are separated by blanks. */
export type Form = Record<string, string>;

/** Reasons by option; an option without an entry is fine. */
export type FormErrors = Record<string, string>;

export function without(errors: FormErrors, option: string): FormErrors {
  const { [option]: _gone, ...others } = errors;
  return others;
}

/** A form, and the section in /etc/config that errors call it by. */
export interface Place {
  section: string;
  fields: { option: string }[];
}

/** The router's errors at the forms that they are about, and those that are about none. */
export function placed_errors(
  places: Place[],
  errors: ConfigError[],
): { placed: FormErrors[]; others: ConfigError[] } {
  const placed: FormErrors[] = places.map(() => ({}));
  const others = errors.filter(({ section, option, reason }) => {
    const index = places.findIndex(
      place => place.section === section && place.fields.some(field => field.option === option),
    );
    const form = placed[index];
    if (form === undefined) return true;
    const before = form[option];
    form[option] = before === undefined ? reason : `${before}; ${reason}`;
    return false;
  });
  return { placed, others };
}

/** The form of a section, filled with the schema's fallbacks where it has no value. */
export function form_of(fields: Field[], section: object): Form {
  const values = new Map<string, Json>(Object.entries(section));
  return Object.fromEntries(
    fields.map(field => {
      const value = values.get(field.option) ?? field.fallback ?? '';
      return [field.option, Array.isArray(value) ? value.join(' ') : `${value}`];
    }),
  );
}

/** Values of those of the `fields` that are `wanted`, as far as they are valid. */
export function values_of(
  fields: Field[],
  form: Form,
  wanted: string[],
): { values: JsonObject; errors: FormErrors } {
  const values: JsonObject = {};
  const errors: FormErrors = {};
  for (const field of fields) {
    if (!wanted.includes(field.option)) continue;
    const value = typed_value(field, form[field.option] ?? '');
    const reason = value_reason(field, value);
    if (reason === null) values[field.option] = value;
    else errors[field.option] = reason;
  }
  return { values, errors };
}

/** Values of options that were not asked for, as the router would add them. */
export function fallbacks(fields: Field[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap(({ option, fallback }) => (fallback === null ? [] : [[option, fallback]])),
  );
}

/** Null when `text` is a valid weight, else what it must be. */
export function weight_reason(text: string): string | null {
  const field = link_fields.find(candidate => candidate.option === 'weight');
  return field === undefined ? null : value_reason(field, typed_integer(text));
}

/** Decimal digits only: `Number` would read 1e2 and 0x10 as well. NaN otherwise. */
export function typed_integer(text: string): number {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
}

export function typed_list(text: string): string[] {
  return text.split(/[\s,;]+/).filter(item => item !== '');
}

function typed_value(field: Field, text: string): Json {
  switch (field.kind) {
    case 'integer':
      return typed_integer(text);
    case 'list':
      return typed_list(text);
    case 'boolean':
      return text === 'true';
    default:
      return text.trim();
  }
}
