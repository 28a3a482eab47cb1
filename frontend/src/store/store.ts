/**
 * Everything the page knows, as signals. Components read them and call the methods; only this file talks to the
 * client.
 */

import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { JsonObject } from '../../../rpcd/platform/platform.ts';
import { conflicts } from '../../../rpcd/src/config/conflicts.ts';
import type { Config, Globals } from '../../../rpcd/src/config/schema.gen.ts';
import type {
  ChangeReply,
  ClearSticky,
  ConfigError,
  ConfigReply,
  LinkStatus,
  ParseReply,
  PortsReply,
  SetLink,
  Status,
  StickyReply,
  TunnelsReply,
} from '../../../rpcd/src/rpc.ts';
import type { RpcFailure } from '../client/jsonrpc.ts';
import type { Client } from '../client/linkagg.ts';
import { type ChangeRequest, Conflict, create_changes, type Outcome } from './changes.ts';
import { create_details_watch, type Details, type DetailsWatch } from './details.ts';
import { fallbacks } from './form.ts';
import { extended, type History } from './history.ts';
import { type Connection, create_polling, is_final } from './polling.ts';
import {
  type Edited,
  type EditedType,
  fields_of,
  GLOBALS,
  moved,
  type Sections,
  type SectionType,
  section_of,
  with_sections,
} from './sections.ts';
import {
  base_shown,
  type Shown,
  switched,
  with_config,
  with_link,
  with_section,
  with_values,
  without_section,
} from './shown.ts';
import { create_staging, type Staging } from './staged.ts';
import { create_watch, type View } from './watch.ts';

/** What a change was about. */
export interface Subject {
  type: EditedType | 'sticky' | 'test';
  /** Empty where there is only one of its type. */
  name: string;
  /** It was to go altogether. */
  removal?: boolean;
}

/** What came of a change, for the page to word. */
export type Notice = { subject: Subject } & (
  | { kind: 'refused'; errors: ConfigError[] }
  | { kind: 'failed'; failure: RpcFailure }
  | { kind: 'not-in-force'; failure: string }
  | { kind: 'conflict' }
  | { kind: 'removed'; subject: { type: SectionType }; undo: () => void }
);

export interface LinkWatch {
  details: ReadonlySignal<Details>;
  run(wanted: boolean): void;
}

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
  /** Of several links, at once. `group`: what they are pending as. */
  set_all_enabled(group: string, names: string[], enabled: boolean): Promise<Outcome>;
  set_weight(name: string, weight: number): Promise<Outcome>;
  set_globally_enabled(enabled: boolean): Promise<Outcome>;
  set_mode(mode: Globals['mode']): Promise<Outcome>;
  set_section_enabled(type: 'policy' | 'nat', name: string, enabled: boolean): Promise<Outcome>;
  /** One place up (-1) or down (1). */
  move_policy(name: string, offset: -1 | 1): Promise<Outcome>;
  /** The configuration as it is now, for an editor to start from. Throws RpcFailure. */
  read_config(): Promise<ConfigReply>;
  /**
   * `before` is the section as the editor got it, null for a new one; `values` are those of the options that the
   * editor has. The editor words a refusal itself.
   */
  save<T extends EditedType>(
    type: T,
    name: string,
    before: Edited[T] | null,
    values: JsonObject,
  ): Promise<Outcome>;
  remove(type: SectionType, name: string): Promise<Outcome>;
  sticky: ReadonlySignal<View<StickyReply>>;
  /** Keep `sticky` up to date. */
  watch_sticky(wanted: boolean): void;
  clear_sticky(clear: ClearSticky): Promise<Outcome>;
  /** Changes of the network. */
  staging: Staging;
  tunnels: ReadonlySignal<View<TunnelsReply>>;
  /** Keep `tunnels` up to date. */
  watch_tunnels(wanted: boolean): void;
  ports: ReadonlySignal<View<PortsReply>>;
  /** Keep `ports` up to date. */
  watch_ports(wanted: boolean): void;
  /** The tunnel in the text of a .conf file; nothing is changed. Throws RpcFailure. */
  parse_tunnel(conf: string): Promise<ParseReply>;
  /** Nothing is asked before `run(true)`, and nothing after `run(false)`. */
  watch_link(name: string): LinkWatch;
  /** Make all probes of a link once and now. */
  test_link(name: string): Promise<Outcome>;
  close(): void;
}

