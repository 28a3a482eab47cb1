/**
 * The contract between the page and the router: ubus object `linkagg`, published by the rpcd plugin.
 *
 * | method     | access | arguments                      | reply           |
 * |------------|--------|--------------------------------|-----------------|
 * | status     | read   | {}                             | Status          |
 * | get_config | read   | {}                             | ConfigReply     |
 * | set_link   | write  | { link: SetLink }              | ChangeReply     |
 * | set_config | write  | { change: SetConfig }          | ChangeReply     |
 * | get_sticky | read   | {}                             | StickyReply     |
 * | clear_sticky | write | { clear: ClearSticky }        | ChangeReply     |
 * | get_history | read   | { link: name }                 | HistoryReply    |
 * | test_link  | write  | { link: name }                 | ChangeReply     |
 * | get_test   | read   | { link: name }                 | TestReply       |
 *
 * Every reply is one JSON object. A refused request is a reply with `errors`, never a ubus status,
 * so that the page can say what is wrong.
 */

import type { Config } from './config/schema.gen.ts';
import type { Obstacle } from './plan/links.ts';

/** Object published by the rpcd plugin; what the page calls. */
export const PLUGIN_OBJECT = 'linkagg';

/** Object published by the daemon; what the plugin calls. */
export const DAEMON_OBJECT = 'linkagg.daemon';

/**
 * Why a value was refused. `section` and `option` are UCI names (empty when the error is about the whole).
 * `reason` is an English sentence that says what is wrong and what would be right.
 */
export interface ConfigError {
  section: string;
  option: string;
  reason: string;
}

/**
 * `disabled`: switched off by the admin, alone or with the whole service; `down`: its interface is missing, down or
 * has no gateway; `no-carrier`: its cable or radio link is; `connecting`: up, but no probe has been answered yet, or
 * answers again but is held down; `online`; `degraded`: answers, but over the limits set for loss, latency or jitter;
 * `standby`: as one of these, but links of a better tier carry the new connections; `captive`: a portal answers
 * instead of the internet; `offline`: up, but probes get no answer.
 */
export type LinkState =
  | 'disabled'
  | 'down'
  | 'no-carrier'
  | 'connecting'
  | 'online'
  | 'degraded'
  | 'standby'
  | 'captive'
  | 'offline';

/** What lies behind the state, for the page to word. */
export type LinkReason =
  | 'switched-off'
  | 'service-off'
  | Obstacle
  | 'no-carrier'
  | 'waiting-for-reply'
  /** Answers again, but has failed too often lately: see `hold_s`. */
  | 'held-down'
  | 'replying'
  | 'better-tier'
  | 'loss'
  | 'latency'
  | 'jitter'
  | 'portal'
  | 'no-reply'
  /** Nor does the gateway answer ARP or neighbour solicitation. */
  | 'gateway-silent'
  /** Nor has the WireGuard peer completed a handshake for three minutes. */
  | 'no-handshake';

export interface LinkStatus {
  /** UCI section name. */
  name: string;
  /** netifd interface name. */
  interface: string;
  enabled: boolean;
  /** 1–256. */
  weight: number;
  /** 1–9; higher ones are backups. */
  tier: number;
  state: LinkState;
  reason: LinkReason;
  /** Seconds since the state last changed. */
  state_age_s: number;
  /** Of the probes of the last minute: mean round-trip time, its mean change, and lost ones; null without probes. */
  latency_ms: number | null;
  jitter_ms: number | null;
  loss_permille: number | null;
  /** Seconds for which a link that has failed often is not used, although it may answer again; 0: none. */
  hold_s: number;
  /** Layer-3 device, null while the interface is down. */
  device: string | null;
  /** IPv4 address of the router on this link. */
  address: string | null;
  /** IPv4 gateway; null while down and on links without one (tunnels, PPP). */
  gateway: string | null;
  /** IPv6 address of the router on this link; null without one. */
  address6: string | null;
  /** New IPv6 connections can leave by it. */
  ip6: boolean;
  /** Received (download) and sent rates in bits per second; null until two samples exist. */
  rx_bps: number | null;
  tx_bps: number | null;
  /** Bytes received and sent since the device exists; null while the interface is down. */
  rx_bytes: number | null;
  tx_bytes: number | null;
  /** Connections in the kernel's table that are pinned to this link; null until they have been counted. */
  connections_live: number | null;
  /** Connections that left by this link since the service started. */
  connections_new: number;
  /** Share of the connections of the last minute in 1/1000; null when there were none. */
  share_permille: number | null;
}

