/** The parts that stand in for OpenWrt answer as the real ones were seen to. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect_ubus, signature_of, type UbusConnection } from '../../rpcd/platform/node/ubus.ts';
import {
  type Deferred,
  type JsonObject,
  type PluginMethod,
  UBUS_STATUS_METHOD_NOT_FOUND,
} from '../../rpcd/platform/platform.ts';
import { checkout } from './build.ts';
import { http_post, json_rpc } from './front.ts';
import { CREDENTIALS, rpcd_config } from './router_config.ts';
import { ANONYMOUS_SESSION, start_rpcd } from './rpcd.ts';
import { start_ubusd } from './ubusd.ts';
import { create_uhttpd } from './uhttpd.ts';

const folder = mkdtempSync(join(tmpdir(), 'linkagg-openwrt-'));
const ubus_socket = join(folder, 'ubus.sock');
const http_socket = join(folder, 'http.sock');
const acl_file = join(checkout, 'luci-app-linkagg/root/usr/share/rpcd/acl.d/luci-app-linkagg.json');

let broker: Server;
let web: ReturnType<typeof create_uhttpd>;
let bus: UbusConnection;

/** The plugin's methods by name; each tells what it was given. */
const method = (args: JsonObject): PluginMethod => ({ args, call: given => ({ given }) });
const plugin_methods: Record<string, PluginMethod> = {
  status: method({}),
  get_config: {
    args: {},
    call: (_, platform): Deferred =>
      platform.defer('other', 'wait', {}, (status, reply) => ({ status, reply })),
  },
  set_link: method({ link: {} }),
  set_config: {
    args: { change: {} },
    call: () => {
      throw new Error('a fault of the plugin, on purpose');
    },
  },
};

beforeAll(async () => {
  writeFileSync(join(folder, 'rpcd'), rpcd_config());
  broker = await start_ubusd(ubus_socket);
  await start_rpcd({
    ubus_socket,
    uci_folder: folder,
    acl_files: [acl_file],
    plugin_object: 'linkagg',
    plugin_methods,
    config_changed: () => {},
  });
  web = create_uhttpd({ ubus_socket, files: {} });
  await new Promise<void>(resolve => web.listen(http_socket, resolve));
  bus = connect_ubus(
    ubus_socket,
    () => ({ status: 0, reply: {} }),
    () => {},
  );
});

afterAll(() => {
  bus.close();
  web.close();
  broker.close();
  rmSync(folder, { recursive: true });
});

async function log_in(user: keyof typeof CREDENTIALS, more: JsonObject = {}): Promise<string> {
  const { reply } = await json_rpc(http_socket, ANONYMOUS_SESSION, 'session', 'login', {
    ...CREDENTIALS[user],
    ...more,
  });
  return String(reply?.ubus_rpc_session);
}

