/** What probes say of a link, in words. */

import type { ProbeResult } from '../../../rpcd/src/rpc.ts';
import type { ShownLink } from '../store/shown.ts';
import { _, fill } from '../translate.ts';
import { age_text } from './age.ts';

export function latency_text(latency_ms: number): string {
  return fill(_('%s ms'), latency_ms);
}

/** A lost probe in a hundred matters, so below 10% there is a decimal. */
export function loss_text(loss_permille: number): string {
  const whole = loss_permille % 10 === 0 || loss_permille >= 100;
  const percent = whole ? Math.round(loss_permille / 10) : (loss_permille / 10).toFixed(1);
  return fill(_('%s% lost'), percent);
}

/** `12 ms, 0.4% lost`; null when no probe was answered, for then the state says enough. */
export function probes_text(link: Pick<ShownLink, 'latency_ms' | 'loss_permille'>): string | null {
  if (link.latency_ms === null) return null;
  const latency = latency_text(link.latency_ms);
  return link.loss_permille === null ? latency : `${latency}, ${loss_text(link.loss_permille)}`;
}

/** Null while the link is not held down. */
export function hold_text(link: Pick<ShownLink, 'hold_s'>): string | null {
  return link.hold_s > 0 ? fill(_('used again in %s at the earliest'), age_text(link.hold_s)) : null;
}

export function probe_name(probe: string): string {
  switch (probe) {
    case 'gateway':
      return _('Gateway');
    case 'wireguard':
      return _('WireGuard handshake');
    default:
      return probe;
  }
}

export function outcome_text(outcome: ProbeResult['outcome']): string {
  switch (outcome) {
    case 'running':
      return _('Waiting …');
    case 'ok':
      return _('Answered');
    case 'no-reply':
      return _('No answer');
    case 'refused':
      return _('Refused');
    case 'portal':
      return _('Captive portal');
    case 'unsupported':
      return _('Not possible');
  }
}

/** What else there is to know of a result; may be empty. */
export function result_text({ probe, outcome, duration_ms, detail }: ProbeResult): string {
  if (outcome === 'unsupported') {
    return detail === '' ? _('needs the package ucode-mod-socket') : fill(_('the link has no %s'), detail);
  }
  // How long it took to look at a table of the router itself says nothing.
  const timed = duration_ms !== null && probe !== 'gateway' && probe !== 'wireguard';
  const told = probe === 'wireguard' && detail !== '' ? fill(_('%s ago'), detail) : detail;
  return [timed ? latency_text(duration_ms) : '', told].filter(part => part !== '').join(', ');
}
