/**
 * NAT rules: source addresses of what goes from one interface to another.
 *
 * They stand in our own table, ahead of the firewall's, and not in an include that fw4 loads: a rule of ours can then
 * never break fw4's ruleset, comes and goes with the rest in one transaction, needs no file on flash, and is gone
 * with the service.
 */

import type { Config, Nat } from '../config/schema.gen.ts';
import { address_family, HEADERS, LONG_NAMES } from '../net/address.ts';
import { chain } from './nft_text.ts';
import { address_matches } from './policies.ts';
import type { InterfaceState } from './types.ts';

/** Chain with the rules, when there are any that are enabled. */
const NAT = 'nat';

/** Rule that asks them ahead of one of ours. */
export function nat_first(config: Config): string[] {
  return config.nat.some(({ enabled }) => enabled) ? [`jump ${NAT}`] : [];
}

/** Named counter of the connections that a rule has been used for: later packets of theirs do not come here. */
export function nat_counter(name: string): string {
  return `nat_${name}`;
}

/** Named counters and the chain `NAT`. A rule whose interfaces are not both up has no effect. */
export function nat_chains(config: Config, interfaces: Record<string, InterfaceState>): string[] {
  const rules = config.nat.filter(rule => rule.enabled);
  if (rules.length === 0) return [];
  const device_of = (name: string) => {
    const state = Object.hasOwn(interfaces, name) ? (interfaces[name] ?? null) : null;
    return state !== null && state.up ? state.device : null;
  };
  return [
    ...rules.map(({ name }) => `counter ${nat_counter(name)} { }`),
    ...chain(
      NAT,
      rules.flatMap(rule => {
        const [from, to] = [device_of(rule.in), device_of(rule.out)];
        if (to === null || (rule.in !== '' && from === null)) return [];
        return nat_rules(rule, `${from === null ? '' : `iifname "${from}" `}oifname "${to}"`);
      }),
    ),
    ...chain('nat_postrouting', [
      'type nat hook postrouting priority srcnat - 2; policy accept;',
      `jump ${NAT}`,
    ]),
  ];
}

/** One, or one for each family. */
function nat_rules({ name, action, address, source, destination }: Nat, devices: string): string[] {
  const family = action === 'snat' ? address_family(address) : null;
  const verdict = family === null ? 'masquerade' : `snat ${HEADERS[family]} to ${address}`;
  const only = family === null ? 'any' : LONG_NAMES[family];
  return address_matches(source, destination, only).map(addresses =>
    [devices, ...addresses, `counter name ${nat_counter(name)}`, verdict].join(' '),
  );
}
