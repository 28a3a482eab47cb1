/** A link's form: what was typed, checked against the generated field table. Pure. */

import { type Link, link_fields } from '../../../rpcd/src/config/schema.gen.ts';
import { value_reason } from '../../../rpcd/src/config/validate.ts';

/** Texts as typed, by option. */
export interface LinkForm {
  name: string;
  interface: string;
  weight: string;
  probe: string;
}

/** Reasons by option; an option without an entry is fine. */
export type FormErrors = Partial<Record<string, string>>;

export function form_of(link: Link): LinkForm {
  return {
    name: link.name,
    interface: link.interface,
    weight: `${link.weight}`,
    probe: link.probe.join(' '),
  };
}

/** The form of a new link, filled with the schema's fallbacks. */
export function empty_form(): LinkForm {
  const fallback = (option: string): string => {
    const value = link_fields.find(field => field.option === option)?.fallback ?? '';
    return Array.isArray(value) ? value.join(' ') : `${value}`;
  };
  return { name: '', interface: '', weight: fallback('weight'), probe: fallback('probe') };
}

/** `enabled` is not in the form: that is the switch's. */
export function link_of(
  form: LinkForm,
  enabled: boolean,
): { link: Link; errors: null } | { link: null; errors: FormErrors } {
  const link: Link = {
    name: form.name.trim(),
    interface: form.interface.trim(),
    enabled,
    weight: typed_integer(form.weight),
    probe: form.probe.split(/[\s,;]+/).filter(target => target !== ''),
  };
  const errors: FormErrors = {};
  for (const field of link_fields) {
    const reason = value_reason(field, link[field.option as keyof Link]);
    if (reason !== null) errors[field.option] = reason;
  }
  return Object.keys(errors).length === 0 ? { link, errors: null } : { link: null, errors };
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