describe('ubus', () => {
  let publisher: UbusConnection;
  const received: JsonObject[] = [];

  beforeAll(async () => {
    publisher = connect_ubus(
      ubus_socket,
      (_, name, args) => {
        received.push(args);
        return name === 'null' ? { status: 0, reply: null } : { status: 0, reply: { done: true } };
      },
      () => {},
    );
    const args = { text: '', count: 0, flag: false, items: [], table: {} };
    await publisher.publish('other', signature_of({ set: { args }, null: { args: {} }, wait: { args: {} } }));
  });
  afterAll(() => publisher.close());

  test.each<[string, JsonObject, number]>([
    ['all arguments', { text: 'a', count: -1, flag: true, items: [1], table: { x: null } }, 0],
    ['no argument', {}, 0],
    ['an undeclared argument', { other: 1 }, 2],
    ['text for a number', { count: '5' }, 2],
    ['a fraction for a number', { count: 1.5 }, 2],
    ['more than 32 bits for a number', { count: 5_000_000_000 }, 2],
    ['a number for a flag', { flag: 1 }, 2],
    ['null for text', { text: null }, 2],
    ['a list for a table', { table: [] }, 2],
    ['a table for a list', { items: {} }, 2],
  ])('a method given %s', async (_, args, status) => {
    expect((await bus.call('other', 'set', args)).status).toBe(status);
  });

  test('names what is not there', async () => {
    expect((await bus.call('other', 'none', {})).status).toBe(UBUS_STATUS_METHOD_NOT_FOUND);
    expect((await bus.call('none', 'set', {})).status).toBe(4);
    expect((await bus.call('other', 'null', {})).status).toBe(5);
  });

  test('a call that comes together with the name is answered', async () => {
    const socket = join(folder, 'hasty.sock');
    const invoke = { kind: 'invoke', id: 7, object: 'name', method: 'get', args: {} };
    const answered = new Promise<unknown>(resolve => {
      const hasty = createServer(client => {
        createInterface({ input: client }).on('line', line => {
          const { kind, id, status } = JSON.parse(line);
          const done = { kind: 'done', id, status: 0, reply: null };
          if (kind === 'publish') client.write(`${JSON.stringify(done)}\n${JSON.stringify(invoke)}\n`);
          if (kind === 'answer') resolve({ id, status });
        });
      });
      hasty.listen(socket);
      onTestFinished(() => void hasty.close());
    });
    const owner = connect_ubus(
      socket,
      () => ({ status: 0, reply: {} }),
      () => {},
    );
    await owner.publish('name', signature_of({ get: { args: {} } }));
    expect(await answered).toEqual({ id: 7, status: 0 });
    owner.close();
  });

  test('a name belongs to the first who takes it, and is free when that one has gone', async () => {
    const first = connect_ubus(
      ubus_socket,
      () => ({ status: 0, reply: {} }),
      () => {},
    );
    expect(await first.publish('name', {})).toBe(0);
    expect(await bus.publish('name', {})).toBe(2);
    first.close();
    await expect.poll(() => bus.publish('name', {})).toBe(0);
  });

  test('an event reaches those who listen for it, and nobody else', async () => {
    const events: string[] = [];
    const listener = connect_ubus(
      ubus_socket,
      () => ({ status: 0, reply: {} }),
      event => void events.push(event),
    );
    await listener.listen('network.*');
    bus.send('other.event', {});
    bus.send('network.interface', { action: 'ifup', interface: 'wan' });
    await expect.poll(() => events).toEqual(['network.interface']);
    listener.close();
  });
});

