/** Everything a lab is made of, from nothing: files, programs, wires, and what runs in the namespaces. */

import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type CommandResult, RUN_DIR } from '../../rpcd/platform/platform.ts';
import {
  PORTAL_ADDRESS,
  PORTAL_ADDRESS6,
  server_address,
  server_address6,
  UPLINKS_MAX,
  uplink_lease,
  uplink_lease6,
} from './addresses.ts';
import type { LabOptions } from './api.ts';
import { build_programs, build_shell_page, checkout } from './build.ts';
import { NO_FAULT } from './fault.ts';
import { provide_hotplug_call } from './hotplug.ts';
import { LAB_FOLDER, run_command } from './namespace.ts';
import type { Leases } from './netifd.ts';
import type { OpenwrtSetup } from './openwrt.ts';
import { firewall_config, linkagg_config, network_config, rpcd_config } from './router_config.ts';
import { create_topology, set_return, type UplinkPlan } from './topology.ts';
import { type Agent, type AgentReply, SERVICE_PORT, start_agent } from './traffic.ts';

/** What a lab is to have, with nothing left open. */
export interface Plan {
  uplinks: UplinkPlan[];
  client_names: string[];
  server_addresses: string[];
  server_addresses6: string[];
  /** Text of /etc/config/linkagg. */
  linkagg: string;
  ipv6: boolean;
  masquerade: boolean;
}

/** Where a lab keeps its files. */
export interface Folders {
  top: string;
  programs: string;
  page: string;
  config: string;
  lease_file: string;
  /** What was told to hotplug-call. */
  hotplug_file: string;
  ubus_socket: string;
  http_socket: string;
}

/** The default server owns the default probe targets, too. */
const PROBE_TARGETS = ['223.5.5.5', '1.1.1.1', '8.8.8.8'];
const PROBE_TARGETS6 = ['2400:3200::1', '2606:4700:4700::1111'];
const ACL_FOLDER = 'luci-app-linkagg/root/usr/share/rpcd/acl.d';
/** Where the page's bundle is built to. */
const APP_FILE = 'build/page/app.js';

export function plan_of(options: LabOptions): Plan {
  const given = options.uplinks ?? [{ name: 'wan1' }, { name: 'wan2' }, { name: 'wan3' }];
  if (given.length > UPLINKS_MAX) throw new Error(`a lab has at most ${UPLINKS_MAX} uplinks`);
  const ipv6 = options.ipv6 ?? false;
  const uplinks = given.map(({ name, down_bps, up_bps, metric, proto }, index) => ({
    name,
    name6: given.some(other => other.name === `${name}6`) ? `${name}_6` : `${name}6`,
    number: index + 1,
    down_bps: down_bps ?? null,
    up_bps: up_bps ?? null,
    fault: NO_FAULT,
    metric: metric ?? 10 * (index + 1),
    proto: proto ?? 'dhcp',
    lease: uplink_lease(index + 1),
    lease6: ipv6 ? uplink_lease6(index + 1) : null,
  }));
  const server_numbers = numbers(options.server_addresses ?? 8);
  const links = given.map(({ name, weight }) => ({ name, weight: weight ?? 1 }));
  return {
    uplinks,
    client_names: numbers(options.clients ?? 1).map(number => `client${number}`),
    server_addresses: server_numbers.map(server_address),
    server_addresses6: ipv6 ? server_numbers.map(server_address6) : [],
    linkagg: options.linkagg ?? linkagg_config(links),
    ipv6,
    masquerade: options.masquerade ?? true,
  };
}

/** Empties the lab's folder, and that of a service that ran before, as a reboot does, and fills the first anew. */
export async function write_files(plan: Plan): Promise<Folders> {
  const top = join(LAB_FOLDER, 'lab');
  const folders: Folders = {
    top,
    programs: join(top, 'programs'),
    page: join(top, 'page'),
    config: join(top, 'config'),
    lease_file: join(top, 'leases.json'),
    hotplug_file: join(top, 'hotplug'),
    ubus_socket: join(top, 'ubus.sock'),
    http_socket: join(top, 'http.sock'),
  };
  for (const folder of [top, RUN_DIR]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folders.config, { recursive: true });
  provide_hotplug_call(folders.hotplug_file);
  await build_programs(folders.programs, [
    'e2e/lab/openwrt.ts',
    'e2e/lab/traffic_agent.ts',
    'rpcd/platform/node/linkaggd.ts',
    'rpcd/platform/node/ubus_thread.ts',
  ]);
  await build_shell_page(folders.page, ['e2e/lab/page/shell.ts']);
  for (const file of ['index.html', 'theme.css']) {
    copyFileSync(join(checkout, 'e2e/lab/page', file), join(folders.page, file));
  }
  const { uplinks, client_names, ipv6, masquerade } = plan;
  const configs: Record<string, string> = {
    network: network_config(uplinks, ipv6),
    firewall: firewall_config(uplinks, client_names.length, { ipv6, masquerade }),
    rpcd: rpcd_config(),
    linkagg: plan.linkagg,
  };
  for (const [name, text] of Object.entries(configs)) writeFileSync(join(folders.config, name), text);
  write_leases(folders, uplinks);
  return folders;
}

