/**
 * Client of the ubus stand-in: a unix socket that carries one JSON message per line (`e2e/lab/ubusd.ts`).
 *
 * Kept from the real ubus: objects with typed methods, status codes, broadcast events, and that the publishing
 * side checks arguments strictly (an unknown name or a wrong type is status 2, a missing one is not an error).
 */

import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  type Json,
  type JsonObject,
  UBUS_STATUS_CONNECTION_FAILED,
  UBUS_STATUS_INVALID_ARGUMENT,
  UBUS_STATUS_METHOD_NOT_FOUND,
  UBUS_STATUS_NO_DATA,
  UBUS_STATUS_OK,
  UBUS_STATUS_TIMEOUT,
  UBUS_STATUS_UNKNOWN_ERROR,
  type UbusMethod,
} from '../platform.ts';

/** ucode's default for `ubus.connect`. */
const CALL_TIMEOUT_MS = 30_000;
const RECONNECT_DELAY_MS = 200;

export type ArgumentType = 'string' | 'number' | 'boolean' | 'array' | 'object';
export type Signature = Record<string, Record<string, ArgumentType>>;

/**
 * What becomes of arguments that were not declared or have another type: `ucode` refuses them, `rpcd` too except
 * for the session that uhttpd adds, and a program in C over `libubus` does not see them.
 */
export type ArgumentPolicy = 'ucode' | 'rpcd' | 'libubus';

/** Reply of a method: `reply` is null when the status is not 0, and for an empty reply. */
export interface UbusAnswer {
  status: number;
  reply: JsonObject | null;
}

/** From a client to the broker. */
export type ClientMessage =
  | { kind: 'call'; id: number; object: string; method: string; args: JsonObject }
  | { kind: 'publish'; id: number; object: string; signature: Signature }
  | { kind: 'withdraw'; id: number; object: string }
  | { kind: 'list'; id: number; pattern: string }
  | { kind: 'listen'; id: number; pattern: string }
  | { kind: 'send'; event: string; payload: JsonObject }
  | { kind: 'answer'; id: number; status: number; reply: JsonObject | null };

/** From the broker to a client. `done` ends the request with that id. */
export type BrokerMessage =
  | { kind: 'done'; id: number; status: number; reply: JsonObject | null }
  | { kind: 'invoke'; id: number; object: string; method: string; args: JsonObject }
  | { kind: 'event'; event: string; payload: JsonObject };

type Request =
  | { kind: 'call'; object: string; method: string; args: JsonObject }
  | { kind: 'publish'; object: string; signature: Signature }
  | { kind: 'withdraw'; object: string }
  | { kind: 'list'; pattern: string }
  | { kind: 'listen'; pattern: string };

/** Answers a call of a published method whose arguments have been checked. */
export type Invoked = (object: string, method: string, args: JsonObject) => UbusAnswer | Promise<UbusAnswer>;

export interface UbusConnection {
  /** Never rejects: a failure is a status. */
  call(object: string, method: string, args: JsonObject, timeout_ms?: number): Promise<UbusAnswer>;
  /** Status 0, or 2 when the name is taken. Published again by itself after a lost connection. */
  publish(object: string, signature: Signature, policy?: ArgumentPolicy): Promise<number>;
  withdraw(object: string): Promise<number>;
  /** Names and signatures of the objects that match (`*` at the end matches any rest). */
  list(pattern: string): Promise<Record<string, Signature>>;
  listen(pattern: string): Promise<number>;
  send(event: string, payload: JsonObject): void;
  close(): void;
}

