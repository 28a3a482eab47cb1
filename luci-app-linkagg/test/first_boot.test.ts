/** What /etc/config/linkagg looks like after the first boot, for routers of several kinds. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edit_uci, format_uci, parse_uci } from '../../rpcd/platform/node/uci.ts';
import type { UciSection } from '../../rpcd/platform/platform.ts';
import { first_boot_edits } from '../../rpcd/src/config/first_boot.ts';
import { config_from_uci } from '../../rpcd/src/config/validate.ts';

/** The configuration file written on a router with these files. */
function written(firewall: string, network: string, linkagg: string | null = null): string {
  const stored = linkagg === null ? null : parse_uci(linkagg);
  const edits = first_boot_edits(parse_uci(firewall), parse_uci(network), stored);
  const sections = edit_uci(stored ?? [], edits);
  if (typeof sections === 'string') throw new Error(sections);
  return format_uci(sections);
}

/** Names of the links written. */
function links(firewall: string, network: string): string[] {
  return parse_uci(written(firewall, network))
    .filter(section => section.type === 'link')
    .map(section => section.name);
}

const LAN_ZONE = `
config zone
	option name 'lan'
	list network 'lan'
`;

function wan_zone(...names: string[]): string {
  const list = names.map(name => `\tlist network '${name}'\n`).join('');
  return `${LAN_ZONE}\nconfig zone\n\toption name 'wan'\n${list}`;
}

function interfaces(protocols: Record<string, string>): string {
  return Object.entries(protocols)
    .map(([name, proto]) => `config interface '${name}'\n\toption proto '${proto}'\n`)
    .join('\n');
}

describe('a router fresh from the factory', () => {
  test('gets one link for wan, switched off, and none for wan6', () => {
    const firewall = `
config defaults
	option synflood_protect '1'

config zone
	option name 'lan'
	list network 'lan'
	option input 'ACCEPT'

config zone
	option name 'wan'
	list network 'wan'
	list network 'wan6'
	option masq '1'

config forwarding
	option src 'lan'
	option dest 'wan'
`;
    const network = `
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'

config device
	option name 'br-lan'
	option type 'bridge'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '192.168.1.1'

config interface 'wan'
	option device 'wan'
	option proto 'dhcp'

config interface 'wan6'
	option device 'wan'
	option proto 'dhcpv6'
`;
    expect(written(firewall, network)).toBe(`
config globals 'globals'
	option enabled '0'
	option mode 'adaptive'
	option mark_mask '0x7f000000'
	list lan_interface 'lan'

config link 'wan'
	option interface 'wan'
	option enabled '1'
	option weight '1'
	list probe '223.5.5.5'
	list probe '1.1.1.1'
	list probe '8.8.8.8'
	list probe '2400:3200::1'
	list probe '2606:4700:4700::1111'

`);
  });
});

describe('uplinks', () => {
  test('come in the order of the zone, whether it lists them or names them in one option', () => {
    const network = interfaces({ lan: 'static', wan: 'pppoe', wanb: 'dhcp', wg0: 'wireguard' });
    expect(links(wan_zone('wg0', 'wan', 'wanb'), network)).toEqual(['wg0', 'wan', 'wanb']);
    const one_option = `${LAN_ZONE}\nconfig zone\n\toption name 'wan'\n\toption network 'wg0 wan  wanb'\n`;
    expect(links(one_option, network)).toEqual(['wg0', 'wan', 'wanb']);
  });

  test('are not what cannot carry IPv4', () => {
    const protocols = {
      lan: 'static',
      wan: 'dhcp',
      wan6: 'dhcpv6',
      he: '6in4',
      to4: '6to4',
      rd: '6rd',
      off: 'none',
    };
    expect(links(wan_zone('wan', 'wan6', 'he', 'to4', 'rd', 'off'), interfaces(protocols))).toEqual(['wan']);
  });

  test('are not interfaces without a gateway, such as the way to the page of a modem', () => {
    const network = `
config interface 'modem'
	option device 'eth1'
	option proto 'static'
	option ipaddr '192.168.100.2'

config interface 'leased'
	option device 'eth2'
	option proto 'static'
	option ipaddr '192.0.2.2'
	option gateway '192.0.2.1'

config interface 'wan'
	option device 'eth1'
	option proto 'pppoe'
`;
    expect(links(wan_zone('modem', 'leased', 'wan'), network)).toEqual(['leased', 'wan']);
  });

  test('on one device make one link, by name or by alias', () => {
    const network = `
config interface 'wan'
	option device 'eth1'
	option proto 'dhcp'

config interface 'second'
	option device 'eth1'
	option proto 'dhcp'

config interface 'alias'
	option device '@wan'
	option proto 'dhcp'

config interface 'old'
	option ifname 'eth2'
	option proto 'dhcp'

config interface 'old_second'
	option ifname 'eth2'
	option proto 'dhcp'
`;
    expect(links(wan_zone('wan', 'second', 'alias', 'old', 'old_second'), network)).toEqual(['wan', 'old']);
  });

  test('that dial in over one device have a device each', () => {
    const network = `
config interface 'dial1'
	option device 'eth1'
	option proto 'pppoe'

config interface 'dial2'
	option device 'eth1'
	option proto 'pppoe'
`;
    expect(links(wan_zone('dial1', 'dial2'), network)).toEqual(['dial1', 'dial2']);
  });

  test('over Wi-Fi name no device and are all taken', () => {
    expect(links(wan_zone('wwan', 'wwan2'), interfaces({ wwan: 'dhcp', wwan2: 'dhcp' }))).toEqual([
      'wwan',
      'wwan2',
    ]);
  });

  test('that the network does not have, LAN interfaces and doubles are left out', () => {
    const network = interfaces({ lan: 'dhcp', wan: 'dhcp' });
    expect(links(wan_zone('wan', 'gone', 'lan', 'wan'), network)).toEqual(['wan']);
  });

  test('with a name too long for a section are left out, the reserved name is changed', () => {
    const long = 'w'.repeat(33);
    const network = interfaces({ [long]: 'dhcp', globals: 'dhcp' });
    expect(links(wan_zone(long, 'globals'), network)).toEqual(['globals_link']);
  });

  test('are 62 at most', () => {
    const names = Array.from({ length: 80 }, (_, index) => `wan${index + 1}`);
    const network = interfaces(Object.fromEntries(names.map(name => [name, 'dhcp'])));
    expect(links(wan_zone(...names), network)).toEqual(names.slice(0, 62));
  });
});

