/** The daemon's view of the links over time: samples, totals and ages. */

import type { DaemonPlatform, JsonObject } from '../../platform/platform.ts';
import type { Config } from '../config/schema.gen.ts';
import type { LinkHealth } from '../health/health.ts';
import { carriers, use_in } from '../plan/links.ts';
import { mark_layout } from '../plan/marks.ts';
import { nat_counter } from '../plan/nat.ts';
import { counter_name } from '../plan/nft.ts';
import type { Observed, RoutableLink } from '../plan/types.ts';
import type { LinkReason, LinkState, LinkStatus } from '../rpc.ts';
import { device_counters, read_connection_counters, read_device_table } from './counters.ts';
import { start_live } from './live.ts';
import { link_states, type ShownState, verdict_of } from './state.ts';
import {
  connections_recent,
  rate_bps,
  type Sample,
  sample_due,
  shares_permille,
  with_sample,
} from './traffic.ts';

interface LinkHistory {
  samples: Sample[];
  /** Device the samples are of. */
  device: string;
  connections: number;
  /** Value of the kernel's counter when it was last read; it starts anew with the table. */
  counter: number;
  told: Told;
  /** Of IPv6 beside IPv4. */
  told6: Told;
}

/** `found`: what the probes say. */
interface Noted {
  shown: ShownState;
  found: LinkHealth | null;
}

/** What was told last. */
interface Told {
  state: LinkState;
  reason: LinkReason;
  since_ms: number;
}

/** A link must have been in its state for so long before IPv6 alone is told: families fail and return in turn. */
const SETTLED_MS = 3000;

/** `routable`: the links that are, as observed. */
export interface StatusHistory {
  /** Note state changes; to be called whenever the observation or the configuration changed. */
  note_states(config: Config, observed: Observed, routable: RoutableLink[]): void;
  /** The part of it that time alone changes: that IPv6 alone is dead is told when it has been so for a while. */
  note_ip6(): void;
  links(config: Config, observed: Observed, routable: RoutableLink[]): LinkStatus[];
  /** As of the last call of `links`. */
  nat(config: Config): JsonObject[];
}

export interface StateChange {
  link: string;
  /** `ip6`: of IPv6 alone; null: of the link. */
  family: 'ip6' | null;
  state: LinkState;
  reason: LinkReason;
  /** Null: it has just become known; the same state: only the reason is another. */
  previous: LinkState | null;
  /** Seconds that it was in the previous state. */
  lasted_s: number;
}

