/**
 * The rpcd plugin: object `linkagg`. It validates and writes UCI and asks the daemon; it never waits, because
 * rpcd serves one call at a time for everybody on the router.
 */

import {
  type Deferred,
  type Json,
  type JsonObject,
  type PluginMethod,
  type PluginPlatform,
  UBUS_STATUS_TIMEOUT,
  type UciEdit,
  type UciSection,
} from '../platform/platform.ts';
import { is_section_name } from './config/formats.ts';
import { CONFIG_PACKAGE, config_edits, config_json, config_revision } from './config/store.ts';
import { config_from_json, config_from_uci } from './config/validate.ts';
import { is_object, objects_at, text_at } from './json.ts';
import { list_ports, stage_ports } from './ports/plugin.ts';
import { errors_json, refusal } from './refusal.ts';
import { type ConfigError, DAEMON_OBJECT } from './rpc.ts';
import { PENDING_REASON, with_pending } from './staging/pending.ts';
import { apply_staged, confirm_applied, discard_staged, get_staged, undo_applied } from './staging/plugin.ts';
import {
  export_tunnel,
  list_tunnels,
  parse_tunnel,
  remove_tunnel,
  stage_pc,
  stage_tunnel,
} from './tunnels/plugin.ts';

export const plugin_methods: Record<string, PluginMethod> = {
  status: { args: {}, call: (_args, platform) => asked(platform, 'status', {}, STOPPED) },
  get_config: { args: {}, call: (_args, platform) => get_config(platform) },
  set_link: {
    args: { link: {} },
    call: (args, platform) => unless_pending(platform, () => set_link(args.link ?? null, platform)),
  },
  get_sticky: { args: {}, call: (_args, platform) => asked(platform, 'get_sticky', {}, NO_STICKY) },
  get_history: {
    args: { link: '' },
    call: (args, platform) => asked(platform, 'get_history', of_link(args), NO_HISTORY),
  },
  test_link: { args: { link: '' }, call: (args, platform) => test_link(args, platform) },
  get_test: {
    args: { link: '' },
    call: (args, platform) => asked(platform, 'get_test', of_link(args), NO_TEST),
  },
  clear_sticky: { args: { clear: {} }, call: (args, platform) => clear_sticky(args.clear ?? null, platform) },
  set_config: {
    args: { change: {} },
    call: (args, platform) => unless_pending(platform, () => set_config(args.change ?? null, platform)),
  },
  list_tunnels: { args: {}, call: list_tunnels },
  parse_tunnel: { args: { conf: '' }, call: args => parse_tunnel(args) },
  stage_tunnel: { args: { change: {} }, call: stage_tunnel },
  stage_pc: { args: { pc: {} }, call: stage_pc },
  remove_tunnel: { args: { interface: '' }, call: remove_tunnel },
  export_tunnel: { args: { export: {} }, call: export_tunnel },
  list_ports: { args: {}, call: list_ports },
  stage_ports: { args: { change: {} }, call: stage_ports },
  get_staged: { args: {}, call: get_staged },
  discard_staged: { args: {}, call: discard_staged },
  apply_staged: { args: { timeout_s: 0 }, call: apply_staged },
  confirm_applied: { args: {}, call: confirm_applied },
  undo_applied: { args: {}, call: undo_applied },
};

/** What is written while a change is tried out would be lost when that is undone. */
function unless_pending(platform: PluginPlatform, write: () => JsonObject | Deferred): Deferred {
  return with_pending(platform, pending => (pending ? refused([refusal('', '', PENDING_REASON)]) : write()));
}

function get_config(platform: PluginPlatform): JsonObject {
  const stored = platform.uci_read(CONFIG_PACKAGE) ?? [];
  const { config, errors } = config_from_uci(stored);
  return {
    config: config === null ? null : config_json(config),
    revision: config_revision(stored),
    errors: errors_json(errors),
  };
}

function set_link(value: Json, platform: PluginPlatform): JsonObject | Deferred {
  if (!is_object(value)) return refused([refusal('', 'link', 'must be an object')]);
  for (const key of Object.keys(value)) {
    if (!['name', 'enabled', 'weight'].includes(key)) {
      return refused([refusal('', key, 'cannot be set this way: use name, enabled and weight')]);
    }
  }
  const stored = platform.uci_read(CONFIG_PACKAGE) ?? [];
  const { config, errors } = config_from_uci(stored);
  if (config === null) return refused(errors);

  const name = text_at(value, 'name');
  if (!config.link.some(link => link.name === name)) {
    return refused([refusal(name, '', 'there is no such link: reload the page')]);
  }
  const enabled = value.enabled ?? null;
  const weight = value.weight ?? null;
  const wanted = config_from_json({
    ...config_json(config),
    link: config.link.map(link => {
      const json: JsonObject = { ...link };
      if (link.name === name && enabled !== null) json.enabled = enabled;
      if (link.name === name && weight !== null) json.weight = weight;
      return json;
    }),
  });
  if (wanted.config === null) return refused(wanted.errors);
  // Only what the caller names is written, so that options left to their fallback stay unwritten.
  const named = config_edits(stored, wanted.config).filter(edit => {
    if (edit.kind !== 'set' || edit.section !== name) return false;
    return (edit.option === 'enabled' && enabled !== null) || (edit.option === 'weight' && weight !== null);
  });
  return write(platform, stored, named);
}

