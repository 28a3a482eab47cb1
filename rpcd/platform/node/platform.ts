/**
 * The Node side of `platform.ts`: serves tests, the lab and machines that have Node.
 *
 * Environment: `LINKAGG_UCI_DIR` (default /etc/config) and `LINKAGG_UBUS`, the socket of the ubus stand-in.
 */

import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type {
  DaemonPlatform,
  Deferred,
  FilePlatform,
  JsonObject,
  LogPlatform,
  PluginMethod,
  PluginPlatform,
  StagedPlatform,
  UciPlatform,
} from '../platform.ts';
import { UBUS_STATUS_OK } from '../platform.ts';
import { socket_platform } from './sockets.ts';
import { read_staged, revert_staged, staged_packages, write_staged } from './staged.ts';
import type { UbusAnswer, UbusConnection } from './ubus.ts';
import { open_ubus_link } from './ubus_link.ts';
import { read_uci_file, replace_file, write_uci_file } from './uci.ts';

const uci_folder = () => process.env.LINKAGG_UCI_DIR ?? '/etc/config';

const file_platform: FilePlatform = {
  read_file(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  write_file: (path, text) => succeeds(() => replace_file(path, text)),
  write_proc: (path, text) =>
    path.startsWith('/proc/') && existsSync(path) && succeeds(() => writeFileSync(path, text)),
  make_dir: path => succeeds(() => mkdirSync(path, { recursive: true })),
  remove_file: path => succeeds(() => rmSync(path)),
};

const uci_platform: UciPlatform = {
  uci_read: config => read_uci_file(uci_folder(), config),
  uci_write: (config, edits) => write_uci_file(uci_folder(), config, edits),
};

const staged_platform: StagedPlatform = {
  staged_packages: session => staged_packages(session),
  staged_read: (session, config) => read_staged(uci_folder(), session, config),
  staged_write: (session, config, edits) => write_staged(uci_folder(), session, config, edits),
  staged_revert: (session, config) => revert_staged(session, config),
};

/** To standard error, where procd and the lab collect it. */
function log_platform(program: string): LogPlatform {
  return { log: (level, message) => process.stderr.write(`${program}: ${level}: ${message}\n`) };
}

/** Open, and gone when it is closed. */
function unnamed_file(): number {
  // Not by its process number: another namespace with the same folder counts from 1, too.
  const path = join(tmpdir(), `linkaggd-${randomUUID()}`);
  const file = openSync(path, 'wx+');
  rmSync(path);
  return file;
}

/** From its beginning, wherever the program that wrote it has left off. */
function whole_text(file: number): string {
  const bytes = Buffer.alloc(fstatSync(file).size);
  readSync(file, bytes, 0, bytes.length, 0);
  return bytes.toString('utf8');
}

/** Connects to `LINKAGG_UBUS`. For one daemon per process. */
export function daemon_platform(): DaemonPlatform {
  const socket_path = process.env.LINKAGG_UBUS;
  if (socket_path === undefined) throw new Error('set LINKAGG_UBUS to the socket of the ubus stand-in');
  const ubus = open_ubus_link(socket_path);

  return {
    ...file_platform,
    ...uci_platform,
    ...log_platform('linkaggd'),
    now_ms: () => Math.floor(performance.now()),
    run(argv) {
      const [program = '', ...args] = argv;
      // As on the router. `nft` writes a listing word by word: through a pipe it takes twice as long.
      const output = unnamed_file();
      try {
        const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', output, 'pipe'] });
        if (result.error !== undefined) return { code: -1, stdout: '', stderr: result.error.message };
        return { code: result.status ?? -1, stdout: whole_text(output), stderr: result.stderr };
      } finally {
        closeSync(output);
      }
    },
    run_with_input(argv, input) {
      const [program = '', ...args] = argv;
      const result = spawnSync(program, args, { encoding: 'utf8', input });
      if (result.error !== undefined) return { code: -1, stdout: '', stderr: result.error.message };
      return { code: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
    config_text: config => file_platform.read_file(join(uci_folder(), config)),
    restore_config: (config, text) => file_platform.write_file(join(uci_folder(), config), text),
    spawn(argv, on_line, on_exit) {
      const [program = '', ...rest] = argv;
      // As on the router: Debian's ping has the kernel put the time on every packet of every program.
      const args = program === 'ping' ? ['-U', ...rest] : rest;
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      let wanted = true;
      const finished = () => {
        if (wanted) on_exit();
        wanted = false;
      };
      // `close` comes after the last line of output, but not at all when the program could not be started.
      const lines = createInterface({ input: child.stdout });
      lines.on('line', line => {
        if (wanted) on_line(line);
      });
      let open_ends = 2;
      const ended = () => {
        open_ends -= 1;
        if (open_ends === 0) finished();
      };
      lines.on('close', ended);
      child.on('exit', ended);
      child.on('error', finished);
      return {
        stop() {
          wanted = false;
          child.kill('SIGTERM');
        },
      };
    },
    timer(delay_ms, callback) {
      let timeout = setTimeout(callback, delay_ms);
      const cancel = () => clearTimeout(timeout);
      return {
        cancel,
        restart(delay_again_ms) {
          cancel();
          timeout = setTimeout(callback, delay_again_ms);
        },
      };
    },
    ubus_call: ubus.call,
    ubus_publish: ubus.publish,
    ubus_listen: ubus.listen,
    ubus_event: ubus.send,
    sockets: socket_platform(),
    on_terminate(callback) {
      process.on('SIGTERM', callback);
      process.on('SIGINT', callback);
    },
    run_loop() {},
    quit() {
      // exitCode may have been set; give standard error the time to be written.
      setImmediate(() => process.exit());
    },
  };
}

/** A reply that is still to come, as `defer` below makes it. */
interface PromisedReply extends Deferred {
  readonly promise: Promise<JsonObject>;
}

/** For the process that stands in for rpcd. */
export function plugin_platform(ubus: UbusConnection): PluginPlatform {
  return {
    ...file_platform,
    ...uci_platform,
    ...staged_platform,
    ...log_platform('linkagg plugin'),
    defer(object, method, args, reply): Deferred {
      const promise = ubus
        .call(object, method, args)
        .then(answer => reply(answer.status, answer.status === UBUS_STATUS_OK ? answer.reply : null))
        .then(replied);
      const promised: PromisedReply = { deferred: true, promise };
      return promised;
    },
  };
}

/** Call a plugin method as rpcd does, and wait for a deferred reply. Rejects when the method throws. */
export async function call_plugin_method(
  method: PluginMethod,
  args: JsonObject,
  platform: PluginPlatform,
): Promise<UbusAnswer> {
  return { status: UBUS_STATUS_OK, reply: await replied(method.call(args, platform)) };
}

function replied(answer: JsonObject | Deferred): JsonObject | Promise<JsonObject> {
  return (answer as Partial<PromisedReply>).promise ?? (answer as JsonObject);
}

function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
