/** Which clients stay on which link at the moment. */

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { DEFAULT_GROUP } from '../../../rpcd/src/plan/constants.ts';
import type { StickyEntry, StickyReply } from '../../../rpcd/src/rpc.ts';
import { type Store, sticky_target } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { age_text } from '../words/age.ts';
import { failure_text } from '../words/failure.ts';
import { Banner } from './banner.tsx';
import { Fold } from './fold.tsx';
import { Table } from './table.tsx';

export interface StickyListProps {
  store: Store;
  read_only: boolean;
}

export function StickyList({ store, read_only }: StickyListProps) {
  const open = useSignal(false);
  return (
    <Fold name="sticky" title={_('Stickiness')} summary={_('which clients stay on which link')} open={open}>
      <StickyContent store={store} read_only={read_only} />
    </Fold>
  );
}

function StickyContent({ store, read_only }: StickyListProps) {
  useEffect(() => {
    store.watch_sticky(true);
    return () => store.watch_sticky(false);
  }, [store]);
  const { reply, failure } = store.sticky.value;
  const everything = { group: null, source: null };
  return (
    <>
      {failure !== null && (
        <Banner name="sticky-failed" tone="error">
          {failure_text(failure)}
        </Banner>
      )}
      {reply === null ? (
        failure === null && <p role="status">{_('Loading …')}</p>
      ) : reply.entries.length === 0 ? (
        <p class="la-empty" data-banner="no-sticky">
          {_('No client is kept on a link right now. An entry appears with a client’s next connection.')}
        </p>
      ) : (
        <>
          <Entries store={store} reply={reply} read_only={read_only} />
          <button
            type="button"
            class="btn cbi-button cbi-button-negative"
            data-action="clear"
            disabled={read_only || store.pending.value.has(sticky_target(everything))}
            onClick={() => void store.clear_sticky(everything)}
          >
            {_('Clear all')}
          </button>
        </>
      )}
    </>
  );
}

function Entries({ store, reply, read_only }: StickyListProps & { reply: StickyReply }) {
  const { entries, total } = reply;
  const groups = entries.some(entry => entry.group !== DEFAULT_GROUP);
  const destinations = entries.some(entry => entry.destination !== null);
  return (
    <>
      <p>
        {_('A forgotten client gets a link anew with its next connection; those it has stay where they are.')}
      </p>
      <Table
        kind="rows"
        titles={[
          _('Client'),
          ...(destinations ? [_('Destination')] : []),
          ...(groups ? [_('Group')] : []),
          _('Link'),
          _('Expires in'),
          null,
        ]}
      >
        {entries.map(entry => (
          <tr key={key_of(entry)} class="tr la-row" data-sticky={entry.source}>
            <td class="td la-cell-name la-number">{entry.source}</td>
            {destinations && (
              <td class="td la-number" data-title={_('Destination')}>
                {entry.destination ?? '–'}
              </td>
            )}
            {groups && (
              <td class="td" data-title={_('Group')}>
                {entry.group === DEFAULT_GROUP ? _('All links') : entry.group}
              </td>
            )}
            <td class="td" data-title={_('Link')} data-field="link">
              {entry.link}
            </td>
            <td class="td la-number la-live" data-title={_('Expires in')}>
              {age_text(entry.expires_s)}
            </td>
            <td class="td cbi-section-actions la-cell-actions">
              <div>
                <button
                  type="button"
                  class="btn cbi-button cbi-button-negative remove"
                  data-action="forget"
                  aria-label={fill(_('Forget %s'), entry.source)}
                  disabled={read_only || store.pending.value.has(sticky_target(entry))}
                  onClick={() => void store.clear_sticky({ group: entry.group, source: entry.source })}
                >
                  {_('Forget')}
                </button>
              </div>
            </td>
          </tr>
        ))}
      </Table>
      {total > entries.length && <p>{fill(_('%s of %s are shown.'), entries.length, total)}</p>}
    </>
  );
}

function key_of(entry: StickyEntry): string {
  return `${entry.group} ${entry.source} ${entry.destination}`;
}
