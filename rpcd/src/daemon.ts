/**
 * linkaggd: a reconciler. Every event (configuration, interface, probe, kernel, timer) ends in the same three
 * steps: observe, plan, apply. It keeps no kernel state of its own that could be wrong.
 */

import {
  type DaemonPlatform,
  type JsonObject,
  type Process,
  RUN_DIR,
  type Timer,
} from '../platform/platform.ts';
import { apply_unlisted, note_table, remove_all, sysctls_hold } from './apply/apply.ts';
import { has_ipv6 } from './apply/kernel.ts';
import { recall } from './apply/memory.ts';
import type { Config, Globals, Link } from './config/schema.gen.ts';
import { CONFIG_PACKAGE } from './config/store.ts';
import { config_from_uci } from './config/validate.ts';
import { start_ends } from './ends.ts';
import { start_failback } from './failback.ts';
import { start_health, type ToWatch } from './health/health.ts';
import { type SettledLatency, settled_latency } from './health/latency.ts';
import { start_link_test } from './health/link_test.ts';
import { type Subject, watched_key, watched_link } from './health/watched.ts';
import { is_object, number_at, object_at, text_at, texts_at } from './json.ts';
import { FAMILIES } from './net/address.ts';
import { note_devices } from './observe/devices.ts';
import { flow_offloading, type Offloading } from './observe/firewall.ts';
import { listen_ports } from './observe/listen_ports.ts';
import { interfaces_from_dump, unannounced } from './observe/netifd.ts';
import { strict_rp_filter_devices } from './observe/rp_filter.ts';
import { start_packages } from './packages.ts';
import { PROTOCOL } from './plan/constants.ts';
import { groups_of } from './plan/groups.ts';
import { routable_links } from './plan/links.ts';
import { mark_layout } from './plan/marks.ts';
import { families_of, plan } from './plan/plan.ts';
import { type StickySet, sticky_sets } from './plan/sticky.ts';
import type { BalanceMode, Observed, Plan, RoutableLink } from './plan/types.ts';
import { start_radios } from './ports/radios.ts';
import { errors_json } from './refusal.ts';
import { type ConfigError, DAEMON_OBJECT, type LinkState, type Warning } from './rpc.ts';
import { start_sources } from './sources.ts';
import { start_guard } from './staging/guard.ts';
import { coming_tunnels, preview, sections_from_json } from './staging/preview.ts';
import { start_history } from './status/history.ts';
import { type StateChange, start_status } from './status/status.ts';
import { clear_sticky, sticky_reply } from './status/sticky.ts';
import { start_tunnels } from './tunnels/live.ts';

/** Events come in bursts (an interface going down is a dozen); one reconcile answers them all. */
const SETTLE_MS = 50;
/** When connections fail until then. */
const URGENT_MS = 10;
/** Events on ubus, and what runs the scripts in /etc/hotplug.d/linkagg. */
const LINK_EVENT = 'linkagg.link';
const FAMILY_EVENT = 'linkagg.family';
const HOTPLUG_CALL = '/sbin/hotplug-call';
const HOTPLUG_SUBSYSTEM = 'linkagg';
/** Nothing tells of a flushed nft table, a changed sysctl or name server, so these are looked at now and then … */
const SAFETY_INTERVAL_MS = 30000;
/** … and all else after so many looks that found nothing, should an event have got lost. */
const SAFETY_LOOKS = 20;
/** After a failure, doubled up to the safety interval. */
const RETRY_MS = 1000;

