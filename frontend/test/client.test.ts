import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RpcFailure } from '../src/client/jsonrpc.ts';
import { type Client, create_client } from '../src/client/linkagg.ts';

const SESSION = '0123456789abcdef0123456789abcdef';

interface Request {
  jsonrpc: string;
  id: number;
  method: string;
  params: [string, string, string, object];
}

let server: Server;
let client: Client;
let requests: Request[];
/** What the router does with a request. */
let respond: (request: Request, response: ServerResponse, message: IncomingMessage) => void;

beforeEach(async () => {
  requests = [];
  server = createServer((message, response) => {
    let body = '';
    message.on('data', part => {
      body += part;
    });
    message.on('end', () => {
      const request = JSON.parse(body) as Request;
      requests.push(request);
      respond(request, response, message);
    });
  });
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready));
  client = connected(2000);
});

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

function connected(timeout_ms: number): Client {
  const { port } = server.address() as AddressInfo;
  return create_client({ ubus_url: `http://127.0.0.1:${port}/ubus`, session: SESSION, timeout_ms });
}

function json(response: ServerResponse, id: number, rest: object): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ jsonrpc: '2.0', id, ...rest }));
}

async function failure(call: Promise<unknown>): Promise<RpcFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof RpcFailure) return error;
    throw error;
  }
  throw new Error('the call went well');
}

test('a call looks as uhttpd wants it: session first, arguments always there', async () => {
  respond = (request, response) => json(response, request.id, { result: [0, { links: [], running: true }] });
  expect(await client.status()).toMatchObject({ running: true });
  expect(requests[0]).toMatchObject({
    jsonrpc: '2.0',
    method: 'call',
    params: [SESSION, 'linkagg', 'status', {}],
  });
});

test('a change carries its arguments under the name the plugin expects', async () => {
  respond = (request, response) => json(response, request.id, { result: [0, { ok: true }] });
  await client.set_link({ name: 'wan', enabled: null, weight: 3 });
  expect(requests[0]?.params[3]).toEqual({ link: { name: 'wan', enabled: null, weight: 3 } });
});

test('the list of who stays where, and what clears it, are asked for as the plugin expects', async () => {
  respond = (request, response) =>
    json(response, request.id, {
      result: [0, request.params[2] === 'get_sticky' ? { entries: [], total: 0 } : { ok: true }],
    });
  expect(await client.get_sticky()).toEqual({ entries: [], total: 0 });
  await client.clear_sticky({ group: null, source: '192.168.1.10' });
  expect(requests.map(request => request.params.slice(2))).toEqual([
    ['get_sticky', {}],
    ['clear_sticky', { clear: { group: null, source: '192.168.1.10' } }],
  ]);
});

test('the past and the test of a link are asked for by its name', async () => {
  const replies: Record<string, object> = {
    get_history: { interval_s: 60, latency_ms: [], loss_permille: [], events: [] },
    test_link: { ok: true, errors: [], failure: '', revision: '' },
    get_test: { age_s: null, running: false, results: [] },
  };
  respond = (request, response) =>
    json(response, request.id, { result: [0, replies[String(request.params[2])]] });
  expect(await client.get_history('wan')).toEqual(replies.get_history);
  expect(await client.test_link('wan')).toEqual(replies.test_link);
  expect(await client.get_test('wan')).toEqual(replies.get_test);
  expect(requests.map(request => request.params[3])).toEqual([
    { link: 'wan' },
    { link: 'wan' },
    { link: 'wan' },
  ]);
});

describe('the admin learns why there is no answer', () => {
  test('the session has expired: even asking for rights is denied', async () => {
    respond = (request, response) =>
      json(response, request.id, { error: { code: -32002, message: 'Access denied' } });
    expect((await failure(client.status())).kind).toBe('session-expired');
    expect(requests[1]?.params.slice(1)).toEqual([
      'session',
      'access',
      { scope: 'ubus', object: 'linkagg', function: 'status' },
    ]);
  });

  test('the session lives but may not: asking for rights works', async () => {
    respond = (request, response) =>
      request.params[1] === 'session'
        ? json(response, request.id, { result: [0, { access: false }] })
        : json(response, request.id, { error: { code: -32002, message: 'Access denied' } });
    expect((await failure(client.status())).kind).toBe('denied');
  });

  test('LuCI itself asks to log in', async () => {
    respond = (_request, response) => {
      response.statusCode = 403;
      response.setHeader('X-LuCI-Login-Required', 'yes');
      response.end('Forbidden');
    };
    expect((await failure(client.status())).kind).toBe('session-expired');
  });

  test.each([
    [{ error: { code: -32000, message: 'Object not found' } }, 'missing'],
    [{ result: [4] }, 'missing'],
    [{ error: { code: -32003, message: 'Timeout' } }, 'timeout'],
    [{ result: [7] }, 'timeout'],
    [{ error: { code: -32602, message: 'Invalid parameters' } }, 'unexpected'],
    [{ result: [9] }, 'unexpected'],
    [{ result: [0] }, 'unexpected'],
    [{ result: [0, { of: 'another version' }] }, 'unexpected'],
    [{}, 'unexpected'],
  ])('%j means %s', async (reply, kind) => {
    respond = (request, response) => json(response, request.id, reply);
    expect((await failure(client.status())).kind).toBe(kind);
  });

  test('something else than JSON comes back', async () => {
    respond = (_request, response) => response.end('<html>');
    expect((await failure(client.status())).kind).toBe('unexpected');
  });

  test('a proxy has no router behind it', async () => {
    respond = (_request, response) => {
      response.statusCode = 502;
      response.end();
    };
    expect(await failure(client.status())).toMatchObject({ kind: 'unexpected', detail: 'HTTP 502' });
  });

  test('the connection breaks', async () => {
    respond = (_request, _response, message) => message.socket.destroy();
    expect((await failure(client.status())).kind).toBe('unreachable');
  });

  test('the router takes the question and says nothing', async () => {
    respond = () => {};
    client = connected(50);
    expect((await failure(client.status())).kind).toBe('timeout');
  });

  test('the answer stops half way', async () => {
    respond = (_request, response) => {
      response.setHeader('Content-Length', '100');
      response.write('{"jsonrpc"');
    };
    client = connected(50);
    expect((await failure(client.status())).kind).toBe('timeout');
  });
});

test('leaving the page ends the calls under way', async () => {
  respond = () => {};
  const call = failure(client.status());
  client.close();
  expect((await call).kind).toBe('unreachable');
  expect((await failure(client.status())).kind).toBe('unreachable');
});

test.each([true, false])('whether the account may change things: %s', async access => {
  respond = (request, response) => json(response, request.id, { result: [0, { access }] });
  expect(await client.may_write()).toBe(access);
  expect(requests[0]?.params.slice(1)).toEqual([
    'session',
    'access',
    { scope: 'ubus', object: 'linkagg', function: 'set_link' },
  ]);
});
