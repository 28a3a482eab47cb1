/**
 * The one interface between linkagg's backend and the outside world.
 *
 * Two implementations: `ucode/` for the router (thin, native modules only) and `node/` for tests, the lab and
 * bigger machines. Nothing else in the backend touches files, processes, ubus or clocks.
 *
 * Failures are values (null, false or a `Failure` text): exceptions do not cross this interface, because an
 * uncaught exception in a callback ends ucode's whole event loop.
 */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** Runtime folder of ours, on tmpfs. */
export const RUN_DIR = '/var/run/linkagg';

/** Result of a finished command. `stdout` and `stderr` are whole; code is -1 when it could not be started. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command that goes on in the background; `stop` ends it (SIGTERM) and suppresses further callbacks. */
export interface Process {
  stop(): void;
}

export interface Timer {
  cancel(): void;
  /** Fires so long from now, also when it has fired before. On the router much cheaper than a new one. */
  restart(delay_ms: number): void;
}

/** One UCI section as stored: options are strings, lists are arrays of strings. */
export interface UciSection {
  name: string;
  type: string;
  anonymous: boolean;
  options: Record<string, string | string[]>;
}

/**
 * One change to a UCI package.
 * `create` makes a named section, `remove` drops a section with its options, `set` writes one option
 * (a null value deletes it).
 */
export type UciEdit =
  | { kind: 'create'; section: string; type: string }
  | { kind: 'remove'; section: string }
  | { kind: 'set'; section: string; option: string; value: string | string[] | null };

/** ubus status codes used here, as in libubus' ubusmsg.h. */
export const UBUS_STATUS_OK = 0;
export const UBUS_STATUS_INVALID_COMMAND = 1;
export const UBUS_STATUS_INVALID_ARGUMENT = 2;
export const UBUS_STATUS_METHOD_NOT_FOUND = 3;
export const UBUS_STATUS_NOT_FOUND = 4;
export const UBUS_STATUS_NO_DATA = 5;
export const UBUS_STATUS_PERMISSION_DENIED = 6;
export const UBUS_STATUS_TIMEOUT = 7;
export const UBUS_STATUS_UNKNOWN_ERROR = 9;
export const UBUS_STATUS_CONNECTION_FAILED = 10;

/** A ubus method: arguments in, reply out. Argument types are declared by example, as rpcd and ucode do. */
export interface UbusMethod {
  args: JsonObject;
  call: (args: JsonObject) => JsonObject;
}

export interface FilePlatform {
  /** Whole file, or null when it cannot be read. Works on /proc and /sys. */
  read_file(path: string): string | null;
  /** Replace a file atomically (temporary file and rename). False when that failed. */
  write_file(path: string, text: string): boolean;
  /** Write to an existing file of the kernel's under /proc. False when that failed. */
  write_proc(path: string, text: string): boolean;
  /** Create a folder with its parents. False when that failed. */
  make_dir(path: string): boolean;
  remove_file(path: string): boolean;
}

export interface UciPlatform {
  /** All sections of a package in file order, read afresh; null when the package does not exist. */
  uci_read(config: string): UciSection[] | null;
  /** Apply edits and commit. Null on success, else what went wrong; nothing is written then. */
  uci_write(config: string, edits: UciEdit[]): string | null;
}

/**
 * Changes that a session of rpcd has made and not applied yet: what `uci set` of the page would leave there, which
 * rpcd's `uci apply` takes. A session is named by its id; anything else than 32 hexadecimal digits is refused.
 */
export interface StagedPlatform {
  /** Packages with changes, sorted. */
  staged_packages(session: string): string[];
  /** Like `uci_read`, with the session's changes. */
  staged_read(session: string, config: string): UciSection[] | null;
  /** Adds to the session's changes. Null on success, else what went wrong; nothing is added then. */
  staged_write(session: string, config: string, edits: UciEdit[]): string | null;
  /** Forgets the session's changes of a package. False when that failed. */
  staged_revert(session: string, config: string): boolean;
}

export interface ClockPlatform {
  /** Monotonic milliseconds. */
  now_ms(): number;
}

export interface LogPlatform {
  log(level: 'error' | 'warning' | 'notice' | 'info' | 'debug', message: string): void;
}

/** Octets, 0 to 255 each. */
export type Bytes = number[];

export interface Cancelable {
  cancel(): void;
}

/** Where a socket of ours goes: out of this device, whatever the routing tables prefer. */
export interface Remote {
  device: string;
  /** Packet mark (SO_MARK), so that rules of ours for the router's own traffic leave a probe alone; 0: none. */
  mark: number;
  /** IPv4 or IPv6 address. */
  address: string;
  port: number;
}

