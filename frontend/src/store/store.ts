/**
 * Everything the page knows, as signals. Components read them and call the methods; only this file talks to the
 * client.
 */

import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { conflicts } from '../../../rpcd/src/config/conflicts.ts';
import type { Config, Globals, Link } from '../../../rpcd/src/config/schema.gen.ts';
import type { ChangeReply, ConfigError, ConfigReply, SetLink, Status } from '../../../rpcd/src/rpc.ts';
import type { RpcFailure } from '../client/jsonrpc.ts';
import type { Client } from '../client/linkagg.ts';
import { type ChangeRequest, Conflict, create_changes, type Outcome } from './changes.ts';
import { extended, type History } from './history.ts';
import { type Connection, create_polling, is_final } from './polling.ts';
import { base_shown, type Shown, switched, unknown_link, with_link } from './shown.ts';

/** What came of a change, for the page to word. `subject` is the link's name, or `globals`. */
export type Notice =
  | { kind: 'refused'; subject: string; errors: ConfigError[] }
  | { kind: 'failed'; subject: string; failure: RpcFailure }
  | { kind: 'not-in-force'; subject: string; failure: string }
  | { kind: 'conflict'; subject: string }
  | { kind: 'removed'; subject: string; undo: () => void };

export interface Store {
  /** Null until the first status has arrived. */
  shown: ReadonlySignal<Shown | null>;
  history: ReadonlySignal<History>;
  /** As last read from the router; null until then. */
  config: ReadonlySignal<ConfigReply | null>;
  connection: ReadonlySignal<Connection>;
  /** Null until known. */
  may_write: ReadonlySignal<boolean | null>;
  /** `wan2.weight`, `globals.enabled`, …: changes on their way. */
  pending: ReadonlySignal<ReadonlySet<string>>;
  /** The outcome the admin has to know about; the newest wins. */
  notice: ReadonlySignal<Notice | null>;

  /** Poll while the page can be seen. */
  set_visible(visible: boolean): void;
  retry(): void;
  dismiss_notice(): void;
  set_enabled(name: string, enabled: boolean): Promise<Outcome>;
  set_weight(name: string, weight: number): Promise<Outcome>;
  set_globally_enabled(enabled: boolean): Promise<Outcome>;
  set_mode(mode: Globals['mode']): Promise<Outcome>;
  /** The configuration as it is now, for an editor to start from. Throws RpcFailure. */
  read_config(): Promise<ConfigReply>;
  /** `before` is the link as the editor got it, null for a new one. The editor words the outcome itself. */
  save_link(before: Link | null, link: Link): Promise<Outcome>;
  remove_link(name: string): Promise<Outcome>;
  close(): void;
}

export const GLOBALS = 'globals';

