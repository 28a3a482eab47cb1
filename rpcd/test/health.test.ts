/** Health of whole links over a clock that the test turns. */

import { describe, expect, test } from 'vitest';
import type { DaemonPlatform } from '../platform/platform.ts';
import { answer_rtt_ms } from '../src/health/echo.ts';
import { type Health, start_health, type ToWatch, type WatchedLink } from '../src/health/health.ts';
import { start_link_test } from '../src/health/link_test.ts';

/** When the kernel has found out that a gateway does not answer. */
const GIVEN_UP_MS = 3200;

/**
 * A daemon's surroundings: pings that are answered or not, counters of devices, first hops, and a clock. With `sockets`
 * pings are sent one by one.
 */
function world(sockets = false) {
  let now_ms = 0;
  let stuck_until_ms = 0;
  const pending: { at_ms: number; happen: () => void; reads: boolean }[] = [];
  const answering = new Set<string>();
  const pings: { target: string; once: boolean; ended: boolean; exit: () => void }[] = [];
  const gateway = { answers: true, state: 'REACHABLE' };
  /** `handshake_s`: on the clock, null before the first one. */
  const peer = { handshake_s: null as number | null, rx_bytes: 1000 };
  const packets = { tx_packets: 0, rx_packets: 0 };
  const at = (at_ms: number, happen: () => void, reads = false) => {
    const entry = { at_ms, happen, reads };
    pending.push(entry);
    return { cancel: () => void pending.splice(pending.indexOf(entry), pending.includes(entry) ? 1 : 0) };
  };
  /** What `ip` and `wg` say. */
  const look = (command: string): string[] => {
    if (command === 'ip neigh show') return [`10.0.0.1 dev eth1 lladdr 02:00:00:00:00:01 ${gateway.state} `];
    if (command === 'ip neigh change') {
      gateway.state = 'PROBE';
      at(now_ms + (gateway.answers ? 1 : GIVEN_UP_MS), () => {
        gateway.state = gateway.answers ? 'REACHABLE' : 'FAILED';
      });
      return [];
    }
    const handshake_s = peer.handshake_s === null ? 0 : 1700000000 + peer.handshake_s;
    return [
      'private\tpublic\t51820\toff',
      `key\t(none)\t192.0.2.1:51820\t0.0.0.0/0\t${handshake_s}\t${peer.rx_bytes}\t5000\t25`,
    ];
  };
  /** Through a socket, each. */
  const asked: { at_ms: number; target: string }[] = [];
  const open_icmp = (
    _family: string,
    _device: string,
    on_reply: (from: string, sequence: number) => void,
  ) => ({
    send: (target: string, sequence: number) => {
      asked.push({ at_ms: now_ms, target });
      packets.tx_packets += 1;
      if (answering.has(target)) {
        const reply = () => {
          packets.rx_packets += 1;
          on_reply(target, sequence);
        };
        at(now_ms + 10, reply, true);
      }
      return true;
    },
    close: () => {},
  });
  const platform = {
    sockets: sockets ? { open_icmp } : null,
    now_ms: () => now_ms,
    timer: (delay_ms: number, callback: () => void) => {
      let entry = at(now_ms + delay_ms, callback);
      return {
        cancel: () => entry.cancel(),
        restart: (again_ms: number) => {
          entry.cancel();
          entry = at(now_ms + again_ms, callback);
        },
      };
    },
    read_file: (path: string) => {
      if (path === '/proc/stat') return 'cpu 1\nbtime 1700000000\n';
      if (path === '/proc/uptime') return `${now_ms / 1000} 1.0\n`;
      if (path !== '/proc/net/dev') return '0';
      const { rx_packets, tx_packets } = packets;
      return `  eth1:       0 ${rx_packets}    0    0    0     0          0         0        0 ${tx_packets}    0\n`;
    },
    spawn: (argv: string[], line: (line: string) => void, exit: () => void) => {
      if (argv[0] !== 'ping') {
        at(now_ms + 5, () => {
          for (const said of look(argv.slice(0, 3).join(' '))) line(said);
          exit();
        });
        return { stop: () => {} };
      }
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
        else at(now_ms + 1000 * Number(argv[argv.indexOf('-i') + 1]), answer, true);
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
    asked,
    pings,
    packets,
    gateway,
    peer,
    now_ms: () => now_ms,
    /** Something happens every so often, for so long. */
    every(interval_ms: number, length_ms: number, happen: () => void) {
      for (let at_ms = now_ms; at_ms < now_ms + length_ms; at_ms += interval_ms) at(at_ms, happen);
    },
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
  calm_interval_ms: 10_000,
  limits: { loss_percent: 25, latency_ms: 0, jitter_ms: 0 },
  families: ['ip4', 'ip6'],
  gateways: { ip4: null, ip6: null },
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

const IP6_TARGET = '2606:4700:4700::1111';

/** A link that answers in both families; IPv4 has fewer targets, so that it is asked for longer. */
function dual() {
  const surroundings = world();
  const { health } = watched(surroundings.platform);
  surroundings.answering.add('1.1.1.1').add(IP6_TARGET);
  const targets = { ip4: [target('1.1.1.1')], ip6: [target(IP6_TARGET), target('2001:4860:4860::8888')] };
  health.watch([{ name: 'wan', key: 'both', make: () => ({ ...watched_link, targets }) }], []);
  surroundings.pass(10_000);
  return { ...surroundings, health, ip6: () => health.details('wan')?.ip6 };
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
    const { answering, health, ip6, pass } = dual();
    answering.delete(IP6_TARGET);
    pass(4000);
    expect(health.verdicts()).toEqual({ ip4: { wan: 'alive' }, ip6: { wan: 'dead' } });
    expect(ip6()).toBe('no-reply');
    answering.add(IP6_TARGET);
    pass(6000);
    expect(ip6()).toBe('replying');
  });

  test('that dies in both families never looks as if IPv6 were dead alone', () => {
    const { answering, health, ip6, pass } = dual();
    answering.clear();
    for (let ms = 0; ms < 4000; ms += 10) {
      pass(10);
      expect(ip6()).not.toBe('no-reply');
    }
    expect(health.verdicts()).toEqual({ ip4: { wan: 'dead' }, ip6: { wan: 'dead' } });
  });
});

