/**
 * ucode's native modules and built-ins, as far as linkagg uses them: what they really return on every release
 * from 23.05.4 on. Failures are null or false; nothing here throws but `require`.
 */

declare module 'ucode:core' {
  import type { SocketLibrary } from 'ucode:socket';
  /** As in platform.ts, which an ambient module cannot import. */
  export type Json = null | boolean | number | string | Json[] | JsonObject;
  export type JsonObject = { [key: string]: Json };
  /** Script arguments. */
  export const ARGV: string[];
  /** `[seconds, nanoseconds]`. */
  export function clock(monotonic: boolean): [number, number] | null;
  /** With an array, runs without a shell. Exit code, or minus the signal. */
  export function system(command: string | string[]): number;
  export function warn(text: string): void;
  export function sleep(ms: number): boolean;
  export function exit(code: number): never;
  /** For modules that may be missing: throws then, where an import would keep the whole program from starting. */
  export function require(module: 'socket'): SocketLibrary;
  /** A string of these octets. */
  export function chr(...octets: number[]): string;
  /** The octet at an offset that exists. */
  export function ord(octets: string, offset: number): number;
  export function substr(octets: string, offset: number, length: number): string;
  /** In octets. */
  export function length(octets: string): number;
  /** Offset of the first occurrence, or -1. */
  export function index(octets: string, part: string): number;
  /** Four or sixteen octets; null when it is no address. */
  export function iptoarr(address: string): number[] | null;
}

declare module 'ucode:fs' {
  export interface File {
    /** Up to so many bytes, a line with its newline, or all; null or '' at the end. */
    read(what: number | 'line' | 'all'): string | null;
    write(text: string): number | null;
    flush(): boolean | null;
    /** For `popen`: the exit code, or minus the signal. */
    close(): number | boolean | null;
  }
  export const stdout: File;
  export function readfile(path: string): string | null;
  /** Bytes written. Not atomic. */
  export function writefile(path: string, text: string): number | null;
  export function readlink(path: string): string | null;
  export function rename(from: string, to: string): boolean | null;
  export function unlink(path: string): boolean | null;
  export function mkdir(path: string, mode: number): boolean | null;
  export function open(path: string, mode: 'r' | 'w', permissions: number): File | null;
  /** `mode`: permission bits only. */
  export function stat(path: string): { mode: number } | null;
  /** Sorted, without `.` and `..`. */
  export function lsdir(path: string): string[] | null;
  export function access(path: string, mode: string): boolean | null;
  /** Always through a shell. */
  export function popen(command: string, mode: 'r' | 'w'): File | null;
}

declare module 'ucode:uci' {
  /** Options, and `.name`, `.type`, `.anonymous`. */
  export type StoredSection = Record<string, string | string[] | number | boolean>;
  export interface Cursor {
    load(config: string): boolean | null;
    /** Calls back for each section in file order; null when the package does not exist. */
    foreach(config: string, type: string | null, callback: (section: StoredSection) => void): boolean | null;
    set(config: string, section: string, type: string): boolean | null;
    set(config: string, section: string, option: string, value: string | string[]): boolean | null;
    delete(config: string, section: string): boolean | null;
    delete(config: string, section: string, option: string): boolean | null;
    save(config: string): boolean | null;
    commit(config: string): boolean | null;
    revert(config: string): boolean | null;
    error(): string | null;
  }
  export function cursor(config_dir: string, save_dir: string): Cursor | null;
}

declare module 'ucode:ubus' {
  import type { JsonObject } from 'ucode:core';
  export interface Request {
    args: JsonObject;
    reply(value: JsonObject): void;
  }
  /** Handle of a call under way; must be kept or returned, or it is collected. */
  export interface DeferredCall {
    completed(): boolean;
  }
  export interface Listener {
    remove(): boolean;
  }
  export interface Connection {
    call(object: string, method: string, args: JsonObject): JsonObject | null;
    defer(
      object: string,
      method: string,
      args: JsonObject,
      callback: (status: number, reply: JsonObject | null) => void,
    ): DeferredCall | null;
    publish(
      name: string,
      methods: Record<string, { args: JsonObject; call: (request: Request) => JsonObject }>,
    ): object | null;
    event(name: string, payload: JsonObject): boolean | null;
    listener(pattern: string, callback: (event: string, payload: JsonObject) => void): Listener | null;
  }
  /** Null socket: the default one. The time-out is for `call`, in seconds. */
  export function connect(socket: string | null, timeout_s: number): Connection | null;
}

declare module 'ucode:socket' {
  export interface SocketAddress {
    /** Of IPv4 or IPv6, without a zone. */
    address?: string;
    port?: number;
  }
  export interface Socket {
    /** Null also while a non-blocking one is connecting: see the library's `error`. */
    connect(address: SocketAddress): true | null;
    /** Octets sent. */
    send(octets: string, flags: number, address?: SocketAddress): number | null;
    /** Up to `length` octets, '' at the end of a stream. The sender is written to `from`. */
    recv(length: number, flags: number, from?: SocketAddress): string | null;
    setopt(level: number, option: number, value: string | number | { filter: number[][] }): true | null;
    getopt(level: number, option: number): number | null;
    close(): true | null;
  }
  export interface SocketLibrary {
    readonly AF_INET: number;
    readonly AF_INET6: number;
    readonly SOCK_STREAM: number;
    readonly SOCK_DGRAM: number;
    readonly SOCK_RAW: number;
    readonly SOCK_NONBLOCK: number;
    readonly SOCK_CLOEXEC: number;
    readonly SOL_SOCKET: number;
    readonly SO_ERROR: number;
    readonly SO_BINDTODEVICE: number;
    readonly SO_MARK: number;
    readonly SO_ATTACH_FILTER: number;
    create(domain: number, type: number, protocol: number): Socket | null;
    /** The system's number for the error of the last call; null when it had none. */
    error(numeric: true): number | null;
  }
}

declare module 'ucode:uloop' {
  import type { File } from 'ucode:fs';
  import type { Socket } from 'ucode:socket';
  export interface LoopTimer {
    set(delay_ms: number): boolean | null;
    cancel(): boolean;
  }
  export interface LoopHandle {
    delete(): boolean;
  }
  export interface LoopSignal {
    delete(): boolean;
  }
  export const ULOOP_READ: number;
  export const ULOOP_WRITE: number;
  export function init(): boolean | null;
  export function run(): number | null;
  export function end(): void;
  export function timer(delay_ms: number, callback: () => void): LoopTimer | null;
  export function handle(
    file: File | Socket,
    callback: (events: number) => void,
    events: number,
  ): LoopHandle | null;
  export function signal(name: string, callback: () => void): LoopSignal | null;
}
