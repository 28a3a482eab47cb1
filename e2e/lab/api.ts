/** What a test sees of the lab. */

import type { UbusConnection } from '../../rpcd/platform/node/ubus.ts';
import type { CommandResult, JsonObject } from '../../rpcd/platform/platform.ts';
import type { RpcAnswer } from './front.ts';
import type { HotplugCall } from './hotplug.ts';
import type { CREDENTIALS } from './router_config.ts';
import type { Attempt, ConnectionState, Opened, Received, Transfer } from './traffic.ts';

export type User = keyof typeof CREDENTIALS;

export interface UplinkOptions {
  /** netifd interface and device at once. */
  name: string;
  /** Bits per second; not shaped when left out. */
  down_bps?: number;
  up_bps?: number;
  /** Weight in the default /etc/config/linkagg. */
  weight?: number;
  /** Metric of the default route in the main table; 10, 20, … when left out. */
  metric?: number;
  /** netifd's protocol for IPv4; `dhcp` when left out. Without a carrier `static` interfaces stay up. */
  proto?: 'dhcp' | 'static';
}

export interface LabOptions {
  uplinks?: UplinkOptions[];
  /** Number of clients: `client1`, `client2`, … */
  clients?: number;
  /** Number of service addresses of the server. */
  server_addresses?: number;
  /** Text of /etc/config/linkagg; by default every uplink is a link and the service is switched on. */
  linkagg?: string;
  /** False: the daemon is left to `start_daemon`. */
  daemon?: boolean;
  /**
   * Each uplink also has IPv6: an address of the router, and a delegated prefix of which the LAN has a /64. The
   * LAN has a ULA /64 as well.
   */
  ipv6?: boolean;
  /**
   * False: the router leaves the clients' addresses as they are, as towards tunnels to a server of one's own. The
   * server answers them by the first uplink; see `return_by`.
   */
  masquerade?: boolean;
}

export type Family = 4 | 6;

/** What a captive portal lets through besides its own page and names: everything else, or nothing. */
export type Portal = 'open' | 'closed';

export interface Host {
  name: string;
  /** Run a command there to its end, without a shell. */
  exec(argv: string[], input?: string): CommandResult;
}

export interface Uplink {
  name: string;
  /** The router's address on it. */
  address: string;
  gateway: string;
  /** The provider's own, beyond the gateway and out of reach over other uplinks; netifd reports it. */
  name_server: string;
  /** The provider's box: its wire to the router is `cpe`. */
  provider: Host;
  /** netifd's IPv6 interface on it, `<name>6` (`<name>_6` where another uplink has that name); null as below. */
  interface6: string | null;
  /** The router's IPv6 address on it; null in a lab without IPv6. */
  address6: string | null;
  /** The delegated prefix as it is now, with its length; null in a lab without IPv6. */
  readonly prefix6: string | null;
  /** Forwarded packets (of one address family) vanish without a word, both ways; carrier and gateway stay. */
  blackhole(family?: Family): void;
  /** Nothing at all comes from the other side any more, not even ARP; the carrier stays. */
  silence(): void;
  /**
   * Drop this share of the forwarded packets, each by chance, in each direction: of pings the share
   * `1 − (1 − loss)²` gets no answer, half of them with 293. What the gateway itself answers is not forwarded.
   */
  set_loss(loss_permille: number): void;
  /** A portal answers for every web page. */
  captive(portal: Portal): void;
  /** Carrier loss, caused at the far end. */
  cut(): void;
  /** The device vanishes from the router. */
  remove(): void;
  /** Undo all of these. */
  restore(): void;
  /** Bits per second; null: not shaped. */
  set_rate(down_bps: number | null, up_bps: number | null): void;
  /**
   * The provider delegates another prefix from now on (`2001:db8:aa00::/56`); the old one goes at once.
   *
   * `restarted`: DHCPv6 starts over, as after the provider's router has been replaced; netifd sends `ifdown` and
   * `ifup`. `renewed`: DHCPv6 renews its lease; netifd sends no event on the bus then, only the kernel's addresses,
   * routes and the dump change.
   */
  delegate(prefix: string, how?: 'restarted' | 'renewed'): Promise<void>;
  /** netifd's `ifdown` and `ifup` of all its interfaces. */
  ifdown(): Promise<void>;
  ifup(): Promise<void>;
  /** Counters of the router's device. */
  counters(): Counters;
}

export interface Counters {
  rx_bytes: number;
  tx_bytes: number;
  rx_packets: number;
  tx_packets: number;
}

/** Where connections start: a client's name, or the router itself. */
export type From = string;

export interface DownloadOptions {
  from?: From;
  /** Number of connections; they start at once and go to the server's addresses in turn. */
  parallel?: number;
  /** Of each connection, or one number per connection. */
  bytes?: number | number[];
  /** End after this time, whatever was received. */
  seconds?: number;
  /** Silence for this long is an error. */
  timeout_ms?: number;
  /** Which of the server's addresses; 4 when left out. */
  family?: Family;
  /** Server address instead of all in turn. */
  address?: string;
  /** Local address to bind to: one of the router's, to test its bound sockets, or of a client's (`address6_of`). */
  local_address?: string;
}

/** A finished download, with the uplink that the server saw it come from (null: none of ours, or no connection). */
export type Download = Transfer & { uplink: string | null };

