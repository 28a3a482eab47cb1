/** Health of whole links over a clock that the test turns. */

import { describe, expect, test } from 'vitest';
import type { DaemonPlatform } from '../platform/platform.ts';
import { answer_rtt_ms } from '../src/health/echo.ts';
import { type Health, start_health, type ToWatch, type WatchedLink } from '../src/health/health.ts';

/** A daemon's surroundings: pings that are answered or not, counters of devices, and a clock. */
function world() {
  let now_ms = 0;
  let stuck_until_ms = 0;
  const pending: { at_ms: number; happen: () => void; reads: boolean }[] = [];
  const answering = new Set<string>();
  const pings: { target: string; once: boolean; ended: boolean; exit: () => void }[] = [];
  const packets = { tx_packets: 0, rx_packets: 0 };
  const at = (at_ms: number, happen: () => void, reads = false) => {
    const entry = { at_ms, happen, reads };
    pending.push(entry);
    return { cancel: () => void pending.splice(pending.indexOf(entry), pending.includes(entry) ? 1 : 0) };
  };
  const platform = {
    sockets: null,
    now_ms: () => now_ms,
    timer: (delay_ms: number, callback: () => void) => at(now_ms + delay_ms, callback),
    read_file: (path: string) => {
      const name = path.split('/').at(-1) ?? '';
      return Object.hasOwn(packets, name) ? `${packets[name as keyof typeof packets]}\n` : '0';
    },
    spawn: (argv: string[], line: (line: string) => void, exit: () => void) => {
      if (argv[0] !== 'ping') return { stop: () => {} };
      const target = argv.at(-1) ?? '';
      const once = argv.includes('-c');
      const ping = { target, once, ended: false, exit };
      pings.push(ping);
      const answer = () => {
        if (ping.ended) return;
        if (answering.has(target))
          at(
            now_ms + 10,
            () => !ping.ended && line(`64 bytes from ${target}: seq=1 ttl=60 time=10.2 ms`),
            true,
          );
        if (once) at(now_ms + (answering.has(target) ? 11 : 1000), () => !ping.ended && exit(), true);
        else at(now_ms + 1000, answer, true);
      };
      answer();
      return {
        stop: () => {
          ping.ended = true;
        },
      };
    },
  } as unknown as DaemonPlatform;
  return {
    platform,
    answering,
    pings,
    packets,
    pass(ms: number) {
      const end_ms = now_ms + ms;
      for (;;) {
        // As uloop does: timers first, then what can be read.
        const due = pending
          .filter(each => Math.max(each.at_ms, stuck_until_ms) <= end_ms)
          .sort(
            (a, b) =>
              Math.max(a.at_ms, stuck_until_ms) - Math.max(b.at_ms, stuck_until_ms) ||
              Number(a.reads) - Number(b.reads),
          )[0];
        if (due === undefined) break;
        pending.splice(pending.indexOf(due), 1);
        now_ms = Math.max(now_ms, due.at_ms, stuck_until_ms);
        due.happen();
      }
      now_ms = end_ms;
    },
    /** The daemon does nothing for so long: it waits for something else. */
    block(ms: number) {
      stuck_until_ms = now_ms + ms;
    },
  };
}

const target = (address: string) => ({
  kind: 'icmp' as const,
  family: address.includes(':') ? ('ip6' as const) : ('ip4' as const),
  address,
});
const watched_link: WatchedLink = {
  name: 'wan',
  device: 'eth1',
  mark: 0,
  targets: { ip4: [target('1.1.1.1'), target('8.8.8.8')], ip6: [] },
  interval_ms: 1000,
  limits: { loss_percent: 25, latency_ms: 0, jitter_ms: 0 },
  gateway: null,
  is_wireguard: false,
  captive_urls: [],
  servers: [],
};

const link: ToWatch = { name: 'wan', key: 'four', make: () => watched_link };

/** Verdicts of IPv4, each once. */
function watched(platform: DaemonPlatform): { health: Health; changes: string[] } {
  const changes: string[] = [];
  const health = start_health(platform, {
    changed: () => {
      const verdict = health.verdicts().ip4.wan ?? 'none';
      if (changes.at(-1) !== verdict) changes.push(verdict);
    },
    probed: () => {},
    busy_until_ms: () => 0,
  });
  return { health, changes };
}

