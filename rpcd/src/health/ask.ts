/** Questions other than echo requests: TCP, DNS, HTTP, each out of one device. */

import type { Cancelable, DaemonPlatform, Remote } from '../../platform/platform.ts';
import { decimal, is_ipv4 } from '../net/address.ts';
import type { HttpQuestion, Target } from '../net/target.ts';
import { dns_addresses, dns_question } from './dns.ts';

export const ASK_TIMEOUT_MS = 3000;
const DNS_PORT = 53;
/** Network Authentication Required (RFC 6585). */
const STATUS_LOGIN = 511;
/** How many name servers are asked for a name, one after the other. */
const SERVERS_MAX = 3;

/** The link that a question leaves by. */
export type Route = Pick<Remote, 'device' | 'mark'>;

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
  route: Route,
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
    return ask_http(platform, route, address, target, timeout_ms, done);
  }
  if (target.kind === 'tcp') {
    return sockets.tcp({ ...route, address, port: target.port }, '', timeout_ms, ({ outcome }) => {
      // Who refuses, answers.
      if (outcome === 'connected') tell('ok', '');
      else tell(outcome === 'refused' ? 'refused' : 'no-reply', '');
    });
  }
  const id = started_ms % 65536;
  const question = dns_question(id, '');
  return sockets.udp({ ...route, address, port: DNS_PORT }, question, timeout_ms, answer => {
    tell(answer !== null && dns_addresses(answer, id) !== null ? 'ok' : 'no-reply', '');
  });
}

/** What a web server says: `portal` when it is not the status that the page has. */
export function ask_http(
  platform: DaemonPlatform,
  route: Route,
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
  return platform.sockets.tcp({ ...route, address, port }, request, timeout_ms, ({ outcome, answer }) => {
    const found = http_status(answer);
    if (outcome === 'refused') tell('refused', '');
    else if (found === null) tell('no-reply', '');
    else if (found === status) tell('ok', `HTTP ${found}`);
    // A server in trouble is none that wants a login.
    else tell(found >= 500 && found !== STATUS_LOGIN ? 'no-reply' : 'portal', `HTTP ${found}`);
  });
}

/** Null when this is no answer of HTTP. */
function http_status(answer: string): number | null {
  if (!/^HTTP\/1\.[01] [1-5][0-9][0-9]/.test(answer)) return null;
  return decimal(answer.slice(9, 12));
}

/** A search for a name's address. */
interface Search {
  pending: Cancelable;
  over: boolean;
}

/** Address of a name, asked over the link; null when nobody knows it. `done` is called later. */
export function resolve(
  platform: DaemonPlatform,
  route: Route,
  name: string,
  servers: string[],
  timeout_ms: number,
  done: (address: string | null) => void,
): Cancelable {
  const search: Search = { pending: nothing, over: false };
  const found = (address: string | null) => {
    if (!search.over) done(address);
    search.over = true;
    search.pending = nothing;
  };
  if (is_ipv4(name)) search.pending = platform.timer(0, () => found(name));
  else
    ask_server(
      platform,
      search,
      { route, name, servers: servers.slice(0, SERVERS_MAX), timeout_ms },
      0,
      found,
    );
  return {
    cancel: () => {
      search.over = true;
      search.pending.cancel();
      search.pending = nothing;
    },
  };
}

interface NameQuestion {
  route: Route;
  name: string;
  servers: string[];
  timeout_ms: number;
}

/** The servers one after the other, from this one on. */
function ask_server(
  platform: DaemonPlatform,
  search: Search,
  question: NameQuestion,
  index: number,
  found: (address: string | null) => void,
): void {
  const { route, name, servers, timeout_ms } = question;
  const address = servers[index] ?? null;
  if (search.over) return;
  if (address === null || platform.sockets === null) {
    search.pending = platform.timer(0, () => found(null));
    return;
  }
  const id = platform.now_ms() % 65536;
  const remote = { ...route, address, port: DNS_PORT };
  search.pending = platform.sockets.udp(remote, dns_question(id, name), timeout_ms, answer => {
    const [first] = answer === null ? [] : (dns_addresses(answer, id) ?? []);
    if (first === undefined) ask_server(platform, search, question, index + 1, found);
    else found(first);
  });
}