describe('why a link is silent', () => {
  const gateways = { ip4: '10.0.0.1', ip6: null };
  const dead = (changed: Partial<WatchedLink>) => {
    const surroundings = world();
    const { health } = watched(surroundings.platform);
    surroundings.answering.add('1.1.1.1').add('8.8.8.8');
    health.watch([{ ...link, make: () => ({ ...watched_link, ...changed }) }], []);
    surroundings.pass(10_000);
    surroundings.answering.clear();
    return { ...surroundings, reason: () => health.details('wan')?.reason };
  };

  test('a gateway that is silent, too, is told as soon as the kernel has asked it', () => {
    const { reason, gateway, pass } = dead({ gateways });
    gateway.answers = false;
    pass(3000);
    // The kernel still thinks that it is there.
    expect(reason()).toBe('no-reply');
    pass(5000);
    expect(reason()).toBe('gateway-silent');
  });

  test('and that it is back while nothing behind it is', () => {
    const { reason, gateway, pass } = dead({ gateways });
    gateway.answers = false;
    pass(10_000);
    gateway.answers = true;
    gateway.state = 'REACHABLE';
    pass(30_000);
    expect(reason()).toBe('no-reply');
  });

  test('a gateway that answers is not blamed', () => {
    const { reason, pass } = dead({ gateways });
    pass(60_000);
    expect(reason()).toBe('no-reply');
  });

  test('an entry that an admin has made is left alone', () => {
    const { gateway, pass } = dead({ gateways });
    gateway.state = 'PERMANENT';
    pass(60_000);
    expect(gateway.state).toBe('PERMANENT');
  });

  test('a WireGuard peer that sends nothing any more is told before its session ends', () => {
    const { reason, peer, pass } = dead({ is_wireguard: true });
    peer.handshake_s = 5;
    pass(10_000);
    expect(reason()).toBe('no-reply');
    pass(25_000);
    expect(reason()).toBe('no-handshake');
  });

  test('a WireGuard peer that answers is not blamed for what is behind it', () => {
    const { reason, peer, pass } = dead({ is_wireguard: true });
    peer.handshake_s = 5;
    pass(5000);
    peer.handshake_s = 14;
    peer.rx_bytes += 92;
    pass(60_000);
    expect(reason()).toBe('no-reply');
  });
});

