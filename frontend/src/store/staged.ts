/**
 * Changes of the network: staged in this session, shown, applied, and confirmed by reaching the router again. What
 * is not confirmed in time the router undoes by itself, and stages again.
 *
 * Every part of the page that changes the network does it with `stage`.
 */

import { type ReadonlySignal, signal } from '@preact/signals';
import type { ConfigError, StageReply } from '../../../rpcd/src/rpc.ts';
import { failure_of, type RpcFailure } from '../client/jsonrpc.ts';
import type { Client } from '../client/linkagg.ts';
import { is_final } from './polling.ts';

/** So long takes what an applied change does on the router; LuCI waits as long (`apply.holdoff`). */
export const HOLD_OFF_MS = 4000;
export const CONFIRM_INTERVAL_MS = 1000;
/** Other pages stage as well. */
export const STAGED_INTERVAL_MS = 10_000;

/** The router takes 10 to 300 seconds. */
export const TIMEOUTS_S = [30, 60, 120, 300];

/**
 * `applying`: sent, or in force on trial until `deadline_ms`; `confirmed` and `undone`: how the last one ended, until
 * that is dismissed.
 */
export type Phase = 'idle' | 'applying' | 'confirmed' | 'undone';

export interface StagedView {
  /** What the router said last; null until then, and for sessions that may change nothing. */
  reply: StageReply | null;
  phase: Phase;
  /** `Date.now()` when the router undoes what is on trial. */
  deadline_ms: number;
  /** The admin wants it undone, or did; else it was because the router was not reached in time. */
  undoing: boolean;
  /** What the last attempt to apply, confirm, undo or discard ended with; null when the router answered. */
  failure: RpcFailure | null;
  /** Why the router refused it. */
  errors: ConfigError[];
  /** Nothing can be staged now: it would be refused. */
  locked: boolean;
}

export type StageOutcome<Reply> =
  /** In `reply` is more that this kind of change tells of. */
  | { kind: 'staged'; reply: Reply }
  /** Nothing of it is staged. */
  | { kind: 'refused'; errors: ConfigError[] }
  | { kind: 'failed'; failure: RpcFailure };

export interface Staging {
  view: ReadonlySignal<StagedView>;
  /**
   * Stage a change: `send` calls one of the client's methods that reply what is staged. The caller words a refusal
   * itself; errors name section and option in /etc/config.
   */
  stage<Reply extends StageReply>(send: (client: Client) => Promise<Reply>): Promise<StageOutcome<Reply>>;
  /** Apply all that is staged. Resolves when it is confirmed or undone. */
  apply(timeout_s: number): Promise<void>;
  /** Undo what is on trial, at once or as soon as the router is reached. */
  undo(): void;
  discard(): Promise<void>;
  /** Forget errors and how the last one ended. */
  dismiss(): void;
  /** To be called with every status: asks when it is time. */
  status_arrived(): void;
  /** Somebody else seems to try out a change. */
  renew(): void;
  close(): void;
}

/**
 * `changed` is called whenever something else is staged or in force than before, `failed` with each failure, for what
 * no attempt can cure.
 */
