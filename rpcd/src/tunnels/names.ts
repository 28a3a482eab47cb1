/** How sections of ours in other packages' files are called. */

/** Of all of them. */
export const PREFIX = 'linkagg_';

/** Tunnels without address translation: the far side does it. */
export const EXIT_SECTION = `${PREFIX}exit`;
/** fw4 makes chain names of it. */
export const EXIT_ZONE = 'linkagg';

/** The interface's name is that of its device, for which the kernel has 15 characters (IFNAMSIZ). */
export function is_tunnel_name(text: string): boolean {
  return /^[A-Za-z0-9_]{1,7}$/.test(text);
}

export function interface_name(tunnel: string): string {
  return `${PREFIX}${tunnel}`;
}

/** Of an interface of ours; empty when it is none. */
export function tunnel_name(interface_name: string): string {
  const name = interface_name.startsWith(PREFIX) ? interface_name.slice(PREFIX.length) : '';
  return is_tunnel_name(name) ? name : '';
}

/** Type of the sections of an interface's peers, as netifd wants it. */
export function peer_type(interface_name: string): string {
  return `wireguard_${interface_name}`;
}

/** The n-th peer's section, from 1 on. */
export function peer_section(interface_name: string, number: number): string {
  return `${interface_name}_peer${number}`;
}

/** The firewall's permission for what comes from another zone to go to the tunnels. */
export function forwarding_section(zone: string): string {
  return `${EXIT_SECTION}_from_${zone.replace(/[^A-Za-z0-9_]+/g, '_')}`;
}
