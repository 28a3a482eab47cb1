/** The page. */

import { useSignal } from '@preact/signals';
import { Banners } from '../components/banners.tsx';
import { LinkEditor } from '../components/link_editor.tsx';
import { LinksTable } from '../components/links_table.tsx';
import { Summary } from '../components/summary.tsx';
import { is_final } from '../store/polling.ts';
import type { Store } from '../store/store.ts';
import { _ } from '../translate.ts';

export function Overview({ store }: { store: Store }) {
  /** Link whose editor is open; `''` is the one being added, null is none. */
  const edited = useSignal<string | null>(null);
  const shown = store.shown.value;
  const { failure, failures } = store.connection.value;
  const over = failure !== null && is_final(failure);
  const read_only = store.may_write.value !== true || over;

  return (
    <div class="cbi-map linkagg" data-stale={failures > 1 || over ? '' : undefined}>
      <h2>{_('Link Aggregation')}</h2>
      <div class="cbi-map-descr">
        {_(
          'Several uplinks work as one: new connections are spread over the links, and a link that stops working gets no more of them.',
        )}
      </div>
      <Banners store={store} />
      {shown === null ? (
        failure === null && <Skeleton />
      ) : (
        <>
          <Summary store={store} shown={shown} read_only={read_only} />
          <div class="cbi-section">
            <h3>{_('Links')}</h3>
            <LinksTable
              store={store}
              shown={shown}
              read_only={read_only}
              onEdit={name => {
                edited.value = name;
              }}
            />
            {edited.value === null && (
              <button
                type="button"
                class="btn cbi-button cbi-button-add"
                data-action="add"
                disabled={read_only}
                onClick={() => {
                  edited.value = '';
                }}
              >
                {_('Add link')}
              </button>
            )}
          </div>
          {edited.value !== null && (
            <LinkEditor
              key={edited.value}
              store={store}
              name={edited.value === '' ? null : edited.value}
              onClose={() => {
                edited.value = null;
              }}
            />
          )}
        </>
      )}
    </div>
  );
}

/** Takes the room the page will need. */
function Skeleton() {
  return (
    <div class="la-skeleton" data-banner="loading">
      <span class="la-hidden" role="status">
        {_('Loading …')}
      </span>
      <div class="cbi-section la-ghost la-ghost-summary" />
      <div class="cbi-section la-ghost la-ghost-table" />
    </div>
  );
}
