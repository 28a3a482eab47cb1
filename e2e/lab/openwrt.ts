/**
 * Program that runs in the router's network namespace and stands in for OpenWrt's services: ubusd, netifd,
 * odhcpd, procd's reload triggers, rpcd with the linkagg plugin, uhttpd. Prints `ready` when all of them answer.
 */

import { plugin_methods } from '../../rpcd/src/plugin.ts';
import { PLUGIN_OBJECT } from '../../rpcd/src/rpc.ts';
import { start_netifd } from './netifd.ts';
import { start_odhcpd } from './odhcpd.ts';
import { start_procd } from './procd.ts';
import { start_rpcd } from './rpcd.ts';
import { start_ubusd } from './ubusd.ts';
import { create_uhttpd } from './uhttpd.ts';

/** Given as JSON in the first argument. */
export interface OpenwrtSetup {
  ubus_socket: string;
  uci_folder: string;
  lease_file: string;
  /** Network namespaces of clients that take IPv6 addresses. */
  ipv6_clients: string[];
  acl_files: string[];
  /** Unix socket the web server listens on, besides port 80. */
  http_socket: string;
  http_files: Record<string, string>;
}

const setup = JSON.parse(process.argv[2] ?? '{}') as OpenwrtSetup;
const { ubus_socket, uci_folder } = setup;
await start_ubusd(ubus_socket);
await start_netifd({
  ubus_socket,
  uci_folder,
  lease_file: setup.lease_file,
  announce: start_odhcpd(setup.ipv6_clients),
});
const { config_changed } = await start_procd({ ubus_socket, uci_folder });
await start_rpcd({
  ubus_socket,
  uci_folder,
  acl_files: setup.acl_files,
  plugin_object: PLUGIN_OBJECT,
  plugin_methods,
  config_changed,
});
const web = { ubus_socket, files: setup.http_files };
create_uhttpd(web).listen(80);
create_uhttpd(web).listen(setup.http_socket, () => process.stdout.write('ready\n'));
