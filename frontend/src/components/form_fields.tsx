/** The fields of a form that is no section's; to change one takes its reason away. */

import type { Signal } from '@preact/signals';
import type { Form, FormErrors } from '../store/form.ts';
import type { FormField } from '../words/fields.ts';
import { Field } from './field.tsx';

export interface FormFieldsProps {
  /** Unique on the page. */
  id: string;
  fields: FormField[];
  /** The option that is a number. */
  integer: string;
  form: Signal<Form>;
  errors: Signal<FormErrors>;
  disabled: boolean;
}

export function FormFields({ id, fields, integer, form, errors, disabled }: FormFieldsProps) {
  return fields.map(field => {
    const { option } = field;
    return (
      <Field
        key={option}
        id={`${id}-${option}`}
        field={field}
        kind={option === integer ? 'integer' : 'text'}
        value={form.value[option] ?? ''}
        reason={errors.value[option]}
        disabled={disabled}
        onInput={text => {
          form.value = { ...form.value, [option]: text };
          const { [option]: _gone, ...others } = errors.value;
          errors.value = others;
        }}
      />
    );
  });
}
