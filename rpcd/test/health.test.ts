/** Health over a clock that the test turns. */

import { expect, test } from 'vitest';
import type { DaemonPlatform } from '../platform/platform.ts';
import { start_health, type WatchedLink } from '../src/health/health.ts';

interface World {
  platform: DaemonPlatform;
  /** Turns the clock; every second each ping that is answered says so, then the timers that are due run. */
  pass(seconds: number): void;
  /** The clock goes on, but the daemon does nothing: it waits for something else. */
  block(seconds: number): void;
  /** Addresses that answer. */
  answering: Set<string>;
  pings: { target: string; ended: boolean }[];
}

function world(): World {
  let now_ms = 0;
  const timers: { at_ms: number; callback: () => void }[] = [];
  const processes: { target: string; ended: boolean; line: (line: string) => void; exit: () => void }[] = [];
  const unread: (() => void)[] = [];
  const answering = new Set<string>();
  const platform = {
    now_ms: () => now_ms,
    timer: (delay_ms: number, callback: () => void) => {
      const timer = { at_ms: now_ms + delay_ms, callback };
      timers.push(timer);
      return { cancel: () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0) };
    },
    spawn: (argv: string[], line: (line: string) => void, exit: () => void) => {
      const process = { target: argv.at(-1) ?? '', ended: false, line, exit };
      processes.push(process);
      return {
        stop: () => {
          process.ended = true;
        },
      };
    },
  } as unknown as DaemonPlatform;
  const second = () => {
    now_ms += 1000;
    for (const process of processes) {
      if (!process.ended && answering.has(process.target)) {
        unread.push(() => process.line(`64 bytes from ${process.target}: seq=1 ttl=60`));
      }
    }
  };
  /** As uloop does: timers first, then what can be read. */
  const loop = () => {
    for (const timer of timers.filter(({ at_ms }) => at_ms <= now_ms)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.callback();
    }
    for (const read of unread.splice(0)) read();
  };
  return {
    platform,
    answering,
    pings: processes,
    pass: seconds => {
      for (let i = 0; i < seconds; i++) {
        second();
        loop();
      }
    },
    block: seconds => {
      for (let i = 0; i < seconds; i++) second();
      loop();
    },
  };
}

const link: WatchedLink = { name: 'wan', device: 'eth1', targets: ['1.1.1.1', '8.8.8.8'] };

test('a daemon that was busy for a while takes no healthy link for dead', () => {
  const { platform, answering, pass, block } = world();
  const changes: string[] = [];
  const health = start_health(platform, (_name, verdict) => changes.push(verdict));
  answering.add('1.1.1.1');
  health.watch([link]);
  pass(3);
  block(30);
  pass(3);
  expect(changes).toEqual(['alive']);
});

test('a link that was dead must answer before it is used again, also when it was switched off meanwhile', () => {
  const { platform, answering, pass } = world();
  const health = start_health(platform, () => {});
  health.watch([link]);
  pass(7);
  expect(health.verdicts([])).toEqual({ wan: 'dead' });
  health.watch([]);
  health.watch([link]);
  expect(health.verdicts([])).toEqual({ wan: 'dead' });
  answering.add('1.1.1.1');
  pass(4);
  expect(health.verdicts([])).toEqual({ wan: 'alive' });
});

test('a ping that ends is started again, and none is left when nothing is watched', () => {
  const { platform, answering, pass, pings } = world();
  const health = start_health(platform, () => {});
  answering.add('1.1.1.1');
  health.watch([link]);
  pass(1);
  const first = pings[0] as unknown as { ended: boolean; exit: () => void };
  first.ended = true;
  first.exit();
  pass(3);
  expect(pings.length).toBe(2);
  expect(health.verdicts([])).toEqual({ wan: 'alive' });
  health.watch([]);
  expect(pings.every(({ ended }) => ended)).toBe(true);
  pass(5);
  expect(pings.length).toBe(2);
});
