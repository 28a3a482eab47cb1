/** The whole in one line: the main switch, one sentence, and the sum of all links. */

import { GLOBALS } from '../store/sections.ts';
import { type Shown, total_rates } from '../store/shown.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';
import { summary_text } from '../words/link_state.ts';
import { rate_text } from '../words/rate.ts';
import { ModeSelect } from './mode_select.tsx';
import { Switch } from './switch.tsx';

export function Summary({ store, shown, read_only }: { store: Store; shown: Shown; read_only: boolean }) {
  const total = total_rates(shown);
  return (
    <div class="cbi-section la-summary">
      <div class="la-summary-switch">
        <Switch
          id="la-globally-enabled"
          on={shown.enabled}
          label={_('Balance new connections')}
          disabled={read_only}
          pending={store.pending.value.has(`${GLOBALS}.enabled`)}
          onChange={on => void store.set_globally_enabled(on)}
        />
        <label for="la-globally-enabled">{_('Balance new connections')}</label>
      </div>
      <ModeSelect store={store} shown={shown} read_only={read_only} />
      <p class="la-summary-text" data-summary="" aria-live="polite">
        {summary_text(shown)}
      </p>
      <dl class="la-totals la-live">
        <div>
          <dt>{_('Download')}</dt>
          <dd class="la-number" data-total="rx" data-bps={total.rx_bps ?? undefined}>
            <bdi>{rate_text(total.rx_bps)}</bdi>
          </dd>
        </div>
        <div>
          <dt>{_('Upload')}</dt>
          <dd class="la-number" data-total="tx" data-bps={total.tx_bps ?? undefined}>
            <bdi>{rate_text(total.tx_bps)}</bdi>
          </dd>
        </div>
      </dl>
    </div>
  );
}
