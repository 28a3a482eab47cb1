/** /usr/share/rpcd/ucode/linkagg: the plugin object as rpcd-mod-ucode wants it. */

import { warn } from 'ucode:core';
import { type Connection, connect, type Request } from 'ucode:ubus';
import { plugin_methods } from '../../src/plugin.ts';
import { PLUGIN_OBJECT } from '../../src/rpc.ts';
import {
  type Deferred,
  type JsonObject,
  type PluginMethod,
  type PluginPlatform,
  UBUS_STATUS_OK,
  UBUS_STATUS_UNKNOWN_ERROR,
} from '../platform.ts';
import { files } from './files.ts';
import { log } from './log.ts';
import { staged } from './staged.ts';

/** For calls that wait, which no method makes; those that do not are ended by rpcd after 30 s. */
const CALL_TIMEOUT_S = 3;

let bus: Connection | null = null;

function serve(method: PluginMethod, request: Request): JsonObject | Deferred {
  /** A reply can begin one more call; the caller is answered when none is under way. */
  let calls_under_way = 0;

  const platform: PluginPlatform = {
    ...files,
    ...staged,
    log,
    defer: (object, name, args, reply) => {
      bus ??= connect(null, CALL_TIMEOUT_S);
      calls_under_way += 1;
      const pending =
        bus === null
          ? null
          : bus.defer(object, name, args, (status, result) => {
              calls_under_way -= 1;
              const answer = safely(() => reply(status, status === UBUS_STATUS_OK ? result : null));
              if (calls_under_way === 0) request.reply(answer as JsonObject);
            });
      if (pending !== null) return pending as unknown as Deferred;
      calls_under_way -= 1;
      return reply(UBUS_STATUS_UNKNOWN_ERROR, null) as unknown as Deferred;
    },
  };
  return safely(() => method.call(request.args, platform));
}

function safely(answer: () => JsonObject | Deferred): JsonObject | Deferred {
  try {
    return answer();
  } catch (error) {
    warn(`linkagg: ${(error as Error).message}\n`);
    return { ok: false, errors: [{ section: '', option: '', reason: 'internal error, see the system log' }] };
  }
}

const methods: Record<string, { args: JsonObject; call: (request: Request) => JsonObject | Deferred }> = {};
for (const [name, method] of Object.entries(plugin_methods)) {
  methods[name] = { args: method.args, call: request => serve(method, request) };
}

export default { [PLUGIN_OBJECT]: methods };
