/**
 * Sockets bound to a device, over ucode's `socket` module: a package of its own, which 23.05 does not have.
 *
 * Strings of that module hold octets. What closes a socket also forgets its handle and timer: ucode does not collect
 * what refers to each other.
 */

import { chr, clock, index, iptoarr, length, ord, require, substr } from 'ucode:core';
import type { Socket, SocketAddress, SocketLibrary } from 'ucode:socket';
import { handle, type LoopHandle, ULOOP_READ, ULOOP_WRITE } from 'ucode:uloop';
import { ip_header } from '../ip_header.ts';
import type { Bytes, Cancelable, IcmpSocket, Remote, SocketPlatform, TcpResult, Timer } from '../platform.ts';
import { guarded } from './guard.ts';
import { timer } from './timer.ts';

/** From libubox' uloop.h; ucode passes it on, but has no name for it. Without it uloop forgets a socket in error. */
const ULOOP_ERROR_CB = 64;

/** From Linux' if.h, with the final NUL. The kernel cuts longer names, and takes an empty one for any device. */
const IFNAMSIZ = 16;

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
/** Whoever sends through it writes the IP header, with whatever source. */
const IPPROTO_RAW = 255;

/** Message types of RFC 792 and RFC 4443. */
const ECHO = {
  ip4: { protocol: IPPROTO_ICMP, request: 8, reply: 0 },
  ip6: { protocol: IPPROTO_ICMPV6, request: 128, reply: 129 },
};
const ICMP_HEADER_OCTETS = 8;
/** There are gateways that do not answer an echo request without data; zeros leave the checksum alone. */
const ECHO_DATA = chr(0, 0, 0, 0, 0, 0, 0, 0);
/** The longest IPv4 header and our reply. */
const REPLY_OCTETS_MAX = 80;

/** From linux/socket.h and linux/netlink.h. */
const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
/**
 * NFT_MSG_GETGEN of nfnetlink, without attributes, in the byte order of the machine; the kernel does not answer the
 * other one, because its length is too large.
 */
const GENERATION_REQUESTS = [
  { octets: [20, 0, 0, 0, 16, 10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], answer: [15, 10] },
  { octets: [0, 0, 0, 20, 10, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], answer: [10, 15] },
];
/** In the answer: its type, and NFTA_GEN_ID with its header, which comes first after the headers of the message. */
const TYPE_OFFSET = 4;
const GENERATION_OFFSET = 20;
const GENERATION_OCTETS = 8;

const ANSWER_OCTETS_MAX = 1024;
/** RFC 6891 recommends as much for DNS. */
const DATAGRAM_OCTETS_MAX = 4096;

/** Error numbers of Linux: those of most machines and those of MIPS. */
const EAGAIN = 11;
const EINPROGRESS = [115, 150];
const ETIMEDOUT = [110, 145];
/** ECONNREFUSED, and ECONNRESET of a connection that stood. */
const REFUSED = [111, 146, 104, 131];

type Family = 'ip4' | 'ip6';

let last_identifier = -1;

/** Null where the module is missing. */
export function socket_platform(): SocketPlatform | null {
  let library: SocketLibrary;
  try {
    library = require('socket');
  } catch {
    return null;
  }
  return {
    open_icmp: (family, device, on_reply) => open_icmp(library, family, device, on_reply),
    tcp: (remote, request, timeout_ms, done) => tcp(library, remote, request, timeout_ms, done),
    udp: (remote, request, timeout_ms, done) => udp(library, remote, request, timeout_ms, done),
    send_tcp_segments: segments => send_tcp_segments(library, segments),
    nft_generation: () => nft_generation(library),
  };
}

/** `type`: SOCK_RAW, SOCK_STREAM or SOCK_DGRAM, whose numbers differ on MIPS. */
function create(library: SocketLibrary, family: Family, type: number, protocol: number): Socket | null {
  const domain = family === 'ip4' ? library.AF_INET : library.AF_INET6;
  // A child process must not keep our connections open.
  return library.create(domain, type | library.SOCK_NONBLOCK | library.SOCK_CLOEXEC, protocol);
}

function create_bound(
  library: SocketLibrary,
  family: Family,
  type: number,
  protocol: number,
  device: string,
): Socket | null {
  if (device === '' || length(device) >= IFNAMSIZ) return null;
  const socket = create(library, family, type, protocol);
  if (socket === null) return null;
  if (socket.setopt(library.SOL_SOCKET, library.SO_BINDTODEVICE, device) === true) return socket;
  socket.close();
  return null;
}