export interface RunningDownload {
  done: Promise<Download[]>;
  /** What its connections have got up to now, for rates over a span of time. */
  received(): Promise<Received>;
  stop(): void;
}

export type OpenConnection = ConnectionState & {
  /** Uplink of the last of `sources`. */
  uplink: string | null;
};

/** Long-lived connections that exchange a line or packet every interval. */
export interface Connections {
  states(): Promise<OpenConnection[]>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  from?: From;
  protocol?: 'tcp' | 'udp';
  interval_ms?: number;
  /**
   * TCP only: after one request nothing is sent any more, as in a download that waits; the server sends a line every
   * `interval_ms`, `never` for none.
   */
  waiting?: 'never' | 'interval';
  family?: Family;
  address?: string;
  local_address?: string;
}

/** One attempt to use the server, with the uplink that the server saw it come from (null: none of ours, or failed). */
export type ServiceAttempt = Attempt & { uplink: string | null };

/** A new connection every interval, each for itself. */
export interface ServiceProbe {
  /** Those that have ended, in the order of their start. */
  attempts(): Promise<ServiceAttempt[]>;
  /** Start no more, and wait for those under way. */
  stop(): Promise<ServiceAttempt[]>;
}

export interface ProbeOptions {
  from?: From;
  /** From one start to the next, whatever became of it: 100 when left out. */
  interval_ms?: number;
  /** Of each: 1000 when left out. */
  timeout_ms?: number;
  family?: Family;
  /** Server address instead of all in turn. */
  address?: string;
}

/** An event on the router's bus; `at_ms` on the clock of `monotonic_ms`. */
export interface BusEvent {
  event: string;
  payload: JsonObject;
  at_ms: number;
}

export interface IncomingOptions {
  to?: From;
  protocol?: 'tcp' | 'udp';
  interval_ms?: number;
  family?: Family;
}

export interface Lab {
  /** The web page, for a browser inside the namespaces. */
  url: string;
  credentials: typeof CREDENTIALS;
  /** Unix socket of the web server. */
  http_socket: string;
  router: Host;
  server: Host;
  clients: Host[];
  server_addresses: string[];
  /** Empty in a lab without IPv6. */
  server_addresses6: string[];
  uplinks: Uplink[];
  uplink(name: string): Uplink;
  /** Uplink with this address of the router or with this address in its delegated prefix; null: none. */
  uplink_of(address: string | null): string | null;
  /** A client's address in the LAN's /64 of an uplink's delegated prefix as it is now, or of the ULA prefix. */
  address6_of(client: string, network: string | 'ula'): string;
  /** Text of a file in the router's /etc/config; writing runs no reload. */
  read_config(config: string): string;
  write_config(config: string, text: string): void;
  /** `fw4 reload`: load /etc/config/firewall again. */
  reload_firewall(): void;
  /** `service network reload` or `restart`. */
  reload_network(): Promise<void>;
  restart_network(): Promise<void>;
  /** Returns when the daemon's object can be called. */
  start_daemon(): Promise<void>;
  /** Returns when it has ended: its exit code, or null after a deadly signal. */
  kill_daemon(signal?: NodeJS.Signals): Promise<number | null>;
  daemon_running(): boolean;
  /** Runs one of the daemon program's commands to its end, as the package's scripts do. */
  linkaggd(command: 'stop' | 'remove'): CommandResult;
  /** What the daemon wrote to standard error since the lab started. */
  daemon_log(): string[];
  /** Call the plugin (or another object) through the web server, as the page does. */
  rpc(method: string, args?: JsonObject, options?: { user?: User; object?: string }): Promise<RpcAnswer>;
  /** The router's bus, past all access control. */
  ubus: UbusConnection;
  /** Resolves when the bus is listened to with a list that grows with every event whose name matches. */
  listen(pattern: string): Promise<BusEvent[]>;
  /** What was told to `/sbin/hotplug-call` since the lab started. */
  hotplug_calls(): HotplugCall[];
  /** In a lab with `masquerade: false` the server answers clients by this uplink, until that is removed. */
  return_by(uplink: string): void;
  /** Never rejects: failures are in the result. */
  download(options?: DownloadOptions): Promise<Download[]>;
  start_download(options?: DownloadOptions): RunningDownload;
  /** Connect to the server again and again, to see when that works. */
  probe_service(options?: ProbeOptions): ServiceProbe;
  /** Ask a name server for an IPv4 address; null: no answer in time. */
  resolve(
    name: string,
    server: string,
    options?: { from?: From; timeout_ms?: number },
  ): Promise<string | null>;
  /** As many short TCP connections as can be made one after the other, `parallel` at a time. */
  knock(options: { parallel: number; seconds: number }): Promise<Opened>;
  /** As many UDP packets as can be sent, each the first of a connection of its own; the server drops them. */
  scatter(options: { seconds: number }): Promise<Opened>;
  /** Open `count` connections to the server. Returns at once; see `states`. */
  open_connections(count: number, options?: ConnectionOptions): Connections;
  /**
   * Connections from the server to the router's address on an uplink: to the router's own service, or through a
   * port forward to a client. With IPv6 a client is reached at its own address in the uplink's delegated prefix.
   */
  connect_in(uplink: string, count: number, options?: IncomingOptions): Connections;
  stop(): Promise<void>;
}
