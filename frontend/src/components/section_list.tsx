/** All sections of a type, with what adds one and the editor of the one that is being edited. */

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { SectionType } from '../store/sections.ts';
import type { Store } from '../store/store.ts';
import { section_words } from '../words/section.ts';
import { SectionEditor } from './section_editor.tsx';

export interface SectionListProps {
  store: Store;
  type: SectionType;
  title: string;
  read_only: boolean;
  /** The list itself; gets what opens the editor. */
  children: (edit: (name: string) => void) => ComponentChildren;
}

export function SectionList({ store, type, title, read_only, children }: SectionListProps) {
  /** Name of what is edited; `''` is the one being added, null is none. */
  const edited = useSignal<string | null>(null);
  const edit = (name: string | null) => {
    edited.value = name;
  };
  return (
    <div class="cbi-section" data-list={type}>
      <h3>{title}</h3>
      {children(edit)}
      <button
        type="button"
        class="btn cbi-button cbi-button-add"
        data-action="add"
        aria-expanded={edited.value === ''}
        disabled={read_only}
        onClick={() => edit('')}
      >
        {section_words(type).add}
      </button>
      {edited.value !== null && (
        <SectionEditor
          key={edited.value}
          store={store}
          type={type}
          name={edited.value === '' ? null : edited.value}
          read_only={read_only}
          onClose={() => edit(null)}
        />
      )}
    </div>
  );
}
