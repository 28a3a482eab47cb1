/** What is known of one link besides its row: its last 24 hours, and a test of its probes. */

import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { LinkEvent, ProbeResult } from '../../../rpcd/src/rpc.ts';
import type { Details } from '../store/details.ts';
import type { ShownLink } from '../store/shown.ts';
import { type Store, test_target } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { age_text } from '../words/age.ts';
import { failure_text } from '../words/failure.ts';
import { reason_text, state_text } from '../words/link_state.ts';
import { outcome_text, probe_name, result_text } from '../words/probe.ts';
import { Banner } from './banner.tsx';
import { HistoryChart } from './history_chart.tsx';

/** Changes of state that are listed at first. */
const EVENTS_SHOWN = 8;

export interface LinkDetailsProps {
  store: Store;
  link: ShownLink;
  read_only: boolean;
}

export function LinkDetails({ store, link, read_only }: LinkDetailsProps) {
  const watch = useMemo(() => store.watch_link(link.name), [store, link.name]);
  useEffect(() => {
    watch.run(true);
    return () => watch.run(false);
  }, [watch]);
  const details = watch.details.value;
  const failure = details.history_failure ?? details.test_failure;
  if (store.shown.value?.running === false) {
    return (
      <p class="la-empty" data-banner="no-history">
        {_('The service is not running, so nothing is measured.')}
      </p>
    );
  }
  return (
    <div class="la-details-parts">
      <div aria-live="polite">
        {failure !== null && (
          <Banner name="details-failed" tone="error">
            {failure_text(failure)}
          </Banner>
        )}
      </div>
      {details.history === null ? (
        details.history_failure === null && <p role="status">{_('Loading …')}</p>
      ) : (
        <History link={link} details={details} />
      )}
      <Test store={store} link={link} details={details} read_only={read_only} />
    </div>
  );
}

function History({ link, details }: { link: ShownLink; details: Details }) {
  const { history } = details;
  if (history === null) return null;
  const since_s = (Date.now() - details.history_at_ms) / 1000;
  return (
    <>
      <section class="la-details-history">
        <h4>{_('Last 24 hours')}</h4>
        {history.loss_permille.every(loss => loss === null) ? (
          <p class="la-empty" data-banner="no-probes">
            {link.enabled
              ? _('Nothing has been measured yet.')
              : _('Nothing was measured: a link that is switched off is not probed.')}
          </p>
        ) : (
          <HistoryChart reply={history} />
        )}
      </section>
      <section>
        <h4>{_('Changes of state')}</h4>
        <Events link={link} events={history.events} since_s={since_s} />
      </section>
    </>
  );
}

/** `since_s`: how long ago the ages were right. */
function Events({ link, events, since_s }: { link: ShownLink; events: LinkEvent[]; since_s: number }) {
  const all = useSignal(false);
  if (events.length === 0) return <p>{_('None in the last 24 hours.')}</p>;
  const newest = [...events].reverse().slice(0, all.value ? events.length : EVENTS_SHOWN);
  return (
    <>
      <ul class="la-events">
        {newest.map((event, index) => (
          <li key={index} data-event={event.state} data-family={event.family ?? undefined}>
            <span class={`la-state la-state-${event.state}`}>{state_text(event.state)}</span>
            <span>
              {event.family !== null && `${_('IPv6')}: `}
              {reason_text({ reason: event.reason, interface: link.interface })}{' '}
              <span class="la-muted la-number">{fill(_('%s ago'), age_text(event.age_s + since_s))}</span>
            </span>
          </li>
        ))}
      </ul>
      {newest.length < events.length && (
        <button
          type="button"
          class="btn cbi-button la-more"
          onClick={() => {
            all.value = true;
          }}
        >
          {fill(_('Show all %s'), events.length)}
        </button>
      )}
    </>
  );
}

function Test({ store, link, details, read_only }: LinkDetailsProps & { details: Details }) {
  const { test } = details;
  const running = test?.running === true || store.pending.value.has(test_target(link.name));
  const answered = test?.results.filter(result => result.outcome === 'ok').length ?? 0;
  return (
    <section data-test={running ? 'running' : 'done'}>
      <h4>{_('Probes')}</h4>
      <p>
        <button
          type="button"
          class="btn cbi-button la-more"
          data-action="test"
          aria-busy={running}
          disabled={read_only || running}
          onClick={() => void store.test_link(link.name)}
        >
          {_('Test now')}
        </button>{' '}
        <span role="status" class="la-number">
          {running
            ? _('All probes are made once …')
            : test === null || test.age_s === null
              ? _('All probes of this link, once and now.')
              : fill(
                  _('%1$s of %2$s answered, %3$s ago'),
                  answered,
                  test.results.length,
                  age_text(test.age_s + (Date.now() - details.test_at_ms) / 1000),
                )}
        </span>
      </p>
      {test !== null && test.results.length > 0 && (
        <ul class="la-results">
          {test.results.map((result, index) => (
            <Result key={index} result={result} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Result({ result }: { result: ProbeResult }) {
  return (
    <li data-probe={result.probe} data-outcome={result.outcome}>
      <span>{probe_name(result.probe)}</span>
      <span>
        <span class={`la-state la-outcome-${result.outcome}`}>{outcome_text(result.outcome)}</span>{' '}
        <span class="la-muted la-number">{result_text(result)}</span>
      </span>
    </li>
  );
}