function set_config(value: Json, platform: PluginPlatform): JsonObject | Deferred {
  if (!is_object(value)) return refused([refusal('', 'change', 'must be an object')]);
  const stored = platform.uci_read(CONFIG_PACKAGE) ?? [];
  if (text_at(value, 'revision') !== config_revision(stored)) {
    return refused([
      refusal(
        '',
        'revision',
        'somebody else changed the configuration meanwhile: reload and repeat your change',
      ),
    ]);
  }
  const wanted = config_from_json(value.config ?? null);
  if (wanted.config === null) return refused(wanted.errors);
  return write(platform, stored, config_edits(stored, wanted.config));
}

/** Writes and lets the daemon act on it; the reply comes when the kernel has been changed. */
function write(platform: PluginPlatform, stored: UciSection[], edits: UciEdit[]): JsonObject | Deferred {
  if (edits.length === 0) return accepted('', config_revision(stored));
  const failed = platform.uci_write(CONFIG_PACKAGE, edits);
  if (failed !== null) return refused([refusal('', '', `nothing was saved: ${failed}`)]);
  const revision = config_revision(platform.uci_read(CONFIG_PACKAGE) ?? []);
  return platform.defer(DAEMON_OBJECT, 'reload', {}, (code, result) => {
    if (code === UBUS_STATUS_TIMEOUT)
      return accepted('saved, but the service takes its time to act on it', revision);
    if (result === null) {
      return accepted('saved, but the service is not running: service linkagg start', revision);
    }
    const errors = objects_at(result, 'errors');
    if (errors.length > 0) return { ok: false, errors, failure: text_at(result, 'failure'), revision };
    return accepted(text_at(result, 'failure'), revision);
  });
}

function accepted(failure: string, revision: string): JsonObject {
  return { ok: true, errors: [], failure, revision };
}

function refused(errors: ConfigError[]): JsonObject {
  return { ok: false, errors: errors_json(errors), failure: '', revision: '' };
}

function clear_sticky(value: Json, platform: PluginPlatform): JsonObject | Deferred {
  if (!is_object(value)) return refused([refusal('', 'clear', 'must be an object')]);
  for (const key of ['group', 'source']) {
    const given = value[key] ?? null;
    if (given !== null && typeof given !== 'string')
      return refused([refusal('', key, 'must be text or null')]);
  }
  const clear = { group: text_at(value, 'group'), source: text_at(value, 'source') };
  return told(platform, 'clear_sticky', { clear });
}

const STOPPED: JsonObject = {
  running: false,
  enabled: false,
  mode: '',
  links: [],
  nat: [],
  errors: [],
  failure: '',
  warnings: [],
  missing: '',
};
const NO_STICKY: JsonObject = { entries: [], total: 0 };
const NO_HISTORY: JsonObject = { interval_s: 60, latency_ms: [], loss_permille: [], events: [] };
const NO_TEST: JsonObject = { age_s: null, running: false, results: [] };

function of_link(args: JsonObject): JsonObject {
  return { link: text_at(args, 'link') };
}

/** What the daemon says, and `otherwise` while it does not answer. */
function asked(platform: PluginPlatform, method: string, args: JsonObject, otherwise: JsonObject): Deferred {
  return platform.defer(DAEMON_OBJECT, method, args, (_code, result) => result ?? otherwise);
}

/** What came of an order to the daemon. */
function told(platform: PluginPlatform, method: string, args: JsonObject): Deferred {
  const otherwise: JsonObject = { ok: false, errors: [], failure: 'the service does not answer' };
  return platform.defer(DAEMON_OBJECT, method, args, (_code, result) => ({
    ...(result ?? otherwise),
    revision: '',
  }));
}

function test_link(args: JsonObject, platform: PluginPlatform): JsonObject | Deferred {
  const link = text_at(args, 'link');
  if (!is_section_name(link)) return refused([refusal('', 'link', 'must be the name of a link')]);
  return told(platform, 'test_link', { link });
}
