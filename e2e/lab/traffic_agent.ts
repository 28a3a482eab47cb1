/**
 * Program that makes and takes connections in one network namespace, for the lab. Orders come as JSON lines on
 * standard input, answers go to standard output (`traffic.ts`).
 *
 * One TCP and UDP service, spoken by every agent. A TCP connection starts with one JSON line each way: what the
 * caller wants, and which address the service sees it come from. A `download` then fills the wire until enough
 * bytes are sent or the caller leaves; an `exchange` sends each line back.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { AgentOrder, AgentReply, ConnectionState, Opened, Transfer } from './traffic.ts';

type Wish = { kind: 'download'; bytes: number | null } | { kind: 'exchange' };

const CHUNK = Buffer.alloc(16 * 1024, 'x');
/** Of one `knock`. */
const KNOCK_BYTES = 100;
const KNOCK_TIMEOUT_MS = 5000;
/** Packets of a `scatter` between two looks at the clock and at the socket's own events. */
const SCATTER_BATCH = 64;
const SCATTER_FIRST_PORT = 10_000;
const SCATTER_PORTS = 50_000;

/** Until an address that is not there yet is tried again. */
const BIND_RETRY_MS = 100;

/** Own addresses with a UDP socket that answers. */
const udp_served = new Set<string>();

/** A connection of ours that goes on exchanging. */
interface Exchange {
  state(): ConnectionState;
  end(): void;
}

/** By group: what one `open` order made. */
const exchanges = new Map<number, Exchange[]>();
/** Running downloads by group, to be watched and ended early. */
const downloads = new Map<number, RunningTransfer[]>();

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
    case 'open': {
      const { protocol, port, interval_ms, local_address } = order;
      const opened = order.targets.map(address =>
        protocol === 'tcp'
          ? exchange_tcp(address, port, local_address, interval_ms)
          : exchange_udp(address, port, local_address, interval_ms),
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

function serve_tcp(port: number): Promise<void> {
  const server = createServer(socket => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let wish: Wish | null = null;
    on_lines(socket, line => {
      if (wish !== null) {
        socket.write(`${line}\n`);
        return;
      }
      wish = JSON.parse(line) as Wish;
      socket.write(`${JSON.stringify({ seen: plain_address(socket.remoteAddress) })}\n`);
      if (wish.kind === 'download') fill(socket, wish.bytes);
    });
    socket.on('end', () => socket.end());
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen({ port, backlog: 4096 }, resolve);
  });
}

/** Send `bytes` and end, or send until the other side leaves. */
function fill(socket: Socket, bytes: number | null): void {
  let left = bytes ?? Number.POSITIVE_INFINITY;
  const go_on = () => {
    while (left > 0 && !socket.destroyed) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
    if (left <= 0) {
      socket.off('drain', go_on);
      socket.end();
    }
  };
  socket.on('drain', go_on);
  go_on();
}

/** Resolves when it answers, or when the address is not there yet: then as soon as it is. */
function serve_udp(own_address: string, port: number): Promise<void> {
  // A socket outlives the absence of its address.
  if (udp_served.has(own_address)) return Promise.resolve();
  udp_served.add(own_address);
  const server = udp_socket(own_address);
  server.on('message', (_message, { address, port: from_port }) => {
    server.send(JSON.stringify({ seen: address }), from_port, address);
  });
  return new Promise((resolve, reject) => {
    server.on('error', (failure: NodeJS.ErrnoException) => {
      // Others, later, are of answers that cannot be sent.
      if (failure.syscall !== 'bind') return;
      udp_served.delete(own_address);
      server.close();
      if (failure.code !== 'EADDRNOTAVAIL') return reject(failure);
      setTimeout(() => serve_udp(own_address, port).catch(() => {}), BIND_RETRY_MS);
      resolve();
    });
    server.bind(port, own_address, resolve);
  });
}

/** Of the family of this address. */
function udp_socket(address: string): UdpSocket {
  return isIPv6(address) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
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
  port: number,
  local_address: string | null,
  interval_ms: number,
): Exchange {
  const socket = connect({
    host: address,
    port,
    ...(local_address === null ? {} : { localAddress: local_address }),
  });
  const sources = new Set<string>();
  let broken: string | null = null;
  let exchanged = 0;
  let last_ms = performance.now();
  let wished = false;
  const tick = setInterval(() => {
    if (wished && socket.writable) socket.write('tick\n');
  }, interval_ms);
  socket.setNoDelay(true);
  socket.on('connect', () => {
    const wish: Wish = { kind: 'exchange' };
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
    clearInterval(tick);
  });
  return {
    state: () => ({
      address,
      local_port: socket.localPort ?? 0,
      broken,
      sources: [...sources],
      exchanged,
      silent_ms: performance.now() - last_ms,
    }),
    end() {
      clearInterval(tick);
      socket.destroy();
    },
  };
}

/** A UDP flow is never broken; it shows by silence and by new sources. */
function exchange_udp(
  address: string,
  port: number,
  local_address: string | null,
  interval_ms: number,
): Exchange {
  const socket = udp_socket(address);
  const sources = new Set<string>();
  let exchanged = 0;
  let local_port = 0;
  let last_ms = performance.now();
  const send = () => socket.send('tick', port, address, () => {});
  const tick = setInterval(send, interval_ms);
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
      sources: [...sources],
      exchanged,
      silent_ms: performance.now() - last_ms,
    }),
    end() {
      clearInterval(tick);
      socket.close();
    },
  };
}

/** The socket's errors are handled where it was made; readline would throw them a second time. */
function on_lines(socket: Socket, callback: (line: string) => void): void {
  createInterface({ input: socket })
    .on('line', callback)
    .on('error', () => {});
}

/** Without the prefix of an IPv4 address on an IPv6 socket. */
function plain_address(address: string | undefined): string {
  return (address ?? '').replace('::ffff:', '');
}
