/**
 * A PC as a link: what the PC and the server get, ready to paste. The router's part is `stage_pc`.
 *
 * One WireGuard interface of the PC has two peers, the router and the server. What comes from the router leaves by the
 * same interface, so forwarding has to be on for that one alone; and WireGuard for Windows, which shuts all else out
 * when its only peer takes everything, does not with two (its docs/netquirk.md).
 */

import { is_ipv4 } from '../../../rpcd/src/net/address.ts';
import type { PcSide } from '../../../rpcd/src/rpc.ts';
import { is_key, KEY_REASON } from '../../../rpcd/src/tunnels/keys.ts';
import { _ } from '../translate.ts';
import type { FormField } from './fields.ts';
import { tunnel_name_field } from './tunnel.ts';

/** The far side: a WireGuard interface of a server that translates addresses. */
export interface PcServer {
  /** Its IPv4 address: the PC needs a route to it, which no name can give. */
  address: string;
  port: number;
  public_key: string;
  /** Name of its WireGuard interface. */
  interface: string;
}

export interface PcTexts {
  /** File for WireGuard on Windows, and what its name must be. */
  conf: string;
  conf_name: string;
  /** For PowerShell as administrator. */
  windows: string;
  /** For a root shell; the file is in it. */
  linux: string;
  /** For a root shell of the server, for its wg-quick file, and for its /etc/config/network. */
  server_shell: string;
  server_conf: string;
  server_uci: string;
}

/** Table and preference of the rule on a Linux PC. */
const LINUX_TABLE = 5200;
const LISTEN_PORT = 51820;
const KEEPALIVE_S = 25;

/** In the order of the form. `server_` marks those of a `PcServer`. */
export function pc_fields(): FormField[] {
  return [
    ...tunnel_name_field(true),
    {
      option: 'address',
      title: _('Address of the PC'),
      help: _('In the LAN: 192.168.1.20. Have the router always give it the same.'),
    },
    {
      option: 'network',
      title: _('Extra subnet'),
      help: _(
        'Of this PC alone, such as 10.120.31.0/24. The router translates to it, because Windows cannot translate what it forwards.',
      ),
      empty: _('a free one'),
    },
    {
      option: 'server_address',
      title: _('Server'),
      help: _('IPv4 address of the WireGuard server that the PC sends to by its own uplink.'),
    },
    {
      option: 'server_port',
      kind: 'integer',
      title: _('Endpoint port'),
      help: _('UDP port of the other side.'),
    },
    { option: 'server_public_key', title: _('Public key'), help: _('Of the other side, 44 characters.') },
    {
      option: 'server_interface',
      title: _('Interface'),
      help: _('Name of the WireGuard interface on the server.'),
    },
    {
      option: 'system',
      title: _('The PC runs'),
      help: _('On Windows what the PC itself sends to the internet goes to the server as well.'),
      choices: [
        { value: 'windows', text: 'Windows' },
        { value: 'linux', text: 'Linux' },
      ],
    },
  ];
}

/** What cannot be put into a file or a command, by field; empty when all can. */
export function server_errors(server: PcServer): Partial<Record<keyof PcServer, string>> {
  const { address, port, public_key, interface: device } = server;
  return {
    ...(is_ipv4(address) ? {} : { address: 'must be an IPv4 address' }),
    ...(Number.isInteger(port) && port >= 1 && port <= 65535
      ? {}
      : { port: 'must be a port from 1 to 65535' }),
    ...(is_key(public_key) ? {} : { public_key: KEY_REASON }),
    ...(/^[A-Za-z0-9_]{1,15}$/.test(device)
      ? {}
      : { interface: 'must be 1 to 15 letters, digits or _, such as wg0' }),
  };
}

