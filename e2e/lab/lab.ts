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

import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect_ubus, matches } from '../../rpcd/platform/node/ubus.ts';
import { parse_uci, replace_file } from '../../rpcd/platform/node/uci.ts';
import { PLUGIN_OBJECT } from '../../rpcd/src/rpc.ts';
import { client_address6, is_inside, ULA_PREFIX } from './addresses.ts';
import type { BusEvent, Host, Lab, LabOptions, Uplink, User } from './api.ts';
import { traffic_between } from './connections.ts';
import { daemon_control } from './daemon.ts';
import { fw4_ruleset } from './firewall.ts';
import { forward_to, json_rpc } from './front.ts';
import { hotplug_calls } from './hotplug.ts';
import {
  first_line,
  lay_wires,
  openwrt_setup,
  plan_of,
  run_program_in_router,
  serve_udp,
  start_agents,
  start_in_router,
  write_files,
  write_leases,
} from './household.ts';
import { inside_namespace } from './namespace.ts';
import { CREDENTIALS } from './router_config.ts';
import { delete_topology, run_in, set_return, type UplinkPlan } from './topology.ts';
import { type Agent, monotonic_ms } from './traffic.ts';
import { uplink_control } from './uplink.ts';
import { wait_for } from './wait.ts';

export type * from './api.ts';
export type { RpcAnswer } from './front.ts';
export { CREDENTIALS } from './router_config.ts';
export { monotonic_ms } from './traffic.ts';
export { wait_for } from './wait.ts';

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
  const plan = plan_of(options);
  const { client_names, server_addresses, server_addresses6 } = plan;
  const folders = await write_files(plan);
  lay_wires(plan);
  reload_firewall();

  const openwrt = run('openwrt.js', [JSON.stringify(openwrt_setup(folders, plan))]);
  openwrt.stderr?.pipe(process.stderr, { end: false });
  await Promise.all([first_line(openwrt, 'the stand-ins for OpenWrt'), start_agents(folders, plan, agents)]);

  const heard: Array<{ pattern: string; events: BusEvent[] }> = [];
  const ubus = connect_ubus(
    folders.ubus_socket,
    () => ({ status: 0, reply: {} }),
    (event, payload) => {
      for (const { pattern, events } of heard) {
        if (matches(pattern, event)) events.push({ event, payload, at_ms: monotonic_ms() });
      }
    },
  );
  const front = await forward_to(folders.http_socket, 0);
  const sessions = new Map<User, string>();
  const router = host('router');
  const uplinks = plan.uplinks.map(each =>
    uplink_control(each, {
      host,
      async ask_netifd(interface_name, method) {
        await ubus.call(`network.interface.${interface_name}`, method, {});
      },
      leases_changed: () => write_leases(folders, plan.uplinks),
      prefix_changed: () => serve_at_clients(each.name),
    }),
  );

  /** Every uplink, and the ULA prefix. */
  const networks6 = ['ula', ...uplinks.map(({ name }) => name)];

  function run(program: string, args: string[]): ChildProcess {
    const child = start_in_router(folders, program, args);
    children.push(child);
    return child;
  }

  function reload_firewall(): void {
    const sections = (config: string) => parse_uci(readFileSync(join(folders.config, config), 'utf8'));
    const ruleset = fw4_ruleset(sections('network'), sections('firewall'));
    const { code, stderr } = run_in('router', ['nft', '-f', '-'], ruleset);
    if (code !== 0) throw new Error(`fw4: ${stderr}`);
  }

  function uplink(name: string): Uplink {
    const found = uplinks.find(candidate => candidate.name === name);
    if (found === undefined) throw new Error(`there is no uplink ${name} in this lab`);
    return found;
  }

  function uplink_of(address: string | null): string | null {
    return plan.uplinks.find(each => address !== null && has_address(each, address))?.name ?? null;
  }

  function address6_of(client: string, network: string): string {
    const prefix = network === 'ula' ? ULA_PREFIX : uplink(network).prefix6;
    if (prefix === null) throw new Error('this lab has no IPv6: start it with "ipv6: true"');
    const number = client_names.indexOf(client) + 1;
    if (number === 0) throw new Error(`there is no ${client} in this lab`);
    return client_address6(number, prefix);
  }

  function has_addresses6(client: string): boolean {
    const { stdout } = run_in(client, ['ip', '-6', '-o', 'address', 'show', 'dev', 'eth0']);
    return networks6.every(network => stdout.includes(` ${address6_of(client, network)}/`));
  }

  /** A client's UDP service answers from the address that was asked, so it needs to know them. */
  async function serve_at_clients(network: string): Promise<void> {
    await Promise.all(
      client_names.map(client => serve_udp(agents.get(client), [address6_of(client, network)])),
    );
  }

  const lab: Lab = {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    credentials: CREDENTIALS,
    http_socket: folders.http_socket,
    router,
    server: host('server'),
    clients: client_names.map(host),
    server_addresses,
    server_addresses6,
    uplinks,
    uplink,
    uplink_of,
    address6_of,
    read_config: config => readFileSync(join(folders.config, config), 'utf8'),
    write_config: (config, text) => replace_file(join(folders.config, config), text),
    reload_firewall,
    async reload_network() {
      await ubus.call('network', 'reload', {});
    },
    async restart_network() {
      await ubus.call('network', 'restart', {});
    },
    ...daemon_control(() => run('linkaggd.js', []), ubus),
    linkaggd: command => run_program_in_router(folders, 'linkaggd.js', [command]),
    async rpc(method, args = {}, { user = 'root', object = PLUGIN_OBJECT } = {}) {
      let session = sessions.get(user);
      if (session === undefined) {
        const { reply } = await json_rpc(folders.http_socket, '0'.repeat(32), 'session', 'login', {
          ...CREDENTIALS[user],
        });
        session = String(reply?.ubus_rpc_session);
        sessions.set(user, session);
      }
      return json_rpc(folders.http_socket, session, object, method, args);
    },
    ubus,
    async listen(pattern) {
      const events: BusEvent[] = [];
      heard.push({ pattern, events });
      await ubus.listen(pattern);
      return events;
    },
    hotplug_calls: () => hotplug_calls(folders.hotplug_file),
    return_by(name) {
      const found = plan.uplinks.find(each => each.name === name);
      if (found === undefined) throw new Error(`there is no uplink ${name} in this lab`);
      set_return(found);
    },
    ...traffic_between({
      agents,
      client_names,
      server_addresses,
      server_addresses6,
      uplink,
      uplink_of,
      address6_of,
    }),
    async stop() {
      ubus.close();
      front.close();
      process.off('exit', kill_all);
      kill_all();
      await Promise.all(children.map(child => child.exitCode ?? child.signalCode ?? once_ended(child)));
      delete_topology();
      rmSync(folders.top, { recursive: true, force: true });
    },
  };

  await wait_for(() => has_default_routes(router, 4, uplinks), { what: 'a default route over each uplink' });
  if (plan.ipv6) {
    await wait_for(() => has_default_routes(router, 6, uplinks), {
      what: 'an IPv6 default route over each uplink (the kernel needs CONFIG_IPV6_SUBTREES)',
    });
    await wait_for(() => client_names.every(has_addresses6), { what: 'IPv6 addresses of the clients' });
    for (const network of networks6) await serve_at_clients(network);
  }
  if (options.daemon ?? true) await lab.start_daemon();
  return lab;
}

function host(name: string): Host {
  return { name, exec: (argv, input) => run_in(name, argv, input) };
}

function has_address({ lease, lease6 }: UplinkPlan, address: string): boolean {
  if (!address.includes(':')) return address === lease.address;
  return lease6 !== null && (address === lease6.address || is_inside(address, lease6.prefix));
}

function has_default_routes(router: Host, family: 4 | 6, uplinks: Uplink[]): boolean {
  const { stdout } = router.exec(['ip', `-${family}`, '-j', 'route', 'show', 'default']);
  const devices = (JSON.parse(stdout || '[]') as Array<{ dev: string }>).map(({ dev }) => dev);
  return uplinks.every(({ name }) => devices.includes(name));
}

function once_ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve => child.once('exit', () => resolve()));
}
