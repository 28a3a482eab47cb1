/** The plugin's methods about links that share a port. */

import type { JsonObject, PluginPlatform, UciSection } from '../../platform/platform.ts';
import { CONFIG_PACKAGE } from '../config/store.ts';
import { config_from_uci } from '../config/validate.ts';
import { object_at, objects_at, text_at } from '../json.ts';
import { DAEMON_OBJECT } from '../rpc.ts';
import { session_of } from '../staging/pending.ts';
import { type Answer, refused_stage, stage_all, staged_sections, unless_pending } from '../staging/plugin.ts';
import { wan_zone, without_links, zone_edits } from '../tunnels/edits.ts';
import { interface_name } from '../tunnels/names.ts';
import { text_option } from '../tunnels/stored.ts';
import { network_edits, with_links } from './edits.ts';
import { port_link, stored_groups } from './stored.ts';
import { parent_reason, ports_errors, ports_from_json } from './validate.ts';

export function list_ports(args: JsonObject, platform: PluginPlatform): Answer {
  const session = session_of(args);
  const network = staged_sections(platform, session, 'network');
  const { config } = config_from_uci(staged_sections(platform, session, CONFIG_PACKAGE));
  const parents: string[] = [];
  for (const section of network) {
    const device = text_option(section, 'device');
    if (section.type !== 'interface' || parents.includes(device) || config === null) continue;
    if (parent_reason(device, { network, config }, platform) === null) parents.push(device);
  }
  return platform.defer(DAEMON_OBJECT, 'ports', {}, (_status, known) =>
    platform.defer('network.interface', 'dump', {}, (_, dump) => {
      const states = objects_at(dump ?? {}, 'interface');
      return {
        groups: stored_groups(network).map(({ name, parent, proto, ports }) => ({
          name,
          parent,
          proto,
          ports: ports.map(port => {
            const state = states.find(each => text_at(each, 'interface') === port.interface) ?? {};
            return {
              interface: port.interface,
              link: config?.link.find(link => link.interface === port.interface)?.name ?? '',
              mac: port.mac,
              address: text_at(objects_at(state, 'ipv4-address')[0] ?? {}, 'address'),
              error: text_at(objects_at(state, 'errors')[0] ?? {}, 'code'),
            };
          }),
        })),
        parents,
        radios: objects_at(known ?? {}, 'radios'),
        missing: { dhcp: '', pppoe: '', ...object_at(known ?? {}, 'missing') },
      };
    }),
  );
}

export function stage_ports(args: JsonObject, platform: PluginPlatform): Answer {
  const { wanted, errors } = ports_from_json(args.change ?? null);
  if (wanted === null) return refused_stage(errors);
  return unless_pending(args, platform, (session, config) => {
    const network = staged_sections(platform, session, 'network');
    const wrong = ports_errors(wanted, { network, config }, platform);
    if (wrong.length > 0) return refused_stage(wrong);
    const stored = stored_groups(network).find(({ name }) => name === wanted.name) ?? null;
    const gone = (stored?.ports ?? []).filter(({ number }) => number > wanted.count);
    const gone_interfaces = gone.map(port => port.interface);
    const left = without_links(config, gone_interfaces);
    if (left.errors.length > 0) return refused_stage(left.errors);

    const interfaces: string[] = [];
    for (let number = 1; number <= wanted.count; number++) {
      interfaces.push(interface_name(port_link(wanted.name, number)));
    }
    const firewall = staged_sections(platform, session, 'firewall');
    const { wan, error } = wan_zone(uplink_of(wanted.parent, network), firewall);
    if (wan === null && wanted.count > 0) return refused_stage(error === null ? [] : [error]);
    const edits = {
      network: network_edits(wanted, stored, network, platform),
      firewall: zone_edits(firewall, gone_interfaces, interfaces, wan?.name ?? ''),
    };
    const notes = wanted.count === 0 ? [] : ['each link gets its rules and routes once it has an address'];
    const stage = () => stage_all(platform, session, edits, with_links(left.config, wanted), notes, {});
    if (wanted.count === 0) return stage();
    return platform.defer(DAEMON_OBJECT, 'ports', {}, (_status, known) => {
      const missing = text_at(object_at(known ?? {}, 'missing'), wanted.proto);
      if (missing === '') return stage();
      const reason = `needs what is not installed: ${missing}`;
      return refused_stage([{ section: wanted.name, option: 'proto', reason }]);
    });
  });
}

/** The interface that has the device for itself: its zone is that of the links that share it. */
function uplink_of(device: string, network: UciSection[]): string {
  const own = network.find(
    section => section.type === 'interface' && text_option(section, 'device') === device,
  );
  return own === undefined ? '' : own.name;
}
