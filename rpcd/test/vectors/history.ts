/** The history of the links behind a function from JSON to JSON, for replay under ucode. */

import type { Json } from '../../platform/platform.ts';
import type { HistoryReply, LinkEvent } from '../../src/rpc.ts';
import { start_history } from '../../src/status/history.ts';

export type Step =
  | { kind: 'pass'; ms: number }
  | { kind: 'keep'; links: string[] }
  | { kind: 'probe'; link: string; rtt_ms: number | null }
  | ({ kind: 'event'; link: string; better: boolean } & Omit<LinkEvent, 'age_s'>);

/** What the history says of `asked` after all that. */
export function history_after(steps: Step[], asked: string[]): HistoryReply[] {
  let now_ms = 5_000_000;
  const history = start_history({ now_ms: () => now_ms });
  for (const step of steps) {
    if (step.kind === 'pass') now_ms += step.ms;
    else if (step.kind === 'keep') history.keep(step.links);
    else if (step.kind === 'probe') history.note_probe(step.link, step.rtt_ms);
    else history.note_event(step.link, step, step.better);
  }
  return asked.map(link => history.reply(link));
}

/** The same as text: most of a day is long. */
export function history_text(steps: Step[], asked: string[]): Json {
  return history_after(steps, asked).map(reply => JSON.stringify(reply));
}
