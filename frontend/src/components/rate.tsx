/** A live rate: number, bar against the busiest link, and the curve of the last minute. */

import { SAMPLES_MAX } from '../store/history.ts';
import { _, fill } from '../translate.ts';
import { bytes_text, rate_text } from '../words/rate.ts';

export interface RateProps {
  field: 'rx' | 'tx';
  bps: number | null;
  /** Since the device exists. */
  bytes: number | null;
  /** Oldest first. */
  samples: number[];
  /** What fills the bar and the curve's height. */
  scale_bps: number;
}

const CURVE_HEIGHT = 16;

export function Rate({ field, bps, bytes, samples, scale_bps }: RateProps) {
  const part = bps === null || scale_bps <= 0 ? 0 : Math.min(1, bps / scale_bps);
  return (
    <div class={`la-rate la-rate-${field}`} title={fill(_('%s since the device exists'), bytes_text(bytes))}>
      <span class="la-number" data-field={field} data-bps={bps ?? undefined}>
        <bdi>{rate_text(bps)}</bdi>
      </span>
      <svg
        class="la-curve"
        viewBox={`0 0 ${SAMPLES_MAX - 1} ${CURVE_HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path d={curve_path(samples, scale_bps)} />
      </svg>
      <span class="la-bar" aria-hidden="true">
        <span style={{ width: `${(part * 100).toFixed(1)}%` }} />
      </span>
    </div>
  );
}

/** The area under the samples, newest at the right edge. */
export function curve_path(samples: number[], scale_bps: number): string {
  if (samples.length < 2 || scale_bps <= 0) return '';
  const left = SAMPLES_MAX - samples.length;
  const points = samples.map((bps, index) => {
    const height = Math.min(1, bps / scale_bps) * CURVE_HEIGHT;
    return `${left + index} ${(CURVE_HEIGHT - height).toFixed(1)}`;
  });
  return `M${left} ${CURVE_HEIGHT}L${points.join('L')}L${SAMPLES_MAX - 1} ${CURVE_HEIGHT}Z`;
}
