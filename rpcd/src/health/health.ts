/**
 * Health of the links, behind one small interface: say which links to watch, ask for verdicts, be told of changes.
 *
 * Behind it: one long-running `ping` per link, bound to the link's device, so that a probe never leaves by
 * another link.
 */

import type { DaemonPlatform, Process, Timer } from '../../platform/platform.ts';
import type { Verdict } from '../plan/types.ts';
import {
  PROBE_INTERVAL_MS,
  type ProbeState,
  probe_paused,
  probe_replied,
  probe_started,
  probe_ticked,
} from './probe.ts';

/**
 * A ping ends by itself after this time: one that waits for answers in vain would never notice that the daemon
 * that started it was killed.
 */
const PROCESS_LIFE_S = 120;

export interface WatchedLink {
  name: string;
  device: string;
  /** Addresses to ask, at least one. */
  targets: string[];
}

export interface Health {
  /** Watch exactly these links from now on. One that is watched already with the same values is not disturbed. */
  watch(links: WatchedLink[]): void;
  /** Of the links that are watched, and of `links` that were dead when they last were. */
  verdicts(links: { name: string; device: string }[]): Record<string, Verdict>;
  stop(): void;
}

interface Watch {
  link: WatchedLink;
  state: ProbeState;
  process: Process | null;
}

/** `on_change` is called when a link's verdict changes. */
export function start_health(
  platform: DaemonPlatform,
  on_change: (name: string, verdict: Verdict) => void,
): Health {
  let watches: Watch[] = [];
  let ticking: Timer | null = null;
  let ticked_ms = platform.now_ms();
  /** Devices of links that were dead when they were last watched: they have to answer before they are used. */
  const left_dead: Record<string, string> = {};

  function advance(watch: Watch, next: ProbeState): void {
    const before = watch.state;
    watch.state = next;
    if (next.target !== before.target) restart(watch);
    if (next.verdict !== before.verdict) on_change(watch.link.name, next.verdict);
  }

  function restart(watch: Watch): void {
    if (watch.process !== null) watch.process.stop();
    const target = watch.link.targets[watch.state.target] ?? '';
    const interval_s = Math.floor(PROBE_INTERVAL_MS / 1000);
    watch.process = platform.spawn(
      ['ping', '-i', `${interval_s}`, '-w', `${PROCESS_LIFE_S}`, '-I', watch.link.device, target],
      line => {
        // iputils and busybox word everything else differently, but not this.
        if (line.includes('bytes from')) advance(watch, probe_replied(watch.state, platform.now_ms()));
      },
      () => {
        // Its time is over, or there is no such device, no address yet: the next tick starts it again.
        watch.process = null;
      },
    );
  }

  function tick(): void {
    ticking = platform.timer(PROBE_INTERVAL_MS, tick);
    const now_ms = platform.now_ms();
    // While the daemon itself was busy, answers waited unread: that was not the links' silence.
    const late_ms = now_ms - ticked_ms - PROBE_INTERVAL_MS;
    ticked_ms = now_ms;
    for (const watch of watches) {
      if (watch.process === null) restart(watch);
      if (late_ms > PROBE_INTERVAL_MS) watch.state = probe_paused(watch.state, late_ms);
      advance(watch, probe_ticked(watch.state, now_ms, watch.link.targets.length));
    }
  }

  function stop_ticking(): void {
    if (ticking !== null) ticking.cancel();
    ticking = null;
  }

  function started(link: WatchedLink): Watch {
    const state = probe_started(platform.now_ms());
    if ((left_dead[link.name] ?? '') === link.device) state.verdict = 'dead';
    return { link, state, process: null };
  }

  return {
    watch: links => {
      const kept: Watch[] = [];
      for (const link of links) {
        const running = watches.find(watch => same_link(watch.link, link)) ?? null;
        kept.push(running ?? started(link));
      }
      for (const watch of watches) {
        if (kept.includes(watch)) continue;
        if (watch.process !== null) watch.process.stop();
        left_dead[watch.link.name] = watch.state.verdict === 'dead' ? watch.link.device : '';
      }
      watches = kept;
      for (const watch of watches) {
        if (watch.process === null) restart(watch);
      }
      if (watches.length === 0) {
        stop_ticking();
      } else if (ticking === null) {
        ticked_ms = platform.now_ms();
        ticking = platform.timer(PROBE_INTERVAL_MS, tick);
      }
    },
    verdicts: links => {
      const verdicts: Record<string, Verdict> = {};
      for (const { name, device } of links) {
        if ((left_dead[name] ?? '') === device) verdicts[name] = 'dead';
      }
      for (const watch of watches) verdicts[watch.link.name] = watch.state.verdict;
      return verdicts;
    },
    stop: () => {
      for (const watch of watches) {
        if (watch.process !== null) watch.process.stop();
      }
      watches = [];
      stop_ticking();
    },
  };
}

function same_link(a: WatchedLink, b: WatchedLink): boolean {
  return a.name === b.name && a.device === b.device && a.targets.join(' ') === b.targets.join(' ');
}
