/** Latency and loss of a link in the last 24 hours, drawn to whatever width there is. */

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { HistoryReply } from '../../../rpcd/src/rpc.ts';
import { _, fill } from '../translate.ts';
import { age_text } from '../words/age.ts';
import { history_text, interval_text } from '../words/history.ts';
import { latency_text } from '../words/probe.ts';

const DAY_S = 86_400;
const HOURS_SHOWN = [24, 18, 12, 6];

/** Units of the drawing: one for each interval across, and so many up. */
const HEIGHT = 100;
/** The flattest loss that can still be seen. */
const LOSS_HEIGHT_MIN = 3;
/** Latency that fills the height at least: nobody has to worry about 2 ms instead of 1. */
const SCALE_MIN_MS = 10;

export function HistoryChart({ reply }: { reply: HistoryReply }) {
  /** Interval under the pointer; null: none. */
  const pointed = useSignal<number | null>(null);
  // The row around it is drawn anew every second.
  const chart = useMemo(() => chart_of(reply), [reply]);
  const first = chart.width - reply.latency_ms.length;
  const place = pointed.value;

  function point(event: PointerEvent & { currentTarget: HTMLElement }): void {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - left) * chart.width) / width);
    pointed.value = Math.max(0, Math.min(chart.width - 1, at));
  }

  return (
    <figure class="la-history">
      <div class="la-axis la-number" aria-hidden="true">
        <span>{latency_text(chart.scale_ms)}</span>
        <span>{latency_text(chart.scale_ms / 2)}</span>
        <span>0</span>
      </div>
      <div
        class="la-plot"
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => {
          pointed.value = null;
        }}
      >
        <svg
          viewBox={`0 0 ${chart.width} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={fill(_('Latency and loss in the last 24 hours. %s'), history_text(reply) ?? '')}
        >
          <path class="la-gaps" d={chart.gaps} />
          <path
            class="la-grid"
            d={[0.25, 0.5, 0.75]
              .map(part => `M${chart.width * part} 0V${HEIGHT}`)
              .concat(`M0 ${HEIGHT / 2}H${chart.width}`)
              .join('')}
          />
          <path class="la-area" d={chart.area} />
          <path class="la-loss" d={chart.loss} />
          <path class="la-line" d={chart.line} />
          {place !== null && <path class="la-pointed" d={`M${place + 0.5} 0V${HEIGHT}`} />}
        </svg>
      </div>
      <div class="la-axis la-axis-loss la-number" aria-hidden="true">
        <span>{fill(_('%s%'), 100)}</span>
        <span>{fill(_('%s%'), 50)}</span>
        <span>0</span>
      </div>
      <div class="la-hours la-number" aria-hidden="true">
        {HOURS_SHOWN.map((hours, index) => (
          <span key={hours}>{fill(index === 0 ? _('%s h ago') : _('%s h'), hours)}</span>
        ))}
        <span>{_('now')}</span>
      </div>
      <figcaption>
        <span class="la-key la-key-latency">{_('Latency')}</span>{' '}
        <span class="la-key la-key-loss">{_('Lost probes')}</span>{' '}
        <span class="la-key la-key-gap">{_('Not probed')}</span>
        <div class="la-number la-told" data-field="history" aria-hidden="true">
          {place === null
            ? history_text(reply)
            : fill(
                _('%1$s ago: %2$s'),
                age_text((chart.width - 1 - place) * reply.interval_s),
                interval_text(
                  reply.latency_ms[place - first] ?? null,
                  reply.loss_permille[place - first] ?? null,
                ),
              )}
        </div>
      </figcaption>
    </figure>
  );
}

export interface Chart {
  /** Intervals of a day. */
  width: number;
  /** Latency at the top edge; what is above it is cut off there. */
  scale_ms: number;
  /** Paths: the line of the latency, the area under it, bars of the loss, and times without probes. */
  line: string;
  area: string;
  loss: string;
  gaps: string;
}

export function chart_of({ interval_s, latency_ms, loss_permille }: HistoryReply): Chart {
  const width = Math.round(DAY_S / interval_s);
  const first = width - latency_ms.length;
  const scale_ms = scale_of(latency_ms.filter(latency => latency !== null));
  const latencies = runs(latency_ms, first, value => HEIGHT * (1 - Math.min(1, value / scale_ms)));
  const losses = runs(loss_permille, first, value =>
    value === 0 ? HEIGHT : HEIGHT - Math.max(LOSS_HEIGHT_MIN, (HEIGHT * value) / 1000),
  );
  const day = [...new Array<null>(Math.max(0, first)).fill(null), ...loss_permille];
  const gaps = runs(
    day.map(loss => (loss === null ? 0 : null)),
    0,
    () => 0,
  );
  return {
    width,
    scale_ms,
    line: latencies.map(run => `M${run.at} ${run.steps.slice(1)}`).join(''),
    area: latencies.map(outline).join(''),
    loss: losses.map(outline).join(''),
    gaps: gaps.map(outline).join(''),
  };
}

interface Run {
  at: number;
  /** Path from its first value to its end: `V12H5V20H7`. */
  steps: string;
}

/** Neighbouring values that are there, each as wide as its interval. */
function runs(values: (number | null)[], offset: number, y_of: (value: number) => number): Run[] {
  const list: Run[] = [];
  let run: Run | null = null;
  let last_y: number | null = null;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      run = null;
      continue;
    }
    if (run === null) {
      run = { at: index + offset, steps: '' };
      list.push(run);
      last_y = null;
    }
    const y = Math.round(y_of(value) * 10) / 10;
    // While the value stays the last step only becomes longer.
    const before: string =
      y === last_y ? run.steps.slice(0, run.steps.lastIndexOf('H')) : `${run.steps}V${y}`;
    run.steps = `${before}H${index + offset + 1}`;
    last_y = y;
  }
  return list;
}

function outline(run: Run): string {
  return `M${run.at} ${HEIGHT}${run.steps}V${HEIGHT}Z`;
}

/** 10, 20, 50, 100, … ms, so that nearly all values fit; a single spike shall not flatten all others. */
function scale_of(latencies_ms: number[]): number {
  const sorted = [...latencies_ms].sort((a, b) => a - b);
  const ordinary_ms = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  const wanted_ms = Math.min(3 * ordinary_ms, sorted.at(-1) ?? 0);
  for (let power_ms = SCALE_MIN_MS; ; power_ms *= 10) {
    const factor = [1, 2, 5].find(one => one * power_ms >= wanted_ms);
    if (factor !== undefined) return factor * power_ms;
  }
}
