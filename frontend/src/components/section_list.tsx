/** All sections of a type, with what adds one (or several, one after the other) and the editor of what is edited. */

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
  /** The list itself; gets what opens the editor for a section, or for new ones. */
  children: (edit: (name: string) => void, add: (steps: NewSection[]) => void) => ComponentChildren;
}

/** A section to be added, with what its form starts with. */
export interface NewSection {
  type: SectionType;
  values: object;
}

export function SectionList({ store, type, title, read_only, children }: SectionListProps) {
  /** The first is in the editor now, by name or as a new one. */
  const edited = useSignal<(string | NewSection)[]>([]);
  const [now] = edited.value;
  const added = typeof now === 'object' ? now : null;
  const add = (steps: NewSection[]) => {
    edited.value = steps;
  };
  return (
    <div class="cbi-section" data-list={type}>
      <h3>{title}</h3>
      {children(name => {
        edited.value = [name];
      }, add)}
      <button
        type="button"
        class="btn cbi-button cbi-button-add"
        data-action="add"
        aria-expanded={added !== null}
        disabled={read_only}
        onClick={() => add([{ type, values: {} }])}
      >
        {section_words(type).add}
      </button>
      {now !== undefined && (
        <SectionEditor
          key={`${typeof now === 'string' ? now : ''} ${edited.value.length}`}
          store={store}
          type={added?.type ?? type}
          name={typeof now === 'string' ? now : null}
          preset={added?.values}
          read_only={read_only}
          onClose={saved => {
            edited.value = saved ? edited.value.slice(1) : [];
          }}
        />
      )}
    </div>
  );
}
