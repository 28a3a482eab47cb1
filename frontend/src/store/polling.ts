/** Asks the router for its status again and again, and knows how that is going. */

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Status } from '../../../rpcd/src/rpc.ts';
import { failure_of, type RpcFailure } from '../client/jsonrpc.ts';

export const POLL_INTERVAL_MS = 1000;
export const RETRY_DELAY_MAX_MS = 15_000;
/** A status older than this is shown as a thing of the past. */
export const STALE_AFTER_MS = 5000;

export interface Connection {
  /** What the last attempt ended with; null when it went well. */
  failure: RpcFailure | null;
  /** Failed attempts in a row. */
  failures: number;
  /** `Date.now()` of the last good reply; null before the first. */
  replied_at_ms: number | null;
  /** `Date.now()` of the next attempt after a failure; null when there will be none. */
  retry_at_ms: number | null;
}

export interface Polling {
  connection: ReadonlySignal<Connection>;
  /** Start or stop asking; stopped at first. */
  run(wanted: boolean): void;
  /** Ask at once, or right after the request under way, which may be older than what the caller waits for. */
  ask_now(): void;
  /** For failures met elsewhere: after these no attempt can succeed. */
  give_up(failure: RpcFailure): void;
}

/** Trying again cannot help: the admin has to log in. */
export function is_final(failure: RpcFailure): boolean {
  return failure.kind === 'session-expired' || failure.kind === 'denied';
}

/** `arrived` gets each status with the sequence number its request had when it was sent. */
export function create_polling(
  ask: () => Promise<Status>,
  tick: () => number,
  arrived: (status: Status, sent_at: number) => void,
): Polling {
  const connection = signal<Connection>({
    failure: null,
    failures: 0,
    replied_at_ms: null,
    retry_at_ms: null,
  });
  let running = false;
  let asking = false;
  let ask_again = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function schedule(delay_ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void attempt(), delay_ms);
  }

  async function attempt(): Promise<void> {
    clearTimeout(timer);
    if (asking) {
      ask_again = true;
      return;
    }
    asking = true;
    ask_again = false;
    const sent_at = tick();
    const sent_at_ms = Date.now();
    let delay_ms: number;
    try {
      const status = await ask();
      connection.value = { failure: null, failures: 0, replied_at_ms: Date.now(), retry_at_ms: null };
      arrived(status, sent_at);
      delay_ms = Math.max(0, POLL_INTERVAL_MS - (Date.now() - sent_at_ms));
    } catch (error) {
      const failure = failure_of(error);
      if (is_final(failure)) {
        asking = false;
        give_up(failure);
        return;
      }
      const failures = connection.value.failures + 1;
      delay_ms = Math.min(RETRY_DELAY_MAX_MS, POLL_INTERVAL_MS * 2 ** (failures - 1));
      connection.value = { ...connection.value, failure, failures, retry_at_ms: Date.now() + delay_ms };
    }
    asking = false;
    if (running) schedule(ask_again ? 0 : delay_ms);
  }

  function give_up(failure: RpcFailure): void {
    running = false;
    clearTimeout(timer);
    connection.value = {
      ...connection.value,
      failure,
      failures: connection.value.failures + 1,
      retry_at_ms: null,
    };
  }

  return {
    connection,
    run(wanted) {
      const given_up = connection.value.failure !== null && is_final(connection.value.failure);
      if (wanted === running || given_up) return;
      running = wanted;
      if (running) void attempt();
      else clearTimeout(timer);
    },
    ask_now() {
      if (running) void attempt();
    },
    give_up,
  };
}