/** `name` is the link's, `router_key` the router's public key. All values have been checked. */
export function pc_texts(name: string, side: PcSide, router_key: string, server: PcServer): PcTexts {
  const device = `${name}_linkagg`;
  const { network, router_address } = side;
  const prefix = network.slice(0, network.lastIndexOf('.'));
  const peer = `PublicKey = ${side.public_key}\nAllowedIPs = ${network}\n`;
  const conf = (more: string[]) =>
    [
      '[Interface]',
      `PrivateKey = ${side.private_key}`,
      `ListenPort = ${LISTEN_PORT}`,
      `Address = ${prefix}.2/24`,
      ...more,
      '',
      '# The router',
      '[Peer]',
      `PublicKey = ${router_key}`,
      `PresharedKey = ${side.preshared_key}`,
      `Endpoint = ${router_address}:${side.router_port}`,
      `AllowedIPs = ${prefix}.1/32`,
      `PersistentKeepalive = ${KEEPALIVE_S}`,
      '',
      '# The server',
      '[Peer]',
      `PublicKey = ${server.public_key}`,
      `Endpoint = ${server.address}:${server.port}`,
      'AllowedIPs = 0.0.0.0/0',
      `PersistentKeepalive = ${KEEPALIVE_S}`,
      '',
    ].join('\n');
  // A rule for what comes from the router leaves the PC's own connections as they are.
  const linux = conf([
    `Table = ${LINUX_TABLE}`,
    `PreUp = ip route replace ${server.address} $(ip route show default | grep -v 'via ${router_address} ' | grep -om1 'via [^ ]* dev [^ ]*')`,
    'PostUp = sysctl -q net.ipv4.conf.%i.forwarding=1',
    `PostUp = ip rule add from ${network} lookup ${LINUX_TABLE} pref ${LINUX_TABLE}`,
    `PreDown = ip rule delete pref ${LINUX_TABLE}`,
    `PostDown = ip route delete ${server.address}`,
  ]);
  return {
    conf: conf([]),
    conf_name: `${device}.conf`,
    windows: windows_commands(device, router_address, `${server.address}/32`),
    linux: [
      'umask 077',
      `cat >/etc/wireguard/${device}.conf <<'END'`,
      `${linux}END`,
      `systemctl enable --now wg-quick@${device}`,
      '',
    ].join('\n'),
    server_shell: [
      `wg set ${server.interface} peer ${side.public_key} allowed-ips ${network}`,
      `ip route replace ${network} dev ${server.interface}`,
      '',
    ].join('\n'),
    server_conf: `# ${name}\n[Peer]\n${peer}`,
    server_uci: [
      `config wireguard_${server.interface}`,
      `\toption description '${name}'`,
      `\toption public_key '${side.public_key}'`,
      `\tlist allowed_ips '${network}'`,
      "\toption route_allowed_ips '1'",
      '',
    ].join('\n'),
  };
}

/**
 * WireGuard makes its adapter anew at each connection, without forwarding, and Windows forgets routes of a Wi-Fi that
 * was away; so a task sees to both every minute. In a here-string nothing is replaced, and encoded it needs no quotes.
 */
function windows_commands(device: string, router_address: string, server: string): string {
  return `$run = @'
Set-NetIPInterface -InterfaceAlias ${device} -AddressFamily IPv4 -Forwarding Enabled
$way = Get-NetRoute -DestinationPrefix 0.0.0.0/0 | Where-Object { $_.NextHop -notin '0.0.0.0', '${router_address}' } | Sort-Object RouteMetric | Select-Object -First 1
$old = Get-NetRoute -DestinationPrefix ${server} -ErrorAction SilentlyContinue
if ($way -and $old.NextHop -ne $way.NextHop) {
  if ($old) { $old | Remove-NetRoute -Confirm:$false }
  New-NetRoute -DestinationPrefix ${server} -InterfaceIndex $way.ifIndex -NextHop $way.NextHop -PolicyStore ActiveStore
}
'@
$code = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($run))
$action = New-ScheduledTaskAction -Execute powershell.exe -Argument "-NoProfile -EncodedCommand $code"
$trigger = New-ScheduledTaskTrigger -Once -At (Get-Date) -RepetitionInterval (New-TimeSpan -Minutes 1)
$settings = New-ScheduledTaskSettingsSet -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
Register-ScheduledTask -TaskName ${device} -User SYSTEM -Action $action -Trigger $trigger -Settings $settings -Force
`;
}
