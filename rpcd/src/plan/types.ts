/** What goes into a plan, and what a plan is. All of it is plain data. */

import type { Config, Link } from '../config/schema.gen.ts';
import type { Family } from '../net/address.ts';

/** One address family of an interface. */
export interface FamilyState {
  /** First address without prefix length. */
  address: string | null;
  gateway: string | null;
  /** Reached without a gateway: tunnels, PPP and other point-to-point devices. */
  point_to_point: boolean;
}

/** An IPv6 prefix that an uplink's provider delegated. */
export interface DelegatedPrefix {
  /** In prefix notation. */
  prefix: string;
  /** What of it the router gave to its LAN interfaces, in prefix notation, by interface. */
  assigned: Record<string, string>;
}

/** An IPv6 network that the router gave to a LAN interface, with its own address there. */
export interface AssignedNetwork {
  network: string;
  address: string | null;
}

/** A netifd interface as far as routing needs it; see `network.interface dump`. */
export interface InterfaceState {
  up: boolean;
  /** Layer-3 device, null while there is none. */
  device: string | null;
  /** False: the kernel says that the device has none. */
  carrier: boolean;
  /** Name servers that came with it. */
  dns: string[];
  is_wireguard: boolean;
  ip4: FamilyState;
  /** Also what another interface on the same device (`wan6`) brings. */
  ip6: FamilyState;
  /** Of an uplink. */
  prefixes: DelegatedPrefix[];
  /** Of a LAN interface, unique local ones included. */
  assignments: AssignedNetwork[];
}

/**
 * What the probes say of a link in one address family: `unknown` until one has been answered; `degraded`: over a
 * limit; `held`: answers again, but has failed too often lately; `captive`: a portal answers.
 */
export type Verdict = 'unknown' | 'alive' | 'degraded' | 'held' | 'captive' | 'dead';

/** By link name; one without is not watched in this family. */
export type Verdicts = Record<Family, Record<string, Verdict>>;

/** `last-resort`: gets new connections only while nothing better does. */
export type Use = 'yes' | 'last-resort' | 'no';

/** Names of links, by address family. */
export type Leaving = Record<Family, string[]>;

/** Connections that are being ended because nothing gets through any more. */
export interface Ending {
  /** Slots of the links they are pinned to. */
  slots: number[];
  /** Some have been forgotten: they are known by beginning in their middle. */
  forgotten: boolean;
}

export type Ended = Record<Family, Ending>;

/** Everything `plan` knows of the router besides the configuration. */
export interface Observed {
  /** By netifd interface name. */
  interfaces: Record<string, InterfaceState>;
  verdicts: Verdicts;
  /** Slot numbers that links already have, by link name: live connections carry them in their mark. */
  slots: Record<string, number>;
  /** Devices on which the kernel checks the return path strictly (rp_filter 1). */
  strict_rp_filter: string[];
  /** The kernel has IPv6. */
  ip6: boolean;
  /** The UDP ports that WireGuard devices are configured to send from, by interface name; also before they are up. */
  listen_ports: Record<string, number>;
  /** Of links, by name, as they are compared; see `settled_latency`. */
  latency_ms: Record<string, number>;
  /** Links whose connections from the LAN are being ended, because links of a better tier are back. */
  leaving: Leaving;
  ended: Ended;
}

export type BalanceMode = Config['globals']['mode'];

/** How a link is routed over in one address family. */
export interface Path {
  /** Of the router; an IPv6 path can be without one. */
  address: string | null;
  /** Null: on-link. */
  gateway: string | null;
  use: Use;
}

/** Source prefix of a LAN network, and the one that it becomes on a link. */
export interface Translation {
  from: string;
  to: string;
}

/** A link whose interface is up and can be routed over. */
export interface RoutableLink {
  name: string;
  slot: number;
  device: string;
  weight: number;
  /** 1–9. */
  tier: number;
  /** Null: not known. */
  latency_ms: number | null;
  /** Networks behind it, in prefix notation. */
  networks: string[];
  /** May get new connections in any family. */
  usable: boolean;
  /** Null: not over this link. */
  ip4: Path | null;
  ip6: Path | null;
  /** Networks that the provider delegated: their addresses leave as they are. */
  prefixes: string[];
  /** Those of them that do not overlap with an earlier link's: they tell the link. */
  own_prefixes: string[];
  nat6: Link['nat6'];
  /** What links of the same name here lead to translates addresses; empty: nothing does. */
  exit: string;
  /** Name servers that came with it. */
  dns: string[];
  /** The router's address for IPv6 when the device has none: on the LAN, within a delegated prefix. */
  lan_address6: string | null;
  translations: Translation[];
}

export interface PlannedSysctl {
  /** Below /proc/sys. */
  path: string;
  value: string;
}

/** Routes and rules of one address family, as lines of `ip` syntax without the verb. */
export interface PlannedFamily {
  routes: string[];
  rules: string[];
}

/** The whole desired kernel state. What is planned, what is compared and what is executed are one text. */
export interface Plan {
  ip4: PlannedFamily;
  ip6: PlannedFamily;
  /** Body of the nft table, null when there is to be none. */
  nft: string | null;
  sysctls: PlannedSysctl[];
  /** Names of policies, by the preference of their rules. */
  policies: Record<string, string>;
  /** Slot numbers after planning, to be given back as `observed.slots`. */
  slots: Record<string, number>;
}
