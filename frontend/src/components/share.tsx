/** A link's share of the new connections, as measured and as its weight plans it. */

import { _, fill } from '../translate.ts';
import { percent_text } from '../words/rate.ts';

export interface ShareProps {
  measured_permille: number | null;
  planned_permille: number | null;
}

export function Share({ measured_permille, planned_permille }: ShareProps) {
  return (
    <div
      class="la-share"
      title={_('Share of the connections of the last minute; the mark is what the weight plans')}
    >
      <span class="la-number" data-field="share" data-permille={measured_permille ?? undefined}>
        {percent_text(measured_permille)}
      </span>
      <span class="la-muted" data-field="planned" data-permille={planned_permille ?? undefined}>
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
