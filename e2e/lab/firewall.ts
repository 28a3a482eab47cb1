/** Stand-in for fw4: zones, rules and redirects of /etc/config/firewall as one nft table `inet fw4`. */

import type { UciSection } from '../../rpcd/platform/platform.ts';

/** nft's names where they differ from those in UCI. */
const ICMPV6_TYPES: Record<string, string> = {
  'router-solicitation': 'nd-router-solicit',
  'router-advertisement': 'nd-router-advert',
  'neighbour-solicitation': 'nd-neighbor-solicit',
  'neighbour-advertisement': 'nd-neighbor-advert',
};

interface Zone {
  name: string;
  /** As an nft set. */
  devices: string;
  input: string;
  output: string;
  forward: string;
  masquerade: boolean;
  mtu_fix: boolean;
}

/**
 * The ruleset `fw4 reload` would load, with the options the lab uses: fw4's own base chains, the empty ones, too,
 * and the way a packet takes through its chains by zone, since both cost time.
 */
export function fw4_ruleset(network: UciSection[], firewall: UciSection[]): string {
  const zones = firewall
    .filter(section => section.type === 'zone')
    .flatMap(section => {
      const devices = network
        .filter(({ type, name }) => type === 'interface' && all(section, 'network').includes(name))
        .map(entry => (first(entry, 'proto') === 'wireguard' ? entry.name : first(entry, 'device')))
        // The two interfaces of an uplink with IPv6 share one.
        .filter((device, index, devices) => devices.indexOf(device) === index);
      const zone: Zone = {
        name: first(section, 'name'),
        devices: `{ ${devices.map(name => `"${name}"`).join(', ')} }`,
        input: verdict(first(section, 'input')),
        output: verdict(first(section, 'output')),
        forward: verdict(first(section, 'forward')),
        masquerade: first(section, 'masq') === '1',
        mtu_fix: first(section, 'mtu_fix') === '1',
      };
      return devices.length === 0 ? [] : [zone];
    });
  const rules = zone_rules(firewall, zones);
  const jumps = (match: string, prefix: string, some = zones) =>
    some.map(({ name, devices }) => `${match} ${devices} jump ${prefix}_${name}`);
  const redirected = zones.filter(({ name }) => (rules.redirects[name] ?? []).length > 0);
  const masquerading = zones.filter(({ masquerade }) => masquerade);
  const mss = 'tcp flags & (fin | syn | rst) == syn tcp option maxseg size set rt mtu';
  const mtu_fix = (match: string) =>
    zones.filter(zone => zone.mtu_fix).map(({ devices }) => `${match} ${devices} ${mss}`);
  const stateful = 'ct state vmap { established : accept, related : accept }';

  return [
    'table inet fw4',
    'flush table inet fw4',
    'table inet fw4 {',
    ...chain('handle_reject', [
      'meta l4proto tcp reject with tcp reset',
      'reject with icmpx type port-unreachable',
    ]),
    ...zones.flatMap(zone => zone_chains(zone, rules, allowed(zone, zones, firewall))),
    ...chain('input', [
      'type filter hook input priority filter; policy drop;',
      'iif "lo" accept',
      stateful,
      ...jumps('iifname', 'input'),
      'jump handle_reject',
    ]),
    ...chain('forward', [
      'type filter hook forward priority filter; policy drop;',
      stateful,
      ...jumps('iifname', 'forward'),
      'jump handle_reject',
    ]),
    ...chain('output', [
      'type filter hook output priority filter; policy accept;',
      'oif "lo" accept',
      stateful,
      ...jumps('oifname', 'output'),
    ]),
    ...chain('prerouting', ['type filter hook prerouting priority filter; policy accept;']),
    ...chain('dstnat', [
      'type nat hook prerouting priority dstnat; policy accept;',
      ...jumps('iifname', 'dstnat', redirected),
    ]),
    ...chain('srcnat', [
      'type nat hook postrouting priority srcnat; policy accept;',
      ...jumps('oifname', 'srcnat', masquerading),
    ]),
    ...chain('raw_prerouting', ['type filter hook prerouting priority raw; policy accept;']),
    ...chain('raw_output', ['type filter hook output priority raw; policy accept;']),
    ...chain('mangle_prerouting', ['type filter hook prerouting priority mangle; policy accept;']),
    ...chain('mangle_postrouting', [
      'type filter hook postrouting priority mangle; policy accept;',
      ...mtu_fix('oifname'),
    ]),
    ...chain('mangle_input', ['type filter hook input priority mangle; policy accept;']),
    ...chain('mangle_output', ['type route hook output priority mangle; policy accept;']),
    ...chain('mangle_forward', [
      'type filter hook forward priority mangle; policy accept;',
      ...mtu_fix('iifname'),
    ]),
    '}',
    '',
  ].join('\n');
}

