/**
 * A whole OpenWrt household on one machine: clients, a router with several uplinks, a server; real routing and
 * real nftables of the kernel, the Node build of the backend, and stand-ins for the rest of OpenWrt.
 *
 *     const lab = await start_lab({ uplinks: [{ name: 'wan1', down_bps: 8e6, up_bps: 8e6 }, { name: 'wan2' }] });
 *     const transfers = await lab.download({ parallel: 4, bytes: 1e6 });
 *     lab.uplink('wan1').blackhole();
 *     …
 *     await lab.stop();
 *
 * Works only inside the private namespaces that `e2e/in_namespace.ts` makes; one lab at a time.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect_ubus, type UbusConnection } from '../../rpcd/platform/node/ubus.ts';
import { parse_uci } from '../../rpcd/platform/node/uci.ts';
import type { CommandResult, JsonObject } from '../../rpcd/platform/platform.ts';
import { PLUGIN_OBJECT } from '../../rpcd/src/rpc.ts';
import { build_programs, build_shell_page, checkout } from './build.ts';
import { fw4_ruleset } from './firewall.ts';
import { forward_to, json_rpc, type RpcAnswer } from './front.ts';
import { inside_namespace, LAB_FOLDER } from './namespace.ts';
import type { OpenwrtSetup } from './openwrt.ts';
import {
  CREDENTIALS,
  firewall_config,
  forwarded_port,
  linkagg_config,
  network_config,
  rpcd_config,
} from './router_config.ts';
import {
  create_topology,
  create_uplink,
  delete_topology,
  remove_uplink,
  run_in,
  set_carrier,
  set_loss,
  set_rate,
  type UplinkPlan,
  uplink_exists,
  uplink_lease,
} from './topology.ts';
import {
  type Agent,
  type AgentOrder,
  type AgentReply,
  type ConnectionState,
  type Opened,
  type Received,
  SERVICE_PORT,
  start_agent,
  type Transfer,
} from './traffic.ts';

export type { RpcAnswer } from './front.ts';
export { CREDENTIALS } from './router_config.ts';

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
}

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
  /** Forwarded packets vanish without a word, both ways; carrier and gateway stay. */
  blackhole(): void;
  /** Drop this share of the packets. */
  set_loss(loss_permille: number): void;
  /** Carrier loss, caused at the far end. */
  cut(): void;
  /** The device vanishes from the router. */
  remove(): void;
  /** Undo `blackhole`, `set_loss`, `cut` and `remove`. */
  restore(): void;
  /** Bits per second; null: not shaped. */
  set_rate(down_bps: number | null, up_bps: number | null): void;
  /** netifd's `ifdown` and `ifup`. */
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
  /** Server address instead of all in turn. */
  address?: string;
  /** Local address to bind to (to test the router's bound sockets). */
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
  address?: string;
  local_address?: string;
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
  uplinks: Uplink[];
  uplink(name: string): Uplink;
  /** Uplink with this address of the router, null when there is none. */
  uplink_of(address: string | null): string | null;
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
  /** What the daemon wrote to standard error since the lab started. */
  daemon_log(): string[];
  /** Call the plugin (or another object) through the web server, as the page does. */
  rpc(method: string, args?: JsonObject, options?: { user?: User; object?: string }): Promise<RpcAnswer>;
  /** The router's bus, past all access control. */
  ubus: UbusConnection;
  /** Never rejects: failures are in the result. */
  download(options?: DownloadOptions): Promise<Download[]>;
  start_download(options?: DownloadOptions): RunningDownload;
  /** As many short TCP connections as can be made one after the other, `parallel` at a time. */
  knock(options: { parallel: number; seconds: number }): Promise<Opened>;
  /** As many UDP packets as can be sent, each the first of a connection of its own; the server drops them. */
  scatter(options: { seconds: number }): Promise<Opened>;
  /** Open `count` connections to the server. Returns at once; see `states`. */
  open_connections(count: number, options?: ConnectionOptions): Connections;
  /**
   * Connections from the server to the router's address on an uplink: to the router's own service, or through a
   * port forward to a client.
   */
  connect_in(
    uplink: string,
    count: number,
    options?: { to?: From; protocol?: 'tcp' | 'udp'; interval_ms?: number },
  ): Connections;
  stop(): Promise<void>;
}