/** A raw socket gets every ICMP packet that comes for us through its device. */
function open_icmp(
  library: SocketLibrary,
  family: Family,
  device: string,
  on_reply: (source: string, sequence: number) => void,
): IcmpSocket | null {
  const { protocol, request, reply } = ECHO[family];
  const socket = create_bound(library, family, library.SOCK_RAW, protocol, device);
  if (socket === null) return null;
  const identifier = next_identifier();
  const identifier_octets = chr(identifier >>> 8, identifier & 255);
  // Spares us what others ask and are answered, floods too. ucode of 2024 refuses it: then we look at each packet.
  const program = reply_filter(family, reply, identifier);
  socket.setopt(library.SOL_SOCKET, library.SO_ATTACH_FILTER, { filter: program });

  const take = () => {
    const from: SocketAddress = {};
    const packet = socket.recv(REPLY_OCTETS_MAX, 0, from);
    if (packet === null || from.address === undefined) return;
    // IPv4 packets come with their header, whose length the kernel has checked.
    const start = family === 'ip4' ? (ord(packet, 0) & 15) * 4 : 0;
    if (length(packet) < start + ICMP_HEADER_OCTETS) return;
    if (ord(packet, start) !== reply || substr(packet, start + 4, 2) !== identifier_octets) return;
    on_reply(from.address, ord(packet, start + 6) * 256 + ord(packet, start + 7));
  };
  let watched = handle(socket, guarded(take), ULOOP_READ | ULOOP_ERROR_CB);

  return {
    send: (target, sequence) => {
      // The module takes an empty address for 0.0.0.0, which is us.
      if (target === '') return false;
      const packet = echo_request(request, identifier, identifier_octets, sequence);
      return socket.send(packet, 0, { address: target }) !== null;
    },
    close: () => {
      if (watched !== null) watched.delete();
      watched = null;
      socket.close();
    },
  };
}

/** From a random start, so that hardly anybody else's pings have it. */
function next_identifier(): number {
  if (last_identifier < 0) last_identifier = (clock(true) ?? [0, 0])[1] >>> 10;
  last_identifier = (last_identifier + 1) & 0xffff;
  return last_identifier;
}

/** `identifier_octets`: the same identifier as it is sent. */
function echo_request(type: number, identifier: number, identifier_octets: string, sequence: number): string {
  // Internet checksum (RFC 1071), for IPv4: in IPv6 the kernel writes its own.
  const checksum = 0xffff - ((type * 256 + identifier + sequence) % 0xffff);
  const start = chr(type, 0, checksum >>> 8, checksum & 255);
  return start + identifier_octets + chr(sequence >>> 8, sequence & 255) + ECHO_DATA;
}

/** Classic BPF (Linux' filter.txt): echo replies with this identifier pass. */
function reply_filter(family: Family, type: number, identifier: number): number[][] {
  const load_type = family === 'ip4' ? [0x50, 0, 0, 0] : [0x30, 0, 0, 0];
  const load_identifier = family === 'ip4' ? [0x48, 0, 0, 4] : [0x28, 0, 0, 4];
  return [
    // X becomes the length of the IPv4 header, to which those loads are relative.
    [0xb1, 0, 0, 0],
    load_type,
    [0x15, 0, 3, type],
    load_identifier,
    [0x15, 0, 1, identifier],
    [0x06, 0, 0, 0xffff],
    [0x06, 0, 0, 0],
  ];
}

/** A question under way, or one that could not be asked: then without a socket, and with the reason if it is known. */
interface Question {
  socket: Socket | null;
  error: number | null;
  watched: LoopHandle | null;
  time_limit: Timer | null;
}

/** Waits for events in place of those it waited for. */
function watch(question: Question, callback: () => void, events: number): void {
  if (question.watched !== null) question.watched.delete();
  question.watched = null;
  if (question.socket === null) return;
  question.watched = handle(question.socket, guarded(callback), events | ULOOP_ERROR_CB);
}

function close(question: Question): void {
  if (question.time_limit !== null) question.time_limit.cancel();
  if (question.watched !== null) question.watched.delete();
  if (question.socket !== null) question.socket.close();
  question.time_limit = null;
  question.watched = null;
  question.socket = null;
}

/**
 * A peer that hangs up without answering counts as refusing. The answer has begun when its first line is complete, and
 * what there is of it counts when the time is over.
 */
function tcp(
  library: SocketLibrary,
  remote: Remote,
  request: string,
  timeout_ms: number,
  done: (result: TcpResult) => void,
): Cancelable {
  const question = ask(library, remote, library.SOCK_STREAM);
  let octets = '';

  const finish = (outcome: TcpResult['outcome']) => {
    close(question);
    if (octets === '') done({ outcome, answer: '' });
    else done({ outcome: 'connected', answer: text_of(octets) });
  };
  const read = () => {
    const socket = question.socket;
    if (socket === null) return;
    const chunk = socket.recv(ANSWER_OCTETS_MAX - length(octets), 0);
    const error = library.error(true);
    if (chunk === null && error === EAGAIN) return;
    octets += chunk ?? '';
    if (chunk === null || chunk === '') finish(chunk === null ? outcome_of(error) : 'refused');
    else if (length(octets) >= ANSWER_OCTETS_MAX || index(octets, '\n') >= 0) finish('connected');
  };
  const connected = () => {
    const socket = question.socket;
    if (socket === null) return;
    const error = socket.getopt(library.SOL_SOCKET, library.SO_ERROR);
    if (error !== 0) finish(outcome_of(error));
    else if (request === '') finish('connected');
    else if (socket.send(request, 0) !== length(request)) finish('refused');
    else watch(question, read, ULOOP_READ);
  };

  if (question.socket === null) {
    question.time_limit = timer(0, () => finish(outcome_of(question.error)));
  } else {
    question.time_limit = timer(timeout_ms, () => finish('timeout'));
    watch(question, connected, ULOOP_WRITE);
  }
  return { cancel: () => close(question) };
}

