/**
 * Staging, applying and confirming: what the page does with changes of network, firewall and linkagg together.
 *
 * All of it goes through rpcd's own sessions and its `uci apply` with rollback, so that other pages show the same
 * unsaved changes, and rpcd checks the session's rights for each package.
 */

import {
  type Deferred,
  type Json,
  type JsonObject,
  type PluginPlatform,
  UBUS_STATUS_NO_DATA,
  UBUS_STATUS_OK,
  UBUS_STATUS_PERMISSION_DENIED,
  type UciEdit,
  type UciSection,
} from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import { CONFIG_PACKAGE, config_edits, config_json } from '../config/store.ts';
import { config_from_json, config_from_uci } from '../config/validate.ts';
import { number_at, text_at, texts_at } from '../json.ts';
import { distinct } from '../plan/nft_text.ts';
import { errors_json, refusal } from '../refusal.ts';
import { type ConfigError, DAEMON_OBJECT, type Pending } from '../rpc.ts';
import { stored_tunnels } from '../tunnels/stored.ts';
import { PENDING_REASON, session_of, with_pending } from './pending.ts';
import { changes_text } from './text.ts';

/** Packages that changes of ours go to. */
export const STAGED_PACKAGES = ['network', 'firewall', CONFIG_PACKAGE];

const TIMEOUT_MIN_S = 10;
const TIMEOUT_MAX_S = 300;
const DEFAULT_TIMEOUT_S = 60;

const NO_SESSION = 'must be called through the web server, whose session holds the changes';

export type Answer = JsonObject | Deferred;

/** Sections as the session sees them; as everybody does without one. */
export function staged_sections(
  platform: PluginPlatform,
  session: string | null,
  config: string,
): UciSection[] {
  return platform.staged_read(session ?? '', config) ?? platform.uci_read(config) ?? [];
}

/** Goes on when nobody tries out a change, and the session's configuration is valid. */
export function unless_pending(
  args: JsonObject,
  platform: PluginPlatform,
  next: (session: string, config: Config) => Answer,
): Answer {
  const session = session_of(args);
  if (session === null) return refused_stage([refusal('', '', NO_SESSION)]);
  return with_pending(platform, pending => {
    if (pending) return refused_stage([refusal('', '', PENDING_REASON)]);
    const { config, errors } = config_from_uci(staged_sections(platform, session, CONFIG_PACKAGE));
    return config === null ? refused_stage(errors) : next(session, config);
  });
}

/**
 * Stages edits of other packages (by package) together with the configuration they lead to: all of it, or nothing.
 * What is staged already is taken back when a package cannot be.
 */
export function stage_all(
  platform: PluginPlatform,
  session: string,
  others: Record<string, UciEdit[]>,
  config: Config,
  notes: string[],
  more: JsonObject,
): Answer {
  const valid = config_from_json(config_json(config));
  if (valid.config === null) return refused_stage(valid.errors);
  const own = config_edits(staged_sections(platform, session, CONFIG_PACKAGE), config);
  const edits: Record<string, UciEdit[]> = { ...others, [CONFIG_PACKAGE]: own };
  const done: string[] = [];
  for (const name of Object.keys(edits)) {
    const wanted = edits[name] ?? [];
    if (wanted.length === 0) continue;
    const failed = platform.staged_write(session, name, wanted);
    if (failed !== null) {
      for (const other of done) platform.staged_revert(session, other);
      const lost = done.length === 0 ? '' : `; what was staged of ${done.join(', ')} is gone, too`;
      return refused_stage([refusal(name, '', `cannot be staged: ${failed}${lost}`)]);
    }
    done.push(name);
  }
  return staged_reply(platform, session, false, [], notes, more);
}

