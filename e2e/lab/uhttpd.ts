/**
 * Stand-in for uhttpd: JSON-RPC at POST /ubus as uhttpd-mod-ubus speaks it, and static files.
 *
 * Left out: the REST form, subscriptions, CORS, CGI.
 */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { type ArgumentType, connect_ubus, type UbusConnection } from '../../rpcd/platform/node/ubus.ts';
import { type Json, type JsonObject, UBUS_STATUS_OK } from '../../rpcd/platform/platform.ts';

/** Codes and texts of uhttpd's ubus.c. */
const RPC_ERRORS = {
  parse: { code: -32700, message: 'Parse error' },
  method: { code: -32601, message: 'Method not found' },
  params: { code: -32602, message: 'Invalid parameters' },
  object: { code: -32000, message: 'Object not found' },
  access: { code: -32002, message: 'Access denied' },
  timeout: { code: -32003, message: 'ubus request timed out' },
} as const;

/** A longer body is a parse error, and the connection is closed with the rest unread. */
const BODY_MAX_BYTES = 64 * 1024;
/** json-c's limit for nested values, the innermost plain one included. */
const DEPTH_MAX = 32;
/** `option script_timeout` of /etc/config/uhttpd. */
const SCRIPT_TIMEOUT_MS = 60_000;

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

export interface UhttpdOptions {
  ubus_socket: string;
  /** Path of a request to file on disk, read afresh each time. */
  files: Record<string, string>;
}

/** The caller chooses where it listens. */
export function create_uhttpd(options: UhttpdOptions): Server {
  const ubus = connect_ubus(
    options.ubus_socket,
    () => ({ status: UBUS_STATUS_OK, reply: {} }),
    () => {},
  );
  return createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/ubus' && request.method === 'POST') {
      void answer_json_rpc(ubus, request, response);
    } else {
      send_file(options.files[path], response);
    }
  });
}

function send_file(path: string | undefined, response: ServerResponse): void {
  try {
    if (path === undefined) throw new Error('no such page');
    const body = readFileSync(path);
    const content_type = CONTENT_TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': content_type, 'Cache-Control': 'no-cache' }).end(body);
  } catch {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not Found\n');
  }
}

async function answer_json_rpc(
  ubus: UbusConnection,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > BODY_MAX_BYTES) break;
      parts.push(part);
    }
  } catch {
    return;
  }

  let body: unknown = null;
  try {
    if (length > BODY_MAX_BYTES) response.shouldKeepAlive = false;
    else body = JSON.parse(Buffer.concat(parts).toString('utf8'));
    if (depth(body) > DEPTH_MAX) body = null;
  } catch {
    // Answered below as a parse error.
  }

  let answer: unknown;
  if (Array.isArray(body)) {
    const answers: unknown[] = [];
    for (const single of body) answers.push(await answer_one(ubus, single));
    answer = answers;
  } else {
    answer = await answer_one(ubus, body);
  }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer, shorten_double));
}

async function answer_one(ubus: UbusConnection, request: unknown): Promise<JsonObject> {
  const { jsonrpc, method, id, params } = is_object(request) ? request : ({} as JsonObject);
  const head = { jsonrpc: '2.0', id: id ?? null };
  const failed = (kind: keyof typeof RPC_ERRORS) => ({ ...head, error: { ...RPC_ERRORS[kind] } });

  if (jsonrpc !== '2.0' || typeof method !== 'string') return failed('parse');
  if (method === 'list') return { ...head, result: await list(ubus, params ?? null) };
  if (method !== 'call') return failed('method');

  const [session, object, called, args] = Array.isArray(params) ? params : [];
  if (typeof session !== 'string' || typeof object !== 'string' || typeof called !== 'string') {
    return failed('parse');
  }
  if (args === undefined || !is_object(args)) return failed('parse');

  if (Object.keys(await ubus.list(object)).length === 0) return failed('object');
  const access = await ubus.call(
    'session',
    'access',
    { ubus_rpc_session: session, object, function: called },
    SCRIPT_TIMEOUT_MS / 2,
  );
  if (access.reply?.access !== true) return failed('access');
  if (Object.hasOwn(args, 'ubus_rpc_session')) return failed('params');

  const started = performance.now();
  const { status, reply } = await ubus.call(
    object,
    called,
    { ...args, ubus_rpc_session: session },
    SCRIPT_TIMEOUT_MS,
  );
  if (performance.now() - started >= SCRIPT_TIMEOUT_MS) return failed('timeout');
  const has_body = reply !== null && Object.keys(reply).length > 0;
  return { ...head, result: has_body ? [status, reply] : [status] };
}

/** Names without parameters, signatures of the objects that match the given patterns else. */
async function list(ubus: UbusConnection, params: Json): Promise<Json> {
  if (!Array.isArray(params)) return Object.keys(await ubus.list('*'));
  const result: Record<string, Record<string, Record<string, ArgumentType>>> = {};
  for (const pattern of params) Object.assign(result, await ubus.list(String(pattern)));
  return result;
}

/** blobmsg prints doubles with six decimals. */
function shorten_double(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(6)) : value;
}

function is_object(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}
