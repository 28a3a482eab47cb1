/** From what is to what shall be: the commands that differ, nothing when nothing does. Pure. */

import { NFT_TABLE } from '../plan/constants.ts';
import type { Plan } from '../plan/types.ts';
import type { KernelState } from './kernel.ts';

export interface Changes {
  /** Input of `ip -batch`, in an order in which no packet meets a rule whose table is still empty. */
  ip: string[];
  /** Input of `nft -f`, null when the table stays. */
  nft: string | null;
}

/** `nft_intact`: the kernel's table is still what was made of `plan.nft`. */
export function diff(plan: Plan, kernel: KernelState, nft_intact: boolean): Changes {
  const routes_missing = without(plan.routes, kernel.routes);
  const routes_extra = without(kernel.routes, plan.routes);
  const replaced = routes_missing.map(table_name);
  return {
    ip: [
      ...routes_missing.map(route => `route replace ${route}`),
      ...without(plan.rules, kernel.rules).map(rule => `rule add ${rule}`),
      ...without(kernel.rules, plan.rules).map(rule => `rule del ${rule}`),
      ...routes_extra
        .filter(route => !replaced.includes(table_name(route)) || !route.startsWith('default '))
        .map(route => `route del ${route}`),
    ],
    nft: nft_intact ? null : nft_script(plan.nft, kernel.nft_listing),
  };
}

/**
 * One transaction from the table that is listed to the one that is wanted. All rules are written anew, but sets
 * and counters that stay keep what they hold; objects that are not wanted are deleted.
 */
export function nft_script(table: string | null, listing: string | null): string {
  if (table === null || listing === null) return nft_fresh_script(table);
  const wanted = table_objects(table);
  const gone = table_objects(listing).filter(object => !wanted.includes(object));
  return [
    `flush table inet ${NFT_TABLE}`,
    ...gone.map(object => `delete ${object.replace(' ', ` inet ${NFT_TABLE} `)}`),
    table,
  ].join('\n');
}

/** The same without regard to what was there, for a table that was tampered with. */
export function nft_fresh_script(table: string | null): string {
  return `table inet ${NFT_TABLE} { }\ndelete table inet ${NFT_TABLE}\n${table ?? ''}`;
}

/** `chain x`, `set y`, `counter z` … in a table as `nft` prints it or as the plan words it. Chains come first. */
function table_objects(table: string): string[] {
  const chains: string[] = [];
  const others: string[] = [];
  for (const line of table.split('\n')) {
    const words = line.trim().split(' ');
    if (words[2] !== '{') continue;
    const kind = words[0] ?? '';
    if (kind === 'chain') chains.push(`${kind} ${words[1] ?? ''}`);
    else if (['set', 'map', 'counter', 'quota', 'limit', 'flowtable'].includes(kind)) {
      others.push(`${kind} ${words[1] ?? ''}`);
    }
  }
  return chains.concat(others);
}

/** Lines of `wanted` that are not among `present`. The kernel holds no rule or route twice. */
function without(wanted: string[], present: string[]): string[] {
  const there: Record<string, boolean> = {};
  for (const line of present) there[line] = true;
  return wanted.filter(line => !(there[line] ?? false));
}

/** `table N` of a route line. */
function table_name(route: string): string {
  const words = route.split(' ');
  return words[words.indexOf('table') + 1] ?? '';
}
