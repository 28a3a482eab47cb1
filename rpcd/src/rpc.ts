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
 * Changes of the network are staged in the caller's session, shown, applied and confirmed:
 *
 * | list_tunnels   | read  | {}                             | TunnelsReply    |
 * | parse_tunnel   | write | { conf: text }                 | ParseReply      |
 * | stage_tunnel   | write | { change: StageTunnel }        | StageReply      |
 * | stage_pc       | write | { pc: StagePc }                | PcReply         |
 * | remove_tunnel  | write | { interface: name }            | StageReply      |
 * | export_tunnel  | write | { export: ExportTunnel }       | ExportReply     |
 * | list_ports     | read  | {}                             | PortsReply      |
 * | stage_ports    | write | { change: StagePorts }         | StageReply      |
 * | get_staged     | write | {}                             | StageReply      |
 * | discard_staged | write | {}                             | StageReply      |
 * | apply_staged   | write | { timeout_s: 10 to 300 }       | ApplyReply      |
 * | confirm_applied | write | {}                            | ApplyReply      |
 * | undo_applied   | write | {}                             | ApplyReply      |
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
  /** Nor does the WireGuard peer complete a handshake. */
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

export interface NatStatus {
  /** UCI section name. */
  name: string;
  /** That the rule has been used for since it exists in the kernel. */
  connections: number;
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
  nat: NatStatus[];
  /** What is wrong with the configuration on the router; the last good one stays in force. */
  errors: ConfigError[];
  /** What went wrong when the kernel was last changed; empty when all is as planned. */
  failure: string;
  /** What works, but not as well as it could. */
  warnings: Warning[];
  /** Command that installs what the service itself cannot do without; empty when nothing is missing. */
  missing: string;
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
  /** `ip6`: IPv6 alone, beside a live IPv4, is `offline` or `online` again; null: the link. */
  family: 'ip6' | null;
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
  /**
   * What else there is to know: an HTTP status, the state of a neighbour, the age of a handshake; may be empty. Of
   * what is unsupported the address family that the link lacks; empty: it takes sockets.
   */
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

/** A peer as the page sends it. */
export interface TunnelPeer {
  public_key: string;
  /** Null: as stored for this public key, or none; empty: none; else 44 characters of base64. */
  preshared_key: string | null;
  /** Address or name; empty: the peer calls. */
  endpoint_host: string;
  /** 1 to 65535. */
  endpoint_port: number;
  /** Networks behind the peer. */
  allowed_ips: string[];
  /** Seconds, 0: never. 25 keeps a NAT in between open. */
  persistent_keepalive: number;
}

/**
 * A WireGuard tunnel with its link: interface and device `linkagg_<name>`, link `<name>`, both in one.
 */
export interface Tunnel {
  /** 1 to 7 letters, digits or _: device names have 15 characters. */
  name: string;
  /** Null: the stored one, or a new one made on the router. */
  private_key: string | null;
  /** Null: the stored one, or a free one. */
  listen_port: number | null;
  /** Of the router in the tunnel, with a prefix length or without. */
  addresses: string[];
  /** Null: what WireGuard takes by itself. */
  mtu: number | null;
  peers: TunnelPeer[];
  /** `none`: the far side does the NAT, and knows the way back to the LAN. */
  nat: 'masquerade' | 'none';
  /** Name of the link that the tunnel's own packets leave by; empty: any. */
  uplink: string;
  /** As in the link: tunnels with the same hand their connections over to each other. */
  exit: string;
}

export interface StageTunnel {
  /** True: there is none of that name yet; false: it replaces the one of that name. */
  create: boolean;
  tunnel: Tunnel;
}

/** What the session has changed in one package of /etc/config. */
export interface StagedPackage {
  config: string;
  /** As `uci changes` words them; keys are hidden. */
  changes: string[];
}

/** `own`: applied by this session and not confirmed; `other`: by another session. */
export type Pending = 'none' | 'own' | 'other';

export interface StageReply {
  /** True when what was asked for has been staged; nothing of it has been otherwise. */
  ok: boolean;
  errors: ConfigError[];
  /** Everything that this session would apply, also what other pages have staged. */
  staged: StagedPackage[];
  /** What the service will then change in the kernel, as commands of `ip` and `nft`. */
  commands: string[];
  /** What others will do then, and what is worth knowing. */
  notes: string[];
  /** Seconds are left for `confirm_applied` while this is `own`. */
  pending: Pending;
  left_s: number;
  /** Of the tunnel that has been staged, for its other side; empty when none has been. */
  public_key: string;
}

/**
 * A PC of the LAN as a link: a tunnel between the router and the PC, which forwards to a server by a tunnel and an
 * uplink of its own. What the PC and the server need besides is not the router's business.
 */
export interface StagePc {
  /** As in `StageTunnel`; the one that is replaced keeps its own key and port. */
  create: boolean;
  /** As of a tunnel. */
  name: string;
  /** The PC's IPv4 address in the LAN. */
  address: string;
  /** Of this PC alone, with the router at .1 and the PC at .2; empty: a free one, or the one it has. */
  network: string;
}

/** The PC's part, which is shown once. */
export interface PcSide {
  private_key: string;
  public_key: string;
  /** Between the PC and the router. */
  preshared_key: string;
  /** Such as 10.120.31.0/24. */
  network: string;
  /** Where the PC reaches the router. */
  router_address: string;
  router_port: number;
}

export interface PcReply extends StageReply {
  /** Only there when it has been staged; the router's key is `public_key`. */
  pc?: PcSide;
}

export interface ApplyReply {
  ok: boolean;
  errors: ConfigError[];
  pending: Pending;
  /** Until it is undone by itself. */
  left_s: number;
}

/** What WireGuard says of a peer. */
export interface PeerState {
  /** Address and port, empty when none is known. */
  endpoint: string;
  /** Null: never yet. */
  handshake_age_s: number | null;
  rx_bytes: number;
  tx_bytes: number;
}

export interface PeerStatus {
  public_key: string;
  has_preshared_key: boolean;
  endpoint_host: string;
  endpoint_port: number;
  allowed_ips: string[];
  persistent_keepalive: number;
  /** Null: the device does not have it, or has not been asked yet (ask again in a second). */
  state: PeerState | null;
}

/** A WireGuard interface, with what this session has staged. */
export interface TunnelStatus {
  interface: string;
  /** False: made elsewhere, shown only. */
  ours: boolean;
  /** Of its link; empty when it is none. */
  link: string;
  has_private_key: boolean;
  /** Empty while not known. */
  public_key: string;
  listen_port: number | null;
  addresses: string[];
  mtu: number | null;
  /** `other`: by a firewall zone that is neither. */
  nat: 'masquerade' | 'none' | 'other';
  uplink: string;
  exit: string;
  peers: PeerStatus[];
}

export interface TunnelsReply {
  tunnels: TunnelStatus[];
  /** Command that installs what WireGuard needs; empty when nothing is missing. */
  missing: string;
}

/**
 * Several links over one device, each with a MAC address of its own (macvlan): links `<name>1`, `<name>2` …, whose
 * interfaces and devices get the prefix `linkagg_`.
 */
export interface StagePorts {
  /** True: there is none of that name yet; false: it replaces the one of that name. */
  create: boolean;
  /** 1 to 5 letters, digits or _, without a digit at the end. */
  name: string;
  /** Device that they share. */
  parent: string;
  /** 1 to 16 links; 0: none any more. */
  count: number;
  proto: PortProtocol;
  /** Of PPPoE, the same for all of them; null: the stored ones. */
  username: string | null;
  password: string | null;
}

export type PortProtocol = 'dhcp' | 'pppoe';

export interface PortStatus {
  interface: string;
  /** Its link; empty when it is none. */
  link: string;
  mac: string;
  /** IPv4 address that it got; empty: none, or none yet. */
  address: string;
  /** What netifd says went wrong last, such as AUTH_FAILED; empty: nothing. */
  error: string;
}

export interface PortGroup {
  name: string;
  parent: string;
  proto: PortProtocol;
  /** In the order of their numbers. */
  ports: PortStatus[];
}

/** What a Wi-Fi chip can do as a client of other networks. */
export interface Radio {
  /** As in /etc/config/wireless when it is in use, else as the kernel calls it. */
  name: string;
  /** Most networks at a time that it lets itself be set up for; many chips get a connection to one only. */
  clients: number;
  /** Most channels that these can be on. */
  channels: number;
}

/** What the router has, with what this session has staged. */
export interface PortsReply {
  groups: PortGroup[];
  /** Devices of uplinks that links could share. */
  parents: string[];
  radios: Radio[];
  /** By protocol: as in TunnelsReply. */
  missing: Record<PortProtocol, string>;
}

export interface ParseReply {
  /** Its name is empty, its nat and uplink are to be chosen; null when there are errors. */
  tunnel: Tunnel | null;
  /** `section` is the section of the file with its number, `option` the key. */
  errors: ConfigError[];
  /** What was left out, with the reason. */
  ignored: ConfigError[];
}

export interface ExportTunnel {
  interface: string;
  /** Public key of the peer that is to get the file. */
  peer: string;
  /** Address or name by which that side reaches the router; empty: it is called only. */
  endpoint_host: string;
  /**
   * True: a key pair (and preshared key) for the other side is made, shown once and staged here; false: there are
   * placeholders for what only the other side knows, or what never leaves the router.
   */
  make_keys: boolean;
}

export interface ExportReply extends StageReply {
  /** Text of the .conf file, empty when there are errors. */
  conf: string;
}
