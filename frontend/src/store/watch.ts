/** A question that is asked again and again, but only while somebody looks at the answer. */

import { type ReadonlySignal, signal } from '@preact/signals';
import { failure_of, type RpcFailure } from '../client/jsonrpc.ts';

export interface View<Reply> {
  /** Null until the first reply. */
  reply: Reply | null;
  /** What the last question ended with; null when it went well. */
  failure: RpcFailure | null;
}

export interface Watch<Reply> {
  view: ReadonlySignal<View<Reply>>;
  watch(wanted: boolean): void;
  /** To be called with every status: asks when it is time. */
  status_arrived(): void;
  /** Something was changed: what is known or on its way is too old. */
  renew(): void;
}

/** `interval_ms`: some questions are more work for the router than a status. */
export function create_watch<Reply>(ask: () => Promise<Reply>, interval_ms: number): Watch<Reply> {
  const nothing: View<Reply> = { reply: null, failure: null };
  const view = signal(nothing);
  let watching = false;
  let asking = false;
  let asked_at_ms = 0;
  /** Goes up whenever replies to questions asked before are worth nothing. */
  let era = 0;

  async function attempt(): Promise<void> {
    asking = true;
    asked_at_ms = Date.now();
    const asked_in = era;
    let result: View<Reply>;
    try {
      result = { reply: await ask(), failure: null };
    } catch (error) {
      result = { reply: view.value.reply, failure: failure_of(error) };
    }
    asking = false;
    if (asked_in === era) view.value = result;
    else if (watching) void attempt();
  }

  function renew(): void {
    era++;
    if (watching && !asking) void attempt();
  }

  return {
    view,
    watch(wanted) {
      if (wanted === watching) return;
      watching = wanted;
      view.value = nothing;
      renew();
    },
    status_arrived() {
      if (watching && !asking && Date.now() - asked_at_ms >= interval_ms) void attempt();
    },
    renew,
  };
}