export function create_staging(
  client: Client,
  changed: () => void,
  failed: (failure: RpcFailure) => void,
): Staging {
  const view = signal<StagedView>({
    reply: null,
    phase: 'idle',
    deadline_ms: 0,
    undoing: false,
    failure: null,
    errors: [],
    locked: false,
  });
  let asked_at_ms = 0;
  let asking = false;
  let busy = false;
  let closed = false;
  /** Goes up with every question and change; an answer that was overtaken is of no use. */
  let last_sent = 0;
  let last_known = 0;
  /** Ends the pause that is under way. */
  let wake = () => {};

  function set(news: Partial<StagedView>): void {
    const next = { ...view.value, ...news };
    view.value = {
      ...next,
      locked: next.phase === 'applying' || (next.reply !== null && next.reply.pending !== 'none'),
    };
  }

  /**
   * What the daemon says of the same changes stays; what is worth knowing of one of them is said only once. `in_force`:
   * something else may be, whatever is staged.
   */
  function know(sent: number, reply: StageReply, in_force = false): void {
    if (sent < last_known) return;
    last_known = sent;
    const before = view.value.reply;
    const same =
      JSON.stringify([before?.staged ?? [], before?.commands ?? []]) ===
      JSON.stringify([reply.staged, reply.commands]);
    set({ reply: same && before !== null ? { ...reply, notes: before.notes } : reply });
    if (!same || in_force) changed();
  }

  async function ask(): Promise<void> {
    asking = true;
    asked_at_ms = Date.now();
    const sent = ++last_sent;
    try {
      know(sent, await client.get_staged());
    } catch {
      // Asked again soon; that the router does not answer is said elsewhere.
    }
    asking = false;
    // A page that was loaded again in the middle of it goes on where the last one was.
    const { reply, phase } = view.value;
    if (reply?.pending === 'own' && phase !== 'applying' && !busy) {
      begin(reply.left_s);
      void until_ended();
    }
  }

  function begin(left_s: number): void {
    const deadline_ms = Date.now() + left_s * 1000;
    set({ phase: 'applying', undoing: false, deadline_ms, failure: null, errors: [] });
  }

  function fail(error: unknown): RpcFailure {
    const failure = failure_of(error);
    failed(failure);
    set({ failure });
    return failure;
  }

  /** Reaching the router is the confirmation; it says as well when there is nothing left to confirm or to undo. */
  async function until_ended(): Promise<void> {
    busy = true;
    let unanswered = false;
    if (!view.value.undoing) await pause(HOLD_OFF_MS);
    while (!closed && view.value.phase === 'applying') {
      const { undoing } = view.value;
      try {
        const { ok } = await (undoing ? client.undo_applied() : client.confirm_applied());
        const sent = ++last_sent;
        const now = await client.get_staged();
        set({
          failure: null,
          errors: [],
          phase: ok ? (undoing ? 'undone' : 'confirmed') : ended(now, unanswered),
        });
        know(sent, now, true);
      } catch (error) {
        unanswered = true;
        if (is_final(fail(error))) break;
        await pause(CONFIRM_INTERVAL_MS);
      }
    }
    busy = false;
  }

  /** What was undone is staged again, so a confirmation whose answer was lost can be told from that. */
  function ended(now: StageReply, unanswered: boolean): Phase {
    return unanswered && now.staged.length === 0 ? 'confirmed' : 'undone';
  }

  function pause(delay_ms: number): Promise<void> {
    return new Promise(resolve => {
      wake = resolve;
      setTimeout(resolve, delay_ms);
    });
  }

  return {
    view,

    async stage(send) {
      const sent = ++last_sent;
      try {
        const reply = await send(client);
        if (!reply.ok) {
          void ask();
          return { kind: 'refused', errors: reply.errors };
        }
        set({ phase: 'idle', errors: [], failure: null });
        know(sent, reply);
        return { kind: 'staged', reply };
      } catch (error) {
        const failure = failure_of(error);
        failed(failure);
        return { kind: 'failed', failure };
      }
    },

    async apply(timeout_s) {
      if (view.value.locked) return;
      busy = true;
      begin(timeout_s);
      try {
        const { ok, errors } = await client.apply_staged(timeout_s);
        if (ok) set({ deadline_ms: Date.now() + timeout_s * 1000 });
        else set({ phase: 'idle', errors });
      } catch (error) {
        // It may be in force all the same: the answer can be the first that the change cuts off.
        if (is_final(fail(error))) set({ phase: 'idle' });
      }
      busy = false;
      if (view.value.phase === 'applying') await until_ended();
      else await ask();
    },

    undo() {
      set({ undoing: true });
      wake();
    },

    async discard() {
      const sent = ++last_sent;
      try {
        const reply = await client.discard_staged();
        know(sent, reply);
        set({ phase: 'idle', failure: null, errors: reply.errors });
      } catch (error) {
        fail(error);
      }
    },

    dismiss() {
      set({ phase: view.value.phase === 'applying' ? 'applying' : 'idle', failure: null, errors: [] });
    },

    status_arrived() {
      // Whoever waits for others wants to go on soon.
      const interval_ms = view.value.reply?.pending === 'other' ? 1000 : STAGED_INTERVAL_MS;
      if (!asking && !busy && Date.now() - asked_at_ms >= interval_ms) void ask();
    },

    renew: () => void ask(),

    close() {
      closed = true;
      wake();
    },
  };
}
