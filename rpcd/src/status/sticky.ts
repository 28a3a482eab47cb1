/** Who stays on which link: read from the kernel's sets, and cleared there. */

import type { DaemonPlatform, Json } from '../../platform/platform.ts';
import { first_line, run_batch } from '../apply/kernel.ts';
import { array_at, is_object, number_at, object_at, objects_at, text_at } from '../json.ts';
import { NFT_TABLE } from '../plan/constants.ts';
import type { StickySet } from '../plan/sticky.ts';
import { STICKY_SHOWN_MAX, type StickyEntry, type StickyReply } from '../rpc.ts';
import { nft_objects } from './counters.ts';

interface StoredEntry {
  set: string;
  /** The element as `nft` takes it. */
  element: string;
  shown: StickyEntry;
}

export function sticky_reply(platform: DaemonPlatform, sets: StickySet[]): StickyReply {
  const entries = sets.length === 0 ? [] : stored_entries(platform, sets).map(({ shown }) => shown);
  entries.sort((a, b) => b.expires_s - a.expires_s);
  return { entries: entries.slice(0, STICKY_SHOWN_MAX), total: entries.length };
}

/** Forget all entries, or those with this source. Empty text on success, else what went wrong. */
export function clear_sticky(platform: DaemonPlatform, sets: StickySet[], source: string | null): string {
  if (sets.length === 0) return '';
  if (source === null) {
    return batch(
      platform,
      sets.map(({ set }) => `flush set inet ${NFT_TABLE} ${set}`),
    );
  }
  // An entry may time out between the question and the deletion; what is left then is less than before.
  for (let attempt = 0; attempt < 3; attempt++) {
    const entries = stored_entries(platform, sets).filter(({ shown }) => shown.source === source);
    const commands = entries.map(
      ({ set, element }) => `delete element inet ${NFT_TABLE} ${set} { ${element} }`,
    );
    if (commands.length === 0 || batch(platform, commands) === '') return '';
  }
  return `the entries of ${source} could not be deleted`;
}

function batch(platform: DaemonPlatform, commands: string[]): string {
  const result = run_batch(platform, ['nft', '-f'], `${commands.join('\n')}\n`);
  return result.code === 0 ? '' : `nft: ${first_line(result.stderr)}`;
}

function stored_entries(platform: DaemonPlatform, sets: StickySet[]): StoredEntry[] {
  const known: Record<string, StickySet> = {};
  for (const set of sets) known[set.set] = set;
  const entries: StoredEntry[] = [];
  for (const object of nft_objects(platform, 'sets')) {
    const listed = object_at(object, 'set');
    const name = text_at(listed, 'name');
    const set = Object.hasOwn(known, name) ? (known[name] ?? null) : null;
    if (set === null) continue;
    for (const item of objects_at(listed, 'elem')) {
      const element = object_at(item, 'elem');
      const parts = addresses_of(element.val ?? null);
      const source = parts[0] ?? null;
      if (source === null) continue;
      const destination = set.with_destination ? (parts[1] ?? null) : null;
      entries.push({
        set: name,
        element: parts.join(' . '),
        shown: {
          group: set.group,
          source: destination === null ? `${source}${set.length}` : source,
          destination: destination === null ? null : `${destination}${set.length}`,
          link: set.link,
          expires_s: number_at(element, 'expires'),
        },
      });
    }
  }
  return entries;
}

/** One address, or the two of a concatenation. */
function addresses_of(value: Json): string[] {
  if (typeof value === 'string') return [value];
  const parts = is_object(value) ? array_at(value, 'concat') : [];
  return parts.filter(part => typeof part === 'string').map(part => `${part}`);
}
