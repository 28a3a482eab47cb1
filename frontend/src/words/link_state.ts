/** States of links and of the whole in words. */

import type { LinkReason, LinkState } from '../../../rpcd/src/rpc.ts';
import type { Shown, ShownLink } from '../store/shown.ts';
import { carriers } from '../store/shown.ts';
import { _, fill, N_ } from '../translate.ts';

export function state_text(state: LinkState | null): string {
  switch (state) {
    case 'online':
      return _('Online');
    case 'connecting':
      return _('Connecting');
    case 'degraded':
      return _('Degraded');
    case 'standby':
      return _('Standby');
    case 'captive':
      return _('Login needed');
    case 'offline':
      return _('Offline');
    case 'down':
      return _('Down');
    case 'no-carrier':
      return _('No carrier');
    case 'disabled':
      return _('Off');
    case null:
      return _('Unknown');
  }
}

export function reason_text(link: Pick<ShownLink, 'reason' | 'interface'>): string {
  const reason: LinkReason | null = link.reason;
  switch (reason) {
    case 'switched-off':
      return _('switched off here');
    case 'service-off':
      return _('the whole service is off');
    case 'no-interface':
      return fill(_('there is no interface %s'), link.interface);
    case 'interface-down':
      return _('interface is down');
    case 'no-gateway':
      return _('interface has no gateway');
    case 'no-address':
      return _('interface has no address');
    case 'shared-device':
      return _('another link has the same device');
    case 'waiting-for-reply':
      return _('waiting for a reply');
    case 'replying':
      return _('probes are answered');
    case 'better-tier':
      return _('backup: a better link is in use');
    case 'no-reply':
      return _('probes get no answer');
    case 'no-carrier':
      return _('no cable, or no radio link');
    case 'held-down':
      return _('failed too often lately');
    case 'loss':
      return _('loses too many probes');
    case 'latency':
      return _('answers too late');
    case 'jitter':
      return _('answers at uneven times');
    case 'portal':
      return _('a captive portal answers instead of the internet');
    case 'gateway-silent':
      return _('neither probes nor the gateway answer');
    case 'no-handshake':
      return _('no answer, and no WireGuard handshake');
    case null:
      return '';
  }
}

/** One sentence on what happens to new connections right now. */
export function summary_text(shown: Shown): string {
  if (!shown.enabled) return _('Switched off: the router routes as if Link Aggregation were not installed.');
  if (!shown.running) return _('The service is not running, so no connection is balanced.');
  const total = shown.links.length;
  if (total === 0) return _('There are no links yet, so no connection is balanced.');
  const carrying = carriers(shown).size;
  if (carrying === 0) return _('No link carries new connections; they take the main route of the router.');
  const sentences = [
    carrying === total
      ? fill(
          N_(total, 'The only link carries all new connections.', 'All %s links carry new connections.'),
          total,
        )
      : fill(
          N_(carrying, '%s of %s links carries new connections.', '%s of %s links carry new connections.'),
          carrying,
          total,
        ),
  ];
  const degraded = shown.links.filter(link => link.state === 'degraded').length;
  if (degraded > 0) sentences.push(fill(N_(degraded, '%s is degraded.', '%s are degraded.'), degraded));
  const standby = shown.links.filter(link => link.state === 'standby').length;
  if (standby > 0) {
    sentences.push(
      fill(N_(standby, '%s is a backup and stands by.', '%s are backups and stand by.'), standby),
    );
  }
  return sentences.join(' ');
}

/** IPv6 on a link in words; null when there is none. */
export function ip6_text(link: Pick<ShownLink, 'address6' | 'ip6'>): string | null {
  if (link.ip6) return link.address6 ?? _('IPv6');
  return link.address6 === null ? null : fill(_('%s (no new IPv6 connections)'), link.address6);
}