/** What became of a TCP connection. */
export interface TcpResult {
  /** `connected`: and what was asked for was answered, if anything was asked. */
  outcome: 'connected' | 'refused' | 'unreachable' | 'timeout';
  /** The first up to 1024 octets of the answer as text, a character each; empty when nothing was asked or answered. */
  answer: string;
}

/** An open ICMP socket. */
export interface IcmpSocket {
  /** False when the packet could not be sent. `sequence`: 0 to 65535. */
  send(target: string, sequence: number): boolean;
  close(): void;
}

/**
 * Sockets bound to a device. None of these waits: `done` is called once, later, unless it was cancelled before.
 */
export interface SocketPlatform {
  /** Echo requests; null when there is no such device or no such socket on this platform: `ping` has to do then. */
  open_icmp(
    family: 'ip4' | 'ip6',
    device: string,
    on_reply: (source: string, sequence: number) => void,
  ): IcmpSocket | null;
  /** Connects, sends `request` if there is any, and reads the beginning of the answer. */
  tcp(remote: Remote, request: string, timeout_ms: number, done: (result: TcpResult) => void): Cancelable;
  /** Sends one datagram; `done` gets the answer, or null when none came in time. */
  udp(remote: Remote, request: Bytes, timeout_ms: number, done: (answer: Bytes | null) => void): Cancelable;
  /**
   * Sends TCP segments (header with checksum and all, no IP header) to `address` with a source address that need not
   * be the router's own, by whatever device routing says. False when not even the socket could be had.
   */
  send_tcp_segments(segments: { source: string; address: string; segment: Bytes }[]): boolean;
  /**
   * Something that is another one after each change of any nft table, by whomever; what packets add to sets is no
   * change. Null: not known.
   */
  nft_generation(): string | null;
}

/** What the daemon needs: everything with an event loop. */
export interface DaemonPlatform extends FilePlatform, UciPlatform, ClockPlatform, LogPlatform {
  /** Run a command to its end. No shell: each argument is passed as it is. Only for commands known to be short. */
  run(argv: string[]): CommandResult;
  /** The same with this text as standard input, which no other user of the machine can see. */
  run_with_input(argv: string[], input: string): CommandResult;
  /** File of a UCI package as it is, and as it shall be again; null and false when that failed. */
  config_text(config: string): string | null;
  restore_config(config: string, text: string): boolean;
  /** Start a long-running command; `on_line` gets each line of its standard output, `on_exit` is called once. */
  spawn(argv: string[], on_line: (line: string) => void, on_exit: () => void): Process;
  timer(delay_ms: number, callback: () => void): Timer;
  /** Call a ubus method of another program; null when it failed or timed out. */
  ubus_call(object: string, method: string, args: JsonObject): JsonObject | null;
  /** Publish an object; false when the name is taken or ubus is away. */
  ubus_publish(object: string, methods: Record<string, UbusMethod>): boolean;
  /** Broadcast an event. */
  ubus_event(name: string, payload: JsonObject): void;
  /** Null where the interpreter has no sockets. */
  sockets: SocketPlatform | null;
  /** Receive broadcast events whose name matches the pattern (`network.*`). */
  ubus_listen(pattern: string, callback: (event: string, payload: JsonObject) => void): void;
  /** Call back when the process is asked to end (SIGTERM, SIGINT). */
  on_terminate(callback: () => void): void;
  /** Run the event loop until `quit`. Node's loop runs anyway, so there it returns at once. */
  run_loop(): void;
  quit(): void;
}

/**
 * A reply that comes later: what a plugin method returns after `defer`. Opaque; the plugin host waits for it.
 */
export interface Deferred {
  readonly deferred: true;
}

/** What the rpcd plugin needs. It never waits: rpcd serves one call at a time for everybody. */
export interface PluginPlatform extends FilePlatform, UciPlatform, StagedPlatform, LogPlatform {
  /**
   * Call another program's ubus method and answer the plugin's caller with what `reply` makes of the result; that
   * can be one more call. `status` is a ubus status code, `result` null unless it is 0.
   */
  defer(
    object: string,
    method: string,
    args: JsonObject,
    reply: (status: number, result: JsonObject | null) => JsonObject | Deferred,
  ): Deferred;
}

/** A plugin method: answers at once with an object, or later through `defer`. */
export interface PluginMethod {
  args: JsonObject;
  call: (args: JsonObject, platform: PluginPlatform) => JsonObject | Deferred;
}