/** A StageReply: everything that is staged, and what the daemon says it leads to. `more` is added. */
export function staged_reply(
  platform: PluginPlatform,
  session: string,
  pending: boolean,
  errors: ConfigError[],
  notes: string[],
  more: JsonObject,
): Deferred {
  const staged: JsonObject[] = [];
  const words: string[] = [];
  const sections: Record<string, UciSection[]> = {};
  const changed = platform.staged_packages(session);
  for (const config of distinct(changed.concat(['network', CONFIG_PACKAGE]))) {
    sections[config] = staged_sections(platform, session, config);
  }
  for (const config of changed) {
    const before = platform.uci_read(config) ?? [];
    const after = sections[config] ?? [];
    const changes = changes_text(config, before, after);
    if (changes.length > 0) staged.push({ config, changes });
    words.push(...package_notes(config, before, after, changes));
  }
  const tunnels = stored_tunnels(sections.network ?? []).map(tunnel => ({
    interface: tunnel.interface,
    listen_port: tunnel.listen_port ?? 0,
    addresses: tunnel.addresses,
  }));
  const linkagg = (sections[CONFIG_PACKAGE] ?? []).map(section => ({ ...section }));
  const args = { session, preview: { linkagg, tunnels, wanted: staged.length > 0 } };
  return platform.defer(DAEMON_OBJECT, 'staged', args, (_status, result) => {
    const answered = result ?? {};
    const last = answered === result ? [] : ['the service does not answer: what it will do is not known'];
    return {
      ok: errors.length === 0,
      errors: errors_json(errors),
      staged,
      commands: texts_at(answered, 'commands'),
      notes: notes.concat(words, texts_at(answered, 'notes'), last),
      pending: pending_of(pending, answered),
      left_s: number_at(answered, 'left_s'),
      public_key: '',
      ...more,
    };
  });
}

function pending_of(pending: boolean, answered: JsonObject): Pending {
  if (!pending) return 'none';
  return answered.own === true ? 'own' : 'other';
}

/** What others do with a package's changes. */
function package_notes(
  config: string,
  before: UciSection[],
  after: UciSection[],
  changes: string[],
): string[] {
  if (changes.length === 0) return [];
  if (config === 'firewall') return ['firewall: fw4 loads its rules again; connections stay'];
  if (config === CONFIG_PACKAGE) return [];
  if (config !== 'network') return [`${config}: changes of another page are applied, too`];
  const interfaces = (sections: UciSection[]) => sections.filter(({ type }) => type === 'interface');
  const notes: string[] = [];
  for (const { name } of interfaces(before)) {
    if (!interfaces(after).some(each => each.name === name)) {
      notes.push(`network: netifd takes interface ${name} down and removes it`);
    }
  }
  for (const { name, options } of interfaces(after)) {
    const old = interfaces(before).find(each => each.name === name) ?? null;
    const proto = options.proto ?? '';
    const kind = Array.isArray(proto) ? '' : ` (${proto})`;
    if (old === null) notes.push(`network: netifd brings interface ${name} up${kind}`);
    else if (changes.some(line => names_interface(line, name))) {
      notes.push(`network: netifd sets interface ${name} up anew, which interrupts it for a moment`);
    }
  }
  return notes;
}

/** Its own options, its peers', or its device's. */
function names_interface(line: string, name: string): boolean {
  return [`network.${name}.`, `network.${name}=`, `network.${name}_peer`, `network.${name}_dev`].some(path =>
    line.includes(path),
  );
}

export function get_staged(args: JsonObject, platform: PluginPlatform): Answer {
  const session = session_of(args);
  if (session === null) return refused_stage([refusal('', '', NO_SESSION)]);
  return with_pending(platform, pending => staged_reply(platform, session, pending, [], [], {}));
}

export function discard_staged(args: JsonObject, platform: PluginPlatform): Answer {
  const session = session_of(args);
  if (session === null) return refused_stage([refusal('', '', NO_SESSION)]);
  return with_pending(platform, pending => {
    const errors: ConfigError[] = [];
    if (pending) {
      errors.push(refusal('', '', PENDING_REASON));
    } else {
      const staged = platform.staged_packages(session);
      for (const config of STAGED_PACKAGES) {
        if (!staged.includes(config)) continue;
        if (!platform.staged_revert(session, config)) errors.push(refusal(config, '', 'cannot be reverted'));
      }
    }
    return staged_reply(platform, session, pending, errors, [], {});
  });
}

