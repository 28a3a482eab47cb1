/** From what is to what shall be: the commands that differ, nothing when nothing does. Pure. */

import { NFT_TABLE } from '../plan/constants.ts';
import type { PlannedFamily } from '../plan/types.ts';

/**
 * Input of `ip -batch` for one address family, in an order in which no packet meets a rule whose table is still
 * empty.
 */
export function ip_commands(planned: PlannedFamily, kernel: PlannedFamily): string[] {
  const routes_missing = without(planned.routes, kernel.routes);
  const routes_extra = without(kernel.routes, planned.routes);
  const replaced = routes_missing.map(table_name);
  return [
    ...routes_missing.map(route => `route replace ${route}`),
    ...without(planned.rules, kernel.rules).map(rule => `rule add ${rule}`),
    ...without(kernel.rules, planned.rules).map(rule => `rule del ${rule}`),
    ...routes_extra
      .filter(route => !replaced.includes(table_name(route)) || !route.startsWith('default '))
      .map(route => `route del ${route}`),
  ];
}

/**
 * One transaction from the table that the kernel has to the one that is wanted, null for none. `made` is the plan's
 * text from which the kernel's table was made, null when somebody changed it since: all its rules are written anew
 * then. Sets and counters that stay keep what they hold.
 */
export function nft_script(table: string | null, listing: string | null, made: string | null): string {
  if (table === null || listing === null) return nft_fresh_script(table);
  const wanted = table_objects(table);
  const present = table_objects(made ?? listing);
  const gone = Object.keys(present).filter(name => !Object.hasOwn(wanted, name));
  const changed = Object.keys(wanted).filter(name => made === null || wanted[name] !== present[name]);
  const flushed =
    made === null
      ? [`flush table inet ${NFT_TABLE}`]
      : changed
          .filter(name => Object.hasOwn(present, name))
          .concat(gone)
          .filter(name => name.startsWith('chain '))
          .map(name => `flush ${in_table(name)}`);
  return [
    ...flushed,
    `table inet ${NFT_TABLE} {`,
    ...changed.map(name => wanted[name] ?? ''),
    '}',
    // Chains first, because their rules use the others.
    ...gone.filter(name => name.startsWith('chain ')).map(name => `delete ${in_table(name)}`),
    ...gone.filter(name => !name.startsWith('chain ')).map(name => `delete ${in_table(name)}`),
    '',
  ].join('\n');
}

/** The same without regard to what was there, for a table that was tampered with. */
export function nft_fresh_script(table: string | null): string {
  return `table inet ${NFT_TABLE} { }\ndelete table inet ${NFT_TABLE}\n${table ?? ''}`;
}

const OBJECTS = ['chain', 'set', 'map', 'counter', 'quota', 'limit', 'flowtable'];

/** Texts of `chain x`, `set y`, `counter z` … by that name, in a table as `nft` prints it or as the plan words it. */
function table_objects(table: string): Record<string, string> {
  const texts: Record<string, string> = {};
  const lines = table.split('\n');
  let name = '';
  let start = 0;
  for (const [index, line] of lines.entries()) {
    // Nearly all lines are rules.
    if (line.startsWith('\t\t')) continue;
    if (line.startsWith('\t}')) {
      if (name !== '') texts[name] = lines.slice(start, index + 1).join('\n');
      name = '';
      continue;
    }
    const words = line.trim().split(' ');
    const kind = words[0] ?? '';
    if (words[2] !== '{' || !OBJECTS.includes(kind)) continue;
    name = `${kind} ${words[1] ?? ''}`;
    start = index;
    // All of it, unless its end comes on a line of its own.
    texts[name] = line;
  }
  return texts;
}

function in_table(name: string): string {
  return name.replace(' ', ` inet ${NFT_TABLE} `);
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
