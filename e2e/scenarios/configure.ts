/** What the scenarios ask of a lab again and again: another configuration, and who went where. */

import { expect } from 'vitest';
import type { DownloadOptions, Lab, OpenConnection } from '../lab/lab.ts';
import { type Connections, wait_for } from '../lab/lab.ts';

type Options = Record<string, string | number | string[]>;

/** Sections by name; every uplink is a link, also when it is not named here. */
export interface Wanted {
  globals?: Options;
  links?: Record<string, Options>;
  groups?: Record<string, Options>;
  policies?: Record<string, Options>;
  nat?: Record<string, Options>;
  /** Uplinks that are none of our links. */
  without?: string[];
}

/**
 * Put another configuration into force, as an admin with an editor would. Links that a test has been hard on are not
 * degraded, unless it says so.
 */
export async function configure(lab: Lab, wanted: Wanted = {}): Promise<void> {
  const links = lab.uplinks
    .filter(({ name }) => wanted.without?.includes(name) !== true)
    .map(({ name }) => section('link', name, { interface: name, loss_limit: 0, ...wanted.links?.[name] }));
  const text = [
    section('globals', 'globals', { enabled: 1, mode: 'round-robin', captive_check: 0, ...wanted.globals }),
    ...links,
    ...Object.entries(wanted.groups ?? {}).map(([name, options]) => section('group', name, options)),
    ...Object.entries(wanted.policies ?? {}).map(([name, options]) => section('policy', name, options)),
    ...Object.entries(wanted.nat ?? {}).map(([name, options]) => section('nat', name, options)),
  ].join('\n');
  lab.write_config('linkagg', text);
  const { reply } = await lab.ubus.call('linkagg.daemon', 'reload', {});
  expect(reply).toEqual({ ok: true, errors: [], failure: '' });
}

function section(type: string, name: string, options: Options): string {
  const lines = Object.entries(options).flatMap(([option, value]) =>
    Array.isArray(value)
      ? value.map(item => `\tlist ${option} '${item}'`)
      : [`\toption ${option} '${value}'`],
  );
  return [`config ${type} '${name}'`, ...lines, ''].join('\n');
}

/** Links of `count` connections that are opened one after the other. */
export async function opened(lab: Lab, count: number, options: DownloadOptions = {}): Promise<string[]> {
  const links: string[] = [];
  for (let i = 0; i < count; i++) {
    const [download] = await lab.download({ bytes: 1, ...options });
    expect(download?.error).toBeNull();
    links.push(download?.uplink ?? 'none');
  }
  return links;
}

export function counted(links: Array<string | null>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const link of links) counts[link ?? 'none'] = (counts[link ?? 'none'] ?? 0) + 1;
  return counts;
}

/** What the status says of one link. */
export async function link_status(lab: Lab, name: string): Promise<Record<string, unknown>> {
  const { reply } = await lab.rpc('status');
  const links = (reply?.links ?? []) as Array<Record<string, unknown>>;
  return links.find(link => link.name === name) ?? {};
}

export async function has_state(lab: Lab, name: string, ...states: string[]): Promise<void> {
  await wait_for(async () => states.includes(String((await link_status(lab, name)).state)), {
    what: `${name} to be ${states.join(' or ')}`,
    timeout_ms: 20_000,
    interval_ms: 100,
  });
}

/** Resolves with their states when each has exchanged `more` lines or packets from now on. */
export async function go_on(connections: Connections, more = 2): Promise<OpenConnection[]> {
  const start = (await connections.states()).map(({ exchanged }) => exchanged);
  await wait_for(
    async () => (await connections.states()).every(({ exchanged }, i) => exchanged >= (start[i] ?? 0) + more),
    // One that has lost a packet three times is silent for six seconds.
    { what: 'all connections to go on', timeout_ms: 30_000 },
  );
  return connections.states();
}

/** Whatever `disturb` does, the connections go on, and the other side sees them come from where they came from. */
export async function stay(connections: Connections[], disturb: () => Promise<unknown>): Promise<void> {
  const before = await Promise.all(connections.map(each => go_on(each)));
  await disturb();
  const after = await Promise.all(connections.map(each => go_on(each)));
  for (const [group, states] of after.entries()) {
    for (const [index, { broken, sources }] of states.entries()) {
      expect({ broken, sources }).toEqual({ broken: null, sources: before[group]?.[index]?.sources });
      expect(sources).toHaveLength(1);
    }
  }
}
