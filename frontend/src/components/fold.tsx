/** A part of the page that is closed at first, and does nothing until it is opened. */

import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export interface FoldProps {
  /** Unique on the page. */
  name: string;
  title: string;
  /** What matters of the content, in a few words. */
  summary: string;
  open: Signal<boolean>;
  children: ComponentChildren;
}

export function Fold({ name, title, summary, open, children }: FoldProps) {
  const id = `la-fold-${name}`;
  return (
    // Not <details>: themes dress only a heading that is right below its section.
    <div class="cbi-section" data-fold={name}>
      <h3>
        <button
          type="button"
          class="la-fold"
          aria-expanded={open.value}
          aria-controls={id}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          {title}
        </button>
      </h3>
      <p class="la-muted">{summary}</p>
      <div id={id}>{open.value && children}</div>
    </div>
  );
}
