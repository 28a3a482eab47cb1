/** IPv4 of the netifd stand-in: what an address with its routes means for the kernel and in the dump. */

import type { JsonObject } from '../../rpcd/platform/platform.ts';
import type { Lease } from './addresses.ts';

export interface Ipv4Settings {
  proto: string;
  device: string;
  metric: number;
}

/** Commands with `ip -4` that bring an address and its routes about. */
export function lease_added({ proto, device, metric }: Ipv4Settings, lease: Lease): string[] {
  const metric_option = metric > 0 ? ` metric ${metric}` : '';
  const lines = [`address replace ${lease.address}/${lease.mask} brd + dev ${device}`];
  if (metric > 0) {
    // The subnet's route gets the metric as well: netifd puts one of its own in place of the kernel's.
    const subnet = `${subnet_of(lease)} dev ${device}`;
    lines.push(
      `route replace ${subnet} proto static scope link${metric_option}`,
      `route delete ${subnet} proto kernel`,
    );
  }
  if (lease.gateway !== '') {
    const source = proto === 'static' ? '' : ` src ${lease.address}`;
    lines.push(
      `route replace default via ${lease.gateway} dev ${device} proto static${source}${metric_option}`,
    );
  }
  return lines;
}

/** The element of `route` in the dump. */
export function default_route(proto: string, { address, gateway }: Lease): JsonObject {
  return {
    target: '0.0.0.0',
    mask: 0,
    nexthop: gateway,
    source: proto === 'static' ? '0.0.0.0/0' : `${address}/32`,
  };
}

/** 24 of 255.255.255.0. */
export function mask_length(netmask: string): number {
  const bits = netmask.split('.').map(byte => Number(byte).toString(2).padStart(8, '0'));
  return bits.join('').lastIndexOf('1') + 1;
}

function subnet_of({ address, mask }: Lease): string {
  const whole = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
  const subnet = whole - (whole % 2 ** (32 - mask));
  return `${[24, 16, 8, 0].map(shift => Math.floor(subnet / 2 ** shift) % 256).join('.')}/${mask}`;
}
