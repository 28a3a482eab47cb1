/**
 * The admin's changes on their way to the router. One is sent at a time, in the order they were made. Each is
 * shown from the moment it is made until a status that was asked for *after* the router's answer has arrived:
 * an older status still shows the world before it. A refused change simply disappears, and with it its preview.
 */

import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { ChangeReply, ConfigError } from '../../../rpcd/src/rpc.ts';
import { failure_of, type RpcFailure } from '../client/jsonrpc.ts';
import type { Shown } from './shown.ts';

/** Somebody else changed the configuration: nothing was saved. */
export class Conflict extends Error {}

export type Outcome =
  /** `failure` says why it is not in force, empty when it is. */
  | { kind: 'saved'; failure: string }
  | { kind: 'refused'; errors: ConfigError[] }
  | { kind: 'conflict' }
  | { kind: 'failed'; failure: RpcFailure };

export interface ChangeRequest {
  /** What is being changed, `wan2.weight` or `globals.enabled`; marked as pending meanwhile. */
  target: string;
  preview: (shown: Shown) => Shown;
  /** Throws RpcFailure or Conflict. */
  send: () => Promise<ChangeReply>;
}

interface Change extends ChangeRequest {
  /** Sequence number of the router's confirmation, null until then. */
  confirmed_at: number | null;
  resolve: (outcome: Outcome) => void;
}

export interface Changes {
  /** All previews on top of `shown`, oldest first. */
  preview(shown: Shown): Shown;
  /** Targets the router has not confirmed yet. */
  pending: ReadonlySignal<ReadonlySet<string>>;
  make(request: ChangeRequest): Promise<Outcome>;
  /** Forget the confirmed changes that a status asked for at `sent_at` already shows. */
  status_arrived(sent_at: number): void;
}

/** Empty when the change is in force. */
function why_not_in_force(reply: ChangeReply): string {
  if (reply.failure !== '' || reply.ok) return reply.failure;
  return reply.errors.map(error => `${error.section}.${error.option}: ${error.reason}`).join('; ');
}

/** All that the router said; what it could not do at all is no matter of a section. */
function refusals(reply: ChangeReply): ConfigError[] {
  const { errors, failure } = reply;
  return failure === '' ? errors : [...errors, { section: '', option: '', reason: failure }];
}

/** `tick` gives ever larger sequence numbers, shared with whoever asks for statuses. */
export function create_changes(tick: () => number): Changes {
  const changes = signal<readonly Change[]>([]);
  let sending = false;

  function forget(gone: readonly Change[]): void {
    changes.value = changes.value.filter(change => !gone.includes(change));
  }

  async function send_all(): Promise<void> {
    if (sending) return;
    sending = true;
    for (;;) {
      const next = changes.value.find(change => change.confirmed_at === null);
      if (next === undefined) break;
      await send_one(next);
    }
    sending = false;
  }

  async function send_one(change: Change): Promise<void> {
    try {
      const reply = await change.send();
      if (reply.ok || reply.revision !== '') {
        changes.value = changes.value.map(other =>
          other === change ? { ...change, confirmed_at: tick() } : other,
        );
        change.resolve({ kind: 'saved', failure: why_not_in_force(reply) });
      } else {
        forget([change]);
        change.resolve({ kind: 'refused', errors: refusals(reply) });
      }
    } catch (error) {
      if (error instanceof Conflict) {
        forget([change]);
        change.resolve({ kind: 'conflict' });
        return;
      }
      const failure = failure_of(error);
      // Those behind it were meant to follow it; sending them to a router that does not answer helps nobody.
      const unsent = changes.value.filter(other => other.confirmed_at === null);
      batch(() => {
        forget(unsent);
        for (const lost of unsent) lost.resolve({ kind: 'failed', failure });
      });
    }
  }

  return {
    preview: shown => changes.value.reduce((before, change) => change.preview(before), shown),
    pending: computed(
      () =>
        new Set(changes.value.filter(change => change.confirmed_at === null).map(change => change.target)),
    ),
    make(request) {
      return new Promise(resolve => {
        changes.value = [...changes.value, { ...request, confirmed_at: null, resolve }];
        void send_all();
      });
    },
    status_arrived(sent_at) {
      const shown_by_now = changes.value.filter(
        change => change.confirmed_at !== null && change.confirmed_at < sent_at,
      );
      if (shown_by_now.length > 0) forget(shown_by_now);
    },
  };
}
