/**
 * Program that makes and takes connections in one network namespace, for the lab. Orders come as JSON lines on
 * standard input, answers go to standard output (`traffic.ts`). What it serves is in `service.ts` and `internet.ts`.
 */

import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { attempt_again_and_again, type RunningAttempts, resolve_name } from './attempts.ts';
import { serve_dns, serve_web } from './internet.ts';
import { on_lines, serve_tcp, serve_udp, udp_socket, type Wish } from './service.ts';
import {
  type AgentOrder,
  type AgentReply,
  type ConnectionState,
  monotonic_ms,
  type Opened,
  type Transfer,
} from './traffic.ts';

/** Of one `knock`. */
const KNOCK_BYTES = 100;
const KNOCK_TIMEOUT_MS = 5000;
/** Packets of a `scatter` between two looks at the clock and at the socket's own events. */
const SCATTER_BATCH = 64;
const SCATTER_FIRST_PORT = 10_000;
const SCATTER_PORTS = 50_000;

/** A connection of ours that goes on exchanging. */
interface Exchange {
  state(): ConnectionState;
  end(): void;
}

/** By group: what one `open` order made. */
const exchanges = new Map<number, Exchange[]>();
/** Running downloads by group, to be watched and ended early. */
const downloads = new Map<number, RunningTransfer[]>();

/** By group: what one `attempt` order does. */
const attempts = new Map<number, RunningAttempts>();

interface RunningTransfer {
  socket: Socket;
  received(): number;
}

createInterface({ input: process.stdin }).on('line', async line => {
  const { id, order } = JSON.parse(line) as { id: number; order: AgentOrder };
  let reply: AgentReply;
  try {
    reply = await follow(id, order);
  } catch (error) {
    reply = { kind: 'failed', reason: String(error) };
  }
  process.stdout.write(`${JSON.stringify({ id, reply })}\n`);
});

async function follow(id: number, order: AgentOrder): Promise<AgentReply> {
  switch (order.kind) {
    case 'serve':
      await Promise.all([
        serve_tcp(order.port),
        ...order.udp_addresses.map(address => serve_udp(address, order.port)),
      ]);
      return { kind: 'done' };
    case 'serve_udp':
      await Promise.all(order.addresses.map(address => serve_udp(address, order.port)));
      return { kind: 'done' };
    case 'download': {
      downloads.set(id, []);
      const transfers = await Promise.all(
        order.targets.map((target, index) => download(id, order, target, index)),
      );
      downloads.delete(id);
      return { kind: 'transfers', transfers };
    }
    case 'stop_download':
      for (const { socket } of downloads.get(order.group) ?? []) socket.destroy();
      return { kind: 'done' };
    case 'received': {
      const running = downloads.get(order.group) ?? [];
      const bytes = running.reduce((sum, transfer) => sum + transfer.received(), 0);
      return { kind: 'received', bytes, at_ms: performance.now() };
    }
    case 'knock':
      return { kind: 'opened', ...(await knock(order)) };
    case 'scatter':
      return { kind: 'opened', ...(await scatter(order)) };
    case 'serve_internet':
      await Promise.all([serve_dns(order.own_addresses), serve_web(order.portal_addresses)]);
      return { kind: 'done' };
    case 'resolve':
      return { kind: 'resolved', address: await resolve_name(order) };
    case 'attempt':
      attempts.set(id, attempt_again_and_again(order));
      return { kind: 'done' };
    case 'attempts':
      return { kind: 'attempts', attempts: attempts.get(order.group)?.ended() ?? [] };
    case 'stop_attempts': {
      const made = (await attempts.get(order.group)?.stop()) ?? [];
      attempts.delete(order.group);
      return { kind: 'attempts', attempts: made };
    }
    case 'open': {
      const opened = order.targets.map(address =>
        order.protocol === 'tcp' ? exchange_tcp(address, order) : exchange_udp(address, order),
      );
      exchanges.set(id, opened);
      return { kind: 'done' };
    }
    case 'states':
      return { kind: 'states', states: (exchanges.get(order.group) ?? []).map(exchange => exchange.state()) };
    case 'close':
      for (const exchange of exchanges.get(order.group) ?? []) exchange.end();
      exchanges.delete(order.group);
      return { kind: 'done' };
  }
}

function download(
  group: number,
  order: Extract<AgentOrder, { kind: 'download' }>,
  address: string,
  index: number,
): Promise<Transfer> {
  const { port, seconds, timeout_ms, local_address } = order;
  const wanted = order.bytes[index % Math.max(1, order.bytes.length)] ?? null;
  return new Promise(resolve => {
    const started = performance.now();
    let connect_ms: number | null = null;
    let seen: string | null = null;
    let header = '';
    let bytes = 0;
    let error: string | null = null;
    const socket = connect({
      host: address,
      port,
      ...(local_address === null ? {} : { localAddress: local_address }),
    });
    downloads.get(group)?.push({ socket, received: () => bytes });
    // Silence for this long is a failure, while connecting and later.
    socket.setTimeout(timeout_ms, () => socket.destroy(new Error('timeout')));
    if (seconds !== null) setTimeout(() => socket.destroy(), seconds * 1000);
    socket.on('connect', () => {
      connect_ms = performance.now() - started;
      const wish: Wish = { kind: 'download', bytes: wanted };
      socket.write(`${JSON.stringify(wish)}\n`);
    });
    socket.on('data', data => {
      if (seen !== null) {
        bytes += data.length;
        return;
      }
      header += data.toString('latin1');
      const end = header.indexOf('\n');
      if (end < 0) return;
      seen = (JSON.parse(header.slice(0, end)) as { seen: string }).seen;
      bytes += header.length - end - 1;
    });
    socket.on('error', failure => {
      error = 'code' in failure ? String(failure.code) : failure.message;
    });
    socket.on('close', () => {
      if (error === null && wanted !== null && seconds === null && bytes < wanted) error = 'ended early';
      resolve({ address, bytes, duration_ms: performance.now() - started, connect_ms, source: seen, error });
    });
  });
}

