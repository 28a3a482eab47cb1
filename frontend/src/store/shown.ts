/** What the page shows: the router's last status with the admin's own pending changes on top. Pure. */

import type { Config, Link } from '../../../rpcd/src/config/schema.gen.ts';
import type { ConfigReply, LinkStatus, Status } from '../../../rpcd/src/rpc.ts';
import { placed, type Sections, type SectionType, section_of, with_sections } from './sections.ts';

/** `state` and `reason` are null when only the configuration knows the link. */
export interface ShownLink extends Omit<LinkStatus, 'state' | 'reason'> {
  state: LinkStatus['state'] | null;
  reason: LinkStatus['reason'] | null;
}

export interface Shown extends Omit<Status, 'links'> {
  links: ShownLink[];
  /** What a status does not tell: groups, policies, settings. Null while it is not known or has errors. */
  config: Config | null;
}

/**
 * Without the daemon a status says nothing; then what is configured is shown, so that it can be edited. Null while
 * that is not known either.
 */
export function base_shown(status: Status, reply: ConfigReply | null): Shown | null {
  const config = reply?.config ?? null;
  if (status.running && (status.enabled || status.links.length > 0)) return { ...status, config };
  if (reply === null) return null;
  const enabled = status.running ? status.enabled : (config?.globals.enabled ?? true);
  const mode = status.running ? status.mode : (config?.globals.mode ?? '');
  return { ...status, enabled, mode, links: (config?.link ?? []).map(unknown_link), config };
}

/** A link nothing is known about but its configuration. */
export function unknown_link(link: Link): ShownLink {
  return {
    name: link.name,
    interface: link.interface,
    enabled: link.enabled,
    weight: link.weight,
    tier: link.tier,
    state: null,
    reason: null,
    state_age_s: 0,
    latency_ms: null,
    jitter_ms: null,
    loss_permille: null,
    hold_s: 0,
    device: null,
    address: null,
    gateway: null,
    address6: null,
    ip6: false,
    rx_bps: null,
    tx_bps: null,
    rx_bytes: null,
    tx_bytes: null,
    connections_live: null,
    connections_new: 0,
    share_permille: null,
  };
}

/** How much less a degraded link gets that is to be used less, as `rpcd/src/plan/links.ts` has it. */
const REDUCED = 4;

type Carrying = Pick<Shown, 'links' | 'config'>;

/**
 * Names of the links that new connections use (see LinkState). A link that may be bad, or cannot be told yet, does
 * only while there is no good one, as `carriers` of `rpcd/src/plan/links.ts` decides it.
 */
export function carriers(shown: Carrying): Set<string> {
  const good = shown.links.filter(
    link =>
      link.state === 'online' || (link.state === 'degraded' && degraded_option(shown, link) !== 'leave'),
  );
  const able =
    good.length > 0
      ? good
      : shown.links.filter(link => link.state === 'degraded' || link.state === 'connecting');
  const tier = Math.min(...able.map(link => link.tier));
  return new Set(able.filter(link => link.tier === tier).map(link => link.name));
}

/** Share by weight in 1/1000 for every link that carries connections; null for the others. By link name. */
export function planned_shares(
  shown: Carrying & Pick<Shown, 'enabled' | 'running'>,
): Map<string, number | null> {
  const carrying = shown.enabled && shown.running ? carriers(shown) : new Set();
  const weights = shown.links.map(link => {
    if (!carrying.has(link.name)) return 0;
    const less = link.state === 'degraded' && degraded_option(shown, link) === 'reduce';
    return less ? link.weight / REDUCED : link.weight;
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return new Map(
    shown.links.map((link, index) => {
      const weight = weights[index] ?? 0;
      return [link.name, weight > 0 ? Math.round((weight * 1000) / sum) : null];
    }),
  );
}

function degraded_option({ config }: Carrying, { name }: ShownLink): Link['degraded'] {
  return config?.link.find(link => link.name === name)?.degraded ?? 'leave';
}

export interface Rates {
  rx_bps: number | null;
  tx_bps: number | null;
}

/** Null when no link has a rate yet. */
export function total_rates(shown: Pick<Shown, 'links'>): Rates {
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

export function with_config(shown: Shown, edit: (config: Config) => Config): Shown {
  return shown.config === null ? shown : { ...shown, config: edit(shown.config) };
}

/** With a section added or changed; see `placed` for the index. */
export function with_section<T extends SectionType>(
  shown: Shown,
  type: T,
  section: Sections[T],
  index: number | null,
): Shown {
  const next = with_config(shown, config =>
    with_sections(config, type, list => placed(list, section, index)),
  );
  if (type !== 'link') return next;
  const link = section as Link;
  const { interface: its_interface, weight, tier } = link;
  const known = shown.links.find(other => other.name === link.name) ?? unknown_link(link);
  return { ...next, links: placed(next.links, { ...known, interface: its_interface, weight, tier }, index) };
}

/** With other values for some options of a section. */
export function with_values<T extends SectionType>(
  shown: Shown,
  type: T,
  name: string,
  values: object,
): Shown {
  const section = shown.config === null ? undefined : section_of(shown.config, type, name);
  return section === undefined ? shown : with_section(shown, type, { ...section, ...values }, null);
}

export function without_section(shown: Shown, type: SectionType, name: string): Shown {
  const next = with_config(shown, config =>
    with_sections(config, type, list => list.filter(section => section.name !== name)),
  );
  return type === 'link' ? { ...next, links: next.links.filter(link => link.name !== name) } : next;
}

export function switched(link: ShownLink, enabled: boolean): ShownLink {
  if (link.enabled === enabled) return link;
  return enabled
    ? { ...link, enabled, state: 'connecting', reason: 'waiting-for-reply', state_age_s: 0 }
    : { ...link, enabled, state: 'disabled', reason: 'switched-off', state_age_s: 0 };
}
