/** A text that goes somewhere else: to copy, or to download as a file. */

import { useSignal } from '@preact/signals';
import { _ } from '../translate.ts';

export interface PasteProps {
  /** Unique where it is shown. */
  field: string;
  text: string;
  /** Name of the file; null where the text is none. */
  file: string | null;
}

export function Paste({ field, text, file }: PasteProps) {
  const copied = useSignal('');
  return (
    <>
      <pre class="la-lines" data-field={field}>
        {text}
      </pre>
      <div class="la-editor-actions">
        <button
          type="button"
          class="btn cbi-button cbi-button-neutral"
          data-action={`copy-${field}`}
          onClick={event => {
            copied.value = copy(text, event.currentTarget) ? _('Copied.') : _('Mark the text and copy it.');
          }}
        >
          {_('Copy')}
        </button>{' '}
        {file !== null && (
          <a
            class="btn cbi-button cbi-button-neutral"
            data-action={`download-${field}`}
            download={file}
            href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          >
            {_('Download')}
          </a>
        )}{' '}
        <span role="status">{copied.value}</span>
      </div>
    </>
  );
}

/** Routers are mostly reached without TLS, where browsers have no `navigator.clipboard`. */
function copy(text: string, button: HTMLElement): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  button.after(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  button.focus();
  return done;
}
