/** Stand-in for fw4: zones, rules and redirects of /etc/config/firewall as one nft table `inet fw4`. */

import type { UciSection } from '../../rpcd/platform/platform.ts';

/** nft's names where they differ from those in UCI. */
const ICMPV6_TYPES: Record<string, string> = {
  'router-solicitation': 'nd-router-solicit',
  'router-advertisement': 'nd-router-advert',
  'neighbour-solicitation': 'nd-neighbor-solicit',
  'neighbour-advertisement': 'nd-neighbor-advert',
};

/** The ruleset `fw4 reload` would load, in fw4's own chain names, with the options the lab uses. */
export function fw4_ruleset(network: UciSection[], firewall: UciSection[]): string {
  const zones = firewall
    .filter(section => section.type === 'zone')
    .map(zone => ({
      name: first(zone, 'name'),
      devices: network
        .filter(({ type, name }) => type === 'interface' && all(zone, 'network').includes(name))
        .map(entry => (first(entry, 'proto') === 'wireguard' ? entry.name : first(entry, 'device')))
        // The two interfaces of an uplink with IPv6 share one.
        .filter((device, index, devices) => devices.indexOf(device) === index),
      input: first(zone, 'input'),
      forward: first(zone, 'forward'),
      masquerade: first(zone, 'masq') === '1',
    }))
    .filter(zone => zone.devices.length > 0);
  const devices_of = (name: string) => set(zones.find(zone => zone.name === name)?.devices ?? []);

  const input: string[] = [];
  const forward: string[] = [];
  const dstnat: string[] = [];
  const srcnat: string[] = [];
  for (const rule of firewall) {
    if (rule.type === 'rule') {
      const dest = first(rule, 'dest');
      const parts = [
        first(rule, 'src') === '' ? '' : `iifname ${devices_of(first(rule, 'src'))}`,
        dest === '' || dest === '*' ? '' : `oifname ${devices_of(dest)}`,
        first(rule, 'family') === '' ? '' : `meta nfproto ${first(rule, 'family')}`,
      ];
      const rate = first(rule, 'limit').replace(/sec$/, 'second');
      const limit = rate === '' ? '' : `limit rate ${rate}`;
      for (const protocol of protocols(rule)) {
        const all_parts = [...parts, packets(rule, protocol), limit, verdict(first(rule, 'target'))];
        (dest === '' ? input : forward).push(all_parts.filter(part => part !== '').join(' '));
      }
    } else if (rule.type === 'redirect') {
      for (const protocol of protocols(rule)) {
        const to = `${first(rule, 'dest_ip')}:${first(rule, 'dest_port') || first(rule, 'src_dport')}`;
        const from = `iifname ${devices_of(first(rule, 'src'))}`;
        dstnat.push(
          `${from} meta nfproto ipv4 ${protocol} dport ${first(rule, 'src_dport')} dnat ip to ${to}`,
        );
      }
    } else if (rule.type === 'forwarding') {
      forward.push(
        `iifname ${devices_of(first(rule, 'src'))} oifname ${devices_of(first(rule, 'dest'))} accept`,
      );
    }
  }
  for (const zone of zones) {
    const devices = set(zone.devices);
    input.push(`iifname ${devices} ${verdict(zone.input)}`);
    forward.push(`iifname ${devices} ct status dnat accept`);
    forward.push(`iifname ${devices} oifname ${devices} ${verdict(zone.forward)}`);
    if (zone.masquerade) srcnat.push(`oifname ${devices} meta nfproto ipv4 masquerade`);
  }

  const stateful = ['ct state established,related accept'];
  return [
    'table inet fw4',
    'flush table inet fw4',
    'table inet fw4 {',
    ...chain('input', 'filter hook input priority filter; policy drop', [
      'iifname "lo" accept',
      ...stateful,
      ...input,
    ]),
    ...chain('forward', 'filter hook forward priority filter; policy drop', [
      ...stateful,
      ...forward,
      'reject',
    ]),
    ...chain('output', 'filter hook output priority filter; policy accept', []),
    ...chain('dstnat', 'nat hook prerouting priority dstnat; policy accept', dstnat),
    ...chain('srcnat', 'nat hook postrouting priority srcnat; policy accept', srcnat),
    '}',
    '',
  ].join('\n');
}

/** What a rule matches of one protocol's packets. */
function packets(rule: UciSection, protocol: string): string {
  const types = all(rule, 'icmp_type').map(type => ICMPV6_TYPES[type] ?? type);
  if (protocol === 'icmp' && types.length > 0) return `icmpv6 type { ${types.join(', ')} }`;
  const port = first(rule, 'dest_port');
  return port === '' ? `meta l4proto ${protocol}` : `${protocol} dport ${port}`;
}

function chain(name: string, type: string, rules: string[]): string[] {
  return [`\tchain ${name} {`, `\t\ttype ${type};`, ...rules.map(rule => `\t\t${rule}`), '\t}'];
}

function verdict(target: string): string {
  return target.toLowerCase() || 'reject';
}

function set(names: string[]): string {
  return `{ ${names.map(name => `"${name}"`).join(', ')} }`;
}

function all(section: UciSection, option: string): string[] {
  return [section.options[option] ?? []].flat().flatMap(text => text.split(' '));
}

function first(section: UciSection, option: string): string {
  return all(section, option)[0] ?? '';
}

function protocols(section: UciSection): string[] {
  const given = all(section, 'proto');
  return given.length > 0 ? given : ['tcp', 'udp'];
}
