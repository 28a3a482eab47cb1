/**
 * `make demo`: the lab with three capped uplinks, a tunnel as their backup, and the page on http://127.0.0.1:8080 (`PORT` for another).
 *
 * The listening socket is opened outside and handed to the lab, whose own network has no way out.
 */

import type { ChildProcess } from 'node:child_process';
import {
  createServer as create_http_server,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../rpcd/platform/platform.ts';
import { CREDENTIALS, type Lab, type RunningDownload, start_lab } from './lab/lab.ts';
import { lab_problem, set_up_namespace, spawn_in_namespace } from './lab/namespace.ts';
import type { Fate, LabState, LabWish } from './lab/page/lab_panel.ts';
import { start_wireguard_server } from './lab/wireguard_server.ts';

const UPLINKS = [
  { name: 'wan1', down_bps: 8e6, up_bps: 4e6, weight: 2 },
  { name: 'wan2', down_bps: 8e6, up_bps: 4e6, weight: 2 },
  { name: 'wan3', down_bps: 4e6, up_bps: 2e6, weight: 1 },
];
const FIRST_PORT = 8080;
/** How many ports are tried after the first one. */
const PORTS_TRIED = 20;
/** Size of one download; when it ends the next one starts, on a link chosen anew. */
const DOWNLOAD_BYTES = 4e6;
const DOWNLOADS_MAX = 32;
const SAMPLE_INTERVAL_MS = 1000;

async function start_outside(): Promise<void> {
  const problem = lab_problem();
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    process.exit(2);
  }
  const given = process.env.PORT;
  const server = await listen(
    given === undefined ? FIRST_PORT : Number(given),
    given === undefined ? PORTS_TRIED : 0,
  );
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  process.stdout.write('Starting the lab …\n');
  const inside: ChildProcess = spawn_in_namespace([fileURLToPath(import.meta.url), '--inside']);
  let wanted = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      wanted = false;
      inside.kill('SIGKILL');
    });
  }
  inside.on('exit', code => {
    process.stdout.write(wanted ? 'The lab has ended by itself.\n' : '\nThe lab is gone.\n');
    process.exit(wanted ? (code ?? 1) : 0);
  });
  inside.on('message', () => {
    const { root, viewer } = CREDENTIALS;
    process.stdout.write(
      [
        '',
        `  http://127.0.0.1:${port}`,
        '',
        `  user ${root.username}, password ${root.password}: may change everything`,
        `  user ${viewer.username}, password ${viewer.password}: may only look`,
        '',
        'Ctrl-C ends it and leaves nothing behind.',
        '',
      ].join('\n'),
    );
  });
  // From then on only the lab accepts connections.
  inside.send('listen', server, () => server.close());
}

/** The first free port of `port`, `port` + 1, … on the loopback address. */
function listen(port: number, more: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && more > 0) resolve(listen(port + 1, more - 1));
      else reject(new Error(`port ${port} cannot be used (${error.code}): choose another with PORT=…`));
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function start_inside(): Promise<void> {
  set_up_namespace();
  const listening = new Promise<Server>(resolve =>
    process.once('message', (_, handle) => resolve(handle as Server)),
  );
  // The one outside decides about signals; a terminal sends them to everybody.
  process.on('SIGINT', () => {});

  const lab = await start_lab({ uplinks: UPLINKS });
  await add_tunnel(lab);
  const panel = lab_panel(lab);
  const web = create_http_server((incoming, response) => {
    if (incoming.url === '/lab') void panel(incoming, response);
    else pass_on(lab.http_socket, incoming, response);
  });
  (await listening).on('connection', socket => web.emit('connection', socket));
  process.send?.('ready');
}

