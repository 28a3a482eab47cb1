/** The buttons at the end of a row. */

import type { SectionType } from '../store/sections.ts';
import type { Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { section_words } from '../words/section.ts';

export interface Action {
  /** `remove` looks like it. */
  action: string;
  text: string;
  /** For screen readers: which one of the rows. */
  label: string;
  run: () => void;
}

export function Actions({ locked, list }: { locked: boolean; list: Action[] }) {
  return (
    <td class="td cbi-section-actions la-cell-actions">
      <div>
        {list.map(({ action, text, label, run }) => (
          <button
            key={action}
            type="button"
            class={`btn cbi-button cbi-button-${action === 'remove' ? 'negative remove' : 'neutral'}`}
            data-action={action}
            aria-label={label}
            disabled={locked}
            onClick={run}
          >
            {text}
          </button>
        ))}
      </div>
    </td>
  );
}

export interface RowActionsProps {
  store: Store;
  type: SectionType;
  name: string;
  locked: boolean;
  onEdit: (name: string) => void;
}

/** Edit and remove, of a section. */
export function RowActions({ store, type, name, locked, onEdit }: RowActionsProps) {
  const words = section_words(type);
  return (
    <Actions
      locked={locked}
      list={[
        { action: 'edit', text: _('Edit'), label: fill(words.edit, name), run: () => onEdit(name) },
        {
          action: 'remove',
          text: _('Remove'),
          label: fill(words.remove, name),
          run: () => void store.remove(type, name),
        },
      ]}
    />
  );
}