/** One change in flight at a time: rpcd has one for all sessions. */
export function apply_staged(args: JsonObject, platform: PluginPlatform): Answer {
  const session = session_of(args);
  if (session === null) return apply_reply([refusal('', '', NO_SESSION)], 'none', 0);
  const given = number_at(args, 'timeout_s');
  const timeout_s = given === 0 ? DEFAULT_TIMEOUT_S : given;
  if (timeout_s < TIMEOUT_MIN_S || timeout_s > TIMEOUT_MAX_S) {
    const reason = `must be from ${TIMEOUT_MIN_S} to ${TIMEOUT_MAX_S} seconds`;
    return apply_reply([refusal('', 'timeout_s', reason)], 'none', 0);
  }
  return with_pending(platform, pending => {
    if (pending) return apply_reply([refusal('', '', PENDING_REASON)], 'other', 0);
    const packages = platform.staged_packages(session);
    if (packages.length === 0) return apply_reply([refusal('', '', 'there is nothing to apply')], 'none', 0);
    // Without the daemon rpcd's own watch has to do.
    return platform.defer(DAEMON_OBJECT, 'guard_begin', { session, packages, timeout_s }, () =>
      applied(platform, session, timeout_s),
    );
  });
}

function applied(platform: PluginPlatform, session: string, timeout_s: number): Deferred {
  const args = { ubus_rpc_session: session, rollback: true, timeout: timeout_s };
  return platform.defer('uci', 'apply', args, status => {
    if (status === UBUS_STATUS_OK) {
      return platform.defer(DAEMON_OBJECT, 'guard_applied', {}, () => apply_reply([], 'own', timeout_s));
    }
    return platform.defer(DAEMON_OBJECT, 'guard_end', {}, () =>
      apply_reply([refusal('', '', apply_reason(status))], 'none', 0),
    );
  });
}

function apply_reason(status: number): string {
  switch (status) {
    case UBUS_STATUS_NO_DATA:
      return 'there is nothing to apply';
    case UBUS_STATUS_PERMISSION_DENIED:
      return 'this session may not change all packages that it has staged changes of, or somebody else was faster';
    default:
      return `rpcd could not apply the changes (status ${status}): nothing is in force`;
  }
}

/** Makes the change stay. */
export function confirm_applied(args: JsonObject, platform: PluginPlatform): Answer {
  return ended(args, platform, 'confirm', state => {
    // rpcd was reloaded meanwhile and knows of nothing; that the page has got here is the confirmation.
    const stays = state.own === true && text_at(state, 'files') === 'after';
    return stays
      ? platform.defer(DAEMON_OBJECT, 'guard_end', {}, () => apply_reply([], 'none', 0))
      : apply_reply(
          [refusal('', '', 'there is nothing to confirm: it has been undone, or was confirmed')],
          'none',
          0,
        );
  });
}

/** Undoes it at once. */
export function undo_applied(args: JsonObject, platform: PluginPlatform): Answer {
  return ended(args, platform, 'rollback', state => {
    if (state.own !== true) {
      return apply_reply(
        [refusal('', '', 'there is nothing to undo: it has been undone, or was confirmed')],
        'none',
        0,
      );
    }
    return platform.defer(DAEMON_OBJECT, 'guard_undo', {}, (_status, result) => {
      const done = result !== null && result.ok === true;
      const reason = 'somebody else has changed the same files since: it cannot be undone';
      return apply_reply(done ? [] : [refusal('', '', reason)], 'none', 0);
    });
  });
}

/** `otherwise` decides when rpcd says that nothing is pending, from what the daemon knows. */
function ended(
  args: JsonObject,
  platform: PluginPlatform,
  method: 'confirm' | 'rollback',
  otherwise: (state: JsonObject) => Answer,
): Answer {
  const session = session_of(args);
  if (session === null) return apply_reply([refusal('', '', NO_SESSION)], 'none', 0);
  return platform.defer('uci', method, { ubus_rpc_session: session }, status => {
    if (status === UBUS_STATUS_OK) {
      return platform.defer(DAEMON_OBJECT, 'guard_end', {}, () => apply_reply([], 'none', 0));
    }
    if (status === UBUS_STATUS_PERMISSION_DENIED)
      return apply_reply([refusal('', '', PENDING_REASON)], 'other', 0);
    return platform.defer(DAEMON_OBJECT, 'guard_state', { session }, (_status, result) =>
      otherwise(result ?? {}),
    );
  });
}

function apply_reply(errors: ConfigError[], pending: Pending, left_s: number): JsonObject {
  return { ok: errors.length === 0, errors: errors_json(errors), pending, left_s };
}

/** A StageReply that says only why. */
export function refused_stage(errors: ConfigError[]): JsonObject {
  const nothing: Json[] = [];
  return {
    ok: false,
    errors: errors_json(errors),
    staged: nothing,
    commands: nothing,
    notes: nothing,
    pending: 'none',
    left_s: 0,
    public_key: '',
  };
}
