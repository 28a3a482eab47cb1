/**
 * Echo requests out of one device: with a socket where the platform has one, else with `ping` (which every OpenWrt
 * has): one that runs on for the steady target, and a short one for each further question.
 */

import type { DaemonPlatform, IcmpSocket, Process, Timer } from '../../platform/platform.ts';
import { decimal, type Family } from '../net/address.ts';

/**
 * A ping ends by itself after this time: one that waits for answers in vain would never notice that the daemon
 * that started it was killed.
 */
const PROCESS_LIFE_S = 120;
/** A ping that cannot be started (no such device) is tried again after this time. */
const RETRY_MS = 1000;
/** What has not been answered by then is lost; answers that come later still show that the line lives. */
export const LOST_AFTER_MS = 1000;
const FORGOTTEN_AFTER_MS = 10000;
const SEQUENCES = 65536;

export interface EchoListener {
  /** `steady`: to a regular question. */
  answered(target: string, rtt_ms: number, steady: boolean): void;
  /** A single question was not answered in time. */
  lost(target: string): void;
}

export interface Echo {
  /** A regular question to this address, null: to none any more. True: it repeats itself every interval. */
  steady(target: string | null, interval_ms: number): boolean;
  /** Ask once more. */
  once(target: string): void;
  close(): void;
}

export function open_echo(
  platform: DaemonPlatform,
  family: Family,
  device: string,
  listener: EchoListener,
): Echo {
  const native = platform.sockets === null ? null : native_echo(platform, family, device, listener);
  return native ?? ping_echo(platform, family, device, listener);
}

interface Question {
  target: string;
  asked_ms: number;
  steady: boolean;
  lost: boolean;
}

/** Null when the platform has no such socket. */
function native_echo(
  platform: DaemonPlatform,
  family: Family,
  device: string,
  listener: EchoListener,
): Echo | null {
  let questions: Record<string, Question> = {};
  let sequence = 0;
  let socket: IcmpSocket | null = open();
  if (socket === null) return null;

  function open(): IcmpSocket | null {
    if (platform.sockets === null) return null;
    return platform.sockets.open_icmp(family, device, (_source, answered) => {
      const question = questions[`${answered}`] ?? null;
      if (question === null) return;
      delete questions[`${answered}`];
      listener.answered(question.target, platform.now_ms() - question.asked_ms, question.steady);
    });
  }

  function ask(target: string, steady: boolean): void {
    const now_ms = platform.now_ms();
    forget_old(now_ms);
    sequence = (sequence + 1) % SEQUENCES;
    questions[`${sequence}`] = { target, asked_ms: now_ms, steady, lost: false };
    if (socket !== null && socket.send(target, sequence)) return;
    // The device was deleted and made anew, perhaps.
    if (socket !== null) socket.close();
    socket = open();
    if (socket !== null) socket.send(target, sequence);
  }

  function forget_old(now_ms: number): void {
    for (const key of Object.keys(questions)) {
      const question = questions[key] ?? null;
      if (question === null || now_ms - question.asked_ms < LOST_AFTER_MS) continue;
      if (!question.lost && !question.steady) listener.lost(question.target);
      question.lost = true;
      if (now_ms - question.asked_ms >= FORGOTTEN_AFTER_MS) delete questions[key];
    }
  }

  return {
    steady: target => {
      if (target !== null) ask(target, true);
      return false;
    },
    once: target => ask(target, false),
    close: () => {
      questions = {};
      if (socket !== null) socket.close();
      socket = null;
    },
  };
}

function ping_echo(platform: DaemonPlatform, family: Family, device: string, listener: EchoListener): Echo {
  const ping = ['ping', ...(family === 'ip6' ? ['-6'] : []), '-I', device];
  let asked: string | null = null;
  let interval_s = 1;
  let running: Process | null = null;
  let retry: Timer | null = null;
  /** Those that run, by a number of their own. */
  const singles: Record<string, Process> = {};
  let number = 0;
  let closed = false;

  function start(): void {
    const target = asked;
    if (target === null || closed) return;
    running = platform.spawn(
      ping.concat(['-i', `${interval_s}`, '-w', `${PROCESS_LIFE_S}`, target]),
      line => {
        const rtt_ms = answer_rtt_ms(line);
        if (rtt_ms !== null && !closed && asked === target) listener.answered(target, rtt_ms, true);
      },
      () => {
        running = null;
        if (!closed && asked === target) retry = platform.timer(RETRY_MS, start);
      },
    );
  }

  function stop(): void {
    if (running !== null) running.stop();
    running = null;
    if (retry !== null) retry.cancel();
    retry = null;
  }

  return {
    steady: (target, interval_ms) => {
      stop();
      asked = target;
      interval_s = Math.max(1, Math.floor(interval_ms / 1000));
      start();
      return true;
    },
    once: target => {
      number += 1;
      const key = `${number}`;
      let answered = false;
      singles[key] = platform.spawn(
        ping.concat(['-c', '1', '-W', '1', target]),
        line => {
          const rtt_ms = answer_rtt_ms(line);
          if (rtt_ms === null || closed || answered) return;
          answered = true;
          listener.answered(target, rtt_ms, false);
        },
        () => {
          delete singles[key];
          if (!closed && !answered) listener.lost(target);
        },
      );
    },
    close: () => {
      closed = true;
      asked = null;
      stop();
      for (const key of Object.keys(singles)) singles[key]?.stop();
    },
  };
}

/** Whole milliseconds; null for any other line. iputils and busybox word everything else differently, but not this. */
export function answer_rtt_ms(line: string): number | null {
  if (!line.includes('bytes from')) return null;
  const start = line.indexOf('time=');
  if (start < 0) return null;
  const digits = line.slice(start + 5).split(' ')[0] ?? '';
  const whole = digits.split('.')[0] ?? '';
  return /^[0-9]{1,6}$/.test(whole) ? decimal(whole) : null;
}
