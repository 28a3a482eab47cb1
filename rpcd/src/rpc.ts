/**
 * The contract between the page and the router: ubus object `linkagg`, published by the rpcd plugin.
 *
 * | method     | access | arguments                      | reply           |
 * |------------|--------|--------------------------------|-----------------|
 * | status     | read   | {}                             | Status          |
 * | get_config | read   | {}                             | ConfigReply     |
 * | set_link   | write  | { link: SetLink }              | ChangeReply     |
 * | set_config | write  | { change: SetConfig }          | ChangeReply     |
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
 * `connecting`: up, but no probe has been answered or missed often enough yet; `online`; `offline`: up, but
 * probes get no answer. New connections use `connecting` and `online` links.
 */
export type LinkState = 'disabled' | 'down' | 'connecting' | 'online' | 'offline';

/** What lies behind the state, for the page to word. */
export type LinkReason =
  | 'switched-off'
  | 'service-off'
  | Obstacle
  | 'waiting-for-reply'
  | 'replying'
  | 'no-reply';

export interface LinkStatus {
  /** UCI section name. */
  name: string;
  /** netifd interface name. */
  interface: string;
  enabled: boolean;
  /** 1–256. */
  weight: number;
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
  /** Received (download) and sent rates in bits per second; null until two samples exist. */
  rx_bps: number | null;
  tx_bps: number | null;
  /** Connections that left by this link since the service started. */
  connections_new: number;
  /** Share of the connections of the last minute in 1/1000; null when there were none. */
  share_permille: number | null;
}

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
