/** The past of one link and its test: asked for only while somebody looks at that link. */

import { type ReadonlySignal, signal } from '@preact/signals';
import type { HistoryReply, LinkStatus, TestReply } from '../../../rpcd/src/rpc.ts';
import { failure_of, type RpcFailure } from '../client/jsonrpc.ts';
import type { Client } from '../client/linkagg.ts';

/** The narrowest interval there is. */
export const HISTORY_INTERVAL_MS = 60_000;
export const TEST_INTERVAL_MS = 500;
/** After a failure. */
const RETRY_INTERVAL_MS = 5000;

export interface Details {
  /** Null until the first reply. */
  history: HistoryReply | null;
  /** `Date.now()` when that came: the ages in it are of then. */
  history_at_ms: number;
  /** Null until the first reply. */
  test: TestReply | null;
  test_at_ms: number;
  /** What the last question of each kind ended with; null when it went well. */
  history_failure: RpcFailure | null;
  test_failure: RpcFailure | null;
}

export interface DetailsWatch {
  details: ReadonlySignal<Details>;
  /** Start asking; `link` as in the last status. */
  start(link: LinkStatus | null): void;
  stop(): void;
  /** To be called with every status until it is stopped, with null when the link is not in it: asks when it is time. */
  status_arrived(link: LinkStatus | null): void;
  /** What is known of an earlier test is too old. */
  test_started(): void;
}

export function create_details_watch(
  client: Pick<Client, 'get_history' | 'get_test'>,
  name: string,
): DetailsWatch {
  const details = signal<Details>({
    history: null,
    history_at_ms: 0,
    test: null,
    test_at_ms: 0,
    history_failure: null,
    test_failure: null,
  });
  let running = false;
  let asking_history = false;
  let history_asked_at_ms = 0;
  /** State, reason and IPv6 in the last status that the history is as new as; a change is an event to be shown. */
  let last_state = '';
  let test_timer: ReturnType<typeof setTimeout> | undefined;
  /** Goes up with every question about the test; only the answer to the last one counts. */
  let test_question = 0;

  async function ask_history(): Promise<void> {
    asking_history = true;
    history_asked_at_ms = Date.now();
    try {
      const history = await client.get_history(name);
      know({ history, history_at_ms: Date.now(), history_failure: null });
    } catch (error) {
      know({ history_failure: failure_of(error) });
    }
    asking_history = false;
  }

  async function ask_test(): Promise<void> {
    clearTimeout(test_timer);
    const question = ++test_question;
    let more: boolean;
    try {
      const test = await client.get_test(name);
      if (question !== test_question) return;
      know({ test, test_at_ms: Date.now(), test_failure: null });
      more = test.running;
    } catch (error) {
      if (question !== test_question) return;
      know({ test_failure: failure_of(error) });
      more = details.value.test?.running === true;
    }
    if (more && running) test_timer = setTimeout(() => void ask_test(), TEST_INTERVAL_MS);
  }

  function know(news: Partial<Details>): void {
    if (running) details.value = { ...details.value, ...news };
  }

  return {
    details,
    start(link) {
      running = true;
      last_state = state_of(link);
      void ask_history();
      void ask_test();
    },
    stop() {
      running = false;
      clearTimeout(test_timer);
    },
    status_arrived(link) {
      if (asking_history) return;
      const changed = state_of(link) !== last_state;
      last_state = state_of(link);
      const { history_failure, test_failure } = details.value;
      const failed = history_failure !== null || test_failure !== null;
      const age_ms = Date.now() - history_asked_at_ms;
      if (!changed && age_ms < (failed ? RETRY_INTERVAL_MS : HISTORY_INTERVAL_MS)) return;
      void ask_history();
      if (test_failure !== null) void ask_test();
    },
    test_started() {
      if (running) void ask_test();
    },
  };
}

function state_of(link: LinkStatus | null): string {
  return link === null ? '' : `${link.state} ${link.reason} ${link.ip6}`;
}
