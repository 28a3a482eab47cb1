/** The fields of a form; to change one takes its reason away. */

import { useSignal } from '@preact/signals';
import { type Form, type FormErrors, without } from '../store/form.ts';
import type { FormField } from '../words/fields.ts';
import { Field } from './field.tsx';

export interface FormFieldsProps {
  /** Unique on the page. */
  id: string;
  fields: FormField[];
  form: Form;
  errors: FormErrors;
  disabled: boolean;
  onInput: (option: string, text: string) => void;
}

export function FormFields({ id, fields, form, errors, disabled, onInput }: FormFieldsProps) {
  return fields.map(field => (
    <Field
      key={field.option}
      id={`${id}-${field.option}`}
      field={field}
      value={form[field.option] ?? ''}
      reason={errors[field.option]}
      disabled={disabled}
      onInput={text => onInput(field.option, text)}
    />
  ));
}

/** What is typed, and what is wrong with it. */
export function useForm(first: Form) {
  const form = useSignal(first);
  const errors = useSignal<FormErrors>({});
  return {
    form,
    errors,
    typed(option: string, text: string) {
      form.value = { ...form.value, [option]: text };
      errors.value = without(errors.value, option);
    },
  };
}
