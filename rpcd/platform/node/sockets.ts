/**
 * Sockets under Node, which can neither bind one to a device nor send raw packets: a `socat` (Debian's package of this
 * name) for each question.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { delimiter, join } from 'node:path';
import { address_words } from '../../src/net/address.ts';
import { ip_header } from '../ip_header.ts';
import type { Bytes, Cancelable, Remote, SocketPlatform, TcpResult } from '../platform.ts';

const PROGRAM = 'socat';
const ANSWER_OCTETS_MAX = 1024;
/** IPPROTO_RAW: what is sent begins with the IP header. */
const PROTOCOL_RAW = 255;
/** So many destinations of segments are served at once … */
const SENDERS_MAX = 8;
/** … and this many segments written at once, little enough to be taken whole. */
const WRITTEN_MAX = 64;

interface Segment {
  source: string;
  address: string;
  segment: Bytes;
}

/** How a question ended; `code` is null when the time was over. */
interface End {
  answer: Buffer;
  code: number | null;
  /** What socat says of a failure. */
  words: string;
}

/** Null where socat is not installed. */
export function socket_platform(): SocketPlatform | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (!folders.some(folder => existsSync(join(folder, PROGRAM)))) return null;
  return {
    // socat answers echo requests, but leaves identifiers and checksums to whoever uses it.
    open_icmp: () => null,
    tcp,
    udp,
    send_tcp_segments,
    // socat has no netlink.
    nft_generation: () => null,
  };
}

/**
 * A peer that hangs up without answering counts as refusing. The answer has begun when its first line is complete, and
 * what there is of it counts when the time is over.
 */
function tcp(
  remote: Remote,
  request: string,
  timeout_ms: number,
  done: (result: TcpResult) => void,
): Cancelable {
  const has_begun = (answer: Buffer) => answer.length >= ANSWER_OCTETS_MAX || answer.includes('\n');
  return ask('TCP', remote, Buffer.from(request, 'latin1'), timeout_ms, has_begun, end => {
    const answer = end.answer.subarray(0, ANSWER_OCTETS_MAX).toString('latin1');
    done({ outcome: answer === '' ? outcome_without_answer(end, request) : 'connected', answer });
  });
}

function outcome_without_answer({ code, words }: End, request: string): TcpResult['outcome'] {
  if (code === null || words.includes('timed out')) return 'timeout';
  if (code === 0) return request === '' ? 'connected' : 'refused';
  return /refused|reset by peer/.test(words) ? 'refused' : 'unreachable';
}

function udp(
  remote: Remote,
  request: Bytes,
  timeout_ms: number,
  done: (answer: Bytes | null) => void,
): Cancelable {
  const any = (answer: Buffer) => answer.length > 0;
  return ask('UDP', remote, Buffer.from(request), timeout_ms, any, ({ answer }) => {
    done(any(answer) ? [...answer] : null);
  });
}

/** Ends when the answer is enough, the time over or the connection closed. An empty request: just connects. */
function ask(
  protocol: 'TCP' | 'UDP',
  remote: Remote,
  request: Buffer,
  timeout_ms: number,
  enough: (answer: Buffer) => boolean,
  done: (end: End) => void,
): Cancelable {
  const family = family_digit(remote.address);
  // A comma would begin another option.
  if (family === null || !/^[A-Za-z0-9_.@-]{1,15}$/.test(remote.device)) {
    const end = { answer: Buffer.alloc(0), code: 1, words: 'no such device or address' };
    const later = setTimeout(() => done(end), 0);
    return { cancel: () => clearTimeout(later) };
  }
  const place = `${bracketed(remote.address)}:${remote.port}`;
  // socat has no name for SO_MARK: 36 of SOL_SOCKET, which is 1, on most machines.
  const mark = remote.mark === 0 ? '' : `,setsockopt-int=1:36:${remote.mark}`;
  const options = `so-bindtodevice=${remote.device}${mark}${protocol === 'TCP' ? `,connect-timeout=${timeout_ms / 1000}` : ''}`;
  const child = start_socat([
    ...(request.length === 0 ? ['-u'] : ['-t', '0']),
    '-',
    `${protocol}${family}:${place},${options}`,
  ]);
  let answer = Buffer.alloc(0);
  let words = '';
  let over = false;
  const stop = () => {
    over = true;
    clearTimeout(time_limit);
    child.kill();
  };
  const finish = (code: number | null) => {
    if (over) return;
    stop();
    done({ answer, code, words });
  };
  const time_limit = setTimeout(() => finish(null), timeout_ms);
  child.stdout.on('data', (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    if (enough(answer)) finish(0);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  child.on('close', code => finish(code ?? 1));
  if (request.length === 0) child.stdin.end();
  else child.stdin.write(request);
  return { cancel: stop };
}

function send_tcp_segments(segments: Segment[]): boolean {
  const queues = new Map<string, Segment[]>();
  for (const each of segments) {
    // One child reads blocks of one size and sends them to one address.
    const key = `${each.address} ${each.segment.length}`;
    const queue = queues.get(key);
    if (queue === undefined) queues.set(key, [each]);
    else queue.push(each);
  }
  const waiting = [...queues.values()];
  const sender = async () => {
    for (let queue = waiting.shift(); queue !== undefined; queue = waiting.shift()) await send_all(queue);
  };
  for (let i = 0; i < SENDERS_MAX; i++) void sender();
  return segments.every(each => family_digit(each.source) === family_digit(each.address));
}

/** Segments of one length to one address. */
async function send_all(segments: Segment[]): Promise<void> {
  const [{ address, segment } = { address: '', segment: [] }] = segments;
  const family = family_digit(address);
  if (family === null) return;
  const packets = segments
    .filter(each => family_digit(each.source) === family)
    .map(each => {
      const header = ip_header(octets_of(each.source), octets_of(address), segment.length);
      return Buffer.from([...header, ...each.segment]);
    });
  const length = packets[0]?.length ?? 0;
  if (length === 0) return;
  const child = start_socat([
    '-u',
    '-b',
    `${length}`,
    '-',
    `IP${family}-SENDTO:${bracketed(address)}:${PROTOCOL_RAW}`,
  ]);
  const closed = new Promise(resolve => child.on('close', resolve));
  for (let i = 0; i < packets.length && child.stdin.writable; i += WRITTEN_MAX) {
    const written = Buffer.concat(packets.slice(i, i + WRITTEN_MAX));
    await new Promise(resolve => child.stdin.write(written, resolve));
  }
  child.stdin.end();
  await closed;
}

/** Never throws: a child that could not be started just ends. */
function start_socat(args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(PROGRAM, args, { env: { ...process.env, LC_ALL: 'C' } });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  // While there is something unread, `close` does not come.
  child.stdout.resume();
  child.stderr.resume();
  return child;
}

/** As socat's addresses have it; null when it is none. Zones are none of ours. */
function family_digit(address: string): '4' | '6' | null {
  if (isIPv4(address)) return '4';
  return isIPv6(address) && !address.includes('%') ? '6' : null;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function octets_of(address: string): Bytes {
  return address_words(address).flatMap(word => [word >> 8, word & 255]);
}
