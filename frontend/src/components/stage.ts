/** The way of a change from a form, or from a button, to what is staged. */

import { type Signal, useSignal } from '@preact/signals';
import type { ConfigError, StageReply } from '../../../rpcd/src/rpc.ts';
import type { Client } from '../client/linkagg.ts';
import type { Store } from '../store/store.ts';
import { config_error_text, failure_text } from '../words/failure.ts';

export interface Stage {
  /** It is under way. */
  saving: Signal<boolean>;
  /** Why nothing was staged. */
  messages: Signal<string[]>;
  /** Null when nothing was staged. `place` returns those of the router's reasons that it has shown nowhere. */
  stage<Reply extends StageReply>(
    send: (client: Client) => Promise<Reply>,
    place?: (errors: ConfigError[]) => ConfigError[],
  ): Promise<Reply | null>;
}

export function useStage({ staging }: Store): Stage {
  const saving = useSignal(false);
  const messages = useSignal<string[]>([]);
  return {
    saving,
    messages,
    async stage(send, place = errors => errors) {
      messages.value = [];
      saving.value = true;
      const outcome = await staging.stage(send);
      saving.value = false;
      if (outcome.kind === 'staged') return outcome.reply;
      messages.value =
        outcome.kind === 'failed'
          ? [failure_text(outcome.failure)]
          : place(outcome.errors).map(config_error_text);
      return null;
    },
  };
}
