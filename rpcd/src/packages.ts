/** What the router lacks for something that it shall do, and the command that installs it. */

import type { DaemonPlatform } from '../platform/platform.ts';

/** `multipath`: `ip` that knows routes with several nexthops, unlike BusyBox'. */
export type Feature = 'multipath' | 'macvlan' | 'wireguard' | 'pppoe';

const PACKAGES: Record<Feature, string> = {
  multipath: 'ip-full',
  macvlan: 'kmod-macvlan',
  wireguard: 'kmod-wireguard wireguard-tools',
  pppoe: 'ppp-mod-pppoe',
};

export interface Packages {
  /** For a shell of the router; empty when nothing is missing for these. */
  missing(features: Feature[]): string;
}

export function start_packages(platform: DaemonPlatform): Packages {
  /** What was there once is not looked for again. */
  const there: Feature[] = [];

  /** netifd learns of new protocols only when it starts. Without its answer nothing is known to be missing. */
  function has_protocol(name: string): boolean {
    const handlers = platform.ubus_call('network', 'get_proto_handlers', {});
    return handlers === null || Object.hasOwn(handlers, name);
  }

  function is_there(feature: Feature): boolean {
    if (there.includes(feature)) return true;
    const found = look_for(feature);
    if (found) there.push(feature);
    return found;
  }

  /** The kernel is asked for what it has to refuse, so nothing changes. */
  function look_for(feature: Feature): boolean {
    switch (feature) {
      case 'multipath':
        // 2: the kernel says that there is no such route; 1 or 255: the words were not understood.
        return platform.run(['ip', '-4', 'route', 'del', '192.0.2.1/32', 'nexthop', 'dev', 'lo']).code === 2;
      case 'macvlan': {
        // Which cannot be on top of `lo`.
        const argv = ['ip', 'link', 'add', 'link', 'lo', 'name', 'linkagg_', 'type', 'macvlan'];
        return !/[Uu]nknown device type|[Nn]ot supported/.test(platform.run(argv).stderr);
      }
      default:
        return has_protocol(feature);
    }
  }

  return {
    missing: features => {
      const lacking = features.filter(feature => !is_there(feature));
      if (lacking.length === 0) return '';
      const names = lacking.map(feature => PACKAGES[feature]).join(' ');
      const install =
        platform.read_file('/etc/apk/world') === null
          ? `opkg update && opkg install ${names}`
          : `apk update && apk add ${names}`;
      const of_netifd = lacking.includes('wireguard') || lacking.includes('pppoe');
      return of_netifd ? `${install} && service network restart` : install;
    },
  };
}
