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
 * `disabled`: switched off by the admin, alone or with the whole service; `down`: its interface is missing, down or has no gateway;
 * `connecting`: up, but no probe has been answered or missed often enough yet; `online`; `standby`: as one of
 * these, but links of a better tier carry the new connections; `offline`: up, but probes get no answer. New
 * connections use `connecting` and `online` links.
 */
export type LinkState = 'disabled' | 'down' | 'connecting' | 'online' | 'standby' | 'offline';

/** What lies behind the state, for the page to word. */
export type LinkReason =
  | 'switched-off'
  | 'service-off'
  | Obstacle
  | 'waiting-for-reply'
  | 'replying'
  | 'better-tier'
  | 'no-reply';

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

/** `flow-offloading`: packets of offloaded connections are not seen, so busy links are not known. */
export type Warning = 'flow-offloading';

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

/** Forget entries: all of a group, or those with this source; null: of every group, with any source. */
export interface ClearSticky {
  group: string | null;
  source: string | null;
}
