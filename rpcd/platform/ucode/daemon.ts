/** The router's side of `DaemonPlatform`: ubus and uloop. */

import { exit, warn } from 'ucode:core';
import { connect, type Listener, type Request } from 'ucode:ubus';
import { end, init, type LoopSignal, run as run_uloop, signal } from 'ucode:uloop';
import type { DaemonPlatform, JsonObject, UbusMethod } from '../platform.ts';
import { config_text, files, now_ms, restore_config } from './files.ts';
import { guarded } from './guard.ts';
import { log } from './log.ts';
import { run, run_with_input, spawn } from './processes.ts';
import { socket_platform } from './sockets.ts';
import { timer } from './timer.ts';

const CALL_TIMEOUT_S = 3;

/** `needs_ubus`: ends the process when ubusd is away; procd starts it again. Without, ubus calls fail. */
export function daemon_platform(needs_ubus: boolean): DaemonPlatform {
  init();
  const bus = connect(null, CALL_TIMEOUT_S);
  if (bus === null && needs_ubus) {
    warn('ubusd does not answer\n');
    exit(1);
  }
  // ucode collects what nobody holds.
  const kept: (Listener | LoopSignal | object)[] = [];

  function served(method: UbusMethod, request: Request): JsonObject {
    try {
      return method.call(request.args);
    } catch (error) {
      warn(`${(error as Error).message}\n`);
      return { ok: false, errors: [], failure: 'internal error, see the system log' };
    }
  }

  return {
    ...files,
    now_ms,
    log,
    run,
    run_with_input,
    config_text,
    restore_config,
    spawn,
    timer,
    ubus_call: (object, method, args) => (bus === null ? null : bus.call(object, method, args)),
    ubus_publish: (object, methods) => {
      const native: Record<string, { args: JsonObject; call: (request: Request) => JsonObject }> = {};
      for (const [name, method] of Object.entries(methods)) {
        native[name] = { args: method.args, call: request => served(method, request) };
      }
      const published = bus === null ? null : bus.publish(object, native);
      if (published === null) return false;
      kept.push(published);
      return true;
    },
    ubus_listen: (pattern, callback) => {
      if (bus === null) return;
      const listener = bus.listener(pattern, (event, payload) => {
        guarded(() => callback(event, payload))();
      });
      if (listener !== null) kept.push(listener);
    },
    ubus_event: (name, payload) => {
      if (bus !== null) bus.event(name, payload);
    },
    sockets: socket_platform(),
    on_terminate: callback => {
      for (const name of ['TERM', 'INT']) {
        const listener = signal(name, guarded(callback));
        if (listener !== null) kept.push(listener);
      }
    },
    run_loop: () => {
      run_uloop();
    },
    quit: () => end(),
  };
}
