/** Stand-in for fw4: zones, rules and redirects of /etc/config/firewall as one nft table `inet fw4`. */

import type { UciSection } from '../../rpcd/platform/platform.ts';

/** The ruleset `fw4 reload` would load, in fw4's own chain names; IPv4 and the options the lab uses. */
export function fw4_ruleset(network: UciSection[], firewall: UciSection[]): string {
  const zones = firewall
    .filter(section => section.type === 'zone')
    .map(zone => ({
      name: first(zone, 'name'),
      devices: all(zone, 'network').flatMap(name =>
        network
          .filter(({ type }) => type === 'interface')
          .flatMap(entry => (entry.name === name ? [first(entry, 'device')] : [])),
      ),
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
      const from = first(rule, 'src') === '' ? '' : `iifname ${devices_of(first(rule, 'src'))} `;
      const port = first(rule, 'dest_port');
      for (const protocol of protocols(rule)) {
        const what = port === '' ? `meta l4proto ${protocol}` : `${protocol} dport ${port}`;
        input.push(`${from}${what} ${verdict(first(rule, 'target'))}`);
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
