/** Ways to the lab's web server, which listens on a unix socket because it sits in another network namespace. */

import { request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import type { JsonObject } from '../../rpcd/platform/platform.ts';

/** Answer of POST /ubus: `error` is the JSON-RPC code, `status` the ubus status; one of them is null. */
export interface RpcAnswer {
  error: number | null;
  status: number | null;
  reply: JsonObject | null;
}

/** Listen on 127.0.0.1 (port 0: any) and pass every connection on. */
export function forward_to(socket_path: string, port: number): Promise<Server> {
  const server = createServer(incoming => {
    const outgoing = connect(socket_path);
    incoming.pipe(outgoing).pipe(incoming);
    incoming.on('error', () => outgoing.destroy());
    outgoing.on('error', () => incoming.destroy());
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** One JSON-RPC call over a unix socket. Rejects when there is no HTTP answer. */
export async function json_rpc(
  socket_path: string,
  session: string,
  object: string,
  method: string,
  args: JsonObject,
): Promise<RpcAnswer> {
  const body = { jsonrpc: '2.0', id: 1, method: 'call', params: [session, object, method, args] };
  const text = await http_post(socket_path, '/ubus', JSON.stringify(body));
  const { result, error } = JSON.parse(text) as {
    result?: [number, JsonObject?];
    error?: { code: number };
  };
  return { error: error?.code ?? null, status: result?.[0] ?? null, reply: result?.[1] ?? null };
}

/** The body of the answer. Rejects when the connection was closed without one. */
export function http_post(socket_path: string, path: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket_path, path, method: 'POST' }, incoming => {
      const parts: Buffer[] = [];
      incoming.on('data', part => parts.push(part));
      incoming.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
