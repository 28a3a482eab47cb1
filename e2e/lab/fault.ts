/** What a provider does wrong, and the nftables ruleset in its namespace that does it. */

import { PORTAL_ADDRESS, PORTAL_ADDRESS6 } from './addresses.ts';
import type { Family, Portal } from './api.ts';

export interface Fault {
  /** Share of the forwarded packets that vanish, in each direction; 1000: all. */
  loss_permille: number;
  /** Address family of which none is forwarded. */
  lost_family: Family | null;
  /** Nothing passes the wire to the customer, in neither direction. */
  silent: boolean;
  /** Answers web pages itself. */
  portal: Portal | null;
}

export const NO_FAULT: Fault = { loss_permille: 0, lost_family: null, silent: false, portal: null };

export function is_faulty({ loss_permille, lost_family, silent, portal }: Fault): boolean {
  return loss_permille > 0 || lost_family !== null || silent || portal !== null;
}

/** What comes from the customer is dropped when its source is not in `own_prefixes` (IPv6; empty: whatever it is). */
export function provider_ruleset(fault: Fault, own_prefixes: string[]): string {
  const { loss_permille, lost_family } = fault;
  const some = loss_permille < 1000 ? `numgen random mod 1000 < ${loss_permille}` : '';
  return `
    table inet provider
    delete table inet provider
    table inet provider {
      chain forward {
        type filter hook forward priority 0;
        ${own_prefixes.length === 0 ? '' : `iifname "cpe" ip6 saddr != { ${own_prefixes.join(', ')} } drop`}
        ${lost_family === null ? '' : `meta nfproto ipv${lost_family} drop`}
        ${loss_permille === 0 ? '' : `${some} drop`}
        ${fault.portal === 'closed' ? CLOSED_PORTAL : ''}
      }
      ${fault.portal === null ? '' : PORTAL_CHAIN}
    }
    table netdev provider
    delete table netdev provider
    ${fault.silent ? SILENT_WIRE : ''}`;
}

/** The customer's web pages come from the portal. */
const PORTAL_CHAIN = `
  chain portal {
    type nat hook prerouting priority dstnat;
    iifname "cpe" tcp dport 80 dnat ip to ${PORTAL_ADDRESS}
    iifname "cpe" tcp dport 80 dnat ip6 to ${PORTAL_ADDRESS6}
  }`;

/** Names are answered: without them nobody would ever see the portal. */
const CLOSED_PORTAL = `
  ct status dnat accept
  udp dport 53 accept
  udp sport 53 accept
  drop`;

/** Not even ARP. */
const SILENT_WIRE = `
  table netdev provider {
    chain received { type filter hook ingress device "cpe" priority 0; drop; }
    chain sent { type filter hook egress device "cpe" priority 0; drop; }
  }`;