/** What the providers hand out now. */
export function write_leases({ lease_file }: Folders, uplinks: UplinkPlan[]): void {
  const leases: Leases = Object.fromEntries(
    uplinks.map(({ name, lease, lease6 }) => [name, { lease, lease6 }]),
  );
  writeFileSync(lease_file, JSON.stringify(leases));
}

export function lay_wires(plan: Plan): void {
  const { uplinks, client_names, ipv6, masquerade } = plan;
  const portals = ipv6 ? [PORTAL_ADDRESS, PORTAL_ADDRESS6] : [PORTAL_ADDRESS];
  create_topology({
    uplinks,
    clients: client_names,
    server_addresses: [...internet_addresses(plan), ...portals],
    ipv6,
  });
  const [first] = uplinks;
  if (!masquerade && first !== undefined) set_return(first);
}

/** Of the server, where names and web pages are. */
function internet_addresses({ uplinks, server_addresses, server_addresses6, ipv6 }: Plan): string[] {
  return [
    ...server_addresses,
    ...PROBE_TARGETS,
    ...uplinks.flatMap(({ lease }) => lease.dns),
    ...server_addresses6,
    ...(ipv6 ? PROBE_TARGETS6 : []),
  ];
}

/** Start one of the programs in the router. */
export function start_in_router(folders: Folders, program: string, args: string[]): ChildProcess {
  const [command = '', ...argv] = router_command(folders, program, args);
  return spawn(command, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Run one of them to its end. */
export function run_program_in_router(folders: Folders, program: string, args: string[]): CommandResult {
  return run_command(router_command(folders, program, args));
}

function router_command(
  { programs, config, ubus_socket }: Folders,
  program: string,
  args: string[],
): string[] {
  const environment = [`LINKAGG_UCI_DIR=${config}`, `LINKAGG_UBUS=${ubus_socket}`];
  const node = [process.execPath, join(programs, program)];
  return ['ip', 'netns', 'exec', 'router', 'env', ...environment, ...node, ...args];
}

/** Argument of the program `openwrt.js`. */
export function openwrt_setup(folders: Folders, plan: Plan): OpenwrtSetup {
  const acl_folder = join(checkout, ACL_FOLDER);
  return {
    ubus_socket: folders.ubus_socket,
    uci_folder: folders.config,
    lease_file: folders.lease_file,
    ipv6_clients: plan.ipv6 ? plan.client_names : [],
    acl_files: readdirSync(acl_folder).map(file => join(acl_folder, file)),
    http_socket: folders.http_socket,
    http_files: {
      '/': join(folders.page, 'index.html'),
      '/shell.js': join(folders.page, 'shell.js'),
      '/theme.css': join(folders.page, 'theme.css'),
      '/app.js': join(checkout, APP_FILE),
    },
  };
}

/** Start the agents into `agents`; resolves when all of them serve. */
export async function start_agents(folders: Folders, plan: Plan, agents: Map<string, Agent>): Promise<void> {
  const { client_names, server_addresses, server_addresses6, ipv6 } = plan;
  for (const namespace of ['server', 'router', ...client_names]) {
    agents.set(namespace, start_agent(namespace, join(folders.programs, 'traffic_agent.js')));
  }
  // A service of the router's own usually listens on all addresses, and answers from the one routing picks.
  const udp_addresses: Record<string, string[]> = {
    server: [...server_addresses, ...server_addresses6],
    router: ['0.0.0.0', ...(ipv6 ? ['::'] : [])],
  };
  await Promise.all(
    [...agents].map(([name, agent]) => {
      const addresses = udp_addresses[name] ?? ['0.0.0.0'];
      return served(agent.order({ kind: 'serve', port: SERVICE_PORT, udp_addresses: addresses }).reply);
    }),
  );
  const internet = agents.get('server')?.order({
    kind: 'serve_internet',
    own_addresses: internet_addresses(plan),
    portal_addresses: [PORTAL_ADDRESS, PORTAL_ADDRESS6],
  });
  if (internet !== undefined) await served(internet.reply);
}

/** Have an agent answer UDP from these addresses as well. */
export async function serve_udp(agent: Agent | undefined, addresses: string[]): Promise<void> {
  if (agent !== undefined)
    await served(agent.order({ kind: 'serve_udp', port: SERVICE_PORT, addresses }).reply);
}

async function served(reply: Promise<AgentReply>): Promise<void> {
  const answer = await reply;
  if (answer.kind !== 'done') throw new Error(`traffic agent: ${JSON.stringify(answer)}`);
}

/** Resolves with the first line a program prints, rejects when it ends without one. */
export function first_line(child: ChildProcess, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.on('exit', code => reject(new Error(`${what} ended with code ${code}`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
  });
}

/** 1, 2, … count. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