export function create_store(client: Client): Store {
  let sequence = 0;
  const tick = () => ++sequence;

  const status = signal<Status | null>(null);
  const history = signal<History>({});
  const config = signal<ConfigReply | null>(null);
  const may_write = signal<boolean | null>(null);
  const notice = signal<Notice | null>(null);
  const changes = create_changes(tick);
  let config_wanted_for = '';

  const polling = create_polling(
    () => client.status(),
    tick,
    (arrived, sent_at) => {
      status.value = arrived;
      history.value = extended(history.value, arrived);
      changes.status_arrived(sent_at);
      follow(arrived);
    },
  );

  const shown = computed(() => {
    const base = status.value === null ? null : base_shown(status.value, config.value);
    return base === null ? null : changes.preview(base);
  });

  /** Read what a status does not tell: rights once, and the configuration whenever it seems to have changed. */
  function follow(arrived: Status): void {
    if (may_write.value === null) {
      client.may_write().then(
        may => {
          may_write.value = may;
        },
        () => {}, // asked again after the next status
      );
    }
    const outline = JSON.stringify([
      arrived.running,
      arrived.enabled,
      arrived.errors,
      arrived.links.map(link => [link.name, link.interface]),
    ]);
    if (outline !== config_wanted_for) {
      config_wanted_for = outline;
      read_config().catch(() => {
        config_wanted_for = '';
      });
    }
  }

  async function read_config(): Promise<ConfigReply> {
    const reply = await client.get_config();
    config.value = reply;
    return reply;
  }

  async function make(request: ChangeRequest): Promise<Outcome> {
    const outcome = await changes.make(request);
    if (outcome.kind === 'failed' && is_final(outcome.failure)) {
      // A change may be denied to a session that may still look.
      if (outcome.failure.kind === 'denied') may_write.value = false;
      else polling.give_up(outcome.failure);
    }
    polling.ask_now();
    return outcome;
  }

  /** Tell the admin unless all is well. */
  function tell(subject: string, outcome: Outcome): Outcome {
    if (outcome.kind === 'saved') {
      if (outcome.failure !== '') notice.value = { kind: 'not-in-force', subject, failure: outcome.failure };
    } else {
      notice.value = { ...outcome, subject };
    }
    return outcome;
  }

  /** Read, edit, write back; nothing is written over what somebody else did in between. */
  async function rewrite(edit: (config: Config) => Config): Promise<ChangeReply> {
    const read = await read_config();
    // Saving replaces the whole file, and what the router could not make sense of would be lost.
    if (read.config === null || read.errors.length > 0) return refusal(read.errors);
    const wanted = edit(read.config);
    const contradictions = conflicts(wanted);
    if (contradictions.length > 0) return refusal(contradictions);

    const reply = await client.set_config({ config: wanted, revision: read.revision });
    if (reply.ok) {
      config.value = { config: wanted, revision: reply.revision, errors: [] };
      return reply;
    }
    const now = await read_config();
    if (reply.revision === '' && now.revision !== read.revision) throw new Conflict();
    return reply;
  }

  /** Without the daemon the links are shown from the configuration. */
  function keep_in_config(changed: SetLink, revision: string): void {
    const read = config.value;
    if (read === null || read.config === null) return;
    const link = read.config.link.map(one =>
      one.name === changed.name
        ? { ...one, enabled: changed.enabled ?? one.enabled, weight: changed.weight ?? one.weight }
        : one,
    );
    config.value = { ...read, revision, config: { ...read.config, link } };
  }

  function set_link(option: 'enabled' | 'weight', link: SetLink, preview: ChangeRequest['preview']) {
    return make({
      target: `${link.name}.${option}`,
      preview,
      send: async () => {
        const reply = await client.set_link(link);
        if (reply.ok) keep_in_config(link, reply.revision);
        return reply;
      },
    }).then(outcome => tell(link.name, outcome));
  }

  function add_link(link: Link, index: number) {
    return make({
      target: link.name,
      preview: before => ({
        ...before,
        links: [
          ...before.links.filter(other => other.name !== link.name).slice(0, index),
          before.links.find(other => other.name === link.name) ?? unknown_link(link),
          ...before.links.filter(other => other.name !== link.name).slice(index),
        ],
      }),
      send: () =>
        rewrite(now => ({ ...now, link: [...now.link.slice(0, index), link, ...now.link.slice(index)] })),
    });
  }

  return {
    shown,
    history,
    config,
    connection: polling.connection,
    may_write,
    pending: changes.pending,
    notice,

    set_visible: visible => polling.run(visible),
    retry: () => polling.ask_now(),
    dismiss_notice() {
      notice.value = null;
    },

    set_enabled: (name, enabled) =>
      set_link('enabled', { name, enabled, weight: null }, before =>
        with_link(before, name, link => switched(link, enabled)),
      ),

    set_weight: (name, weight) =>
      set_link('weight', { name, enabled: null, weight }, before =>
        with_link(before, name, link => ({ ...link, weight })),
      ),

    set_globally_enabled: enabled =>
      make({
        target: `${GLOBALS}.enabled`,
        preview: before => ({ ...before, enabled }),
        send: () => rewrite(now => ({ ...now, globals: { ...now.globals, enabled } })),
      }).then(outcome => tell(GLOBALS, outcome)),

    set_mode: mode =>
      make({
        target: `${GLOBALS}.mode`,
        preview: before => ({ ...before, mode }),
        send: () => rewrite(now => ({ ...now, globals: { ...now.globals, mode } })),
      }).then(outcome => tell(GLOBALS, outcome)),

    read_config,

    save_link(before, link) {
      if (before === null) return add_link(link, Number.MAX_SAFE_INTEGER);
      return make({
        target: link.name,
        preview: shown_before =>
          with_link(shown_before, link.name, now => ({
            ...now,
            interface: link.interface,
            weight: link.weight,
          })),
        send: () =>
          rewrite(now => {
            const found = now.link.find(other => other.name === link.name);
            if (found === undefined || !same(found, before)) throw new Conflict();
            const saved = { ...link, enabled: found.enabled };
            return { ...now, link: now.link.map(other => (other === found ? saved : other)) };
          }),
      });
    },

    async remove_link(name) {
      let removed: { link: Link; index: number } | null = null;
      const outcome = await make({
        target: name,
        preview: before => ({ ...before, links: before.links.filter(link => link.name !== name) }),
        send: () =>
          rewrite(now => {
            const index = now.link.findIndex(link => link.name === name);
            const link = now.link[index];
            if (link === undefined) throw new Conflict();
            removed = { link, index };
            return { ...now, link: now.link.filter(other => other !== link) };
          }),
      });
      tell(name, outcome);
      if (outcome.kind === 'saved' && removed !== null) {
        const { link, index } = removed as { link: Link; index: number };
        notice.value = {
          kind: 'removed',
          subject: name,
          undo() {
            notice.value = null;
            void add_link(link, index).then(added => tell(name, added));
          },
        };
      }
      return outcome;
    },

    close() {
      polling.run(false);
      client.close();
    },
  };
}

function refusal(errors: ConfigError[]): ChangeReply {
  return { ok: false, errors, failure: '', revision: '' };
}

/** Two links with the same values; a toggle made meanwhile is none of an editor's business. */
function same(one: Link, other: Link): boolean {
  return JSON.stringify({ ...one, enabled: true }) === JSON.stringify({ ...other, enabled: true });
}