/** How often the configuration is read: a status does not tell of everything that somebody else may change. */
export const CONFIG_INTERVAL_MS = 10_000;
/** The router lists its nftables sets for each reply: not with every status. */
const STICKY_INTERVAL_MS = 3000;
/** The router asks WireGuard for each reply. */
const TUNNELS_INTERVAL_MS = 3000;
/** What links have, their statuses tell; this is for why one gets no address. */
const PORTS_INTERVAL_MS = 5000;

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
  let config_asked_at_ms = 0;
  /** Sequence number of the newest request or confirmation that `config` comes from. */
  let config_known_at = 0;
  const sticky = create_watch(() => client.get_sticky(), STICKY_INTERVAL_MS);
  const tunnels = create_watch(() => client.list_tunnels(), TUNNELS_INTERVAL_MS);
  const ports = create_watch(() => client.list_ports(), PORTS_INTERVAL_MS);
  const staging = create_staging(
    client,
    () => {
      tunnels.renew();
      ports.renew();
      polling.ask_now();
      read_config().catch(() => {}); // read again soon
    },
    not_sent,
  );
  /** Links whose details somebody looks at. */
  const watched = new Set<{ name: string; watch: DetailsWatch }>();

  const polling = create_polling(
    () => client.status(),
    tick,
    (arrived, sent_at) => {
      status.value = arrived;
      history.value = extended(history.value, arrived);
      changes.status_arrived(sent_at);
      follow(arrived);
      sticky.status_arrived();
      tunnels.status_arrived();
      ports.status_arrived();
      if (may_write.value === true) staging.status_arrived();
      for (const { name, watch } of watched) watch.status_arrived(last_known(name));
    },
  );

  const shown = computed(() => {
    const base = status.value === null ? null : base_shown(status.value, config.value);
    return base === null ? null : changes.preview(base);
  });

  function last_known(name: string): LinkStatus | null {
    return status.value?.links.find(link => link.name === name) ?? null;
  }

  /** Read what a status does not tell: rights once, and the configuration when it seems to have changed or is old. */
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
    if (outline !== config_wanted_for || Date.now() - config_asked_at_ms >= CONFIG_INTERVAL_MS) {
      config_wanted_for = outline;
      read_config().catch(() => {
        config_wanted_for = '';
      });
    }
  }

  async function read_config(): Promise<ConfigReply> {
    config_asked_at_ms = Date.now();
    const sent_at = tick();
    const reply = await client.get_config();
    know_config(reply, sent_at);
    return reply;
  }

  /** A reply that was overtaken by a change shows the world before it. */
  function know_config(reply: ConfigReply, at: number): void {
    if (at < config_known_at) return;
    config_known_at = at;
    // The same again is no news to whoever shows it.
    if (reply.revision !== config.value?.revision || JSON.stringify(reply) !== JSON.stringify(config.value)) {
      config.value = reply;
    }
  }

  async function make(request: ChangeRequest): Promise<Outcome> {
    const outcome = await changes.make(request);
    if (outcome.kind === 'failed') not_sent(outcome.failure);
    // Perhaps because somebody tries out a change.
    if (outcome.kind === 'refused') staging.renew();
    polling.ask_now();
    return outcome;
  }

  function not_sent(failure: RpcFailure): void {
    if (!is_final(failure)) return;
    // A change may be denied to a session that may still look.
    if (failure.kind === 'denied') may_write.value = false;
    else polling.give_up(failure);
  }

  /** Tell the admin unless all is well. */
  function tell(subject: Subject, outcome: Outcome): Outcome {
    if (outcome.kind !== 'saved') notice.value = { ...outcome, subject };
    else warn(subject, outcome.failure);
    return outcome;
  }

  function warn(subject: Subject, failure: string): void {
    if (failure !== '') notice.value = { kind: 'not-in-force', subject, failure };
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
      know_config({ config: wanted, revision: reply.revision, errors: [] }, tick());
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
    know_config({ ...read, revision, config: { ...read.config, link } }, tick());
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
    }).then(outcome => tell({ type: 'link', name: link.name }, outcome));
  }

  function set_global<K extends 'enabled' | 'mode'>(option: K, value: Globals[K]) {
    const change = { [option]: value };
    const edit = (now: Config) => ({ ...now, globals: { ...now.globals, ...change } });
    return make({
      target: `${GLOBALS}.${option}`,
      preview: before => ({ ...with_config(before, edit), ...change }),
      send: () => rewrite(edit),
    }).then(outcome => tell({ type: GLOBALS, name: '' }, outcome));
  }

  function add<T extends SectionType>(type: T, section: Sections[T], index: number) {
    return make({
      target: section.name,
      preview: before => with_section(before, type, section, index),
      // Not `placed`: a section of this name that somebody else has just added is to be reported, not replaced.
      send: () =>
        rewrite(now =>
          with_sections(now, type, list => [...list.slice(0, index), section, ...list.slice(index)]),
        ),
    });
  }

  /** `found` with the editor's values, unless somebody changed what the editor showed. */
  function merged<S extends object>(before: S, found: S | undefined, values: JsonObject): S {
    if (found === undefined) throw new Conflict();
    const shown_of = (section: S) =>
      JSON.stringify(Object.entries(section).filter(([option]) => option in values));
    if (shown_of(found) !== shown_of(before)) throw new Conflict();
    return { ...found, ...values };
  }

  function save_values<T extends EditedType>(
    type: T,
    name: string,
    before: Edited[T] | null,
    values: JsonObject,
  ): Promise<Outcome> {
    if (type === GLOBALS) {
      const edit = (now: Config) => ({ ...now, globals: merged(before as Globals, now.globals, values) });
      return make({
        target: GLOBALS,
        preview: shown_before =>
          with_config(shown_before, now => ({ ...now, globals: { ...now.globals, ...values } })),
        send: () => rewrite(edit),
      });
    }
    const kind: SectionType = type;
    if (before === null) {
      const section = { ...fallbacks(fields_of(kind)), ...values } as unknown as Sections[SectionType];
      return add(kind, section, Number.MAX_SAFE_INTEGER);
    }
    return make({
      target: name,
      preview: shown_before => with_values(shown_before, kind, name, values),
      send: () =>
        rewrite(now => {
          const found = section_of(now, kind, name);
          const section = merged(before as Sections[SectionType], found, values);
          return with_sections(now, kind, list => list.map(other => (other === found ? section : other)));
        }),
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

    set_all_enabled: (group, names, enabled) =>
      make({
        target: `${group}.ports`,
        preview: before =>
          names.reduce((all, name) => with_link(all, name, link => switched(link, enabled)), before),
        send: () =>
          rewrite(now =>
            with_sections(now, 'link', list =>
              list.map(link => (names.includes(link.name) ? { ...link, enabled } : link)),
            ),
          ),
      }).then(outcome => tell({ type: 'link', name: group }, outcome)),

    set_weight: (name, weight) =>
      set_link('weight', { name, enabled: null, weight }, before =>
        with_link(before, name, link => ({ ...link, weight })),
      ),

    set_globally_enabled: enabled => set_global('enabled', enabled),
    set_mode: mode => set_global('mode', mode),

    set_section_enabled: (type, name, enabled) => {
      const edit = (now: Config) =>
        with_sections(now, type, list => list.map(one => (one.name === name ? { ...one, enabled } : one)));
      return make({
        target: `${name}.enabled`,
        preview: before => with_config(before, edit),
        send: () =>
          rewrite(now => {
            if (section_of(now, type, name) === undefined) throw new Conflict();
            return edit(now);
          }),
      }).then(outcome => tell({ type, name }, outcome));
    },

    async move_policy(name, offset) {
      const order = (shown.value?.config?.policy ?? []).map(policy => policy.name);
      const neighbour = order[order.indexOf(name) + offset];
      if (neighbour === undefined) return { kind: 'saved', failure: '' };
      // Told by the neighbour, a move is the same however often it is made and whatever was added elsewhere.
      const edit = (now: Config) =>
        with_sections(now, 'policy', list => moved(list, name, neighbour, offset));
      const outcome = await make({
        target: `${name}.place`,
        preview: before => with_config(before, edit),
        send: () =>
          rewrite(now => {
            if (section_of(now, 'policy', name) === undefined) throw new Conflict();
            if (section_of(now, 'policy', neighbour) === undefined) throw new Conflict();
            return edit(now);
          }),
      });
      return tell({ type: 'policy', name }, outcome);
    },

    read_config,

    async save(type, name, before, values) {
      const outcome = await save_values(type, name, before, values);
      if (outcome.kind === 'saved') warn({ type, name }, outcome.failure);
      return outcome;
    },

    async remove(type, name) {
      let undo: (() => void) | null = null;
      const outcome = await make({
        target: name,
        preview: before => without_section(before, type, name),
        send: () =>
          rewrite(now => {
            const section = section_of(now, type, name);
            if (section === undefined) throw new Conflict();
            return with_sections(now, type, list => {
              const index = list.findIndex(other => other.name === name);
              undo = () => {
                notice.value = null;
                void add(type, section, index).then(added => tell({ type, name }, added));
              };
              return list.filter(other => other.name !== name);
            });
          }),
      });
      tell({ type, name, removal: true }, outcome);
      if (outcome.kind === 'saved' && undo !== null) {
        notice.value = { kind: 'removed', subject: { type, name }, undo };
      }
      return outcome;
    },

    sticky: sticky.view,
    watch_sticky: sticky.watch,

    staging,
    tunnels: tunnels.view,
    watch_tunnels: tunnels.watch,
    ports: ports.view,
    watch_ports: ports.watch,
    parse_tunnel: conf => client.parse_tunnel(conf),

    async clear_sticky(clear) {
      const outcome = await make({
        target: sticky_target(clear),
        preview: before => before,
        send: () => client.clear_sticky(clear),
      });
      sticky.renew();
      return tell({ type: 'sticky', name: '' }, outcome);
    },

    watch_link(name) {
      const watch = create_details_watch(client, name);
      const entry = { name, watch };
      return {
        details: watch.details,
        run(wanted) {
          if (wanted === watched.has(entry)) return;
          if (wanted) {
            watched.add(entry);
            watch.start(last_known(name));
          } else {
            watched.delete(entry);
            watch.stop();
          }
        },
      };
    },

    async test_link(name) {
      const outcome = await make({
        target: test_target(name),
        preview: before => before,
        send: () => client.test_link(name),
      });
      for (const entry of watched) if (entry.name === name) entry.watch.test_started();
      return tell({ type: 'test', name }, outcome);
    },

    close() {
      polling.run(false);
      staging.close();
      for (const { watch } of watched) watch.stop();
      client.close();
    },
  };
}

function refusal(errors: ConfigError[]): ChangeReply {
  return { ok: false, errors, failure: '', revision: '' };
}

/** What `pending` calls it. */
export function sticky_target({ group, source }: ClearSticky): string {
  return `sticky ${group} ${source}`;
}

/** What `pending` calls it. */
export function test_target(name: string): string {
  return `test ${name}`;
}
