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
  UBUS_STATUS_UNKNOWN_ERROR,
} from '../platform.ts';
import { files } from './files.ts';
import { log } from './log.ts';

let bus: Connection | null = null;

function serve(method: PluginMethod, request: Request): JsonObject | Deferred {
  const platform: PluginPlatform = {
    ...files,
    log,
    defer: (object, name, args, reply) => {
      bus ??= connect(null, 3);
      const pending =
        bus === null
          ? null
          : bus.defer(object, name, args, (status, result) => {
              request.reply(reply(status, result));
            });
      if (pending !== null) return pending as unknown as Deferred;
      return reply(UBUS_STATUS_UNKNOWN_ERROR, null) as unknown as Deferred;
    },
  };
  try {
    return method.call(request.args, platform);
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
