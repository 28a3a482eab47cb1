/** What the page shows: the router's last status with the admin's own pending changes on top. Pure. */

import type { Link } from '../../../rpcd/src/config/schema.gen.ts';
import type { ConfigReply, LinkStatus, Status } from '../../../rpcd/src/rpc.ts';

/** `state` and `reason` are null when only the configuration knows the link. */
export interface ShownLink extends Omit<LinkStatus, 'state' | 'reason'> {
  state: LinkStatus['state'] | null;
  reason: LinkStatus['reason'] | null;
}

export interface Shown extends Omit<Status, 'links'> {
  links: ShownLink[];
}

/**
 * Without the daemon a status says nothing; then what is configured is shown, so that it can be edited. Null while
 * that is not known either.
 */
export function base_shown(status: Status, config: ConfigReply | null): Shown | null {
  if (status.running && (status.enabled || status.links.length > 0)) return status;
  if (config === null) return null;
  const enabled = status.running ? status.enabled : (config.config?.globals.enabled ?? true);
  const mode = status.running ? status.mode : (config.config?.globals.mode ?? '');
  return { ...status, enabled, mode, links: (config.config?.link ?? []).map(unknown_link) };
}

/** A link nothing is known about but its configuration. */
export function unknown_link(link: Link): ShownLink {
  return {
    name: link.name,
    interface: link.interface,
    enabled: link.enabled,
    weight: link.weight,
    state: null,
    reason: null,
    state_age_s: 0,
    device: null,
    address: null,
    gateway: null,
    rx_bps: null,
    tx_bps: null,
    connections_new: 0,
    share_permille: null,
  };
}

/** Whether new connections use the link (see LinkState). */
export function carries(link: Pick<ShownLink, 'state'>): boolean {
  return link.state === 'online' || link.state === 'connecting';
}

/** Share by weight in 1/1000 for every link that carries connections; null for the others. By link name. */
export function planned_shares(shown: Shown): Map<string, number | null> {
  const active = shown.enabled && shown.running;
  const sum = shown.links.reduce((total, link) => total + (carries(link) ? link.weight : 0), 0);
  return new Map(
    shown.links.map(link => [
      link.name,
      active && carries(link) && sum > 0 ? Math.round((link.weight * 1000) / sum) : null,
    ]),
  );
}

export interface Rates {
  rx_bps: number | null;
  tx_bps: number | null;
}

/** Null when no link has a rate yet. */
export function total_rates(shown: Shown): Rates {
  return { rx_bps: sum_of(shown.links, 'rx_bps'), tx_bps: sum_of(shown.links, 'tx_bps') };
}

function sum_of(links: ShownLink[], key: keyof Rates): number | null {
  const known = links.map(link => link[key]).filter(rate => rate !== null);
  return known.length === 0 ? null : known.reduce((total, rate) => total + rate, 0);
}

// What a pending change will do, shown before the router has confirmed it.

export function with_link(shown: Shown, name: string, edit: (link: ShownLink) => ShownLink): Shown {
  return { ...shown, links: shown.links.map(link => (link.name === name ? edit(link) : link)) };
}

export function switched(link: ShownLink, enabled: boolean): ShownLink {
  if (link.enabled === enabled) return link;
  return enabled
    ? { ...link, enabled, state: 'connecting', reason: 'waiting-for-reply', state_age_s: 0 }
    : { ...link, enabled, state: 'disabled', reason: 'switched-off', state_age_s: 0 };
}
