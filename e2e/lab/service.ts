/**
 * The lab's own service, TCP and UDP, which every agent speaks. A TCP connection starts with one JSON line each way:
 * what the caller wants, and which address the service sees it come from. A `download` then fills the wire until enough
 * bytes are sent or the caller leaves; an `exchange` sends each line back; with a `wait` only the service sends.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, isIPv6, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** What a caller says first. */
export type Wish =
  | { kind: 'download'; bytes: number | null }
  | { kind: 'exchange' }
  | { kind: 'wait'; interval_ms: number | null };

const CHUNK = Buffer.alloc(16 * 1024, 'x');
/** Until an address that is not there yet is tried again. */
const BIND_RETRY_MS = 100;

/** Own addresses with a UDP socket that answers. */
const udp_served = new Set<string>();

export function serve_tcp(port: number): Promise<void> {
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
      if (wish.kind === 'wait') trickle(socket, wish.interval_ms);
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

/** Send a line every interval, or never. */
function trickle(socket: Socket, interval_ms: number | null): void {
  if (interval_ms === null) return;
  const tick = setInterval(() => socket.write('drop\n'), interval_ms);
  socket.on('close', () => clearInterval(tick));
}

/** Resolves when it answers, or when the address is not there yet: then as soon as it is. */
export function serve_udp(own_address: string, port: number): Promise<void> {
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
export function udp_socket(address: string): UdpSocket {
  return isIPv6(address) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
}

/** The socket's errors are handled where it was made; readline would throw them a second time. */
export function on_lines(socket: Socket, callback: (line: string) => void): void {
  createInterface({ input: socket })
    .on('line', callback)
    .on('error', () => {});
}

/** Without the prefix of an IPv4 address on an IPv6 socket. */
function plain_address(address: string | undefined): string {
  return (address ?? '').replace('::ffff:', '');
}