function udp(
  library: SocketLibrary,
  remote: Remote,
  request: Bytes,
  timeout_ms: number,
  done: (answer: Bytes | null) => void,
): Cancelable {
  // Connected, so that the kernel drops what comes from anybody else.
  const question = ask(library, remote, library.SOCK_DGRAM);

  const finish = (answer: Bytes | null) => {
    close(question);
    done(answer);
  };
  const read = () => {
    const socket = question.socket;
    if (socket === null) return;
    const datagram = socket.recv(DATAGRAM_OCTETS_MAX, 0);
    // A datagram with a wrong checksum is gone when it is asked for.
    if (datagram === null && library.error(true) === EAGAIN) return;
    finish(datagram === null ? null : bytes_of(datagram));
  };

  if (question.socket === null || question.socket.send(chr(...request), 0) === null) {
    question.time_limit = timer(0, () => finish(null));
  } else {
    question.time_limit = timer(timeout_ms, () => finish(null));
    watch(question, read, ULOOP_READ);
  }
  return { cancel: () => close(question) };
}

/** With a socket that is connected or about to be. */
function ask(library: SocketLibrary, remote: Remote, type: number): Question {
  const question: Question = { socket: null, error: null, watched: null, time_limit: null };
  if (remote.address === '') return question;
  const socket = create_bound(library, family_of(remote.address), type, 0, remote.device);
  if (socket === null) return question;
  if (remote.mark !== 0) socket.setopt(library.SOL_SOCKET, library.SO_MARK, remote.mark);
  // Only as an object: releases before 25.12 garble addresses with brackets.
  const connected = socket.connect({ address: remote.address, port: remote.port });
  const error = connected === true ? null : library.error(true);
  if (error === null || EINPROGRESS.includes(error)) {
    question.socket = socket;
  } else {
    question.error = error;
    socket.close();
  }
  return question;
}

function outcome_of(error: number | null): TcpResult['outcome'] {
  if (error !== null && REFUSED.includes(error)) return 'refused';
  if (error !== null && ETIMEDOUT.includes(error)) return 'timeout';
  return 'unreachable';
}

/** One socket for each family, however many segments there are. */
function send_tcp_segments(
  library: SocketLibrary,
  segments: { source: string; address: string; segment: Bytes }[],
): boolean {
  const sockets: Record<string, Socket> = {};
  let complete = true;
  for (const { source, address, segment } of segments) {
    const from = iptoarr(source);
    const to = iptoarr(address);
    const family = family_of(address);
    const socket = sockets[family] ?? create(library, family, library.SOCK_RAW, IPPROTO_RAW);
    if (socket !== null) sockets[family] = socket;
    if (socket === null || from === null || to === null || from.length !== to.length) {
      complete = false;
      continue;
    }
    socket.send(chr(...ip_header(from, to, segment.length), ...segment), 0, { address });
  }
  for (const socket of Object.values(sockets)) socket.close();
  return complete;
}

/** The kernel's answer is there when `send` returns. */
function nft_generation(library: SocketLibrary): string | null {
  const type = library.SOCK_RAW | library.SOCK_NONBLOCK | library.SOCK_CLOEXEC;
  const socket = library.create(AF_NETLINK, type, NETLINK_NETFILTER);
  if (socket === null) return null;
  let found: string | null = null;
  for (const { octets, answer } of GENERATION_REQUESTS) {
    if (found !== null || socket.send(chr(...octets), 0) === null) continue;
    const reply = socket.recv(ANSWER_OCTETS_MAX, 0);
    if (reply === null || substr(reply, TYPE_OFFSET, answer.length) !== chr(...answer)) continue;
    found = substr(reply, GENERATION_OFFSET, GENERATION_OCTETS);
  }
  socket.close();
  return found;
}

function family_of(address: string): Family {
  return index(address, ':') < 0 ? 'ip4' : 'ip6';
}

function bytes_of(octets: string): Bytes {
  const bytes: Bytes = [];
  for (let i = 0; i < length(octets); i++) bytes.push(ord(octets, i));
  return bytes;
}

/** A character for each octet. Nearly always that is what it is already. */
function text_of(octets: string): string {
  if (/^[\t\r\n -~]*$/.test(octets) && index(octets, chr(0)) < 0) return octets;
  return String.fromCharCode(...bytes_of(octets));
}
