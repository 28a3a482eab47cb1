/** /etc/config of the lab's router, as an admin with these uplinks would have it. */

import { client_address, type Lease, ROUTER_LAN_ADDRESS, ULA_PREFIX } from './addresses.ts';
import type { UplinkPlan } from './topology.ts';
import { SERVICE_PORT } from './traffic.ts';

/** A port that the router forwards from any uplink to this client's service. */
export function forwarded_port(client_number: number): number {
  return SERVICE_PORT + client_number;
}

/** Logins of the lab. `viewer` may read only. */
export const CREDENTIALS = {
  root: { username: 'root', password: 'root' },
  viewer: { username: 'viewer', password: 'viewer' },
} as const;

export function network_config(uplinks: UplinkPlan[], ipv6: boolean): string {
  const globals = `
config globals 'globals'
	option ula_prefix '${ULA_PREFIX}'
`;
  const lan = `
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'
	option netmask '255.0.0.0'

config device
	option name 'br-lan'
	option type 'bridge'

config interface 'lan'
	option device 'br-lan'
	option proto 'static'
	option ipaddr '${ROUTER_LAN_ADDRESS}'
	option netmask '255.255.255.0'
${ipv6 ? "\toption ip6assign '64'\n" : ''}`;
  const wan = uplinks.map(
    ({ name, name6, metric, proto, lease }) => `
config interface '${name}'
	option device '${name}'
	option proto '${proto}'
	option metric '${metric}'
${proto === 'static' ? static_options(lease) : ''}${ipv6 ? interface6_config(name6, name) : ''}`,
  );
  return (ipv6 ? globals : '') + lan + wan.join('');
}

function static_options({ address, mask, gateway, dns }: Lease): string {
  const netmask = [24, 16, 8, 0].map(shift => ((0xffffffff << (32 - mask)) >>> shift) & 0xff).join('.');
  const servers = dns.map(server => `\tlist dns '${server}'\n`).join('');
  return `\toption ipaddr '${address}'\n\toption netmask '${netmask}'\n\toption gateway '${gateway}'\n${servers}`;
}

function interface6_config(name: string, device: string): string {
  return `
config interface '${name}'
	option device '${device}'
	option proto 'dhcpv6'
`;
}

export function firewall_config(
  uplinks: UplinkPlan[],
  client_count: number,
  { ipv6, masquerade }: { ipv6: boolean; masquerade: boolean },
): string {
  const networks = uplinks.flatMap(({ name, name6 }) => (ipv6 ? [name, name6] : [name]));
  const redirects = Array.from({ length: client_count }, (_, index) => index + 1).map(
    number => `
config redirect
	option name 'service of client${number}'
	option src 'wan'
	option dest 'lan'
	option src_dport '${forwarded_port(number)}'
	option dest_ip '${client_address(number)}'
	option dest_port '${SERVICE_PORT}'
	option target 'DNAT'
`,
  );
  return `
config zone
	option name 'lan'
	list network 'lan'
	option input 'ACCEPT'
	option output 'ACCEPT'
	option forward 'ACCEPT'

config zone
	option name 'wan'
${networks.map(name => `\tlist network '${name}'`).join('\n')}
	option input 'REJECT'
	option output 'ACCEPT'
	option forward 'REJECT'
	option masq '${masquerade ? 1 : 0}'
	option mtu_fix '1'

config forwarding
	option src 'lan'
	option dest 'wan'

config rule
	option name 'Allow-Ping'
	option src 'wan'
	option proto 'icmp'
	option target 'ACCEPT'

config rule
	option name 'service of the router'
	option src 'wan'
	option dest_port '${SERVICE_PORT}'
	option target 'ACCEPT'
${redirects.join('')}${ipv6 ? FIREWALL_RULES_IPV6 : ''}`;
}

/** OpenWrt's own for ICMPv6, and one for the clients' services. */
const FIREWALL_RULES_IPV6 = `
config rule
	option name 'Allow-ICMPv6-Input'
	option src 'wan'
	option proto 'icmp'
	list icmp_type 'echo-request'
	list icmp_type 'echo-reply'
	list icmp_type 'destination-unreachable'
	list icmp_type 'packet-too-big'
	list icmp_type 'time-exceeded'
	list icmp_type 'router-solicitation'
	list icmp_type 'neighbour-solicitation'
	list icmp_type 'router-advertisement'
	list icmp_type 'neighbour-advertisement'
	option limit '1000/sec'
	option family 'ipv6'
	option target 'ACCEPT'

config rule
	option name 'Allow-ICMPv6-Forward'
	option src 'wan'
	option dest '*'
	option proto 'icmp'
	list icmp_type 'echo-request'
	list icmp_type 'echo-reply'
	list icmp_type 'destination-unreachable'
	list icmp_type 'packet-too-big'
	list icmp_type 'time-exceeded'
	option limit '1000/sec'
	option family 'ipv6'
	option target 'ACCEPT'

config rule
	option name 'services of the clients'
	option src 'wan'
	option dest 'lan'
	option dest_port '${SERVICE_PORT}'
	option family 'ipv6'
	option target 'ACCEPT'
`;

export function rpcd_config(): string {
  return `
config login
	option username '${CREDENTIALS.root.username}'
	option password '${CREDENTIALS.root.password}'
	list read '*'
	list write '*'

config login
	option username '${CREDENTIALS.viewer.username}'
	option password '${CREDENTIALS.viewer.password}'
	list read '*'
`;
}

/** One link per uplink, switched on. */
export function linkagg_config(links: Array<{ name: string; weight: number }>): string {
  const sections = links.map(
    ({ name, weight }) => `
config link '${name}'
	option interface '${name}'
	option weight '${weight}'
`,
  );
  return `
config globals 'globals'
	option enabled '1'
${sections.join('')}`;
}