/** A tunnel over wan1 to the server, made as the page makes one. It stands by: it is no faster than wan1. */
async function add_tunnel(lab: Lab): Promise<void> {
  const call = async (method: string, args: JsonObject = {}): Promise<JsonObject> => {
    const { reply } = await lab.rpc(method, args);
    if (reply === null || reply.ok === false) throw new Error(`${method}: ${JSON.stringify(reply)}`);
    return reply;
  };
  const server = start_wireguard_server(lab);
  const address = '10.9.1.2/32';
  const peer = {
    public_key: server.public_key,
    preshared_key: null,
    endpoint_host: server.host,
    endpoint_port: server.port,
    allowed_ips: ['0.0.0.0/0'],
    persistent_keepalive: 25,
  };
  const tunnel = {
    name: 'vpn',
    private_key: null,
    listen_port: null,
    addresses: [address],
    mtu: null,
    peers: [peer],
    nat: 'masquerade',
    uplink: 'wan1',
    exit: '',
  };
  const { public_key } = await call('stage_tunnel', { change: { create: true, tunnel } });
  server.add_peer(String(public_key), address);
  await call('apply_staged', { timeout_s: 30 });
  await call('confirm_applied');
  const { config, revision } = await call('get_config');
  const { link, ...others } = config as JsonObject;
  const links = (link as JsonObject[]).map(each => (each.name === 'vpn' ? { ...each, tier: 2 } : each));
  await call('set_config', { change: { config: { ...others, link: links }, revision: revision ?? '' } });
}

/** Answers /lab: the state, or a wish and the state after it. */
function lab_panel(lab: Lab) {
  const running: Array<{ wanted: boolean; current: RunningDownload | null }> = [];
  const fates = new Map<string, Fate>();
  let total_bps = 0;
  let sample = received_bytes();

  setInterval(() => {
    const next = received_bytes();
    // A device that has been replaced counts from zero again.
    total_bps = Math.max(0, ((next.bytes - sample.bytes) * 8000) / (next.at_ms - sample.at_ms));
    sample = next;
  }, SAMPLE_INTERVAL_MS);

  function received_bytes(): { bytes: number; at_ms: number } {
    const bytes = lab.uplinks.map(uplink => uplink.counters().rx_bytes).reduce((sum, one) => sum + one, 0);
    return { bytes, at_ms: performance.now() };
  }

  function set_downloads(count: number): void {
    for (const slot of running.splice(count)) {
      slot.wanted = false;
      slot.current?.stop();
    }
    while (running.length < count) {
      const slot: (typeof running)[number] = { wanted: true, current: null };
      running.push(slot);
      void keep_downloading(slot);
    }
  }

  async function keep_downloading(slot: (typeof running)[number]): Promise<void> {
    while (slot.wanted) {
      slot.current = lab.start_download({ bytes: DOWNLOAD_BYTES, timeout_ms: 5000 });
      const [download] = await slot.current.done;
      // A person would click again, too.
      if (download?.error !== null) await new Promise(resolve => setTimeout(resolve, 500));
    }
  }

  function fulfil(wish: LabWish): void {
    if (wish.kind === 'downloads') {
      set_downloads(Math.min(DOWNLOADS_MAX, Math.max(0, Math.floor(wish.count))));
    } else {
      const uplink = lab.uplink(wish.uplink);
      uplink.restore();
      if (wish.fate === 'blackhole') uplink.blackhole();
      if (wish.fate === 'cut') uplink.cut();
      fates.set(wish.uplink, wish.fate);
    }
  }

  return async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      // No form of another site can send this type.
      if (incoming.method === 'POST' && incoming.headers['content-type'] === 'application/json') {
        const parts: Buffer[] = [];
        for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
        fulfil(JSON.parse(Buffer.concat(parts).toString('utf8')) as LabWish);
      }
      const state: LabState = {
        downloads: running.length,
        total_bps,
        uplinks: UPLINKS.map(({ name, down_bps }) => ({ name, down_bps, fate: fates.get(name) ?? 'works' })),
      };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(state));
    } catch (error) {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end(`${String(error)}\n`);
    }
  };
}

/** Everything else is for the lab's own web server. */
function pass_on(socket_path: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ socketPath: socket_path, method, path: url, headers }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}

if (process.argv[2] === '--inside') await start_inside();
else {
  start_outside().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
}
