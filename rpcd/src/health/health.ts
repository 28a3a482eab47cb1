/**
 * Health of the links, behind one small interface: say which links to watch, ask for verdicts, be told of changes.
 *
 * Steady probes are few, and fewer still on a link that nobody uses. What makes them enough are the signals that cost
 * nothing: packets that go out while none come in, and an answer that is overdue, set off probes at once.
 */

import type { DaemonPlatform, Timer } from '../../platform/platform.ts';
import { FAMILIES, type Family } from '../net/address.ts';
import type { Target } from '../net/target.ts';
import type { Verdict, Verdicts } from '../plan/types.ts';
import type { LinkReason } from '../rpc.ts';
import {
  counters_of,
  type DeviceCounters,
  type DeviceLine,
  device_line,
  read_device_table,
} from '../status/counters.ts';
import { explain_silence, read_session } from './explain.ts';
import {
  type Limits,
  type PathState,
  path_lost_device,
  path_quality,
  path_verdict,
  type Quality,
} from './path.ts';
import { start_portals } from './portal.ts';
import { type Pace, type Runner, start_runner } from './runner.ts';

/** How often traffic is looked at, and while none is seen. */
const TRAFFIC_INTERVAL_MS = 500;
const CALM_INTERVAL_MS = 1000;
/** Packets sent in that time, more than probes, while none came in. */
const UNANSWERED_PACKETS = 3;
/**
 * A link is in use from so many points on: each packet of others that goes out brings some, each second takes some. So
 * it is with a packet every other second (whoever only receives acknowledges that), and until five seconds after the
 * last of many, but not for questions after neighbours' addresses now and then.
 */
const POINTS_IN_USE = 15;
const POINTS_PACKET = 5;
const POINTS_SECOND = 2;
const POINTS_MAX = 25;
/**
 * A dead path's first hop is looked at again when the kernel has asked the gateway, or WireGuard its peers, and then
 * time and again.
 */
const LOOK_AGAIN_MS = 5000;
const LOOK_INTERVAL_MS = 30000;

export interface WatchedLink {
  name: string;
  device: string;
  /** What its probes carry; see `Remote` in platform.ts. */
  mark: number;
  /** What to ask, by address family; a family without a target is not watched. */
  targets: Record<Family, Target[]>;
  /** Between probes, and while it is not in use and nothing is suspicious. */
  interval_ms: number;
  calm_interval_ms: number;
  limits: Limits;
  /** Those that it has. */
  families: Family[];
  /** Null: on-link, or without that family. */
  gateways: Record<Family, string | null>;
  is_wireguard: boolean;
  /** See `portal.ts`. */
  captive_urls: string[];
  servers: string[];
}

/** A link to be watched; what that takes is worked out only for one that is new or has changed. */
export interface ToWatch {
  name: string;
  /** All that the watching depends on, as text. */
  key: string;
  make: () => WatchedLink;
}

export interface LinkHealth {
  latency_ms: number | null;
  jitter_ms: number | null;
  loss_permille: number | null;
  /** Seconds for which it is not used again at least. */
  hold_s: number;
  verdict: Verdict;
  /** Why the verdict is what it is; null when that is known without. */
  reason: LinkReason | null;
  /** Why IPv6 alone is dead, `replying` while it is not; null: not watched beside IPv4, or not known at the moment. */
  ip6: LinkReason | null;
}

export interface Health {
  /**
   * Watch exactly these links from now on. One that is watched already with the same values is not disturbed. `lost`:
   * names of links that could not be watched although they should.
   */
  watch(links: ToWatch[], lost: string[]): void;
  verdicts(): Verdicts;
  /** Null for a link that is not watched. Of IPv4, where it is watched. */
  details(name: string): LinkHealth | null;
  /** A link has been in use since this was last asked. */
  was_used(): boolean;
  stop(): void;
}

export interface HealthEvents {
  /** A link's verdict is another one. */
  changed(): void;
  /** One probe of a link: its round-trip time, null when it was lost. */
  probed(name: string, rtt_ms: number | null): void;
  /** When the daemon last had no time to read answers: what they took until then was not the link's doing. */
  busy_until_ms(): number;
}

