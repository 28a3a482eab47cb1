/** Attempts to use the service or a name server, to see when that works. */

import { connect } from 'node:net';
import { dns_address, dns_question } from './dns.ts';
import { on_lines, udp_socket, type Wish } from './service.ts';
import { type AgentOrder, type Attempt, monotonic_ms } from './traffic.ts';

const DNS_PORT = 53;
/** Of one attempt. */
const ANSWER_BYTES = 100;

export interface RunningAttempts {
  ended(): Attempt[];
  /** Start no more; resolves when the last one has ended. */
  stop(): Promise<Attempt[]>;
}

/** Each attempt takes its own time, whatever the others do. */
export function attempt_again_and_again(order: Extract<AgentOrder, { kind: 'attempt' }>): RunningAttempts {
  const { targets, port, interval_ms, timeout_ms } = order;
  const made: Array<Attempt | null> = [];
  const pending = new Set<Promise<void>>();
  const ended = () => made.filter(attempt => attempt !== null);
  const start = () => {
    const index = made.push(null) - 1;
    const running = attempt_once(targets[index % targets.length] ?? '', port, timeout_ms).then(attempt => {
      made[index] = attempt;
      pending.delete(running);
    });
    pending.add(running);
  };
  start();
  const tick = setInterval(start, interval_ms);
  return {
    ended,
    async stop() {
      clearInterval(tick);
      await Promise.all(pending);
      return ended();
    },
  };
}

/** Connect, get an answer, and leave with a reset. */
function attempt_once(host: string, port: number, timeout_ms: number): Promise<Attempt> {
  return new Promise(resolve => {
    const at_ms = monotonic_ms();
    const socket = connect({ host, port });
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), timeout_ms);
    const wish: Wish = { kind: 'download', bytes: ANSWER_BYTES };
    let source: string | null = null;
    let error: string | null = null;
    socket.on('connect', () => socket.write(`${JSON.stringify(wish)}\n`));
    on_lines(socket, line => {
      if (source !== null) return;
      source = (JSON.parse(line) as { seen: string }).seen;
      socket.resetAndDestroy();
    });
    socket.on('error', failure => {
      error = 'code' in failure ? String(failure.code) : failure.message;
    });
    socket.on('close', () => {
      clearTimeout(timer);
      if (source === null) error ??= 'closed';
      else error = null;
      resolve({ at_ms, duration_ms: monotonic_ms() - at_ms, source, error });
    });
  });
}

/** An answer counts only when it comes from the server that was asked. */
export function resolve_name(order: Extract<AgentOrder, { kind: 'resolve' }>): Promise<string | null> {
  const { name, server, timeout_ms } = order;
  const id = 1 + Math.floor(Math.random() * 0xfffe);
  const socket = udp_socket(server);
  return new Promise(resolve => {
    const done = (address: string | null) => {
      clearTimeout(timer);
      socket.close();
      resolve(address);
    };
    const timer = setTimeout(() => done(null), timeout_ms);
    socket.on('error', () => {});
    socket.on('message', (answer, from) => {
      const address = from.address === server ? dns_address(answer, id) : null;
      if (address !== null) done(address);
    });
    socket.send(dns_question(id, name), DNS_PORT, server);
  });
}