describe('a tunnel', () => {
  const tunnel = (handshake_s: number, interval_ms = 1000) => {
    const surroundings = world();
    const { health, changes } = watched(surroundings.platform);
    surroundings.peer.handshake_s = handshake_s;
    surroundings.answering.add('1.1.1.1').add('8.8.8.8');
    health.watch([{ ...link, make: () => ({ ...watched_link, interval_ms, is_wireguard: true }) }], []);
    surroundings.pass(10_000);
    return { ...surroundings, changes };
  };

  test('whose session has run out under its probes is dead with the first answer that is overdue', () => {
    const { answering, pass, changes } = tunnel(-171);
    answering.clear();
    pass(1300);
    expect(changes).toEqual(['alive', 'dead']);
  });

  test.each([
    ['lives', 5],
    ['had run out long before', -1000],
  ])('whose session %s is asked as any other link', (_session, handshake_s) => {
    const { answering, pass, changes } = tunnel(handshake_s);
    answering.clear();
    pass(1300);
    expect(changes).toEqual(['alive']);
    pass(500);
    expect(changes).toEqual(['alive', 'dead']);
  });

  test('that is dead is asked as soon as anything comes in, and is not taken for alive by that', () => {
    const { answering, packets, pass, changes } = tunnel(5, 60_000);
    answering.clear();
    pass(120_000);
    expect(changes).toEqual(['alive', 'dead']);
    packets.rx_packets += 1;
    pass(3000);
    expect(changes).toEqual(['alive', 'dead']);
    answering.add('1.1.1.1').add('8.8.8.8');
    packets.rx_packets += 1;
    pass(3000);
    expect(changes).toEqual(['alive', 'dead', 'alive']);
  });
});

