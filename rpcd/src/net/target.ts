/** What a probe asks, as the configuration writes it. */

import { address_family, decimal, type Family, is_ipv6 } from './address.ts';
import { is_host_name } from './network.ts';

export type Target =
  | { kind: 'icmp'; family: Family; address: string }
  | { kind: 'tcp'; family: Family; address: string; port: number }
  | { kind: 'dns'; family: Family; address: string }
  | ({ kind: 'http'; family: Family; address: string } & HttpQuestion);

export interface HttpQuestion {
  /** Name or address, without brackets. */
  host: string;
  port: number;
  /** From the first slash on. */
  path: string;
  /** Status that the answer must have. */
  status: number;
}

/** What generate_204 pages answer. */
const DEFAULT_STATUS = 204;

/**
 * `1.1.1.1`, `tcp:1.1.1.1:443`, `tcp:[2606:4700:4700::1111]:443`, `dns:223.5.5.5` or `http://1.1.1.1/path#301`.
 * Null for anything else, names included: they would have to be resolved over the very link under test.
 */
export function parse_target(text: string): Target | null {
  const plain = address_family(text);
  if (plain !== null) return { kind: 'icmp', family: plain, address: text };
  if (text.startsWith('tcp:')) {
    const place = parse_place(text.slice(4));
    if (place === null || place.port === null) return null;
    const family = address_family(place.host);
    return family === null ? null : { kind: 'tcp', family, address: place.host, port: place.port };
  }
  if (text.startsWith('dns:')) {
    const address = text.slice(4);
    const family = address_family(address);
    return family === null ? null : { kind: 'dns', family, address };
  }
  const question = parse_http_url(text);
  if (question === null) return null;
  const family = address_family(question.host);
  return family === null ? null : { kind: 'http', family, address: question.host, ...question };
}

/**
 * `http://host[:port]/path[#status]`. What follows `#` never leaves a browser either; here it is the status that the
 * page has where nobody interferes, 204 when it is left out.
 */
export function parse_http_url(text: string): HttpQuestion | null {
  if (!text.startsWith('http://') || text.length > 200) return null;
  if (!/^[!-~]+$/.test(text)) return null;
  const [url = '', status, more] = text.slice(7).split('#');
  if (more !== undefined || (status !== undefined && !/^[1-5][0-9][0-9]$/.test(status))) return null;
  const slash = url.indexOf('/');
  const place = parse_place(slash < 0 ? url : url.slice(0, slash));
  if (place === null || (address_family(place.host) === null && !is_host_name(place.host))) return null;
  return {
    host: place.host,
    port: place.port ?? 80,
    path: slash < 0 ? '/' : url.slice(slash),
    status: status === undefined ? DEFAULT_STATUS : decimal(status),
  };
}

/** `host`, `host:port`, `[address]` or `[address]:port`. */
function parse_place(text: string): { host: string; port: number | null } | null {
  const bracketed = text.startsWith('[');
  const end = bracketed ? text.indexOf(']') : text.indexOf(':');
  const host = bracketed ? text.slice(1, Math.max(1, end)) : end < 0 ? text : text.slice(0, end);
  const rest = bracketed ? text.slice(end + 1) : end < 0 ? '' : text.slice(end);
  if ((bracketed && end < 0) || host === '') return null;
  if (bracketed && !is_ipv6(host)) return null;
  if (rest === '') return { host, port: null };
  if (!/^:[1-9][0-9]{0,4}$/.test(rest)) return null;
  const port = decimal(rest.slice(1));
  return port <= 65535 ? { host, port } : null;
}
