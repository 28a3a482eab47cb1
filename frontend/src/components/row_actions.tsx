/** The buttons at the end of a row: edit and remove. */

import type { SectionType } from '../store/sections.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { section_words } from '../words/section.ts';

export interface RowActionsProps {
  store: Store;
  type: SectionType;
  name: string;
  locked: boolean;
  onEdit: (name: string) => void;
}

export function RowActions({ store, type, name, locked, onEdit }: RowActionsProps) {
  const words = section_words(type);
  return (
    <td class="td cbi-section-actions la-cell-actions">
      <div>
        <button
          type="button"
          class="btn cbi-button cbi-button-neutral"
          data-action="edit"
          aria-label={fill(words.edit, name)}
          disabled={locked}
          onClick={() => onEdit(name)}
        >
          {_('Edit')}
        </button>
        <button
          type="button"
          class="btn cbi-button cbi-button-negative remove"
          data-action="remove"
          aria-label={fill(words.remove, name)}
          disabled={locked}
          onClick={() => void store.remove(type, name)}
        >
          {_('Remove')}
        </button>
      </div>
    </td>
  );
}
