/** Questions other than echo requests: TCP, DNS, HTTP, each out of one device. */

import type { Cancelable, DaemonPlatform } from '../../platform/platform.ts';
import { decimal, is_ipv4 } from '../net/address.ts';
import type { HttpQuestion, Target } from '../net/target.ts';
import { dns_addresses, dns_question } from './dns.ts';

export const ASK_TIMEOUT_MS = 3000;
const DNS_PORT = 53;
/** How many name servers are asked for a name, one after the other. */
const SERVERS_MAX = 3;

export interface Asked {
  outcome: 'ok' | 'no-reply' | 'refused' | 'portal';
  /** Until the answer. */
  duration_ms: number;
  /** An HTTP status, say; may be empty. */
  detail: string;
}

const nothing: Cancelable = { cancel: () => {} };

/** `done` is called once, unless cancelled. ICMP targets are none of ours, see `echo.ts`. */
export function ask(
  platform: DaemonPlatform,
  device: string,
  target: Target,
  timeout_ms: number,
  done: (asked: Asked) => void,
): Cancelable {
  const sockets = platform.sockets;
  const started_ms = platform.now_ms();
  const tell = (outcome: Asked['outcome'], detail: string) =>
    done({ outcome, duration_ms: platform.now_ms() - started_ms, detail });
  if (sockets === null || target.kind === 'icmp') return nothing;
  const { address } = target;
  if (target.kind === 'http') {
    return ask_http(platform, device, address, target, timeout_ms, done);
  }
  if (target.kind === 'tcp') {
    return sockets.tcp({ device, address, port: target.port }, '', timeout_ms, ({ outcome }) => {
      // Who refuses, answers.
      if (outcome === 'connected') tell('ok', '');
      else tell(outcome === 'refused' ? 'refused' : 'no-reply', '');
    });
  }
  const id = started_ms % 65536;
  const question = dns_question(id, '');
  return sockets.udp({ device, address, port: DNS_PORT }, question, timeout_ms, answer => {
    tell(answer !== null && dns_addresses(answer, id) !== null ? 'ok' : 'no-reply', '');
  });
}

/** What a web server says: `portal` when it is not the status that the page has. */
export function ask_http(
  platform: DaemonPlatform,
  device: string,
  address: string,
  question: HttpQuestion,
  timeout_ms: number,
  done: (asked: Asked) => void,
): Cancelable {
  const started_ms = platform.now_ms();
  const tell = (outcome: Asked['outcome'], detail: string) =>
    done({ outcome, duration_ms: platform.now_ms() - started_ms, detail });
  const { host, port, path, status } = question;
  const shown_host = `${host.includes(':') ? `[${host}]` : host}${port === 80 ? '' : `:${port}`}`;
  const request = `GET ${path} HTTP/1.1\r\nHost: ${shown_host}\r\nUser-Agent: linkagg\r\nConnection: close\r\n\r\n`;
  if (platform.sockets === null) return nothing;
  return platform.sockets.tcp({ device, address, port }, request, timeout_ms, ({ outcome, answer }) => {
    const found = http_status(answer);
    if (outcome === 'refused') tell('refused', '');
    else if (found === null) tell('no-reply', '');
    else tell(found === status ? 'ok' : 'portal', `HTTP ${found}`);
  });
}

/** Null when this is no answer of HTTP. */
function http_status(answer: string): number | null {
  if (!/^HTTP\/1\.[01] [1-5][0-9][0-9]/.test(answer)) return null;
  return decimal(answer.slice(9, 12));
}

/** Address of a name, asked over the device; null when nobody knows it. */
export function resolve(
  platform: DaemonPlatform,
  device: string,
  name: string,
  servers: string[],
  timeout_ms: number,
  done: (address: string | null) => void,
): Cancelable {
  let pending: Cancelable = nothing;
  let cancelled = false;
  const rest = servers.slice(0, SERVERS_MAX);
  const next = () => {
    const address = rest.shift() ?? null;
    if (cancelled) return;
    if (address === null || platform.sockets === null) {
      done(null);
      return;
    }
    const id = platform.now_ms() % 65536;
    const question = dns_question(id, name);
    const remote = { device, address, port: DNS_PORT };
    pending = platform.sockets.udp(remote, question, timeout_ms, answer => {
      const [found] = answer === null ? [] : (dns_addresses(answer, id) ?? []);
      if (found === undefined) next();
      else if (!cancelled) done(found);
    });
  };
  if (is_ipv4(name)) done(name);
  else next();
  return {
    cancel: () => {
      cancelled = true;
      pending.cancel();
    },
  };
}