/** `health`: what the probes say of a link. `on_change` gets each change of a link's state once. */
export function start_status(
  platform: DaemonPlatform,
  health: (name: string) => LinkHealth | null,
  on_change: (change: StateChange) => void,
): StatusHistory {
  const histories: Record<string, LinkHistory> = {};
  const live = start_live(platform);
  let counters: Record<string, number> = {};

  function note_states(config: Config, observed: Observed, routable: RoutableLink[]): Noted[] {
    const now_ms = platform.now_ms();
    const found = config.link.map(({ name }) => health(name));
    // Of a verdict that has not been acted upon yet, the reason is none of the state that is shown.
    const reasons = config.link.map((link, index) => {
      const each = found[index] ?? null;
      const told = histories[link.name]?.told ?? null;
      const stale = each !== null && told !== null && each.verdict !== verdict_of(link, observed);
      return stale ? told.reason : (each?.reason ?? null);
    });
    const states = link_states(config, observed, routable, reasons);
    for (const [index, link] of config.link.entries()) {
      const state = states[index]?.state ?? 'down';
      const reason = states[index]?.reason ?? 'no-interface';
      const history = histories[link.name] ?? null;
      if (history === null) {
        on_change({ link: link.name, family: null, state, reason, previous: null, lasted_s: 0 });
        histories[link.name] = {
          samples: [],
          device: '',
          connections: 0,
          counter: 0,
          told: { state, reason, since_ms: now_ms },
          told6: { state: 'online', reason: 'replying', since_ms: now_ms },
        };
        continue;
      }
      tell(link.name, null, history.told, state, reason);
    }
    for (const name of Object.keys(histories)) {
      if (!config.link.some(link => link.name === name)) delete histories[name];
    }
    note_ip6();
    return states.map((shown, index) => ({ shown, found: found[index] ?? null }));
  }

  function note_ip6(): void {
    const now_ms = platform.now_ms();
    for (const [name, { told, told6 }] of Object.entries(histories)) {
      const ip6 = now_ms - told.since_ms < SETTLED_MS ? null : (health(name)?.ip6 ?? null);
      if (ip6 !== null) tell(name, 'ip6', told6, ip6 === 'replying' ? 'online' : 'offline', ip6);
    }
  }

  function tell(
    link: string,
    family: StateChange['family'],
    told: Told,
    state: LinkState,
    reason: LinkReason,
  ): void {
    const previous = told.state;
    // Why it is offline becomes known by and by.
    if (state === previous && (state !== 'offline' || reason === told.reason)) return;
    const now_ms = platform.now_ms();
    const lasted_s = Math.floor((now_ms - told.since_ms) / 1000);
    told.state = state;
    told.reason = reason;
    if (state !== previous) told.since_ms = now_ms;
    on_change({ link, family, state, reason, previous, lasted_s });
  }

  function take_samples(config: Config, observed: Observed): void {
    const now_ms = platform.now_ms();
    const due = config.link.some(link => sample_due(histories[link.name]?.samples ?? [], now_ms));
    if (!due && config.link.length > 0) return;
    counters = read_connection_counters(platform);
    const devices = read_device_table(platform);
    for (const link of config.link) {
      const history = histories[link.name] ?? null;
      if (history === null) continue;
      const counter = counters[counter_name(link.name)] ?? 0;
      history.connections += counter >= history.counter ? counter - history.counter : counter;
      history.counter = counter;

      const device = observed.interfaces[link.interface]?.device ?? '';
      if (device !== history.device) history.samples = [];
      history.device = device;
      const { rx_bytes, tx_bytes } = device_counters(devices, device);
      history.samples = with_sample(history.samples, {
        at_ms: now_ms,
        rx_bytes,
        tx_bytes,
        connections: history.connections,
      });
    }
  }

  return {
    note_states,
    note_ip6,
    nat: config => config.nat.map(({ name }) => ({ name, connections: counters[nat_counter(name)] ?? 0 })),
    links: (config, observed, routable) => {
      const noted = note_states(config, observed, routable);
      take_samples(config, observed);
      const now_ms = platform.now_ms();
      const shares = shares_permille(
        config.link.map(link => connections_recent(histories[link.name]?.samples ?? [])),
      );
      const carriers6 = carriers(routable, 'ip6');
      const layout = mark_layout(config.globals.mark_mask);
      const live_counts = layout === null || !config.globals.enabled ? null : live.by_slot(layout);
      return config.link.map((link, index) => {
        const history = histories[link.name] ?? null;
        const samples = history === null ? [] : history.samples;
        const last = samples[samples.length - 1] ?? null;
        const state = observed.interfaces[link.interface] ?? null;
        const shown = noted[index]?.shown ?? null;
        const found = noted[index]?.found ?? null;
        const path = routable.find(each => each.name === link.name) ?? null;
        const up = state !== null && state.device !== null;
        return {
          name: link.name,
          interface: link.interface,
          enabled: link.enabled,
          weight: link.weight,
          tier: link.tier,
          state: shown === null ? 'down' : shown.state,
          reason: shown === null ? 'no-interface' : shown.reason,
          state_age_s: history === null ? 0 : Math.floor((now_ms - history.told.since_ms) / 1000),
          latency_ms: found === null ? null : found.latency_ms,
          jitter_ms: found === null ? null : found.jitter_ms,
          loss_permille: found === null ? null : found.loss_permille,
          hold_s: found === null ? 0 : found.hold_s,
          device: state === null ? null : state.device,
          address: up ? state.ip4.address : null,
          gateway: up ? state.ip4.gateway : null,
          address6: up && observed.ip6 ? state.ip6.address : null,
          // A last resort only while there is nothing better.
          ip6: path !== null && (use_in(path, 'ip6') === 'yes' || carriers6.includes(path)),
          rx_bps: up ? rate_bps(samples, 'rx_bytes') : null,
          tx_bps: up ? rate_bps(samples, 'tx_bytes') : null,
          rx_bytes: up && last !== null ? last.rx_bytes : null,
          tx_bytes: up && last !== null ? last.tx_bytes : null,
          connections_live:
            live_counts === null ? null : (live_counts[`${observed.slots[link.name] ?? 0}`] ?? 0),
          connections_new: history === null ? 0 : history.connections,
          share_permille: shares[index] ?? null,
        };
      });
    },
  };
}
