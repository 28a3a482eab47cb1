/** Which clients stay on which link: asked for only while somebody looks. */

import { type ReadonlySignal, signal } from '@preact/signals';
import type { StickyReply } from '../../../rpcd/src/rpc.ts';
import { RpcFailure } from '../client/jsonrpc.ts';

/** The router lists its nftables sets for each reply: not with every status. */
export const STICKY_INTERVAL_MS = 3000;

export interface StickyView {
  /** Null until the first reply. */
  reply: StickyReply | null;
  /** What the last question ended with; null when it went well. */
  failure: RpcFailure | null;
}

export interface StickyWatch {
  view: ReadonlySignal<StickyView>;
  watch(wanted: boolean): void;
  /** To be called with every status: asks when it is time. */
  status_arrived(): void;
  /** Something was cleared: what is known or on its way is too old. */
  renew(): void;
}

export function create_sticky_watch(ask: () => Promise<StickyReply>): StickyWatch {
  const nothing: StickyView = { reply: null, failure: null };
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
    let result: StickyView;
    try {
      result = { reply: await ask(), failure: null };
    } catch (error) {
      const failure = error instanceof RpcFailure ? error : new RpcFailure('unexpected', String(error));
      result = { reply: view.value.reply, failure };
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
      if (watching && !asking && Date.now() - asked_at_ms >= STICKY_INTERVAL_MS) void attempt();
    },
    renew,
  };
}
