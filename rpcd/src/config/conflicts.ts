/** What no single option shows: values that contradict each other across sections. */

import { mark_layout } from '../plan/marks.ts';
import type { ConfigError } from '../rpc.ts';
import type { Config } from './schema.gen.ts';

/** Empty when the sections agree. Expects every single value to be valid. */
export function conflicts(config: Config): ConfigError[] {
  const errors: ConfigError[] = [];

  const layout = mark_layout(config.globals.mark_mask);
  if (layout !== null && config.link.length > layout.slots_max) {
    errors.push({
      section: 'globals',
      option: 'mark_mask',
      reason: `has room for ${layout.slots_max} links, but there are ${config.link.length}: add bits or remove links`,
    });
  }

  const name_seen: Record<string, boolean> = {};
  const interface_owner: Record<string, string> = {};
  for (const link of config.link) {
    if (name_seen[link.name] ?? false) {
      errors.push({ section: link.name, option: 'name', reason: 'is used by two links: rename one' });
    }
    if (link.name === 'globals') {
      errors.push({
        section: link.name,
        option: 'name',
        reason: 'is reserved for the global options: choose another',
      });
    }
    name_seen[link.name] = true;

    const owner = interface_owner[link.interface] ?? null;
    if (owner !== null) {
      errors.push({
        section: link.name,
        option: 'interface',
        reason: `${link.interface} already belongs to link ${owner}: one interface makes one link`,
      });
    }
    interface_owner[link.interface] = link.name;

    if (config.globals.lan_interface.includes(link.interface)) {
      errors.push({
        section: link.name,
        option: 'interface',
        reason: `${link.interface} is a LAN interface (globals.lan_interface), it cannot be an uplink as well`,
      });
    }
  }
  return errors;
}
