/** How connections are spread, in words. */

import type { Globals } from '../../../rpcd/src/config/schema.gen.ts';
import { _, fill } from '../translate.ts';
import { age_text } from './age.ts';

export function mode_text(mode: Globals['mode']): string {
  switch (mode) {
    case 'adaptive':
      return _('to the least busy link');
    case 'round-robin':
      return _('in turn, by weight');
    case 'hash':
      return _('by chance, by weight (ECMP)');
    case 'latency':
      return _('to the link with the shortest delay');
  }
}

export function sticky_text(sticky: Globals['sticky']): string {
  switch (sticky) {
    case 'none':
      return _('each connection on its own');
    case 'source':
      return _('a client stays on its link');
    case 'source-destination':
      return _('a client stays on its link towards each destination');
  }
}

/** With the time-out where there is one. */
export function stickiness_text(balance: Pick<Globals, 'sticky' | 'sticky_timeout'>): string {
  const text = sticky_text(balance.sticky);
  if (balance.sticky === 'none') return text;
  return fill(_('%1$s (%2$s)'), text, age_text(balance.sticky_timeout));
}