/** Connect, and go on connecting whenever the broker is away. */
export function connect_ubus(
  socket_path: string,
  invoked: Invoked,
  on_event: (event: string, payload: JsonObject) => void,
): UbusConnection {
  const published = new Map<string, { signature: Signature; policy: ArgumentPolicy }>();
  const listening = new Set<string>();
  const pending = new Map<number, (answer: UbusAnswer) => void>();
  let next_id = 1;
  let socket: Socket | null = null;
  let connected = false;
  let closed = false;
  let waiting: Array<() => void> = [];

  function open(): void {
    const opened = connect(socket_path);
    socket = opened;
    opened.on('error', () => {});
    opened.on('connect', () => {
      connected = true;
      for (const [object, { signature }] of published)
        transmit({ kind: 'publish', id: 0, object, signature });
      for (const pattern of listening) transmit({ kind: 'listen', id: 0, pattern });
      release();
    });
    opened.on('close', () => {
      connected = false;
      for (const done of pending.values()) done({ status: UBUS_STATUS_CONNECTION_FAILED, reply: null });
      pending.clear();
      release();
      if (!closed) setTimeout(open, RECONNECT_DELAY_MS);
    });
    createInterface({ input: opened })
      .on('line', line => received(JSON.parse(line) as BrokerMessage))
      .on('error', () => {});
  }

  /** Let requests go on that waited for the outcome of the first attempt to connect. */
  function release(): void {
    for (const go_on of waiting) go_on();
    waiting = [];
  }

  function transmit(message: ClientMessage): void {
    if (connected) socket?.write(`${JSON.stringify(message)}\n`);
  }

  function received(message: BrokerMessage): void {
    if (message.kind === 'event') {
      on_event(message.event, message.payload);
    } else if (message.kind === 'invoke') {
      void answer(message.object, message.method, message.args).then(({ status, reply }) =>
        transmit({ kind: 'answer', id: message.id, status, reply }),
      );
    } else {
      const done = pending.get(message.id);
      pending.delete(message.id);
      done?.({ status: message.status, reply: message.reply });
    }
  }

  async function answer(object: string, method: string, args: JsonObject): Promise<UbusAnswer> {
    const { signature = {}, policy = 'ucode' } = published.get(object) ?? {};
    const types = signature[method];
    if (types === undefined) return { status: UBUS_STATUS_METHOD_NOT_FOUND, reply: null };
    const accepted = accepted_arguments(types, args, policy);
    if (accepted === null) return { status: UBUS_STATUS_INVALID_ARGUMENT, reply: null };
    try {
      const { status, reply } = await invoked(object, method, accepted);
      if (status === UBUS_STATUS_OK && reply === null) return { status: UBUS_STATUS_NO_DATA, reply: null };
      return { status, reply };
    } catch (error) {
      process.stderr.write(`${object}.${method}: ${String(error)}\n`);
      return { status: UBUS_STATUS_UNKNOWN_ERROR, reply: null };
    }
  }

  /** `on_success` is called before anything that has come with the answer is looked at. */
  async function request(
    body: Request,
    timeout_ms: number,
    on_success: () => void = () => {},
  ): Promise<UbusAnswer> {
    if (!connected && socket?.connecting) await new Promise<void>(go_on => waiting.push(go_on));
    if (!connected) return { status: UBUS_STATUS_CONNECTION_FAILED, reply: null };
    return new Promise(resolve => {
      const id = next_id++;
      const timer = setTimeout(() => {
        pending.delete(id);
        resolve({ status: UBUS_STATUS_TIMEOUT, reply: null });
      }, timeout_ms);
      pending.set(id, done => {
        clearTimeout(timer);
        if (done.status === UBUS_STATUS_OK) on_success();
        resolve(done);
      });
      transmit({ ...body, id });
    });
  }

  open();
  return {
    call: (object, method, args, timeout_ms = CALL_TIMEOUT_MS) =>
      request({ kind: 'call', object, method, args }, timeout_ms),
    async publish(object, signature, policy = 'ucode') {
      const { status } = await request({ kind: 'publish', object, signature }, CALL_TIMEOUT_MS, () =>
        published.set(object, { signature, policy }),
      );
      return status;
    },
    async withdraw(object) {
      published.delete(object);
      return (await request({ kind: 'withdraw', object }, CALL_TIMEOUT_MS)).status;
    },
    async list(pattern) {
      const { reply } = await request({ kind: 'list', pattern }, CALL_TIMEOUT_MS);
      return (reply ?? {}) as Record<string, Signature>;
    },
    async listen(pattern) {
      listening.add(pattern);
      return (await request({ kind: 'listen', pattern }, CALL_TIMEOUT_MS)).status;
    },
    send: (event, payload) => transmit({ kind: 'send', event, payload }),
    close() {
      closed = true;
      socket?.destroy();
    },
  };
}

/** Argument types from examples, as rpcd and ucode take them: `{ name: '', count: 0, all: false }`. */
export function signature_of(methods: Record<string, Pick<UbusMethod, 'args'>>): Signature {
  const signature: Signature = {};
  for (const [method, { args }] of Object.entries(methods)) {
    const types: Record<string, ArgumentType> = {};
    for (const [name, example] of Object.entries(args)) types[name] = argument_type(example);
    signature[method] = types;
  }
  return signature;
}

function argument_type(example: Json): ArgumentType {
  if (Array.isArray(example)) return 'array';
  switch (typeof example) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'number':
      // Doubles and the width examples 8, 16 and 64 are traps in the real thing; nothing of ours declares them.
      if (!Number.isInteger(example)) throw new Error('declare integers: 1 does not fit a double');
      return 'number';
    default:
      if (example === null) throw new Error('null is not an argument type');
      return 'object';
  }
}

/** What the method gets to see; null when the call is to be refused. */
function accepted_arguments(
  types: Record<string, ArgumentType>,
  args: JsonObject,
  policy: ArgumentPolicy,
): JsonObject | null {
  const fits = ([name, value]: [string, Json]) => {
    if (policy === 'rpcd' && name === 'ubus_rpc_session') return typeof value === 'string';
    return Object.hasOwn(types, name) && has_type(value, types[name]);
  };
  if (policy === 'libubus') return Object.fromEntries(Object.entries(args).filter(fits));
  return Object.entries(args).every(fits) ? args : null;
}

function has_type(value: Json, type: ArgumentType | undefined): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'number':
      return typeof value === 'number' && (value | 0) === value;
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return false;
  }
}

/** ubusd's pattern: a name, or its beginning and `*`. */
export function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
