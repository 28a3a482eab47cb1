/**
 * ubus for a program that waits for replies: `call` and `publish` block like their ucode counterparts, while
 * events and calls of our own methods arrive through the event loop.
 */

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type JsonObject, UBUS_STATUS_CONNECTION_FAILED, type UbusMethod } from '../platform.ts';
import { matches, type Signature, signature_of, type UbusAnswer } from './ubus.ts';

/** A little longer than the connection's own limit, which normally ends a call. */
const REPLY_TIMEOUT_MS = 35_000;

export interface LinkSetup {
  socket_path: string;
  reply_port: MessagePort;
  reply_flag: Int32Array;
}

/** Main thread to worker. */
export type LinkMessage =
  | { kind: 'call'; id: number; object: string; method: string; args: JsonObject }
  | { kind: 'publish'; id: number; object: string; signature: Signature }
  | { kind: 'listen'; pattern: string }
  | { kind: 'send'; event: string; payload: JsonObject }
  | { kind: 'answer'; id: number; answer: UbusAnswer };

/** Worker to main thread. */
export type ThreadMessage =
  | { kind: 'event'; event: string; payload: JsonObject }
  | { kind: 'invoked'; id: number; object: string; method: string; args: JsonObject };

export interface UbusLink {
  call(object: string, method: string, args: JsonObject): JsonObject | null;
  publish(object: string, methods: Record<string, UbusMethod>): boolean;
  listen(pattern: string, callback: (event: string, payload: JsonObject) => void): void;
  send(event: string, payload: JsonObject): void;
}

/** Expects the built `ubus_thread.js` beside the running program. */
export function open_ubus_link(socket_path: string): UbusLink {
  const { port1: replies, port2: reply_port } = new MessageChannel();
  const reply_flag = new Int32Array(new SharedArrayBuffer(4));
  const setup: LinkSetup = { socket_path, reply_port, reply_flag };
  const thread = new Worker(new URL('./ubus_thread.js', import.meta.url), {
    workerData: setup,
    transferList: [reply_port],
  });

  const methods_of = new Map<string, Record<string, UbusMethod>>();
  const listeners: Array<{ pattern: string; callback: (event: string, payload: JsonObject) => void }> = [];
  let next_id = 1;

  thread.on('message', (message: ThreadMessage) => {
    if (message.kind === 'event') {
      for (const { pattern, callback } of listeners) {
        if (matches(pattern, message.event)) callback(message.event, message.payload);
      }
      return;
    }
    const method = methods_of.get(message.object)?.[message.method];
    if (method === undefined) return;
    post({ kind: 'answer', id: message.id, answer: { status: 0, reply: method.call(message.args) } });
  });

  function post(message: LinkMessage): void {
    thread.postMessage(message);
  }

  /** Wait for the worker's reply to the message with this id. */
  function wait_for(id: number): UbusAnswer {
    const deadline = performance.now() + REPLY_TIMEOUT_MS;
    for (;;) {
      const received = receiveMessageOnPort(replies) as
        | { message: { id: number; answer: UbusAnswer } }
        | undefined;
      if (received?.message.id === id) return received.message.answer;
      if (received !== undefined) continue;
      const left_ms = deadline - performance.now();
      if (left_ms <= 0) return { status: UBUS_STATUS_CONNECTION_FAILED, reply: null };
      // The flag holds the id of the last reply: unequal to what was read means that one has come meanwhile.
      const seen = Atomics.load(reply_flag, 0);
      if (seen !== id) Atomics.wait(reply_flag, 0, seen, left_ms);
    }
  }

  return {
    call(object, method, args) {
      const id = next_id++;
      post({ kind: 'call', id, object, method, args });
      const { status, reply } = wait_for(id);
      return status === 0 ? reply : null;
    },
    publish(object, methods) {
      const id = next_id++;
      methods_of.set(object, methods);
      post({ kind: 'publish', id, object, signature: signature_of(methods) });
      const published = wait_for(id).status === 0;
      if (!published) methods_of.delete(object);
      return published;
    },
    listen(pattern, callback) {
      listeners.push({ pattern, callback });
      post({ kind: 'listen', pattern });
    },
    send: (event, payload) => post({ kind: 'send', event, payload }),
  };
}
