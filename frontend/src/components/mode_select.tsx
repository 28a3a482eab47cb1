/** How a new connection gets its link. */

import { type Globals, globals_fields } from '../../../rpcd/src/config/schema.gen.ts';
import type { Shown } from '../store/shown.ts';
import { GLOBALS, type Store } from '../store/store.ts';
import { _ } from '../translate.ts';

type Mode = Globals['mode'];

const MODES = globals_fields.flatMap(field =>
  field.kind === 'enum' && field.option === 'mode' ? (field.values as Mode[]) : [],
);

function mode_text(mode: Mode): string {
  switch (mode) {
    case 'adaptive':
      return _('to the least busy link');
    case 'round-robin':
      return _('in turn, by weight');
    case 'hash':
      return _('by chance, by weight (ECMP)');
  }
}

export function ModeSelect({ store, shown, read_only }: { store: Store; shown: Shown; read_only: boolean }) {
  const pending = store.pending.value.has(`${GLOBALS}.mode`);
  return (
    <select
      class="cbi-input-select la-mode"
      id="la-mode"
      aria-label={_('How a new connection gets its link')}
      aria-busy={pending}
      disabled={read_only || !shown.enabled}
      value={shown.mode}
      onChange={event => void store.set_mode(event.currentTarget.value as Mode)}
    >
      {MODES.map(mode => (
        <option key={mode} value={mode}>
          {mode_text(mode)}
        </option>
      ))}
    </select>
  );
}
