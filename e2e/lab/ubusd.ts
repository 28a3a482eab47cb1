/** Broker of the ubus stand-in; the messages are described in `rpcd/platform/node/ubus.ts`. */

import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  type BrokerMessage,
  type ClientMessage,
  matches,
  type Signature,
} from '../../rpcd/platform/node/ubus.ts';
import { UBUS_STATUS_INVALID_ARGUMENT, UBUS_STATUS_NOT_FOUND } from '../../rpcd/platform/platform.ts';

interface Client {
  socket: Socket;
  listening: Set<string>;
  objects: Map<string, Signature>;
  /** Calls this client has been given and not answered: whom to answer, and under which id. */
  unanswered: Map<number, { caller: Client; id: number }>;
}

/** Resolves when the socket accepts connections. */
export function start_ubusd(socket_path: string): Promise<Server> {
  const clients = new Set<Client>();
  let invocation_count = 0;

  const owner_of = (object: string) => [...clients].find(client => client.objects.has(object));
  const send = (client: Client, message: BrokerMessage) =>
    client.socket.write(`${JSON.stringify(message)}\n`);

  function received(client: Client, message: ClientMessage): void {
    switch (message.kind) {
      case 'call': {
        const owner = owner_of(message.object);
        if (owner === undefined) {
          send(client, { kind: 'done', id: message.id, status: UBUS_STATUS_NOT_FOUND, reply: null });
          break;
        }
        const id = ++invocation_count;
        owner.unanswered.set(id, { caller: client, id: message.id });
        const { object, method, args } = message;
        send(owner, { kind: 'invoke', id, object, method, args });
        break;
      }
      case 'answer': {
        const call = client.unanswered.get(message.id);
        client.unanswered.delete(message.id);
        if (call === undefined) break;
        send(call.caller, { kind: 'done', id: call.id, status: message.status, reply: message.reply });
        break;
      }
      case 'publish': {
        const taken = owner_of(message.object) !== undefined;
        if (!taken) client.objects.set(message.object, message.signature);
        const status = taken ? UBUS_STATUS_INVALID_ARGUMENT : 0;
        send(client, { kind: 'done', id: message.id, status, reply: null });
        break;
      }
      case 'withdraw': {
        const status = client.objects.delete(message.object) ? 0 : UBUS_STATUS_NOT_FOUND;
        send(client, { kind: 'done', id: message.id, status, reply: null });
        break;
      }
      case 'list': {
        const found = [...clients]
          .flatMap(owner => [...owner.objects])
          .filter(([object]) => matches(message.pattern, object))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        const status = found.length > 0 ? 0 : UBUS_STATUS_NOT_FOUND;
        send(client, { kind: 'done', id: message.id, status, reply: Object.fromEntries(found) });
        break;
      }
      case 'listen':
        client.listening.add(message.pattern);
        send(client, { kind: 'done', id: message.id, status: 0, reply: null });
        break;
      case 'send': {
        const { event, payload } = message;
        for (const listener of clients) {
          if ([...listener.listening].some(pattern => matches(pattern, event))) {
            send(listener, { kind: 'event', event, payload });
          }
        }
        break;
      }
    }
  }

  const server = createServer(socket => {
    const client: Client = { socket, listening: new Set(), objects: new Map(), unanswered: new Map() };
    clients.add(client);
    createInterface({ input: socket })
      .on('line', line => received(client, JSON.parse(line) as ClientMessage))
      .on('error', () => {});
    socket.on('error', () => {});
    socket.on('close', () => {
      clients.delete(client);
      // ubusd answers for a vanished publisher; libubus reports it as "not found".
      for (const { caller, id } of client.unanswered.values()) {
        send(caller, { kind: 'done', id, status: UBUS_STATUS_NOT_FOUND, reply: null });
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(socket_path, () => resolve(server));
  });
}