test('answers are read from what ping prints, of iputils and of busybox', () => {
  expect(answer_rtt_ms('64 bytes from 1.1.1.1: icmp_seq=1 ttl=60 time=0.045 ms')).toBe(0);
  expect(answer_rtt_ms('64 bytes from 1.1.1.1: seq=0 ttl=60 time=1203.512 ms')).toBe(1203);
  expect(answer_rtt_ms('From 10.0.0.1 icmp_seq=1 Destination Host Unreachable')).toBeNull();
  expect(answer_rtt_ms('64 bytes from 1.1.1.1: icmp_seq=1 ttl=60 time=bad ms')).toBeNull();
});

describe('a link', () => {
  test('that falls silent is found dead in 1.8 s, and one that answers again is used again', () => {
    const { platform, answering, pass } = world();
    const { health, changes } = watched(platform);
    answering.add('1.1.1.1').add('8.8.8.8');
    health.watch([link], []);
    pass(10_000);
    answering.clear();
    pass(1800);
    expect(changes).toEqual(['alive', 'dead']);
    answering.add('1.1.1.1').add('8.8.8.8');
    pass(3000);
    expect(changes).toEqual(['alive', 'dead', 'held', 'alive']);
  });

  test("that sends others' packets and receives none is looked at sooner", () => {
    const { platform, answering, packets, pass } = world();
    const { health, changes } = watched(platform);
    answering.add('1.1.1.1').add('8.8.8.8');
    health.watch([link], []);
    pass(10_050);
    answering.clear();
    packets.tx_packets += 5;
    pass(1200);
    expect(changes).toEqual(['alive', 'dead']);
  });

  test('is not taken for dead by a daemon that was busy itself', () => {
    const { platform, answering, pass, block } = world();
    const { health, changes } = watched(platform);
    answering.add('1.1.1.1');
    health.watch([link], []);
    pass(3000);
    block(30_000);
    pass(40_000);
    expect(changes).toEqual(['alive']);
  });

  test('that was dead must answer before it is used again, also when it was switched off meanwhile', () => {
    const { platform, answering, pass } = world();
    const { health } = watched(platform);
    health.watch([link], []);
    pass(7000);
    expect(health.verdicts().ip4).toEqual({ wan: 'dead' });
    health.watch([], []);
    expect(health.verdicts().ip4).toEqual({});
    health.watch([link], []);
    expect(health.verdicts().ip4).toEqual({ wan: 'dead' });
    answering.add('1.1.1.1');
    pass(6000);
    expect(health.verdicts().ip4).toEqual({ wan: 'alive' });
  });

  test('is asked in one family when the other one is dead alone', () => {
    const { platform, answering, pass } = world();
    const { health } = watched(platform);
    answering.add('1.1.1.1').add('2606:4700:4700::1111');
    const both = { ...watched_link.targets, ip6: [target('2606:4700:4700::1111')] };
    health.watch([{ name: 'wan', key: 'both', make: () => ({ ...watched_link, targets: both }) }], []);
    pass(10_000);
    answering.delete('2606:4700:4700::1111');
    pass(4000);
    expect(health.verdicts()).toEqual({ ip4: { wan: 'alive' }, ip6: { wan: 'dead' } });
  });
});

test('a ping that ends is started again, and none is left when nothing is watched', () => {
  const { platform, answering, pass, pings } = world();
  const { health } = watched(platform);
  answering.add('1.1.1.1').add('8.8.8.8');
  health.watch([link], []);
  pass(900);
  const first = pings.find(({ once }) => !once);
  if (first === undefined) throw new Error('no ping');
  first.ended = true;
  first.exit();
  pass(3000);
  expect(pings.filter(({ once }) => !once)).toHaveLength(2);
  expect(health.verdicts().ip4).toEqual({ wan: 'alive' });
  health.watch([], []);
  const count = pings.length;
  pass(5000);
  expect(pings.filter(({ once }) => !once).every(({ ended }) => ended)).toBe(true);
  expect(pings).toHaveLength(count);
});
