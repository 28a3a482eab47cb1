/** A link's connections: its share of the new ones, as measured and as its weight plans it, and how many live. */

import { _, fill } from '../translate.ts';
import { percent_text } from '../words/rate.ts';

export interface ShareProps {
  measured_permille: number | null;
  planned_permille: number | null;
  /** Null when they have not been counted. */
  live: number | null;
}

export function Share({ measured_permille, planned_permille, live }: ShareProps) {
  return (
    <div class="la-share">
      <span class="la-share-line">
        <span
          class="la-number"
          data-field="share"
          data-permille={measured_permille ?? undefined}
          title={_('Share of the connections of the last minute')}
        >
          {percent_text(measured_permille)}
        </span>
        <span
          class="la-number la-muted"
          data-field="live"
          title={_('Connections that are on this link now, idle ones included')}
        >
          {fill(_('%s live'), live ?? '–')}
        </span>
      </span>
      <span
        class="la-muted"
        data-field="planned"
        data-permille={planned_permille ?? undefined}
        title={_('What the weight plans; the mark in the bar')}
      >
        {planned_permille === null
          ? _('none planned')
          : fill(_('%s planned'), percent_text(planned_permille))}
      </span>
      <span class="la-bar" aria-hidden="true">
        <span style={{ width: `${(measured_permille ?? 0) / 10}%` }} />
        {planned_permille !== null && (
          <span class="la-mark" style={{ insetInlineStart: `${planned_permille / 10}%` }} />
        )}
      </span>
    </div>
  );
}