async function knock(order: Extract<AgentOrder, { kind: 'knock' }>): Promise<Opened> {
  const { targets, port, parallel, seconds } = order;
  const started = performance.now();
  const opened: Opened = { count: 0, failed: 0, duration_ms: 0 };
  let next = 0;
  const one_after_the_other = async () => {
    while (performance.now() - started < seconds * 1000) {
      const target = targets[next % targets.length] ?? '';
      next += 1;
      if (await knock_once(target, port)) opened.count += 1;
      else opened.failed += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, one_after_the_other));
  return { ...opened, duration_ms: performance.now() - started };
}

/** Connect, get an answer, and leave with a reset, so that no socket lingers. */
function knock_once(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port });
    let answered = false;
    const wish: Wish = { kind: 'download', bytes: KNOCK_BYTES };
    socket.setTimeout(KNOCK_TIMEOUT_MS, () => socket.destroy());
    socket.on('connect', () => socket.write(`${JSON.stringify(wish)}\n`));
    socket.on('data', () => {
      answered = true;
      socket.resetAndDestroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answered));
  });
}

async function scatter({ targets, seconds }: Extract<AgentOrder, { kind: 'scatter' }>): Promise<Opened> {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  await new Promise<void>(resolve => socket.bind(0, resolve));
  const started = performance.now();
  const opened: Opened = { count: 0, failed: 0, duration_ms: 0 };
  const message = Buffer.from('scatter');
  let next = 0;
  while (performance.now() - started < seconds * 1000) {
    await new Promise<void>(resolve => {
      let open = SCATTER_BATCH;
      for (let packet = 0; packet < SCATTER_BATCH; packet += 1, next += 1) {
        const port = SCATTER_FIRST_PORT + (next % SCATTER_PORTS);
        const target = targets[Math.floor(next / SCATTER_PORTS) % targets.length];
        socket.send(message, port, target, failure => {
          if (failure === null) opened.count += 1;
          else opened.failed += 1;
          open -= 1;
          if (open === 0) resolve();
        });
      }
    });
  }
  opened.duration_ms = performance.now() - started;
  socket.close();
  return opened;
}

function exchange_tcp(
  address: string,
  { port, local_address, interval_ms, waiting }: Extract<AgentOrder, { kind: 'open' }>,
): Exchange {
  const socket = connect({
    host: address,
    port,
    ...(local_address === null ? {} : { localAddress: local_address }),
  });
  const sources = new Set<string>();
  let broken: string | null = null;
  let broken_at_ms: number | null = null;
  let exchanged = 0;
  let last_ms = performance.now();
  let wished = false;
  const send = () => {
    if (wished && socket.writable) socket.write('tick\n');
  };
  const tick = waiting || interval_ms === null ? null : setInterval(send, interval_ms);
  const stop_ticking = () => {
    if (tick !== null) clearInterval(tick);
  };
  socket.setNoDelay(true);
  socket.on('connect', () => {
    const wish: Wish = waiting ? { kind: 'wait', interval_ms } : { kind: 'exchange' };
    socket.write(`${JSON.stringify(wish)}\n`);
    wished = true;
  });
  on_lines(socket, line => {
    last_ms = performance.now();
    if (sources.size === 0) sources.add((JSON.parse(line) as { seen: string }).seen);
    else exchanged += 1;
  });
  socket.on('error', failure => {
    broken = 'code' in failure ? String(failure.code) : failure.message;
  });
  socket.on('close', () => {
    broken ??= 'closed';
    broken_at_ms = monotonic_ms();
    stop_ticking();
  });
  return {
    state: () => ({
      address,
      local_port: socket.localPort ?? 0,
      broken,
      broken_at_ms,
      sources: [...sources],
      exchanged,
      silent_ms: performance.now() - last_ms,
    }),
    end() {
      stop_ticking();
      socket.destroy();
    },
  };
}

/** A UDP flow is never broken; it shows by silence and by new sources. */
function exchange_udp(
  address: string,
  { port, local_address, interval_ms }: Extract<AgentOrder, { kind: 'open' }>,
): Exchange {
  const socket = udp_socket(address);
  const sources = new Set<string>();
  let exchanged = 0;
  let local_port = 0;
  let last_ms = performance.now();
  const send = () => socket.send('tick', port, address, () => {});
  const tick = interval_ms === null ? null : setInterval(send, interval_ms);
  socket.on('error', () => {});
  socket.on('message', (message, from) => {
    // An answer from another address than was asked is none; NAT and connected sockets would drop it.
    if (from.address !== address) return;
    last_ms = performance.now();
    exchanged += 1;
    sources.add((JSON.parse(message.toString()) as { seen: string }).seen);
  });
  socket.bind(0, local_address ?? undefined, () => {
    local_port = socket.address().port;
    send();
  });
  return {
    state: () => ({
      address,
      local_port,
      broken: null,
      broken_at_ms: null,
      sources: [...sources],
      exchanged,
      silent_ms: performance.now() - last_ms,
    }),
    end() {
      if (tick !== null) clearInterval(tick);
      socket.close();
    },
  };
}
