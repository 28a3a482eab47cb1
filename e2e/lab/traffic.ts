/** The lab's side of the traffic agents: one program per network namespace that makes and takes connections. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Everybody's clock: milliseconds that every program of the lab counts alike. */
export function monotonic_ms(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Port of the agents' own service. */
export const SERVICE_PORT = 7000;

/** `targets` holds one address per connection. */
export type AgentOrder =
  | {
      kind: 'serve';
      port: number;
      /** One UDP socket each, so that answers come from the address that was asked; `0.0.0.0`, `::`: from any. */
      udp_addresses: string[];
    }
  /** UDP on more addresses. */
  | { kind: 'serve_udp'; port: number; addresses: string[] }
  /** Names and web pages, as the internet has them. */
  | { kind: 'serve_internet'; own_addresses: string[]; portal_addresses: string[] }
  | { kind: 'resolve'; name: string; server: string; timeout_ms: number }
  | {
      kind: 'download';
      targets: string[];
      port: number;
      /** Taken in turn; empty: until `seconds` are over or `stop_download`. */
      bytes: number[];
      seconds: number | null;
      timeout_ms: number;
      local_address: string | null;
    }
  | { kind: 'stop_download'; group: number }
  | { kind: 'received'; group: number }
  /** Short TCP connections one after the other, `parallel` at a time. */
  | { kind: 'knock'; targets: string[]; port: number; parallel: number; seconds: number }
  /** One UDP packet to each pair of target and port, as fast as it goes; nothing is to answer. */
  | { kind: 'scatter'; targets: string[]; seconds: number }
  | {
      kind: 'open';
      protocol: 'tcp' | 'udp';
      targets: string[];
      port: number;
      /** Null: only once. */
      interval_ms: number | null;
      /** The other side sends instead. */
      waiting: boolean;
      local_address: string | null;
    }
  /** A short TCP connection every interval. */
  | { kind: 'attempt'; targets: string[]; port: number; interval_ms: number; timeout_ms: number }
  | { kind: 'attempts'; group: number }
  | { kind: 'stop_attempts'; group: number }
  | { kind: 'states'; group: number }
  | { kind: 'close'; group: number };

export type AgentReply =
  | { kind: 'done' }
  | { kind: 'transfers'; transfers: Transfer[] }
  | { kind: 'states'; states: ConnectionState[] }
  | ({ kind: 'received' } & Received)
  | ({ kind: 'opened' } & Opened)
  | { kind: 'attempts'; attempts: Attempt[] }
  | { kind: 'resolved'; address: string | null }
  | { kind: 'failed'; reason: string };

/** One download. */
export interface Transfer {
  address: string;
  bytes: number;
  duration_ms: number;
  /** Until the connection stood; null when it never did. */
  connect_ms: number | null;
  /** The client's address as the server saw it. */
  source: string | null;
  /** Null when all went well. */
  error: string | null;
}

/** What running downloads have got so far. */
export interface Received {
  bytes: number;
  /** On a clock of the agent's own: good for differences. */
  at_ms: number;
}

/** Connections, or first packets of connections, made one after the other. */
export interface Opened {
  count: number;
  failed: number;
  duration_ms: number;
}

/** One connection that was made to see whether that works. */
export interface Attempt {
  /** Its start, on the clock of `monotonic_ms`. */
  at_ms: number;
  /** Until the answer. */
  duration_ms: number;
  /** The caller's address as the other side saw it. */
  source: string | null;
  /** Null when there was an answer. */
  error: string | null;
}

/** One long-lived connection. */
export interface ConnectionState {
  address: string;
  local_port: number;
  /**
   * Why the connection ended (`ECONNRESET`, `closed`, …), null while it stands. A reset that comes before the data
   * ahead of it has been read is `closed`, too: Node cannot tell.
   */
  broken: string | null;
  /** When that was, on the clock of `monotonic_ms`. */
  broken_at_ms: number | null;
  /** Addresses the other side has seen it come from; empty until the first answer. */
  sources: string[];
  /** Answers received, or what came without being asked for. */
  exchanged: number;
  /** Time since the last answer. */
  silent_ms: number;
}

export interface Agent {
  /** The `group` names what the order made: give it to `states`, `close` and `stop_download`. */
  order(order: AgentOrder): { group: number; reply: Promise<AgentReply> };
  stop(): void;
}

/** Start an agent in a network namespace. `program` is the bundled `traffic_agent.js`. */
export function start_agent(namespace: string, program: string): Agent {
  const child: ChildProcess = spawn('ip', ['netns', 'exec', namespace, process.execPath, program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (reply: AgentReply) => void>();
  let last_id = 0;

  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', line => {
      const { id, reply } = JSON.parse(line) as { id: number; reply: AgentReply };
      waiting.get(id)?.(reply);
      waiting.delete(id);
    });
  }
  child.on('close', () => {
    for (const done of waiting.values())
      done({ kind: 'failed', reason: `the agent of ${namespace} has ended` });
    waiting.clear();
  });
  child.stdin?.on('error', () => {});

  return {
    order(order) {
      const group = ++last_id;
      const reply = new Promise<AgentReply>(resolve => waiting.set(group, resolve));
      child.stdin?.write(`${JSON.stringify({ id: group, order })}\n`);
      return { group, reply };
    },
    stop: () => child.kill('SIGKILL'),
  };
}
