/** A link's weight: saved on Enter, on leaving the field or after a pause; Escape brings the old value back. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { typed_integer, weight_reason } from '../store/form.ts';
import { _, fill } from '../translate.ts';

export interface WeightInputProps {
  link: string;
  weight: number;
  disabled: boolean;
  pending: boolean;
  onCommit: (weight: number) => void;
}

/** Long enough to type a second digit. */
const PAUSE_MS = 700;

export function WeightInput({ link, weight, disabled, pending, onCommit }: WeightInputProps) {
  /** What is being typed; null while the field just shows `weight`. */
  const draft = useSignal<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const text = draft.value ?? `${weight}`;
  const reason = draft.value === null ? null : weight_reason(draft.value);
  const reason_id = `la-weight-reason-${link}`;

  function commit(): void {
    clearTimeout(timer.current);
    const typed = draft.value;
    if (typed === null || weight_reason(typed) !== null) return;
    draft.value = null;
    if (typed_integer(typed) !== weight) onCommit(typed_integer(typed));
  }

  function restore(): void {
    clearTimeout(timer.current);
    draft.value = null;
  }

  return (
    <div class="la-weight">
      <input
        type="number"
        class={reason === null ? 'cbi-input-text' : 'cbi-input-text cbi-input-invalid'}
        data-field="weight"
        data-pending={pending ? '' : undefined}
        min="1"
        max="256"
        step="1"
        inputMode="numeric"
        autocomplete="off"
        aria-label={fill(_('Weight of %s'), link)}
        aria-invalid={reason !== null}
        aria-describedby={reason === null ? undefined : reason_id}
        aria-busy={pending}
        value={text}
        disabled={disabled}
        onInput={event => {
          draft.value = event.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(commit, PAUSE_MS);
        }}
        onBlur={commit}
        onKeyDown={event => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') {
            event.currentTarget.value = `${weight}`;
            restore();
          }
        }}
      />
      {reason !== null && (
        <div class="la-reason" id={reason_id} data-error="weight">
          {_(reason)}
        </div>
      )}
    </div>
  );
}
