/** The frame of a form: heading, messages, buttons; keeps the keyboard where it was opened. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { _ } from '../translate.ts';
import { Banner } from './banner.tsx';

export interface EditorProps {
  /** Unique on the page. */
  name: string;
  /** Null where the heading is above it already. */
  title: string | null;
  /** What is wrong with the whole. */
  messages: string[];
  /** The form has its content. */
  loaded: boolean;
  saving: boolean;
  read_only: boolean;
  /** Of the button; «Save» when left out. */
  save_title?: string;
  onSave: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

export function Editor(props: EditorProps) {
  const { title, messages, loaded, saving, read_only, onClose } = props;
  const editor = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    const opener = document.activeElement;
    const own = editor.current;
    heading.current?.focus({ preventScroll: true });
    return () => {
      // Whoever works with the keyboard goes on where the editor was opened, unless they are elsewhere already.
      const { activeElement, body } = document;
      if (activeElement !== body && own?.contains(activeElement) !== true) return;
      requestAnimationFrame(() => {
        if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
      });
    };
  }, []);

  useEffect(() => {
    // Now it has its height.
    if (loaded) editor.current?.scrollIntoView({ block: 'nearest' });
  }, [loaded]);

  return (
    <form
      ref={editor}
      class="cbi-section la-editor"
      data-editor={props.name}
      aria-busy={!loaded && messages.length === 0}
      onSubmit={event => {
        event.preventDefault();
        if (loaded && !saving && !read_only) props.onSave();
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') onClose();
      }}
    >
      {title !== null && (
        <h3 ref={heading} tabIndex={-1}>
          {title}
        </h3>
      )}
      <div aria-live="polite">
        {messages.length > 0 && (
          <Banner name="editor" tone="error">
            {messages.map(line => (
              <p key={line}>{line}</p>
            ))}
          </Banner>
        )}
      </div>
      {props.children}
      <div class="la-editor-actions">
        <button type="button" class="btn cbi-button cbi-button-neutral" onClick={onClose}>
          {read_only ? _('Close') : _('Cancel')}
        </button>{' '}
        <button
          type="submit"
          class="btn cbi-button cbi-button-positive important"
          disabled={saving || !loaded || read_only}
          aria-busy={saving}
        >
          {props.save_title ?? _('Save')}
        </button>
      </div>
    </form>
  );
}
