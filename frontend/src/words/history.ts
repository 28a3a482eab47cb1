/** The last 24 hours of a link in words. */

import type { HistoryReply } from '../../../rpcd/src/rpc.ts';
import { _, fill } from '../translate.ts';
import { age_text } from './age.ts';
import { latency_text, loss_text } from './probe.ts';

/** One sentence, the same that the graph shows; null when nothing was probed. */
export function history_text({ interval_s, latency_ms, loss_permille }: HistoryReply): string | null {
  const lost = loss_permille.filter(loss => loss !== null);
  if (lost.length === 0) return null;
  const answers = latency_ms.filter(latency => latency !== null);
  const parts = [
    answers.length === 0
      ? _('no probe was answered')
      : fill(
          _('%1$s on average, %2$s at most'),
          latency_text(Math.round(mean(answers))),
          latency_text(Math.max(...answers)),
        ),
    loss_text(Math.round(mean(lost))),
  ];
  return fill(_('In %1$s: %2$s'), age_text(lost.length * interval_s), parts.join(', '));
}

/** What one interval says. */
export function interval_text(latency_ms: number | null, loss_permille: number | null): string {
  if (loss_permille === null) return _('not probed');
  const loss = loss_text(loss_permille);
  return latency_ms === null ? loss : `${latency_text(latency_ms)}, ${loss}`;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
