/** One option in a form: its title, what can be typed or chosen, why that was refused, and help. */

import { useSignal } from '@preact/signals';
import { typed_list } from '../store/form.ts';
import { _, fill } from '../translate.ts';
import type { Choice, FormField } from '../words/fields.ts';

export interface FieldProps {
  /** Unique on the page. */
  id: string;
  field: FormField;
  value: string;
  reason: string | undefined;
  disabled: boolean;
  onInput: (text: string) => void;
}

export function Field(props: FieldProps) {
  const { id, field, value, reason } = props;
  const { kind } = field;
  const secret = kind === 'secret';
  const in_clear = useSignal(!secret);
  const invalid = reason === undefined ? '' : ' cbi-input-invalid';
  const described = {
    'data-field': field.option,
    disabled: props.disabled,
    'aria-invalid': reason !== undefined,
    'aria-describedby': `${id}-help`,
  };
  const several = kind === 'list' && field.choices !== undefined;
  return (
    <div class={reason === undefined ? 'cbi-value' : 'cbi-value cbi-value-error'}>
      {several ? (
        <div class="cbi-value-title" id={`${id}-title`}>
          {field.title}
        </div>
      ) : (
        <label class="cbi-value-title" for={id}>
          {field.title}
        </label>
      )}
      <div class="cbi-value-field">
        {field.choices === undefined ? (
          <input
            {...described}
            id={id}
            {...(in_clear.value ? { type: 'text' } : { type: 'password' })}
            class={`cbi-input-text${kind === 'list' ? ' la-list' : ''}${invalid}`}
            inputMode={kind === 'integer' ? 'numeric' : 'text'}
            // Of no account of the admin's: nothing for a password manager.
            autocomplete={secret ? 'new-password' : 'off'}
            autocapitalize="none"
            spellcheck={false}
            placeholder={field.empty}
            value={value}
            onInput={event => props.onInput(event.currentTarget.value)}
          />
        ) : several ? (
          <Checkboxes {...props} choices={field.choices} />
        ) : (
          <select
            {...described}
            id={id}
            class={`cbi-input-select${invalid}`}
            value={value}
            onChange={event => props.onInput(event.currentTarget.value)}
          >
            {with_missing(field.choices, [value]).map(choice => (
              <option key={choice.value} value={choice.value}>
                {choice.text}
              </option>
            ))}
          </select>
        )}
        {secret && ' '}
        {secret && (
          <button
            type="button"
            class="btn cbi-button cbi-button-neutral"
            data-action="show"
            aria-controls={id}
            onClick={() => {
              in_clear.value = !in_clear.value;
            }}
          >
            {in_clear.value ? _('Hide') : _('Show')}
          </button>
        )}
        <div id={`${id}-help`}>
          {reason !== undefined && (
            <div class="la-reason" role="alert" data-error={field.option}>
              {_(reason)}
            </div>
          )}
          <div class="cbi-value-description">{field.help}</div>
        </div>
      </div>
    </div>
  );
}

function Checkboxes({ id, field, value, disabled, choices, onInput }: FieldProps & { choices: Choice[] }) {
  const chosen = typed_list(value);
  const all = with_missing(choices, chosen);
  function choose(name: string, on: boolean): void {
    const names = on ? [...chosen, name] : chosen.filter(other => other !== name);
    // In the order they are listed in, however they were clicked.
    onInput(
      all
        .map(choice => choice.value)
        .filter(name => names.includes(name))
        .join(' '),
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: themes give a fieldset borders and a legend its own layout
    <div
      class="la-choices"
      role="group"
      data-field={field.option}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-help`}
    >
      {all.map(choice => (
        <label key={choice.value}>
          <input
            type="checkbox"
            value={choice.value}
            checked={chosen.includes(choice.value)}
            disabled={disabled}
            onChange={event => choose(choice.value, event.currentTarget.checked)}
          />
          {choice.text}
        </label>
      ))}
    </div>
  );
}

/** What is set although it is no choice, a link that is gone say, has to be seen all the same. */
function with_missing(choices: Choice[], values: string[]): Choice[] {
  const missing = values.filter(value => !choices.some(choice => choice.value === value));
  return [
    ...missing.map(value => ({
      value,
      text: value === '' ? _('– please choose –') : fill(_('%s (does not exist)'), value),
    })),
    ...choices,
  ];
}
