/**
 * Sockets under real ucode, over the loopback device, which every user may bind to. What needs a network of its own
 * stands in e2e/scenarios/sockets.test.ts.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Interpreter, interpreters } from '../compiler/test/interpreters.ts';
import { type CompiledPlatform, compiled_platform } from './compiled_platform.ts';

const SCRIPT = `
import { socket_platform } from 'linkagg.platform.sockets';
import { timer } from 'linkagg.platform.timer';
import { lsdir } from 'fs';
import * as uloop from 'uloop';
uloop.init();
const sockets = socket_platform();
if (sockets == null) {
	print('null');
	exit(0);
}
const seen = {};
const open_files = length(lsdir('/proc/self/fd'));
function ask(name, device, port, request) {
	seen[name] = [];
	return sockets.tcp({ device, address: '127.0.0.1', port }, request, 300, result => push(seen[name], result));
}
const greeting = +ARGV[0], silent = +ARGV[1], closed = +ARGV[2];
ask('answered', 'lo', greeting, 'hello');
ask('connected', 'lo', silent, '');
ask('silent', 'lo', silent, 'hello');
ask('refused', 'lo', closed, 'hello');
ask('no device', 'nope', greeting, 'hello');
ask('every device', '', greeting, 'hello');
ask('cancelled', 'lo', greeting, 'hello').cancel();
const late = ask('cancelled later', 'lo', silent, 'hello');
timer(50, () => late.cancel());
seen['at once'] = map(keys(seen), name => length(seen[name]));
timer(600, () => {
	seen.left_open = length(lsdir('/proc/self/fd')) - open_files;
	printf('%J', seen);
	uloop.end();
});
uloop.run();
`;

const ANSWER = 'HTTP/1.1 204 No Content\r\n';
const given = interpreters();

let platform: CompiledPlatform;
let servers: Server[] = [];
beforeAll(async () => {
  platform = compiled_platform('rpcd/platform/ucode/sockets.ts');
  writeFileSync(join(platform.folder, 'script.uc'), SCRIPT);
  mkdirSync(join(platform.folder, 'without'));
  writeFileSync(
    join(platform.folder, 'without/socket.uc'),
    `die("No module named 'socket' could be found");`,
  );
  servers = await Promise.all([listening(ANSWER), listening('')]);
});
afterAll(() => {
  platform.remove();
  for (const server of servers) server.close();
});

/** Answers whatever it is sent. */
function listening(answer: string): Promise<Server> {
  const server = createServer(client => {
    client.on('error', () => {});
    client.on('data', () => client.write(answer));
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}

function port_of(server: Server | undefined): number {
  const address = server?.address() ?? null;
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function printed(interpreter: Interpreter, ...options: string[]): Promise<unknown> {
  const gone = await listening('');
  const ports = [...servers, gone].map(server => `${port_of(server)}`);
  await new Promise(resolve => gone.close(resolve));
  const args = [...options, '-L', platform.folder, join(platform.folder, 'script.uc'), ...ports];
  const child = spawn(interpreter.path, args, { timeout: 20_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  await new Promise(resolve => child.on('close', resolve));
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('sockets on the router', () => {
  test('compile', () => {
    expect(platform.folder).not.toBe('');
  });

  test.skipIf(given.length === 0)(
    'are missed where the package is missing (needs LINKAGG_UCODE)',
    async () => {
      for (const interpreter of given) {
        expect(
          await printed(interpreter, '-L', join(platform.folder, 'without')),
          interpreter.name,
        ).toBeNull();
      }
    },
  );

  test.skipIf(given.length === 0)(
    'connect, ask, end and leave nothing open (needs LINKAGG_UCODE)',
    async () => {
      for (const interpreter of given) {
        const results = await printed(interpreter);
        // An interpreter that was built without them.
        if (results === null) continue;
        expect(results, interpreter.name).toEqual({
          answered: [{ outcome: 'connected', answer: ANSWER }],
          connected: [{ outcome: 'connected', answer: '' }],
          silent: [{ outcome: 'timeout', answer: '' }],
          refused: [{ outcome: 'refused', answer: '' }],
          'no device': [{ outcome: 'unreachable', answer: '' }],
          'every device': [{ outcome: 'unreachable', answer: '' }],
          cancelled: [],
          'cancelled later': [],
          'at once': [0, 0, 0, 0, 0, 0, 0, 0],
          left_open: 0,
        });
      }
    },
  );
});
