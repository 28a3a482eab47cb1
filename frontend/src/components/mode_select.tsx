/** How a new connection gets its link. */

import { type Globals, globals_fields } from '../../../rpcd/src/config/schema.gen.ts';
import { GLOBALS } from '../store/sections.ts';
import type { Shown } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { mode_text } from '../words/balance.ts';

type Mode = Globals['mode'];

const MODES = globals_fields.flatMap(field =>
  field.kind === 'enum' && field.option === 'mode' ? (field.values as Mode[]) : [],
);

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
