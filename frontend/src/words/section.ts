/** Links, groups, policies and NAT rules by name, and what became of them. */

import type { SectionType } from '../store/sections.ts';
import type { Subject } from '../store/store.ts';
import { _, fill } from '../translate.ts';

export interface SectionWords {
  add: string;
  /** With `%s` for the name, as all that follow. */
  title: string;
  edit: string;
  remove: string;
  removed: string;
  not_removed: string;
  not_changed: string;
  missing: string;
}

export function section_words(type: SectionType): SectionWords {
  switch (type) {
    case 'link':
      return {
        add: _('Add link'),
        title: _('Link %s'),
        edit: _('Edit link %s'),
        remove: _('Remove link %s'),
        removed: _('Link %s was removed.'),
        not_removed: _('Link %s was not removed. Without it there would be something wrong:'),
        not_changed: _('Link %s was not changed.'),
        missing: _('Link %s is not in the configuration that is on the router now.'),
      };
    case 'group':
      return {
        add: _('Add group'),
        title: _('Group %s'),
        edit: _('Edit group %s'),
        remove: _('Remove group %s'),
        removed: _('Group %s was removed.'),
        not_removed: _('Group %s was not removed. Without it there would be something wrong:'),
        not_changed: _('Group %s was not changed.'),
        missing: _('Group %s is not in the configuration that is on the router now.'),
      };
    case 'policy':
      return {
        add: _('Add policy'),
        title: _('Policy %s'),
        edit: _('Edit policy %s'),
        remove: _('Remove policy %s'),
        removed: _('Policy %s was removed.'),
        not_removed: _('Policy %s was not removed. Without it there would be something wrong:'),
        not_changed: _('Policy %s was not changed.'),
        missing: _('Policy %s is not in the configuration that is on the router now.'),
      };
    case 'nat':
      return {
        add: _('Add NAT rule'),
        title: _('NAT rule %s'),
        edit: _('Edit NAT rule %s'),
        remove: _('Remove NAT rule %s'),
        removed: _('NAT rule %s was removed.'),
        not_removed: _('NAT rule %s was not removed. Without it there would be something wrong:'),
        not_changed: _('NAT rule %s was not changed.'),
        missing: _('NAT rule %s is not in the configuration that is on the router now.'),
      };
  }
}

/** `reasons`: they are listed after it. */
export function not_changed_text({ type, name, removal }: Subject, reasons: boolean): string {
  if (type === 'globals') return _('The setting was not changed.');
  if (type === 'sticky') return _('Nothing was forgotten.');
  if (type === 'test') return fill(_('Link %s was not tested.'), name);
  const words = section_words(type);
  return fill(removal === true && reasons ? words.not_removed : words.not_changed, name);
}
