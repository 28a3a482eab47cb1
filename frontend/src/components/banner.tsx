/** One message to the admin, in LuCI's looks. */

import type { ComponentChildren } from 'preact';
import { _ } from '../translate.ts';

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
