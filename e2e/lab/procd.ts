/**
 * Stand-in for procd, as far as a changed configuration makes it reload services: the init scripts of network,
 * firewall and linkagg. Publishes `service` for those who tell it by ubus.
 */

import { connect_ubus, signature_of } from '../../rpcd/platform/node/ubus.ts';
import { read_uci_file } from '../../rpcd/platform/node/uci.ts';
import { UBUS_STATUS_OK } from '../../rpcd/platform/platform.ts';
import { DAEMON_OBJECT } from '../../rpcd/src/rpc.ts';
import { fw4_ruleset } from './firewall.ts';
import { run_command } from './namespace.ts';

export interface Procd {
  config_changed(config: string): void;
}

/** Runs in the router's network namespace. */
export async function start_procd(options: { ubus_socket: string; uci_folder: string }): Promise<Procd> {
  const ubus = connect_ubus(
    options.ubus_socket,
    (_object, _method, args) => {
      const data = args.data as { package?: string } | undefined;
      if (args.type === 'config.change') config_changed(data?.package ?? '');
      return { status: UBUS_STATUS_OK, reply: {} };
    },
    () => {},
  );

  /** As procd: in the background, whoever told it does not wait, and one script after the other. */
  let scripts = Promise.resolve();
  function config_changed(config: string): void {
    scripts = scripts.then(() => reload(config)).catch(() => {});
  }

  async function reload(config: string): Promise<void> {
    if (config === 'network') await ubus.call('network', 'reload', {});
    if (config === 'linkagg') await ubus.call(DAEMON_OBJECT, 'reload', {});
    // Zones are made of the devices of their networks.
    if (config === 'firewall' || config === 'network') reload_firewall();
  }

  function reload_firewall(): void {
    const sections = (config: string) => read_uci_file(options.uci_folder, config) ?? [];
    run_command(['nft', '-f', '-'], fw4_ruleset(sections('network'), sections('firewall')));
  }

  await ubus.publish('service', signature_of({ event: { args: { type: '', data: {} } } }), 'libubus');
  return { config_changed };
}