/** The default server owns the default probe targets, too. */
const PROBE_TARGETS = ['223.5.5.5', '1.1.1.1', '8.8.8.8'];
const DAEMON_OBJECT = `${PLUGIN_OBJECT}.daemon`;
const ACL_FOLDER = 'luci-app-linkagg/root/usr/share/rpcd/acl.d';
/** Where the page's bundle is built to. */
const APP_FILE = 'build/page/app.js';
const START_TIMEOUT_MS = 10_000;

/** Rejects when something of it cannot be started; nothing is left behind then. */
export async function start_lab(options: LabOptions = {}): Promise<Lab> {
  if (!inside_namespace()) {
    throw new Error(
      'a lab needs namespaces of its own: run the command through `node build/in_namespace.mjs`',
    );
  }
  const children: ChildProcess[] = [];
  const agents = new Map<string, Agent>();
  const kill_all = () => {
    for (const child of children) child.kill('SIGKILL');
    for (const agent of agents.values()) agent.stop();
  };
  process.on('exit', kill_all);
  try {
    return await build_lab(options, children, agents, kill_all);
  } catch (error) {
    kill_all();
    throw error;
  }
}

async function build_lab(
  options: LabOptions,
  children: ChildProcess[],
  agents: Map<string, Agent>,
  kill_all: () => void,
): Promise<Lab> {
  const given = options.uplinks ?? [{ name: 'wan1' }, { name: 'wan2' }, { name: 'wan3' }];
  const plans: UplinkPlan[] = given.map((uplink, index) => ({
    name: uplink.name,
    down_bps: uplink.down_bps ?? null,
    up_bps: uplink.up_bps ?? null,
    metric: uplink.metric ?? 10 * (index + 1),
  }));
  const client_names = numbers(options.clients ?? 1).map(number => `client${number}`);
  const server_addresses = numbers(options.server_addresses ?? 8).map(number => `198.51.100.${number}`);

  const folder = join(LAB_FOLDER, 'lab');
  rmSync(folder, { recursive: true, force: true });
  const [programs, page, config_folder] = ['programs', 'page', 'config'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(config_folder, { recursive: true });
  await build_programs(programs, [
    'e2e/lab/openwrt.ts',
    'e2e/lab/traffic_agent.ts',
    'rpcd/platform/node/linkaggd.ts',
    'rpcd/platform/node/ubus_thread.ts',
  ]);
  await build_shell_page(page, ['e2e/lab/page/shell.ts']);
  for (const file of ['index.html', 'theme.css']) {
    copyFileSync(join(checkout, 'e2e/lab/page', file), join(page, file));
  }

  const configs: Record<string, string> = {
    network: network_config(plans),
    firewall: firewall_config(plans, client_names.length),
    rpcd: rpcd_config(),
    linkagg:
      options.linkagg ?? linkagg_config(given.map(({ name, weight }) => ({ name, weight: weight ?? 1 }))),
  };
  for (const [name, text] of Object.entries(configs)) writeFileSync(join(config_folder, name), text);
  const leases = Object.fromEntries(plans.map(({ name }, index) => [name, uplink_lease(index + 1)]));
  writeFileSync(join(folder, 'leases.json'), JSON.stringify(leases));

  create_topology({
    uplinks: plans,
    clients: client_names,
    server_addresses: [...server_addresses, ...PROBE_TARGETS],
  });

  const ubus_socket = join(folder, 'ubus.sock');
  const http_socket = join(folder, 'http.sock');
  const acl_folder = join(checkout, ACL_FOLDER);
  const setup: OpenwrtSetup = {
    ubus_socket,
    uci_folder: config_folder,
    lease_file: join(folder, 'leases.json'),
    acl_files: readdirSync(acl_folder).map(file => join(acl_folder, file)),
    http_socket,
    http_files: {
      '/': join(page, 'index.html'),
      '/shell.js': join(page, 'shell.js'),
      '/theme.css': join(page, 'theme.css'),
      '/app.js': join(checkout, APP_FILE),
    },
  };
  const backend_env = { ...process.env, LINKAGG_UCI_DIR: config_folder, LINKAGG_UBUS: ubus_socket };

  function start_in_router(program: string, args: string[]): ChildProcess {
    const argv = ['netns', 'exec', 'router', process.execPath, join(programs, program), ...args];
    const child = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'pipe'], env: backend_env });
    children.push(child);
    return child;
  }

  reload_firewall();
  const openwrt = start_in_router('openwrt.js', [JSON.stringify(setup)]);
  openwrt.stderr?.pipe(process.stderr, { end: false });
  for (const namespace of ['server', 'router', ...client_names]) {
    agents.set(namespace, start_agent(namespace, join(programs, 'traffic_agent.js')));
  }
  await Promise.all([
    first_line(openwrt, 'the stand-ins for OpenWrt'),
    ...[...agents].map(([name, agent]) => {
      // A service of the router's own usually listens on all addresses, and answers from the one routing picks.
      const udp_addresses = name === 'server' ? server_addresses : ['0.0.0.0'];
      return served(agent.order({ kind: 'serve', port: SERVICE_PORT, udp_addresses }).reply);
    }),
  ]);

  const ubus = connect_ubus(
    ubus_socket,
    () => ({ status: 0, reply: {} }),
    () => {},
  );
  const front = await forward_to(http_socket, 0);
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;

  let daemon: ChildProcess | null = null;
  const daemon_log: string[] = [];
  const daemon_running = () => daemon !== null && daemon.exitCode === null && daemon.signalCode === null;
  const sessions = new Map<User, string>();

  function uplink_of(address: string | null): string | null {
    return Object.entries(leases).find(([, lease]) => lease.address === address)?.[0] ?? null;
  }

  function host(name: string): Host {
    return { name, exec: (argv, input) => run_in(name, argv, input) };
  }

  function agent_of(name: From): Agent {
    const agent = agents.get(name);
    if (agent === undefined) throw new Error(`there is no ${name} in this lab`);
    return agent;
  }

  function reload_firewall(): void {
    const sections = (config: string) => parse_uci(readFileSync(join(config_folder, config), 'utf8'));
    const ruleset = fw4_ruleset(sections('network'), sections('firewall'));
    const { code, stderr } = run_in('router', ['nft', '-f', '-'], ruleset);
    if (code !== 0) throw new Error(`fw4: ${stderr}`);
  }

  function uplink(plan: UplinkPlan, index: number): Uplink {
    const { name } = plan;
    const rates = { down_bps: plan.down_bps, up_bps: plan.up_bps };
    const ask_netifd = async (method: string) => {
      await ubus.call(`network.interface.${name}`, method, {});
    };
    return {
      name,
      address: uplink_lease(index + 1).address,
      gateway: uplink_lease(index + 1).gateway,
      blackhole: () => set_loss(name, 1000),
      set_loss: loss_permille => set_loss(name, loss_permille),
      cut: () => set_carrier(name, false),
      remove: () => remove_uplink(name),
      restore() {
        if (!uplink_exists(name)) create_uplink({ ...plan, ...rates }, index + 1);
        set_carrier(name, true);
        set_loss(name, 0);
      },
      set_rate(down_bps, up_bps) {
        Object.assign(rates, { down_bps, up_bps });
        set_rate(name, down_bps, up_bps);
      },
      ifdown: () => ask_netifd('down'),
      ifup: () => ask_netifd('up'),
      counters() {
        const { stdout } = run_in('router', ['ip', '-j', '-s', 'link', 'show', name]);
        const [
          {
            stats64: { rx, tx },
          } = { stats64: NO_TRAFFIC },
        ] = JSON.parse(stdout || '[]') as LinkStatistics[];
        return { rx_bytes: rx.bytes, tx_bytes: tx.bytes, rx_packets: rx.packets, tx_packets: tx.packets };
      },
    };
  }

  const uplinks = plans.map(uplink);

  function start_download(wanted: DownloadOptions = {}): RunningDownload {
    const agent = agent_of(wanted.from ?? 'client1');
    const count = wanted.parallel ?? 1;
    const bytes = [wanted.bytes ?? []].flat();
    const { group, reply } = agent.order({
      kind: 'download',
      targets: numbers(count).map(number => wanted.address ?? in_turn(server_addresses, number)),
      port: SERVICE_PORT,
      bytes,
      seconds: wanted.seconds ?? null,
      timeout_ms: wanted.timeout_ms ?? 10_000,
      local_address: wanted.local_address ?? null,
    });
    const done = transfers_of(reply).then(transfers =>
      transfers.map(transfer => ({ ...transfer, uplink: uplink_of(transfer.source) })),
    );
    const received = async () => {
      const answer = await agent.order({ kind: 'received', group }).reply;
      if (answer.kind !== 'received') throw new Error(`received: ${JSON.stringify(answer)}`);
      return answer;
    };
    return { done, received, stop: () => void agent.order({ kind: 'stop_download', group }) };
  }

  function open(
    agent: Agent,
    targets: string[],
    port: number,
    wanted: ConnectionOptions,
    uplink_seen: (state: ConnectionState) => string | null,
  ): Connections {
    const { group } = agent.order({
      kind: 'open',
      protocol: wanted.protocol ?? 'tcp',
      targets,
      port,
      interval_ms: wanted.interval_ms ?? 100,
      local_address: wanted.local_address ?? null,
    });
    return {
      async states() {
        const states = await states_of(agent.order({ kind: 'states', group }).reply);
        return states.map(state => ({ ...state, uplink: uplink_seen(state) }));
      },
      async close() {
        await agent.order({ kind: 'close', group }).reply;
      },
    };
  }

  async function open_many(order: AgentOrder): Promise<Opened> {
    const answer = await agent_of('client1').order(order).reply;
    if (answer.kind !== 'opened') throw new Error(`${order.kind}: ${JSON.stringify(answer)}`);
    return answer;
  }

  const lab: Lab = {
    url,
    credentials: CREDENTIALS,
    http_socket,
    router: host('router'),
    server: host('server'),
    clients: client_names.map(host),
    server_addresses,
    uplinks,
    uplink(name) {
      const found = uplinks.find(candidate => candidate.name === name);
      if (found === undefined) throw new Error(`there is no uplink ${name} in this lab`);
      return found;
    },
    uplink_of,
    read_config: config => readFileSync(join(config_folder, config), 'utf8'),
    write_config: (config, text) => writeFileSync(join(config_folder, config), text),
    reload_firewall,
    async reload_network() {
      await ubus.call('network', 'reload', {});
    },
    async restart_network() {
      await ubus.call('network', 'restart', {});
    },
    async start_daemon() {
      if (daemon_running()) throw new Error('the daemon is running already');
      const started = start_in_router('linkaggd.js', []);
      daemon = started;
      started.stdout?.resume();
      if (started.stderr !== null) {
        createInterface({ input: started.stderr }).on('line', line => daemon_log.push(line));
      }
      await wait_for(
        async () => {
          if (!daemon_running()) throw new Error(`the daemon has ended:\n${daemon_log.join('\n')}`);
          return Object.keys(await ubus.list(DAEMON_OBJECT)).length > 0;
        },
        { what: `ubus object ${DAEMON_OBJECT}` },
      );
    },
    async kill_daemon(signal = 'SIGTERM') {
      const ending = daemon;
      if (ending === null || !daemon_running()) throw new Error('the daemon is not running');
      const code = new Promise<number | null>(resolve => ending.once('exit', resolve));
      ending.kill(signal);
      return code;
    },
    daemon_running,
    daemon_log: () => [...daemon_log],
    async rpc(method, args = {}, { user = 'root', object = PLUGIN_OBJECT } = {}) {
      let session = sessions.get(user);
      if (session === undefined) {
        const { reply } = await json_rpc(http_socket, '0'.repeat(32), 'session', 'login', {
          ...CREDENTIALS[user],
        });
        session = String(reply?.ubus_rpc_session);
        sessions.set(user, session);
      }
      return json_rpc(http_socket, session, object, method, args);
    },
    ubus,
    download: async wanted => start_download(wanted).done,
    start_download,
    knock: wanted => open_many({ kind: 'knock', targets: server_addresses, port: SERVICE_PORT, ...wanted }),
    scatter: wanted => open_many({ kind: 'scatter', targets: server_addresses, ...wanted }),
    open_connections(count, wanted = {}) {
      const targets = numbers(count).map(number => wanted.address ?? in_turn(server_addresses, number));
      const uplink_seen = (state: ConnectionState) => uplink_of(state.sources.at(-1) ?? null);
      return open(agent_of(wanted.from ?? 'client1'), targets, SERVICE_PORT, wanted, uplink_seen);
    },
    connect_in(name, count, { to = 'router', protocol = 'tcp', interval_ms = 100 } = {}) {
      const port = to === 'router' ? SERVICE_PORT : forwarded_port(client_names.indexOf(to) + 1);
      const targets = numbers(count).map(() => lab.uplink(name).address);
      return open(agent_of('server'), targets, port, { protocol, interval_ms }, () => name);
    },
    async stop() {
      ubus.close();
      front.close();
      process.off('exit', kill_all);
      kill_all();
      await Promise.all(children.map(child => child.exitCode ?? child.signalCode ?? once_ended(child)));
      delete_topology();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  await wait_for(() => uplinks.every(({ name }) => has_default_route(lab.router, name)), {
    what: 'a default route over each uplink',
  });
  if (options.daemon ?? true) await lab.start_daemon();
  return lab;
}

/** Poll until `condition` gives something true, and return that. Throws when `timeout_ms` are over. */
export async function wait_for<T>(
  condition: () => T | Promise<T>,
  {
    what,
    timeout_ms = START_TIMEOUT_MS,
    interval_ms = 20,
  }: { what?: string; timeout_ms?: number; interval_ms?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout_ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeout_ms} ms in vain for ${what ?? condition.toString()}`);
    }
    await new Promise(resolve => setTimeout(resolve, interval_ms));
  }
}

/** What `ip -j -s link show` prints of one device. */
interface LinkStatistics {
  stats64: { rx: { bytes: number; packets: number }; tx: { bytes: number; packets: number } };
}

const NO_TRAFFIC = { rx: { bytes: 0, packets: 0 }, tx: { bytes: 0, packets: 0 } };

/** 1, 2, … count. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function in_turn(addresses: string[], number: number): string {
  return addresses[(number - 1) % addresses.length] ?? '';
}

function has_default_route(router: Host, device: string): boolean {
  return router.exec(['ip', 'route', 'show', 'default', 'dev', device]).stdout !== '';
}

async function transfers_of(reply: Promise<AgentReply>): Promise<Transfer[]> {
  const answer = await reply;
  if (answer.kind !== 'transfers') throw new Error(`download: ${JSON.stringify(answer)}`);
  return answer.transfers;
}

async function states_of(reply: Promise<AgentReply>): Promise<ConnectionState[]> {
  const answer = await reply;
  if (answer.kind !== 'states') throw new Error(`states: ${JSON.stringify(answer)}`);
  return answer.states;
}

async function served(reply: Promise<AgentReply>): Promise<void> {
  const answer = await reply;
  if (answer.kind !== 'done') throw new Error(`traffic agent: ${JSON.stringify(answer)}`);
}

/** Resolves with the first line a program prints, rejects when it ends without one. */
function first_line(child: ChildProcess, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('exit', code => reject(new Error(`${what} ended with code ${code}`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
  });
}

function once_ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve => child.once('exit', () => resolve()));
}