interface Path {
  family: Family;
  runner: Runner;
  verdict: Verdict;
  /** As of the samples in that window. */
  quality: Quality | null;
  window: number[];
  /** Why nothing answers, as far as it is known. */
  silence: LinkReason;
  /** Octets that WireGuard had received when it fell silent. */
  received_bytes: number | null;
  look: Timer | null;
}

interface Watch {
  link: WatchedLink;
  key: string;
  paths: Path[];
  /** At the last look. */
  line: DeviceLine;
  counters: DeviceCounters;
  /** Not to be looked at before this time unless that line is another one. */
  rest_until_ms: number;
  /** Of ours, since the last look. */
  asked_packets: number;
  answered_packets: number;
  /** See POINTS_IN_USE; how many there were, and when. */
  points: number;
  counted_ms: number;
}

export function start_health(platform: DaemonPlatform, events: HealthEvents): Health {
  let watches: Watch[] = [];
  let traffic_timer: Timer | null = null;
  /** The devices' counters at the last look. */
  let table_before = '';
  let used = false;
  let all_calm = false;
  /** States of paths when they were last watched, by device, family and link. */
  const left: Record<string, PathState> = {};
  const portals = start_portals(platform, events.changed);

  function start_paths(watch: Watch): void {
    const { link } = watch;
    const families = FAMILIES.filter(family => link.targets[family].length > 0);
    for (const [index, family] of families.entries()) {
      // In turn.
      const paced = (interval_ms: number): Pace => ({
        interval_ms: interval_ms * families.length,
        offset_ms: interval_ms * index,
      });
      const path: Path = {
        family,
        verdict: 'unknown',
        quality: null,
        window: [],
        silence: 'no-reply',
        received_bytes: null,
        look: null,
        runner: start_runner(
          platform,
          {
            family,
            device: link.device,
            mark: link.mark,
            targets: link.targets[family],
            pace: paced(link.interval_ms),
            calm_pace: paced(link.calm_interval_ms),
            limits: link.limits,
          },
          left[path_key(link, family)] ?? null,
          {
            changed: (before, after) => path_changed(watch, path, before, after),
            sampled: rtt_ms => {
              if (index === 0) events.probed(link.name, rtt_ms);
            },
            asked: packets => {
              watch.asked_packets += packets;
            },
            answered: packets => {
              watch.answered_packets += packets;
            },
            busy_until_ms: events.busy_until_ms,
          },
        ),
      };
      path.verdict = path_verdict(path.runner.state(), platform.now_ms());
      watch.paths.push(path);
      if (path.verdict === 'dead') fell_silent(watch, path);
    }
  }

  function path_changed(watch: Watch, path: Path, before: PathState, after: PathState): void {
    watch.rest_until_ms = 0;
    // An answer that is overdue in one family makes the other one look, too.
    if (before.burst === null && after.burst !== null && after.phase === 'up') {
      const first = watch.paths.every(
        ({ runner }) => runner === path.runner || runner.state().burst === null,
      );
      if (first && watch.link.is_wireguard) look_at_session(watch);
      for (const other of watch.paths) {
        if (other !== path) other.runner.alert('overdue');
      }
    }
    const verdict = path_verdict(after, platform.now_ms());
    if (verdict === path.verdict) return;
    path.verdict = verdict;
    if (verdict === 'dead') fell_silent(watch, path);
    else stop_looking(path);
    if (verdict === 'dead' || verdict === 'alive') portals.look(watch.link.name);
    events.changed();
  }

  function look_at_session(watch: Watch): void {
    read_session(platform, watch.link.device, ({ age_s }) => {
      for (const { runner } of watch.paths) runner.handshake(age_s ?? 0);
    });
  }

  function fell_silent(watch: Watch, path: Path): void {
    path.silence = 'no-reply';
    path.received_bytes = null;
    look_at_hop(watch, path, watch.link.is_wireguard ? LOOK_INTERVAL_MS : LOOK_AGAIN_MS);
  }

  /** Now, after `again_ms`, and so on until it is stopped. */
  function look_at_hop(watch: Watch, path: Path, again_ms: number): void {
    const { device, gateways, is_wireguard } = watch.link;
    stop_looking(path);
    path.look = platform.timer(again_ms, () => look_at_hop(watch, path, LOOK_INTERVAL_MS));
    const silent = { device, gateway: gateways[path.family], is_wireguard };
    explain_silence(platform, silent, path.received_bytes, ({ reason, received_bytes }) => {
      if (path.received_bytes === null) path.received_bytes = received_bytes;
      if (path.look === null || reason === path.silence) return;
      path.silence = reason;
      events.changed();
    });
  }

  function stop_looking(path: Path): void {
    if (path.look !== null) path.look.cancel();
    path.look = null;
  }

  function look_at_traffic(): void {
    const now_ms = platform.now_ms();
    // First of all, so that nothing that goes wrong below can be the last look.
    look_again(now_ms);
    portals.tick(now_ms);
    const table = read_device_table(platform);
    const lines = table === table_before ? null : table.split('\n');
    table_before = table;
    let calm = true;
    for (const watch of watches) {
      const line = lines === null ? watch.line : device_line(lines, watch.link.device, watch.line);
      // As nearly always: nothing moved, and nothing is to be asked.
      if (line === watch.line && now_ms < watch.rest_until_ms) continue;
      if (!look_at_link(watch, line, now_ms)) calm = false;
    }
    if (calm === all_calm) return;
    all_calm = calm;
    look_again(now_ms);
  }

  /** True when the next look need not be soon. */
  function look_at_link(watch: Watch, line: DeviceLine, now_ms: number): boolean {
    const before = watch.counters;
    if (line !== watch.line) watch.counters = counters_of(line);
    watch.line = line;
    const sent_now = watch.counters.tx_packets - before.tx_packets;
    const received_now = watch.counters.rx_packets - before.rx_packets;
    const of_others = Math.max(0, sent_now - watch.asked_packets);
    const is_unanswered = of_others > 0 && received_now <= watch.answered_packets;
    watch.asked_packets = 0;
    watch.answered_packets = 0;
    const points_gone = Math.round((POINTS_SECOND * (now_ms - watch.counted_ms)) / 1000);
    const points_left = Math.max(0, watch.points - points_gone);
    watch.counted_ms = now_ms;
    watch.points = Math.min(POINTS_MAX, points_left + POINTS_PACKET * of_others);
    // More than neighbours' questions: whoever asked something by TCP and was answered sent four packets.
    if (watch.points > POINTS_IN_USE) used = true;
    const in_use = watch.points >= POINTS_IN_USE || is_unanswered;
    let calm = of_others === 0;
    let rest_until_ms = now_ms + LOOK_INTERVAL_MS;
    for (const { runner } of watch.paths) {
      if (received_now > 0) runner.alert('flows');
      else if (sent_now >= UNANSWERED_PACKETS) runner.alert('traffic');
      const until_ms = runner.look(now_ms, in_use);
      if (until_ms === 0) calm = false;
      rest_until_ms = Math.min(rest_until_ms, until_ms);
    }
    // What it asked just now is not among the others' packets of the next look.
    watch.rest_until_ms = in_use || watch.asked_packets > 0 ? 0 : rest_until_ms;
    return calm;
  }

  /** On the grid of the questions that are asked then. */
  function look_again(now_ms: number): void {
    const wait_ms = all_calm
      ? CALM_INTERVAL_MS - (now_ms % CALM_INTERVAL_MS)
      : TRAFFIC_INTERVAL_MS - (now_ms % TRAFFIC_INTERVAL_MS);
    if (traffic_timer !== null) traffic_timer.restart(wait_ms);
  }

  function stop_watch(watch: Watch): void {
    for (const path of watch.paths) {
      left[path_key(watch.link, path.family)] = path.runner.state();
      path.runner.stop();
      stop_looking(path);
    }
    watch.paths = [];
  }

  function started({ key, make }: ToWatch): Watch {
    const link = make();
    const line = device_line(read_device_table(platform).split('\n'), link.device, null);
    const watch: Watch = {
      link,
      key,
      paths: [],
      line,
      counters: counters_of(line),
      rest_until_ms: 0,
      asked_packets: 0,
      answered_packets: 0,
      points: 0,
      counted_ms: platform.now_ms(),
    };
    start_paths(watch);
    return watch;
  }

  function verdict_of(watch: Watch, path: Path): Verdict {
    return portals.is_captive(watch.link.name) ? 'captive' : path.verdict;
  }

  function ip6_alone(watch: Watch): LinkReason | null {
    const [ip4 = null, ip6 = null] = watch.paths;
    // A burst in the other family is perhaps about to find the same.
    if (ip4 === null || ip6 === null || ip4.runner.state().burst !== null) return null;
    if (!is_up(verdict_of(watch, ip4))) return null;
    if (ip6.verdict === 'dead') return ip6.silence;
    return is_up(ip6.verdict) ? 'replying' : null;
  }

  return {
    watch: (links, lost) => {
      const kept: Watch[] = [];
      const running: Record<string, Watch> = {};
      for (const watch of watches) running[watch.link.name] = watch;
      const wanted: Record<string, string> = {};
      for (const { name, key } of links) wanted[name] = key;
      for (const watch of watches) {
        if ((wanted[watch.link.name] ?? '') !== watch.key) stop_watch(watch);
      }
      for (const key of Object.keys(left)) {
        const state = left[key] ?? null;
        if (state !== null && lost.includes(key.split(' ')[0] ?? '')) left[key] = path_lost_device(state);
      }
      for (const link of links) {
        const same = Object.hasOwn(running, link.name) ? (running[link.name] ?? null) : null;
        kept.push(same !== null && same.key === link.key ? same : started(link));
      }
      watches = kept;
      portals.watch(
        kept.map(({ link: { name, device, mark, captive_urls, servers } }) => ({
          name,
          device,
          mark,
          urls: captive_urls,
          servers,
        })),
      );
      if (watches.length > 0 && traffic_timer === null) {
        traffic_timer = platform.timer(TRAFFIC_INTERVAL_MS, look_at_traffic);
      } else if (watches.length === 0 && traffic_timer !== null) {
        traffic_timer.cancel();
        traffic_timer = null;
      }
    },
    verdicts: () => {
      const verdicts: Verdicts = { ip4: {}, ip6: {} };
      for (const watch of watches) {
        for (const path of watch.paths) verdicts[path.family][watch.link.name] = verdict_of(watch, path);
      }
      return verdicts;
    },
    details: name => {
      const watch = watches.find(each => each.link.name === name) ?? null;
      const path = watch === null ? null : (watch.paths[0] ?? null);
      if (watch === null || path === null) return null;
      const state = path.runner.state();
      if (path.window !== state.window) path.quality = path_quality(state);
      path.window = state.window;
      const { quality } = path;
      const verdict = verdict_of(watch, path);
      const hold_ms = state.phase === 'up' ? 0 : state.hold_until_ms - platform.now_ms();
      return {
        latency_ms: quality === null ? null : quality.latency_ms,
        jitter_ms: quality === null ? null : quality.jitter_ms,
        loss_permille: quality === null ? null : quality.loss_permille,
        hold_s: Math.max(0, Math.ceil(hold_ms / 1000)),
        verdict,
        reason: reason_of(verdict, state, path.silence),
        ip6: ip6_alone(watch),
      };
    },
    was_used: () => {
      const was = used;
      used = false;
      return was;
    },
    stop: () => {
      for (const watch of watches) stop_watch(watch);
      watches = [];
      portals.stop();
      if (traffic_timer !== null) traffic_timer.cancel();
      traffic_timer = null;
    },
  };
}

function is_up(verdict: Verdict): boolean {
  return verdict === 'alive' || verdict === 'degraded';
}

function reason_of(verdict: Verdict, state: PathState, silence: LinkReason): LinkReason | null {
  switch (verdict) {
    case 'unknown':
      return 'waiting-for-reply';
    case 'alive':
      return 'replying';
    case 'degraded':
      return state.excess;
    case 'held':
      return 'held-down';
    case 'captive':
      return 'portal';
    case 'dead':
      return silence;
  }
}

/** Another device with the link's name has not failed yet. */
function path_key(link: WatchedLink, family: Family): string {
  return `${link.name} ${link.device} ${family}`;
}