/** Publishes the daemon's ubus object and reconciles until told to end. Returns when the loop ends. */
export function start_daemon(platform: DaemonPlatform): void {
  let config: Config | null = null;
  let errors: ConfigError[] = [];
  let observed: Observed = {
    interfaces: {},
    verdicts: { ip4: {}, ip6: {} },
    slots: {},
    strict_rp_filter: [],
    ip6: false,
    listen_ports: {},
    latency_ms: {},
    leaving: { ip4: [], ip6: [] },
    ended: { ip4: { slots: [], forgotten: false }, ip6: { slots: [], forgotten: false } },
  };
  let offloading: Offloading = 'none';
  let warnings: Warning[] = [];
  let netifd_answered = false;
  let failure = '';
  let retry_ms = RETRY_MS;
  let settle: Timer | null = null;
  let settle_due_ms = 0;
  let busy_until_ms = 0;
  let safety: Timer | null = null;
  /** What a look compares: as it was when the kernel was last brought to the plan. */
  let planned: Plan | null = null;
  let nft_generation: string | null = null;
  let told = '';
  let looks = 0;
  let monitor: Process | null = null;
  /** See `UnlistedResult`. */
  let unlisted: string | null = null;
  /** By link. */
  let settled: Record<string, SettledLatency> = {};

  platform.make_dir(RUN_DIR);
  const history = start_history(platform);
  const health = start_health(platform, {
    changed: () => reconcile_within(URGENT_MS),
    probed: history.note_probe,
    busy_until_ms: () => busy_until_ms,
  });
  const status = start_status(platform, health.details, announce);
  const failback = start_failback(platform, reconcile);
  const ends = start_ends(platform, reconcile, health.was_used);
  const sources = start_sources(platform);
  const link_test = start_link_test(platform);
  const guard = start_guard(platform);
  const packages = start_packages(platform);
  const tunnels = start_tunnels(platform, packages, can_leave);
  const radios = start_radios(platform);

  /**
   * Of a link's new state: to the log, to whoever listens on ubus, and to scripts in /etc/hotplug.d/linkagg. Those are
   * not told of IPv6 alone, which they would take for the link's state; a better reason is for the log.
   */
  function announce(change: StateChange): void {
    const { link, family, state, reason, previous } = change;
    history.note_event(link, { family, state, reason }, state === previous);
    platform.log(is_trouble(state) ? 'warning' : 'notice', state_text(change));
    if (state === previous) return;
    const interface_name = config?.link.find(each => each.name === link)?.interface ?? '';
    const event = { link, interface: interface_name, state, reason, previous };
    if (family !== null) {
      platform.ubus_event(FAMILY_EVENT, { ...event, family });
      return;
    }
    platform.ubus_event(LINK_EVENT, event);
    const environment = {
      ACTION: state,
      LINK: link,
      INTERFACE: interface_name,
      STATE: state,
      REASON: reason,
    };
    const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    platform.spawn(
      ['env', ...assignments, HOTPLUG_CALL, HOTPLUG_SUBSYSTEM],
      () => {},
      () => {},
    );
  }

  function read_config(): void {
    const sections = platform.uci_read(CONFIG_PACKAGE);
    if (sections === null) {
      errors = [{ section: '', option: '', reason: `/etc/config/${CONFIG_PACKAGE} cannot be read` }];
    } else {
      const result = config_from_uci(sections);
      errors = result.errors;
      if (result.config !== null) config = result.config;
    }
    for (const error of errors) {
      platform.log('error', `configuration not used: ${error.section}.${error.option} ${error.reason}`);
    }
  }

  /** False when nothing is known of the interfaces yet: a plan without them would take every link down. */
  function observe(current: Config): boolean {
    const dump = platform.ubus_call('network.interface', 'dump', {});
    // Without an answer netifd is restarting; what it said last is better than nothing.
    if (dump === null && !netifd_answered) return false;
    netifd_answered = true;
    if (dump !== null) told = unannounced(dump);
    const interfaces = dump === null ? observed.interfaces : interfaces_from_dump(dump);
    const memory = recall(platform);
    observed = {
      interfaces,
      verdicts: { ip4: {}, ip6: {} },
      slots: memory.slots,
      strict_rp_filter: strict_rp_filter_devices(platform, current, interfaces, memory.sysctls),
      ip6: has_ipv6(platform),
      // Only tunnels with an uplink are told by it.
      listen_ports: current.link.some(link => link.uplink !== '')
        ? listen_ports(platform.uci_read('network') ?? [])
        : {},
      latency_ms: latencies(current),
      leaving: observed.leaving,
      ended: observed.ended,
    };
    note_devices(platform, current, interfaces);
    offloading = flow_offloading(platform);
    warnings = offloading !== 'none' && has_mode(current, 'adaptive') ? ['flow-offloading'] : [];
    if (platform.sockets === null) warnings.push('no-sockets');
    return true;
  }

  /** By link, those that are known. */
  function latencies(current: Config): Record<string, number> {
    const now_ms = platform.now_ms();
    const next: Record<string, SettledLatency> = {};
    const found: Record<string, number> = {};
    for (const { name } of current.link) {
      const measured_ms = health.details(name)?.latency_ms ?? null;
      const latency = settled_latency(settled[name] ?? null, measured_ms, now_ms);
      if (latency === null) continue;
      next[name] = latency;
      found[name] = latency.latency_ms;
    }
    settled = next;
    return found;
  }

  function reconcile(): void {
    if (settle !== null) settle.cancel();
    settle = null;
    if (config === null) return;
    // First of all, so that nothing that goes wrong below can be the last reconcile.
    again_in(SAFETY_INTERVAL_MS);
    planned = null;
    if (!observe(config)) {
      note_failure('netifd does not answer');
      return;
    }
    watch_health(config);
    observed.verdicts = health.verdicts();
    const routable = routable_links(config, observed);
    observed.leaving = failback.leaving(config, routable, observed.verdicts);
    observed.ended = ends.ended(config, routable, observed.verdicts);
    const wanted = plan(config, observed);
    // Before the table is read: what is changed meanwhile is found by the next look.
    nft_generation = generation();
    planned = wanted;
    looks = 0;
    const result = apply_unlisted(platform, wanted, unlisted);
    unlisted = result.unlisted;
    // Before anything else that comes, and after the reply to whoever waits for this.
    if (unlisted !== null) platform.timer(0, note_unlisted);
    for (const change of result.changed) platform.log('debug', change);
    if (result.failure === '') observed.slots = wanted.slots;
    history.keep(config.link.map(link => link.name));
    status.note_states(config, observed, routable);

    const layout = mark_layout(config.globals.mark_mask);
    if (layout !== null && config.globals.enabled) {
      sources.note(
        routable.map(link => ({ ...link, slot: wanted.slots[link.name] ?? 0 })),
        layout,
      );
    }
    note_failure(result.failure);
    busy_until_ms = platform.now_ms();
  }

  function note_unlisted(): void {
    if (unlisted !== null) note_table(platform, unlisted);
    unlisted = null;
    busy_until_ms = platform.now_ms();
  }

  /** Links that are switched off, and those without carrier, are not asked. */
  function watch_health(current: Config): void {
    const candidates = current.globals.enabled ? routable_links(current, observed) : [];
    const to_watch: ToWatch[] = [];
    const lost: string[] = [];
    for (const configured of current.link) {
      if (!configured.enabled) continue;
      const { name } = configured;
      const link = candidates.find(each => each.name === name) ?? null;
      if (link === null || observed.interfaces[configured.interface]?.carrier === false) {
        lost.push(name);
      } else {
        const subject = subject_of(link, configured, current.globals);
        to_watch.push({ name, key: watched_key(subject), make: () => watched_link(subject) });
      }
    }
    health.watch(to_watch, current.globals.enabled ? lost : []);
  }

  function subject_of(link: RoutableLink, configured: Link, globals: Globals): Subject {
    const is_wireguard = observed.interfaces[configured.interface]?.is_wireguard === true;
    return { link, configured, globals, is_wireguard, offloading, sockets: platform.sockets !== null };
  }

  function again_in(delay_ms: number): void {
    if (safety !== null) safety.cancel();
    safety = platform.timer(delay_ms, look);
  }

  /** Reconciles, unless all that no event tells of is as it was left. */
  function look(): void {
    looks += 1;
    if (config === null || failure !== '' || looks >= SAFETY_LOOKS || !is_as_left(config)) {
      reconcile();
      return;
    }
    again_in(SAFETY_INTERVAL_MS);
    status.note_ip6();
  }

  function is_as_left(current: Config): boolean {
    const now = generation();
    if (planned === null || now === null || now !== nft_generation) return false;
    if (!sysctls_hold(platform, planned)) return false;
    const found = latencies(current);
    // Other modes do not depend on it.
    if (!has_mode(current, 'latency')) observed.latency_ms = found;
    else if (Object.keys(found).some(name => found[name] !== observed.latency_ms[name])) return false;
    const dump = platform.ubus_call('network.interface', 'dump', {});
    return dump !== null && unannounced(dump) === told;
  }

  function generation(): string | null {
    return platform.sockets === null ? null : platform.sockets.nft_generation();
  }

  /** Empty: all is as planned. */
  function note_failure(text: string): void {
    if (text !== '' && text !== failure) platform.log('error', text);
    failure = text;
    if (failure !== '') again_in(retry_ms);
    retry_ms = failure === '' ? RETRY_MS : Math.min(retry_ms * 2, SAFETY_INTERVAL_MS);
  }

  function reconcile_soon(): void {
    reconcile_within(SETTLE_MS);
  }

  function reconcile_within(delay_ms: number): void {
    const due_ms = platform.now_ms() + delay_ms;
    if (settle !== null && settle_due_ms <= due_ms) return;
    if (settle !== null) settle.cancel();
    settle_due_ms = due_ms;
    settle = platform.timer(delay_ms, reconcile);
  }

  function watch_kernel(): void {
    monitor = platform.spawn(
      ['ip', '-N', '-o', 'monitor', 'label', 'link', 'address', 'route', 'rule'],
      line => {
        if (has_no_carrier(line)) ends.lost(line);
        if (concerns_us(line)) reconcile_within(is_loss(line) ? URGENT_MS : SETTLE_MS);
      },
      () => {
        monitor = null;
        platform.timer(RETRY_MS, () => {
          watch_kernel();
          // Of what happened meanwhile nobody told.
          reconcile_soon();
        });
      },
    );
  }

  function end(): void {
    health.stop();
    guard.end();
    if (monitor !== null) monitor.stop();
    const result = remove_all(platform);
    if (result.failure !== '') platform.log('error', result.failure);
    platform.quit();
  }

  function status_reply(): JsonObject {
    const links = config === null ? [] : status.links(config, observed, routable_links(config, observed));
    return {
      running: true,
      enabled: config !== null && config.globals.enabled,
      mode: config === null ? '' : config.globals.mode,
      links: links.map(link => ({ ...link })),
      nat: config === null ? [] : status.nat(config),
      errors: errors_json(errors),
      failure,
      warnings,
      missing: packages.missing(['multipath']),
    };
  }

  /** A tunnel's own packets: by its uplink, unless that is dead in both families. */
  function can_leave(interface_name: string): boolean {
    const uplink = config?.link.find(each => each.interface === interface_name)?.uplink ?? '';
    const verdicts = health.verdicts();
    return uplink === '' || FAMILIES.some(family => (verdicts[family][uplink] ?? 'dead') !== 'dead');
  }

  /** What a session has staged would change, and whether a change waits for its confirmation. */
  function staged(args: JsonObject): JsonObject {
    const state = { ...guard.state(text_at(args, 'session')) };
    const given = object_at(args, 'preview');
    if (given.wanted !== true) return { ...state, commands: [], notes: [] };
    const wanted = config_from_uci(sections_from_json(given)).config;
    if (wanted === null) return { ...state, commands: [], notes: ['the staged configuration is not valid'] };
    return { ...state, commands: preview(config, wanted, observed, coming_tunnels(given)), notes: [] };
  }

  /** Of one group, or of all. */
  function sets_of(group: string | null): StickySet[] {
    if (config === null) return [];
    const links = routable_links(config, observed);
    return groups_of(config, links)
      .filter(each => group === null || each.name === group)
      .flatMap(each => sticky_sets(each, families_of(links)));
  }

  function clear(given: JsonObject): JsonObject {
    const group = text_at(given, 'group');
    const source = text_at(given, 'source');
    const failed = clear_sticky(
      platform,
      sets_of(group === '' ? null : group),
      source === '' ? null : source,
    );
    return { ok: failed === '', errors: [], failure: failed };
  }

  /** All probes of a link, also of one that is switched off. */
  function test(name: string): JsonObject {
    const failure = (reason: string) => ({ ok: false, errors: [], failure: reason });
    if (config === null) return failure('the configuration is not valid');
    const link = routable_links(config, observed).find(each => each.name === name) ?? null;
    const configured = config.link.find(each => each.name === name) ?? null;
    if (link === null || configured === null) {
      return failure(`link ${name}: its interface is not up, so there is nothing to ask`);
    }
    link_test.start(watched_link(subject_of(link, configured, config.globals)), configured.probe);
    return { ok: true, errors: [], failure: '' };
  }

  platform.on_terminate(end);
  platform.ubus_listen('network.interface', reconcile_soon);
  watch_kernel();
  read_config();
  reconcile();

  // Last, so that whoever finds the object finds the kernel as planned.
  const published = platform.ubus_publish(DAEMON_OBJECT, {
    status: { args: {}, call: () => status_reply() },
    get_sticky: {
      args: {},
      call: () => {
        const { entries, total } = sticky_reply(platform, sets_of(null));
        return { entries: entries.map(entry => ({ ...entry })), total };
      },
    },
    get_history: {
      args: { link: '' },
      call: args => {
        const { interval_s, latency_ms, loss_permille, events } = history.reply(text_at(args, 'link'));
        return { interval_s, latency_ms, loss_permille, events: events.map(event => ({ ...event })) };
      },
    },
    test_link: { args: { link: '' }, call: args => test(text_at(args, 'link')) },
    get_test: {
      args: { link: '' },
      call: args => {
        const { age_s, running, results } = link_test.reply(text_at(args, 'link'));
        return { age_s, running, results: results.map(result => ({ ...result })) };
      },
    },
    clear_sticky: {
      args: { clear: {} },
      call: args => clear(is_object(args.clear ?? null) ? (args.clear as JsonObject) : {}),
    },
    staged: { args: { session: '', preview: {} }, call: staged },
    guard_begin: {
      args: { session: '', packages: [], timeout_s: 0 },
      call: args => {
        guard.begin(text_at(args, 'session'), texts_at(args, 'packages'), number_at(args, 'timeout_s'));
        return { ok: true };
      },
    },
    guard_applied: {
      args: {},
      call: () => {
        guard.applied();
        return { ok: true };
      },
    },
    guard_end: {
      args: {},
      call: () => {
        guard.end();
        return { ok: true };
      },
    },
    guard_undo: { args: {}, call: () => ({ ok: guard.undo() }) },
    guard_state: { args: { session: '' }, call: args => ({ ...guard.state(text_at(args, 'session')) }) },
    tunnels: { args: { keys: [] }, call: tunnels.reply },
    make_keys: { args: {}, call: tunnels.make_keys },
    ports: {
      args: {},
      call: () => ({
        radios: radios().map(radio => ({ ...radio })),
        missing: { dhcp: packages.missing(['macvlan']), pppoe: packages.missing(['macvlan', 'pppoe']) },
      }),
    },
    reload: {
      args: {},
      call: () => {
        read_config();
        reconcile();
        return { ok: errors.length === 0 && failure === '', errors: errors_json(errors), failure };
      },
    },
  });
  if (published) {
    platform.run_loop();
    return;
  }
  platform.log('error', `ubus object ${DAEMON_OBJECT} is taken or ubusd is away: not started`);
  health.stop();
  platform.quit();
}

