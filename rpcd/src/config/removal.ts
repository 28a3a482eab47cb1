/** What the package takes along when it is removed: what it has written into other packages' files. */

import type { UciEdit, UciSection } from '../../platform/platform.ts';
import { PREFIX } from '../tunnels/names.ts';
import { list_option } from '../tunnels/stored.ts';

/** Where sections of ours are, besides our own file. */
export const SHARED_PACKAGES = ['network', 'firewall'];

/** Sections of ours go; in others' zones only our interfaces do. */
export function removal_edits(sections: UciSection[]): UciEdit[] {
  const edits: UciEdit[] = [];
  for (const section of sections) {
    const members = list_option(section, 'network');
    const others = members.filter(member => !member.startsWith(PREFIX));
    if (section.name.startsWith(PREFIX)) edits.push({ kind: 'remove', section: section.name });
    else if (section.type === 'zone' && others.length < members.length) {
      const value = others.length === 0 ? null : others;
      edits.push({ kind: 'set', section: section.name, option: 'network', value });
    }
  }
  return edits;
}