describe('the test of a link', () => {
  /** What becomes of these probes. */
  const tested = (changed: Partial<WatchedLink>, probes: string[], gateway_answers = true) => {
    const { platform, answering, gateway, pass } = world();
    gateway.answers = gateway_answers;
    answering.add('1.1.1.1').add(IP6_TARGET);
    const test = start_link_test(platform);
    test.start({ ...watched_link, ...changed }, probes);
    pass(5000);
    return test.reply('wan').results.map(({ probe, outcome, detail }) => [probe, outcome, detail]);
  };

  test('does not expect answers in a family that the link lacks', () => {
    expect(tested({ families: ['ip4'] }, ['1.1.1.1', IP6_TARGET, `tcp:[${IP6_TARGET}]:443`])).toEqual([
      ['1.1.1.1', 'ok', ''],
      [IP6_TARGET, 'unsupported', 'IPv6'],
      [`tcp:[${IP6_TARGET}]:443`, 'unsupported', 'IPv6'],
    ]);
    expect(tested({ families: ['ip6'] }, ['1.1.1.1', IP6_TARGET, `dns:${IP6_TARGET}`])).toEqual([
      ['1.1.1.1', 'unsupported', 'IPv4'],
      [IP6_TARGET, 'ok', ''],
      // For want of sockets.
      [`dns:${IP6_TARGET}`, 'unsupported', ''],
    ]);
  });

  test('says whether the gateway and the WireGuard peer answer', () => {
    const gateways = { ip4: '10.0.0.1', ip6: null };
    expect(tested({ gateways }, [])).toEqual([['gateway', 'ok', 'REACHABLE']]);
    // The kernel does not know yet.
    expect(tested({ gateways }, [], false)).toEqual([['gateway', 'no-reply', 'FAILED']]);
    expect(tested({ is_wireguard: true }, [])).toEqual([['wireguard', 'no-reply', '']]);
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

describe('a link with sockets', () => {
  const both: ToWatch = {
    name: 'wan',
    key: 'both',
    make: () => ({
      ...watched_link,
      targets: { ip4: watched_link.targets.ip4, ip6: [target('2001:db8::1'), target('2001:db8::2')] },
    }),
  };

  /** Watched, answering and calm. */
  function calm(to_watch: ToWatch) {
    const given = world(true);
    const { health, changes } = watched(given.platform);
    for (const each of ['1.1.1.1', '8.8.8.8', '2001:db8::1', '2001:db8::2']) given.answering.add(each);
    health.watch([to_watch], []);
    given.pass(60_000);
    const start = given.asked.length;
    return { ...given, changes, asked_since: () => given.asked.slice(start) };
  }

  test.each([link, both])('that nobody uses is asked every ten seconds ($key)', to_watch => {
    const { pass, asked_since, changes } = calm(to_watch);
    pass(60_000);
    expect(asked_since()).toHaveLength(6);
    expect(changes).toEqual(['alive']);
  });

  test.each([link, both])('that dies while nobody uses it is left within 11 s ($key)', to_watch => {
    for (let phase_ms = 0; phase_ms < 20_000; phase_ms += 330) {
      const { pass, answering, changes } = calm(to_watch);
      pass(phase_ms);
      answering.clear();
      pass(11_000);
      expect(changes, `${phase_ms}`).toEqual(['alive', 'dead']);
    }
  });

  test.each([link, both])('is asked every second while packets go out ($key)', to_watch => {
    const { pass, every, packets, asked_since } = calm(to_watch);
    every(900, 60_000, () => {
      packets.tx_packets += 1;
      packets.rx_packets += 5;
    });
    pass(60_000);
    expect(asked_since().length).toBeGreaterThan(50);
    expect(asked_since().length).toBeLessThan(65);
  });

  test.each([
    ['has run out under its probes is dead with the first answer that is overdue', -118, ['alive', 'dead']],
    ['lives is asked as any other link', 5, ['alive']],
  ])('and nobody to use it whose WireGuard session %s', (_session, handshake_s, expected) => {
    const { pass, peer, answering, changes } = calm({
      ...link,
      make: () => ({ ...watched_link, is_wireguard: true }),
    });
    peer.handshake_s = handshake_s;
    pass(100);
    answering.clear();
    pass(10_200);
    expect(changes).toEqual(expected);
    pass(700);
    expect(changes).toEqual(['alive', 'dead']);
  });

  test('is not asked more often for what neighbours ask each other', () => {
    const { pass, every, packets, asked_since } = calm(both);
    every(7000, 60_000, () => {
      packets.tx_packets += 1;
      packets.rx_packets += 1;
    });
    pass(60_000);
    expect(asked_since()).toHaveLength(6);
  });

  test.each([link, both])(
    'that died while nobody used it is left within 2 s of the first packet ($key)',
    to_watch => {
      for (let phase_ms = 0; phase_ms < 10_000; phase_ms += 130) {
        const { pass, packets, answering, changes } = calm(to_watch);
        pass(phase_ms);
        answering.clear();
        // A connection's first packet, and again after a second.
        packets.tx_packets += 1;
        pass(1000);
        packets.tx_packets += 1;
        pass(1000);
        expect(changes, `${phase_ms}`).toEqual(['alive', 'dead']);
      }
    },
  );

  test.each([link, both])(
    'over which somebody only receives is left within 2 s of its last packet ($key)',
    to_watch => {
      for (let phase_ms = 0; phase_ms < 2000; phase_ms += 70) {
        const { pass, every, packets, answering, changes } = calm(to_watch);
        every(500, 10_000 + phase_ms, () => {
          packets.rx_packets += 2;
          packets.tx_packets += 1;
        });
        pass(10_000 + phase_ms);
        answering.clear();
        pass(2000);
        expect(changes, `${phase_ms}`).toEqual(['alive', 'dead']);
      }
    },
  );
});