/**
 * `flow-offloading`: packets of offloaded connections are not seen, so busy links are not known; `no-sockets`: the
 * interpreter lacks them (package ucode-mod-socket), so only `ping` probes work and nobody is told of a dead link.
 */
export type Warning = 'flow-offloading' | 'no-sockets';

export interface Status {
  /** False when the daemon did not answer; then `links` is empty. */
  running: boolean;
  /** Globally switched on. */
  enabled: boolean;
  mode: string;
  links: LinkStatus[];
  /** What is wrong with the configuration on the router; the last good one stays in force. */
  errors: ConfigError[];
  /** What went wrong when the kernel was last changed; empty when all is as planned. */
  failure: string;
  /** What works, but not as well as it could. */
  warnings: Warning[];
}

export interface ConfigReply {
  /** Null when what is stored is not valid; `errors` says why. */
  config: Config | null;
  /** Changes with every change of the configuration; send it back with `set_config`. */
  revision: string;
  errors: ConfigError[];
}

/** Switch one link or change its weight; null leaves a value as it is. */
export interface SetLink {
  name: string;
  enabled: boolean | null;
  weight: number | null;
}

/** Replace the whole configuration, provided nobody changed it since `revision` was read. */
export interface SetConfig {
  config: Config;
  revision: string;
}

export interface ChangeReply {
  /** Saved, and in force in the kernel unless `failure` says otherwise. */
  ok: boolean;
  errors: ConfigError[];
  /** What went wrong when the kernel was changed; empty when nothing did. */
  failure: string;
  /** The new revision, empty when nothing was saved. */
  revision: string;
}

/** A client that stays on a link, or stays there towards one destination. */
export interface StickyEntry {
  /** Name of the group, `default` for that of all links. */
  group: string;
  /** Address, or network in prefix notation when a prefix length is configured. */
  source: string;
  /** Null when the group keeps clients, whatever their destination. */
  destination: string | null;
  link: string;
  /** Seconds until it is forgotten, unless a new connection renews it. */
  expires_s: number;
}

export interface StickyReply {
  /** Those that expire last come first; at most STICKY_SHOWN_MAX. */
  entries: StickyEntry[];
  /** How many there are. */
  total: number;
}

/** Most entries in one reply. */
export const STICKY_SHOWN_MAX = 500;

/** A change of a link's state. */
export interface LinkEvent {
  age_s: number;
  state: LinkState;
  reason: LinkReason;
}

/** The last 24 hours of a link, or since the service started. */
export interface HistoryReply {
  /** Seconds that each value stands for; the last value is the interval still under way. */
  interval_s: number;
  /** Mean round-trip time, oldest first; null: no answer, or not probed. */
  latency_ms: (number | null)[];
  /** Lost probes; null: not probed. As many as `latency_ms`. */
  loss_permille: (number | null)[];
  /** Oldest first. */
  events: LinkEvent[];
}

export interface ProbeResult {
  /** As configured, or `gateway` and `wireguard`, which are looked at in any case. */
  probe: string;
  outcome: 'running' | 'ok' | 'no-reply' | 'refused' | 'portal' | 'unsupported';
  /** Until the answer. */
  duration_ms: number | null;
  /** What else there is to know: an HTTP status, the state of a neighbour, the age of a handshake; may be empty. */
  detail: string;
}

/** All probes of one link, made once when `test_link` was called. */
export interface TestReply {
  /** Null when no test of this link was asked for. */
  age_s: number | null;
  running: boolean;
  results: ProbeResult[];
}

/** Forget entries: all of a group, or those with this source; null: of every group, with any source. */
export interface ClearSticky {
  group: string | null;
  source: string | null;
}