/** By zone. */
interface ZoneRules {
  input: Record<string, string[]>;
  forward: Record<string, string[]>;
  redirects: Record<string, string[]>;
}

function zone_rules(firewall: UciSection[], zones: Zone[]): ZoneRules {
  const rules: ZoneRules = { input: {}, forward: {}, redirects: {} };
  const add = (to: Record<string, string[]>, zone: string, rule: string) => {
    to[zone] = [...(to[zone] ?? []), rule];
  };
  for (const rule of firewall) {
    const source = first(rule, 'src');
    if (rule.type === 'rule') {
      const dest = first(rule, 'dest');
      const to = zones.find(({ name }) => name === dest);
      const family = first(rule, 'family') === '' ? '' : `meta nfproto ${first(rule, 'family')}`;
      const rate = first(rule, 'limit').replace(/sec$/, 'second');
      for (const protocol of protocols(rule)) {
        const parts = [
          to === undefined ? '' : `oifname ${to.devices}`,
          family,
          packets(rule, protocol),
          rate === '' ? '' : `limit rate ${rate}`,
          'counter',
          verdict(first(rule, 'target')),
        ];
        add(dest === '' ? rules.input : rules.forward, source, parts.filter(part => part !== '').join(' '));
      }
    } else if (rule.type === 'redirect') {
      for (const protocol of protocols(rule)) {
        const to = `${first(rule, 'dest_ip')}:${first(rule, 'dest_port') || first(rule, 'src_dport')}`;
        const port = first(rule, 'src_dport');
        add(rules.redirects, source, `meta nfproto ipv4 ${protocol} dport ${port} counter dnat ip to ${to}`);
      }
    }
  }
  return rules;
}

/** Zones that a zone's packets may be forwarded to. */
function allowed(source: Zone, zones: Zone[], firewall: UciSection[]): Zone[] {
  const names = firewall
    .filter(section => section.type === 'forwarding' && first(section, 'src') === source.name)
    .map(section => first(section, 'dest'));
  return zones.filter(({ name }) => names.includes(name));
}

function zone_chains(zone: Zone, rules: ZoneRules, destinations: Zone[]): string[] {
  const { name, devices } = zone;
  const redirects = rules.redirects[name] ?? [];
  const dnat = redirects.length === 0 ? [] : ['ct status dnat accept'];
  const act = (action: string) => (action === 'reject' ? 'jump handle_reject' : action);
  const verdicts = (direction: 'from' | 'to') => {
    const match = `${direction === 'from' ? 'iifname' : 'oifname'} ${devices}`;
    const invalid =
      direction === 'to' && zone.masquerade
        ? [`meta nfproto ipv4 ${match} ct state invalid counter drop`]
        : [];
    return ['accept', 'reject', 'drop'].flatMap(action =>
      chain(`${action}_${direction}_${name}`, [
        ...(action === 'accept' ? invalid : []),
        `${match} counter ${act(action)}`,
      ]),
    );
  };
  return [
    ...verdicts('from'),
    ...verdicts('to'),
    ...chain(`input_${name}`, [...(rules.input[name] ?? []), ...dnat, `jump ${zone.input}_from_${name}`]),
    ...chain(`output_${name}`, [`jump ${zone.output}_to_${name}`]),
    ...chain(`forward_${name}`, [
      ...(rules.forward[name] ?? []),
      ...destinations.map(destination => `jump accept_to_${destination.name}`),
      ...dnat,
      `jump ${zone.forward}_to_${name}`,
    ]),
    ...chain(`dstnat_${name}`, redirects),
    ...chain(`srcnat_${name}`, ['meta nfproto ipv4 masquerade']),
  ];
}

/** What a rule matches of one protocol's packets. */
function packets(rule: UciSection, protocol: string): string {
  const types = all(rule, 'icmp_type').map(type => ICMPV6_TYPES[type] ?? type);
  if (protocol === 'icmp' && types.length > 0) return `icmpv6 type { ${types.join(', ')} }`;
  const port = first(rule, 'dest_port');
  return port === '' ? `meta l4proto ${protocol}` : `${protocol} dport ${port}`;
}

function chain(name: string, lines: string[]): string[] {
  return [`\tchain ${name} {`, ...lines.map(line => `\t\t${line}`), '\t}'];
}

function verdict(target: string): string {
  return target.toLowerCase() || 'reject';
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