describe('access through the web server', () => {
  test('a wrong password is refused with status 6', async () => {
    const login = { username: 'root', password: 'wrong' };
    const answer = await json_rpc(http_socket, ANONYMOUS_SESSION, 'session', 'login', login);
    expect(answer).toEqual({ error: null, status: 6, reply: null });
  });

  test('who may read only reads, and changes nothing', async () => {
    const session = await log_in('viewer');
    expect((await json_rpc(http_socket, session, 'linkagg', 'status', {})).status).toBe(0);
    expect((await json_rpc(http_socket, session, 'linkagg', 'get_config', {})).status).toBe(0);
    expect((await json_rpc(http_socket, session, 'linkagg', 'set_link', { link: {} })).error).toBe(-32002);
    expect((await json_rpc(http_socket, session, 'linkagg', 'set_config', { change: {} })).error).toBe(
      -32002,
    );
    const rights = { scope: 'access-group', object: 'luci-app-linkagg', function: 'write' };
    expect((await json_rpc(http_socket, session, 'session', 'access', rights)).reply).toEqual({
      access: false,
    });
  });

  test('who may write may read as well', async () => {
    const session = await log_in('root');
    expect((await json_rpc(http_socket, session, 'linkagg', 'status', {})).status).toBe(0);
    const answer = await json_rpc(http_socket, session, 'linkagg', 'set_link', { link: { name: 'wan' } });
    expect(answer.reply).toEqual({ given: { link: { name: 'wan' }, ubus_rpc_session: session } });
  });

  test('nobody does anything without a session, with an invented one, or with one that has expired', async () => {
    const expiring = await log_in('root', { timeout: 1 });
    expect((await json_rpc(http_socket, expiring, 'linkagg', 'status', {})).status).toBe(0);
    await new Promise(resolve => setTimeout(resolve, 1200));
    for (const session of [ANONYMOUS_SESSION, 'f'.repeat(32), '', expiring]) {
      expect((await json_rpc(http_socket, session, 'linkagg', 'status', {})).error).toBe(-32002);
    }
  });

  test('a method that does not exist and one of another object look alike', async () => {
    const session = await log_in('viewer');
    expect((await json_rpc(http_socket, session, 'linkagg', 'none', {})).error).toBe(-32002);
    expect((await json_rpc(http_socket, session, 'session', 'destroy', {})).error).toBe(-32002);
  });

  test('a fault of the plugin is status 9, an argument it does not know status 2', async () => {
    const session = await log_in('root');
    expect((await json_rpc(http_socket, session, 'linkagg', 'set_config', { change: {} })).status).toBe(9);
    expect((await json_rpc(http_socket, session, 'linkagg', 'set_link', { more: 1 })).status).toBe(2);
    expect((await json_rpc(http_socket, session, 'linkagg', 'set_link', { link: 'text' })).status).toBe(2);
  });

  test('a deferred reply waits for the other program and tells when there is none', async () => {
    const session = await log_in('root');
    const { reply } = await json_rpc(http_socket, session, 'linkagg', 'get_config', {});
    expect(reply).toEqual({ status: 4, reply: null });
  });
});

describe('JSON-RPC', () => {
  const post = async (body: string): Promise<unknown> =>
    JSON.parse(await http_post(http_socket, '/ubus', body));
  const call = (...params: unknown[]) => JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'call', params });
  const failed = (id: number | null, code: number) => ({ jsonrpc: '2.0', id, error: { code } });

  test.each([
    ['no JSON', '{', failed(null, -32700)],
    ['no version', '{"id":7,"method":"call","params":[]}', failed(7, -32700)],
    ['three parameters', call(ANONYMOUS_SESSION, 'linkagg', 'status'), failed(7, -32700)],
    ['null for the arguments', call(ANONYMOUS_SESSION, 'linkagg', 'status', null), failed(7, -32700)],
    ['an unknown method', '{"jsonrpc":"2.0","id":7,"method":"run"}', failed(7, -32601)],
    ['an unknown object', call(ANONYMOUS_SESSION, 'none', 'status', {}), failed(7, -32000)],
    ['no rights', call(ANONYMOUS_SESSION, 'linkagg', 'status', {}), failed(7, -32002)],
    [
      'a session among the arguments',
      call(ANONYMOUS_SESSION, 'session', 'login', { ubus_rpc_session: 'x' }),
      failed(7, -32602),
    ],
  ])('says what is wrong with %s', async (_, body, answer) => {
    expect(await post(body)).toMatchObject(answer);
  });

  test('answers a batch one after the other, in order', async () => {
    const login = { username: 'root', password: 'wrong' };
    const batch = `[${call(ANONYMOUS_SESSION, 'session', 'login', login)},{"jsonrpc":"2.0","id":8,"method":"x"}]`;
    expect(await post(batch)).toMatchObject([{ id: 7, result: [6] }, failed(8, -32601)]);
  });

  test('lists names without a session, and signatures when asked for an object', async () => {
    const list = (params?: string[]) => JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'list', params });
    expect(await post(list())).toMatchObject({ result: expect.arrayContaining(['linkagg', 'session']) });
    expect(await post(list(['linkagg']))).toMatchObject({
      result: { linkagg: { set_link: { link: 'object' } } },
    });
  });

  test('refuses a body of more than 64 KiB', async () => {
    expect(await post(call('x'.repeat(70_000), 'linkagg', 'status', {}))).toMatchObject(failed(null, -32700));
  });
});
