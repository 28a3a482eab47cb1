/** What this session has staged and not applied yet, and how applying it goes. */

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { StageReply } from '../../../rpcd/src/rpc.ts';
import { type StagedView, TIMEOUTS_S } from '../store/staged.ts';
import type { Store } from '../store/store.ts';
import { _, fill, N_ } from '../translate.ts';
import { config_error_text, failure_text } from '../words/failure.ts';
import { Banner } from './banner.tsx';
import { useNow } from './now.ts';

const DEFAULT_TIMEOUT_S = 60;

export function StagedBar({ store, read_only }: { store: Store; read_only: boolean }) {
  const { staging } = store;
  const view = staging.view.value;
  const { reply, phase } = view;
  const staged = reply !== null && reply.staged.length > 0 && phase !== 'applying';
  const pending = reply?.pending === 'other';
  const bar = useRef<HTMLDivElement>(null);
  return (
    <div ref={bar} tabIndex={-1}>
      <div aria-live="polite">
        {phase === 'applying' ? (
          <Trial view={view} undo={staging.undo} />
        ) : pending ? (
          <Banner name="pending" tone="warning">
            {_(
              'Another session is trying out a change of the network. Until it is confirmed or undone, a minute or so, nothing can be applied or added to the changes here.',
            )}
          </Banner>
        ) : (
          <Ending view={view} dismiss={staging.dismiss} />
        )}
      </div>
      {staged && reply !== null && (
        <Staged
          store={store}
          reply={reply}
          locked={read_only || view.locked}
          // The button that was pressed goes, and the keyboard stays.
          onLeave={() => bar.current?.focus({ preventScroll: true })}
        />
      )}
    </div>
  );
}

/** In force, but not for good. */
function Trial({ view, undo }: { view: StagedView; undo: () => void }) {
  const left_s = Math.floor((view.deadline_ms - useNow(true)) / 1000);
  return (
    <Banner
      name="trial"
      tone={view.failure === null ? 'notice' : 'warning'}
      {...(view.undoing ? {} : { action: { label: _('Undo now'), run: undo } })}
    >
      {view.failure !== null && <p>{failure_text(view.failure)}</p>}
      <p>
        {view.undoing
          ? _('The changes are being undone.')
          : _('The changes are being applied. They stay if this page still reaches the router with them.')}
      </p>
      {/* Counts every second: not for screen readers. */}
      <p aria-hidden="true" class="la-number" data-field="left">
        {left_s > 0
          ? fill(_('%s s until the router undoes it by itself.'), left_s)
          : _('The time is over: the router undoes it, or has done so already.')}
      </p>
    </Banner>
  );
}

/** What came of the last attempt. */
function Ending({ view, dismiss }: { view: StagedView; dismiss: () => void }) {
  const { phase, undoing, failure, errors } = view;
  if (phase === 'confirmed') {
    return (
      <Banner name="confirmed" tone="notice" dismiss={dismiss}>
        {_('The changes are in force and confirmed.')}
      </Banner>
    );
  }
  if (phase === 'undone') {
    return (
      <Banner name="undone" tone={undoing ? 'notice' : 'error'} dismiss={dismiss}>
        {undoing
          ? _('The changes have been undone.')
          : _('The router was not reached in time, so it has undone the changes.')}{' '}
        {(view.reply?.staged.length ?? 0) > 0 &&
          _('They are unsaved changes again: correct and apply them, or discard them.')}
      </Banner>
    );
  }
  if (failure === null && errors.length === 0) return null;
  return (
    <Banner name="not-staged" tone="error" dismiss={dismiss}>
      {failure !== null && <p>{failure_text(failure)}</p>}
      {errors.map(error => (
        <p key={config_error_text(error)}>{config_error_text(error)}</p>
      ))}
    </Banner>
  );
}

interface StagedProps {
  store: Store;
  reply: StageReply;
  locked: boolean;
  onLeave: () => void;
}

function Staged({ store, reply, locked, onLeave }: StagedProps) {
  const open = useSignal(false);
  const timeout_s = useSignal(DEFAULT_TIMEOUT_S);
  const panel = useRef<HTMLDivElement>(null);
  const { staging } = store;
  const count = reply.staged.reduce((sum, { changes }) => sum + changes.length, 0);
  const toggle = () => {
    open.value = !open.value;
  };
  useEffect(() => {
    if (open.value) panel.current?.focus({ preventScroll: true });
  }, [open.value]);
  return (
    <section
      class="la-staged"
      data-staged
      aria-label={_('Unsaved changes')}
      onKeyDown={event => {
        if (event.key === 'Escape') open.value = false;
      }}
    >
      {open.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <div class="la-staged-list" ref={panel} tabIndex={0}>
          {reply.staged.map(({ config, changes }) => (
            <Lines key={config} title={`/etc/config/${config}`} lines={changes} />
          ))}
          {reply.commands.length > 0 && (
            <Lines title={_('What the service then does')} lines={reply.commands} />
          )}
          {reply.notes.length > 0 && (
            <ul>
              {reply.notes.map(note => (
                <li key={note}>{_(note)}</li>
              ))}
            </ul>
          )}
        </div>
      )}
      <div class="la-banner">
        <strong class="la-banner-text" role="status">
          {fill(N_(count, '%s unsaved change', '%s unsaved changes'), count)}
        </strong>
        <button
          type="button"
          class="btn cbi-button cbi-button-neutral"
          data-action="review"
          aria-expanded={open.value}
          onClick={toggle}
        >
          {open.value ? _('Close') : _('Review and apply')}
        </button>
        {open.value && (
          <>
            <button
              type="button"
              class="btn cbi-button cbi-button-reset"
              data-action="discard"
              disabled={locked}
              onClick={() => {
                onLeave();
                void staging.discard();
              }}
            >
              {_('Discard')}
            </button>
            <label>
              {_('Undo unless reached within')}{' '}
              <select
                class="cbi-input-select"
                data-field="timeout"
                value={timeout_s.value}
                onChange={event => {
                  timeout_s.value = Number(event.currentTarget.value);
                }}
              >
                {TIMEOUTS_S.map(seconds => (
                  <option key={seconds} value={seconds}>
                    {fill(_('%s s'), seconds)}
                  </option>
                ))}
              </select>
            </label>
            <button
              type="button"
              class="btn cbi-button cbi-button-apply important"
              data-action="apply"
              disabled={locked}
              onClick={() => {
                onLeave();
                void staging.apply(timeout_s.value);
              }}
            >
              {_('Apply')}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

function Lines({ title, lines }: { title: string; lines: string[] }) {
  return (
    <>
      <h4>{title}</h4>
      <pre class="la-lines">{lines.join('\n')}</pre>
    </>
  );
}