/** Removes everything of ours from the kernel; for a daemon that cannot do it itself any more. */
export function stop_daemon(platform: DaemonPlatform): void {
  const result = remove_all(platform);
  if (result.failure !== '') platform.log('error', result.failure);
}

/** Of the default group or another. */
function has_mode(config: Config, mode: BalanceMode): boolean {
  return config.globals.mode === mode || config.group.some(group => group.mode === mode);
}

/** Lines of `ip monitor label` about devices and addresses, rules, our own routes and everybody's gateways. */
export function concerns_us(line: string): boolean {
  if (line.startsWith('[ROUTE]')) return line.includes(`proto ${PROTOCOL}`) || line.includes('default ');
  return line.startsWith('[LINK]') || line.startsWith('[ADDR]') || line.startsWith('[RULE]');
}

/** Of those lines: a device has lost its carrier, or is gone. */
function is_loss(line: string): boolean {
  return has_no_carrier(line) || (line.startsWith('[LINK]') && line.includes('Deleted'));
}

function has_no_carrier(line: string): boolean {
  return line.startsWith('[LINK]') && line.includes('<NO-CARRIER,');
}

function is_trouble(state: LinkState): boolean {
  return ['down', 'no-carrier', 'degraded', 'captive', 'offline'].includes(state);
}

/** One line for the log. */
function state_text({ link, family, state, reason, previous, lasted_s }: StateChange): string {
  const of = family === null ? '' : 'IPv6 ';
  const still = state === previous ? 'still ' : '';
  const before = previous === null || state === previous ? '' : `, was ${previous} for ${lasted_s} s`;
  return `link ${link}: ${of}${still}${state} (${reason.replaceAll('-', ' ')})${before}`;
}
