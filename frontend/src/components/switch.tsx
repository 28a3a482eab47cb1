/** An on/off switch that acts at once. */

export interface SwitchProps {
  on: boolean;
  label: string;
  disabled: boolean;
  pending: boolean;
  id?: string;
  onChange: (on: boolean) => void;
}

export function Switch({ on, label, disabled, pending, id, onChange }: SwitchProps) {
  return (
    <input
      {...(id === undefined ? {} : { id })}
      type="checkbox"
      role="switch"
      class="la-switch"
      data-field="enabled"
      data-pending={pending ? '' : undefined}
      aria-label={label}
      aria-checked={on}
      aria-busy={pending}
      checked={on}
      disabled={disabled}
      onChange={event => {
        const wanted = event.currentTarget.checked;
        // The store decides what is shown; it may refuse without ever changing `on`.
        event.currentTarget.checked = on;
        onChange(wanted);
      }}
    />
  );
}
