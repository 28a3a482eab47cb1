/** What goes into a plan, and what a plan is. All of it is plain data. */

import type { Config } from '../config/schema.gen.ts';

/** A netifd interface as far as routing needs it; see `network.interface dump`. */
export interface InterfaceState {
  up: boolean;
  /** Layer-3 device, null while there is none. */
  device: string | null;
  /** First IPv4 address without prefix length. */
  address: string | null;
  /** IPv4 gateway; null when there is none. */
  gateway: string | null;
  /** Reached without a gateway: tunnels, PPP and other point-to-point devices. */
  point_to_point: boolean;
}

/** What the probes say. `unknown` until they have said anything. */
export type Verdict = 'unknown' | 'alive' | 'dead';

/** Everything `plan` knows of the router besides the configuration. */
export interface Observed {
  /** By netifd interface name. */
  interfaces: Record<string, InterfaceState>;
  /** By link name. */
  verdicts: Record<string, Verdict>;
  /** Slot numbers that links already have, by link name: live connections carry them in their mark. */
  slots: Record<string, number>;
  /** Devices on which the kernel checks the return path strictly (rp_filter 1). */
  strict_rp_filter: string[];
}

export type BalanceMode = Config['globals']['mode'];

/** A link whose interface is up and can be routed over. */
export interface RoutableLink {
  name: string;
  slot: number;
  device: string;
  address: string;
  /** Null: on-link. */
  gateway: string | null;
  weight: number;
  /** Gets new connections. */
  carries_new: boolean;
}

export interface PlannedSysctl {
  /** Below /proc/sys. */
  path: string;
  value: string;
}

/**
 * The whole desired kernel state. Routes and rules are lines of `ip` syntax without the verb, so that what is
 * planned, what is compared and what is executed are one text.
 */
export interface Plan {
  routes: string[];
  rules: string[];
  /** Body of the nft table, null when there is to be none. */
  nft: string | null;
  sysctls: PlannedSysctl[];
  /** Slot numbers after planning, to be given back as `observed.slots`. */
  slots: Record<string, number>;
}
