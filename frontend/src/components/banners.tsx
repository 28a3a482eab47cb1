/** What the admin has to know before anything else, most pressing first. */

import { type Connection, STALE_AFTER_MS } from '../store/polling.ts';
import type { ShownLink } from '../store/shown.ts';
import type { Notice, Store } from '../store/store.ts';
import { _, fill } from '../translate.ts';
import { age_text } from '../words/age.ts';
import { config_error_text, failure_text } from '../words/failure.ts';
import { not_changed_text, section_words } from '../words/section.ts';
import { Banner, Missing, Reasons } from './banner.tsx';
import { useNow } from './now.ts';

export function Banners({ store }: { store: Store }) {
  const shown = store.shown.value;
  const may_write = store.may_write.value;
  return (
    // Present from the start, so that screen readers speak what appears in it.
    <div aria-live="polite" class="la-banners">
      <ConnectionBanner store={store} />
      {shown !== null && !shown.enabled && (
        <Banner
          name="switched-off"
          tone="notice"
          {...(may_write === true
            ? { action: { label: _('Switch on'), run: () => void store.set_globally_enabled(true) } }
            : {})}
        >
          {_('New connections are not balanced until Link Aggregation is switched on.')}
        </Banner>
      )}
      {shown?.enabled && !shown.running && (
        <Banner name="not-running" tone="error">
          {_(
            'The service is not running. Start it on the router with “service linkagg start”; “logread -e linkagg” tells why it stopped.',
          )}
        </Banner>
      )}
      {shown !== null && shown.errors.length > 0 && (
        <Banner name="errors" tone="error">
          <Reasons
            title={_(
              'The configuration on the router has errors. The last good one stays in force until they are corrected in /etc/config/linkagg:',
            )}
            lines={shown.errors.map(config_error_text)}
          />
        </Banner>
      )}
      {shown !== null && shown.failure !== '' && (
        <Banner name="failure" tone="error">
          {fill(_('The last change could not be put in force: %s'), shown.failure)}
        </Banner>
      )}
      <Missing name="no-multipath" what={_('Link Aggregation')} command={shown?.missing ?? ''} />
      {shown?.warnings.includes('flow-offloading') && (
        <Banner name="flow-offloading" tone="warning">
          {_(
            'Flow offloading is on: packets of offloaded connections bypass the balancer, so it cannot see which links are busy; new connections are spread in turn. Connections keep their link.',
          )}
        </Banner>
      )}
      {shown?.warnings.includes('no-sockets') && (
        <Banner name="no-sockets" tone="warning">
          {_(
            'The package ucode-mod-socket is not installed: probes can be pings only, and clients are not told when their link dies. OpenWrt has it from 24.10 on; install it and restart the service.',
          )}
        </Banner>
      )}
      {shown?.links
        .filter(link => link.state === 'captive')
        .map(link => (
          <CaptiveBanner key={link.name} link={link} />
        ))}
      {may_write === false && (
        <Banner name="read-only" tone="notice">
          {_('This account may look but not change anything.')}
        </Banner>
      )}
    </div>
  );
}

function CaptiveBanner({ link: { name, gateway } }: { link: ShownLink }) {
  const url = `http://${gateway}/`;
  return (
    <Banner name="captive" tone="warning">
      {fill(
        _(
          'Link %s needs a login: a captive portal answers there instead of the internet, so it gets no new connections. Open a browser and log in over this link.',
        ),
        name,
      )}{' '}
      {gateway !== null && (
        <>
          {_('Its page often is at')}{' '}
          <a href={url} target="_blank" rel="noreferrer">
            {url}
          </a>
        </>
      )}
    </Banner>
  );
}

/** What came of the last change. */
export function NoticeArea({ store }: { store: Store }) {
  const notice = store.notice.value;
  return (
    <div aria-live="polite">
      {notice !== null && <NoticeBanner notice={notice} dismiss={store.dismiss_notice} />}
    </div>
  );
}

function NoticeBanner({ notice, dismiss }: { notice: Notice; dismiss: () => void }) {
  const { subject } = notice;
  const whose = not_changed_text(subject, notice.kind === 'refused');
  switch (notice.kind) {
    case 'refused':
      return (
        <Banner name="refused" tone="error" dismiss={dismiss}>
          <Reasons title={whose} lines={notice.errors.map(config_error_text)} />
        </Banner>
      );
    case 'failed':
      return (
        <Banner name="failed" tone="error" dismiss={dismiss}>
          {whose} {failure_text(notice.failure)}
        </Banner>
      );
    case 'not-in-force':
      return (
        <Banner name="not-in-force" tone="warning" dismiss={dismiss}>
          {fill(_('Saved, but not in force yet: %s'), notice.failure)}
        </Banner>
      );
    case 'conflict':
      return (
        <Banner name="conflict" tone="warning" dismiss={dismiss}>
          {whose}{' '}
          {_(
            'The configuration was changed elsewhere in the meantime. It has been loaded again; look at it and try again.',
          )}
        </Banner>
      );
    case 'removed':
      return (
        <Banner
          name="removed"
          tone="notice"
          dismiss={dismiss}
          action={{ label: _('Undo'), run: notice.undo }}
        >
          {fill(section_words(notice.subject.type).removed, subject.name)}
        </Banner>
      );
  }
}

function ConnectionBanner({ store }: { store: Store }) {
  const connection = store.connection.value;
  const now_ms = useNow(connection.failure !== null);
  const { failure } = connection;
  if (failure === null) return null;
  switch (failure.kind) {
    case 'session-expired':
      return (
        <Banner
          name="session"
          tone="warning"
          action={{ label: _('Log in again'), run: () => window.location.reload() }}
        >
          {_('The session has expired.')}
        </Banner>
      );
    case 'denied':
      return (
        <Banner name="denied" tone="error">
          {_(
            'This account may not see the state of the links. An administrator can grant it “luci-app-linkagg” in /etc/config/rpcd.',
          )}
        </Banner>
      );
    default: {
      if (!is_lost(connection, now_ms)) return null;
      const { replied_at_ms, retry_at_ms } = connection;
      const wait_s = retry_at_ms === null ? 0 : Math.max(0, Math.ceil((retry_at_ms - now_ms) / 1000));
      return (
        <Banner
          name={failure.kind === 'missing' ? 'missing' : 'lost'}
          tone="warning"
          action={{ label: _('Try now'), run: store.retry }}
        >
          <p>{failure_text(failure)}</p>
          {/* Counts every second: not for screen readers. */}
          <p aria-hidden="true" class="la-number">
            {replied_at_ms !== null &&
              fill(_('What is shown is %s old.'), age_text((now_ms - replied_at_ms) / 1000))}{' '}
            {wait_s > 0 ? fill(_('Next attempt in %s s.'), wait_s) : _('Trying again …')}
          </p>
        </Banner>
      );
    }
  }
}

/** One failed attempt is no news while the last reply is fresh. */
export function is_lost(connection: Connection, now_ms: number): boolean {
  if (connection.failure === null) return false;
  return (
    connection.failures > 1 ||
    connection.replied_at_ms === null ||
    now_ms - connection.replied_at_ms > STALE_AFTER_MS
  );
}
