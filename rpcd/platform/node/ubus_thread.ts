/**
 * Worker thread that owns the ubus connection, so that the main thread can wait for a reply as ucode does
 * (`ubus_link.ts`). Requests come one by one; events and calls of our own methods go to the main thread.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { connect_ubus, type UbusAnswer } from './ubus.ts';
import type { LinkMessage, LinkSetup, ThreadMessage } from './ubus_link.ts';

const { socket_path, reply_port, reply_flag } = workerData as LinkSetup;

const unanswered = new Map<number, (answer: UbusAnswer) => void>();
let invocation_count = 0;

const ubus = connect_ubus(
  socket_path,
  (object, method, args) => {
    const id = ++invocation_count;
    tell_main({ kind: 'invoked', id, object, method, args });
    return new Promise(resolve => unanswered.set(id, resolve));
  },
  (event, payload) => tell_main({ kind: 'event', event, payload }),
);

parentPort?.on('message', async (message: LinkMessage) => {
  switch (message.kind) {
    case 'call':
      reply(message.id, await ubus.call(message.object, message.method, message.args));
      break;
    case 'publish':
      reply(message.id, { status: await ubus.publish(message.object, message.signature), reply: null });
      break;
    case 'listen':
      void ubus.listen(message.pattern);
      break;
    case 'send':
      ubus.send(message.event, message.payload);
      break;
    case 'answer':
      unanswered.get(message.id)?.(message.answer);
      unanswered.delete(message.id);
      break;
  }
});

function tell_main(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

function reply(id: number, answer: UbusAnswer): void {
  reply_port.postMessage({ id, answer });
  Atomics.store(reply_flag, 0, id);
  Atomics.notify(reply_flag, 0);
}