describe('LAN interfaces', () => {
  test('are those of the lan zone, 16 at most', () => {
    const names = Array.from({ length: 20 }, (_, index) => `lan${index + 1}`);
    const firewall = `config zone\n\toption name 'lan'\n\toption network '${names.join(' ')}'\n`;
    const [globals] = parse_uci(written(firewall, ''));
    expect(globals?.options.lan_interface).toEqual(names.slice(0, 16));
  });

  test('are `lan` without a lan zone', () => {
    expect(parse_uci(written('', '')).map(section => section.options)).toEqual([
      { enabled: '0', mode: 'adaptive', mark_mask: '0x7f000000', lan_interface: ['lan'] },
    ]);
  });
});

describe('an existing configuration', () => {
  const network = interfaces({ wan: 'dhcp', wanb: 'dhcp' });
  const firewall = wan_zone('wan', 'wanb');

  test('stays as it is, also when it was written by this very step', () => {
    const first = written(firewall, network);
    expect(first_boot_edits(parse_uci(firewall), parse_uci(network), parse_uci(first))).toEqual([]);
    const own = `config link 'mine'\n\toption interface 'wan'\n`;
    expect(first_boot_edits(parse_uci(firewall), parse_uci(network), parse_uci(own))).toEqual([]);
  });

  test('that is an empty file is filled', () => {
    expect(written(firewall, network, '\n')).toBe(written(firewall, network));
  });
});

test('whatever the router has, what is written is valid and switched off', () => {
  const name = fc.constantFrom('lan', 'wan', 'wan6', 'globals', 'globals_link', 'a-b', '', 'x'.repeat(40));
  const names = fc.array(name, { maxLength: 6 });
  const networks = fc.oneof(
    names,
    names.map(some => some.join(' ')),
    fc.string(),
  );
  const zone = fc.record({ name: fc.constantFrom('lan', 'wan', 'guest'), network: networks });
  const device = fc.constantFrom('', 'eth0', '@wan', '@lan');
  const proto = fc.constantFrom('dhcp', 'static', 'pppoe', 'dhcpv6', '');
  const section = (type: string, name: string, options: UciSection['options']): UciSection => {
    return { type, name, anonymous: false, options };
  };
  const firewalls = fc.array(
    zone.map(options => section('zone', 'cfg', options)),
    { maxLength: 4 },
  );
  const uci_networks = fc.array(
    fc.tuple(name, proto, device).map(([id, proto, device]) => section('interface', id, { proto, device })),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(firewalls, uci_networks, (firewall, network) => {
      const sections = edit_uci([], first_boot_edits(firewall, network, null));
      if (typeof sections === 'string') throw new Error(sections);
      const { config, errors } = config_from_uci(sections);
      expect(errors).toEqual([]);
      expect(sections[0]?.name).toBe('globals');
      expect(config?.globals.enabled).toBe(false);
    }),
  );
});
