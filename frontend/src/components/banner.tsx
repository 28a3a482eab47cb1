/** One message to the admin, in LuCI's looks. */

import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { _, fill } from '../translate.ts';

export interface BannerProps {
  /** Stable name, for tests and styles. */
  name: string;
  tone: 'notice' | 'warning' | 'error';
  children: ComponentChildren;
  action?: { label: string; run: () => void };
  dismiss?: () => void;
}

export function Banner({ name, tone, children, action, dismiss }: BannerProps) {
  return (
    <div class={`alert-message ${tone} la-banner`} data-banner={name}>
      <div class="la-banner-text">{children}</div>
      {action && (
        <button type="button" class="btn cbi-button" onClick={action.run}>
          {action.label}
        </button>
      )}
      {dismiss && (
        <button type="button" class="btn cbi-button" onClick={dismiss}>
          {_('Dismiss')}
        </button>
      )}
    </div>
  );
}

/** `command`: what installs it on the router; nothing is shown when it is empty. */
export function Missing({ name, what, command }: { name: string; what: string; command: string }) {
  if (command === '') return null;
  return (
    <Banner name={name} tone="warning">
      {fill(_('%s: not everything that this needs is installed. On the router, run:'), what)}{' '}
      <code>{command}</code>
    </Banner>
  );
}

/** Why something was not removed, until that is dismissed. */
export function NotRemoved({
  name,
  title,
  reasons,
}: {
  name: string;
  title: string;
  reasons: Signal<string[]>;
}) {
  if (reasons.value.length === 0) return null;
  return (
    <Banner
      name={name}
      tone="error"
      dismiss={() => {
        reasons.value = [];
      }}
    >
      <Reasons title={title} lines={reasons.value} />
    </Banner>
  );
}

/** Why something was not done. */
export function Reasons({ title, lines }: { title: string; lines: string[] }) {
  return (
    <>
      <p>{title}</p>
      <ul>
        {lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
