/** WireGuard interfaces as /etc/config/network has them. */

import type { UciSection } from '../../platform/platform.ts';
import { decimal } from '../net/address.ts';
import { port_number } from '../observe/listen_ports.ts';
import { peer_type } from './names.ts';

export interface StoredPeer {
  section: string;
  public_key: string;
  preshared_key: string;
  endpoint_host: string;
  endpoint_port: number;
  allowed_ips: string[];
  persistent_keepalive: number;
}

export interface StoredTunnel {
  interface: string;
  private_key: string;
  listen_port: number | null;
  addresses: string[];
  mtu: number | null;
  peers: StoredPeer[];
}

/** netifd's for a peer without `endpoint_port`. */
export const DEFAULT_PORT = 51820;

export function stored_tunnels(network: UciSection[]): StoredTunnel[] {
  return network
    .filter(({ type, options }) => type === 'interface' && options.proto === 'wireguard')
    .map(section => ({
      interface: section.name,
      private_key: text_option(section, 'private_key'),
      listen_port: port_number(text_option(section, 'listen_port')),
      addresses: list_option(section, 'addresses'),
      mtu: number_option(section, 'mtu'),
      peers: network.filter(({ type }) => type === peer_type(section.name)).map(stored_peer),
    }));
}

/** Null when there is none on this interface. */
export function stored_tunnel(network: UciSection[], interface_name: string): StoredTunnel | null {
  return stored_tunnels(network).find(tunnel => tunnel.interface === interface_name) ?? null;
}

function stored_peer(section: UciSection): StoredPeer {
  return {
    section: section.name,
    public_key: text_option(section, 'public_key'),
    preshared_key: text_option(section, 'preshared_key'),
    endpoint_host: text_option(section, 'endpoint_host'),
    endpoint_port: port_number(text_option(section, 'endpoint_port')) ?? DEFAULT_PORT,
    allowed_ips: list_option(section, 'allowed_ips'),
    persistent_keepalive: number_option(section, 'persistent_keepalive') ?? 0,
  };
}

/** Empty when it is not there; the first item of a list. */
export function text_option(section: UciSection, option: string): string {
  const value = section.options[option] ?? '';
  return Array.isArray(value) ? (value[0] ?? '') : value;
}

/** A list, or words in one text, as OpenWrt takes either. */
export function list_option(section: UciSection, option: string): string[] {
  const value = section.options[option] ?? '';
  const items = Array.isArray(value) ? value : value.split(' ');
  return items.filter(item => item !== '');
}

function number_option(section: UciSection, option: string): number | null {
  const text = text_option(section, option);
  return /^[0-9]{1,5}$/.test(text) ? decimal(text) : null;
}
