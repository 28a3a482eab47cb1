/** The backend's pure core behind functions from JSON to JSON, for replay under ucode. */

import type { FilePlatform, Json, JsonObject, UciSection } from '../../platform/platform.ts';
import { ip_commands, nft_script } from '../../src/apply/diff.ts';
import { route_text, rule_text } from '../../src/apply/kernel.ts';
import { removal_edits } from '../../src/config/removal.ts';
import { config_edits, config_revision } from '../../src/config/store.ts';
import { config_from_json, config_from_uci } from '../../src/config/validate.ts';
import { concerns_us } from '../../src/daemon.ts';
import { type SettledLatency, settled_latency } from '../../src/health/latency.ts';
import {
  next_tick_ms,
  path_answered,
  path_started,
  path_ticked,
  path_verdict,
} from '../../src/health/path.ts';
import { listen_ports } from '../../src/observe/listen_ports.ts';
import { interfaces_from_dump } from '../../src/observe/netifd.ts';
import { routable_links } from '../../src/plan/links.ts';
import { plan } from '../../src/plan/plan.ts';
import { assign_slots } from '../../src/plan/slots.ts';
import type { Ended, Leaving, Observed, Verdicts } from '../../src/plan/types.ts';
import { network_edits as port_edits, with_links } from '../../src/ports/edits.ts';
import { parse_phys } from '../../src/ports/radios.ts';
import { stored_groups } from '../../src/ports/stored.ts';
import { ports_errors, ports_from_json } from '../../src/ports/validate.ts';
import { changes_text } from '../../src/staging/text.ts';
import { link_states } from '../../src/status/state.ts';
import { rate_bps, type Sample, shares_permille, with_sample } from '../../src/status/traffic.ts';
import { parse_conf } from '../../src/tunnels/conf.ts';
import { firewall_edits, free_port, network_edits, with_link } from '../../src/tunnels/edits.ts';
import { tunnel_from_json } from '../../src/tunnels/form.ts';
import { network_for, pc_errors, pc_from_json, pc_tunnel } from '../../src/tunnels/pc.ts';
import { stored_tunnels } from '../../src/tunnels/stored.ts';
import { tunnel_errors, tunnel_notes } from '../../src/tunnels/validate.ts';

export interface Given {
  sections: UciSection[];
  /** Of /etc/config/network. */
  network: UciSection[];
  dump: JsonObject;
  verdicts: Verdicts;
  slots: Record<string, number>;
  strict_rp_filter: string[];
  latency_ms: Record<string, number>;
  leaving: Leaving;
  ended: Ended;
}

/** From files to commands: what the golden tests show. */
export function commands(given: Given): Json {
  const { config, errors } = config_from_uci(given.sections);
  if (config === null) return errors.map(error => ({ ...error }));
  const observed: Observed = {
    interfaces: interfaces_from_dump(given.dump),
    verdicts: given.verdicts,
    slots: given.slots,
    strict_rp_filter: given.strict_rp_filter,
    ip6: true,
    listen_ports: listen_ports(given.network),
    latency_ms: given.latency_ms,
    leaving: given.leaving,
    ended: given.ended,
  };
  const wanted = plan(config, observed);
  const nothing = { routes: [], rules: [] };
  return {
    ip: ip_commands(wanted.ip4, nothing),
    ip6: ip_commands(wanted.ip6, nothing),
    nft: wanted.nft === null ? null : nft_script(wanted.nft, null, null),
    sysctls: wanted.sysctls.map(sysctl => ({ ...sysctl })),
    slots: wanted.slots,
    states: link_states(config, observed, routable_links(config, observed), []).map(state => ({ ...state })),
  };
}

/** The transaction from one table to another. */
export function table_change(from: string, to: string): string {
  return nft_script(to, from, from);
}

/** A configuration from the page: what is refused, and what would be written over `stored`. */
export function saved(value: Json, stored: UciSection[]): Json {
  const { config, errors } = config_from_json(value);
  if (config === null) return errors.map(error => ({ ...error }));
  return {
    edits: config_edits(stored, config).map(edit => ({ ...edit })),
    revision: config_revision(stored),
  };
}

export function kernel_texts(routes: JsonObject[], rules: JsonObject[]): string[] {
  return routes.map(route_text).concat(rules.map(rule_text));
}

export function watched(lines: string[]): boolean[] {
  return lines.map(concerns_us);
}

/** A path second by second, for the round-trip times of its answers; null: none came. */
export function verdicts(answers: (number | null)[], targets: number): Json {
  const limits = { loss_percent: 25, latency_ms: 300, jitter_ms: 0 };
  let state = path_started(0);
  return answers.map((rtt_ms, index) => {
    const now_ms = 1000 * (index + 1);
    let rounds = 0;
    while (next_tick_ms(state) <= now_ms) {
      const input = { targets, interval_ms: 1000, received_bytes: 0, limits };
      const ticked = path_ticked(state, next_tick_ms(state), input);
      state = ticked.state;
      if (ticked.ask_all) rounds += 1;
    }
    if (rtt_ms !== null) {
      const answer = { rtt_ms, steady: true, expected_ms: now_ms + 1000 };
      state = path_answered(state, now_ms, answer, limits, 1000);
    }
    return {
      verdict: path_verdict(state, now_ms),
      rounds,
      target: state.target,
      hold_ms: state.hold_until_ms,
    };
  });
}

/** Second by second, what is measured; null: no answer. */
export function latencies(measured: (number | null)[]): Json {
  let settled: SettledLatency | null = null;
  return measured.map((ms, index) => {
    settled = settled_latency(settled, ms, 1000 * index);
    return settled === null ? null : settled.latency_ms;
  });
}

export function slots(names: string[], previous: Record<string, number>): Record<string, number> {
  return assign_slots(names, previous, 7);
}

export function traffic(counts: number[]): Json {
  let samples: Sample[] = [];
  const rates: Json[] = [];
  for (const [index, count] of counts.entries()) {
    samples = with_sample(samples, {
      at_ms: index * 7000,
      rx_bytes: count * 123457,
      tx_bytes: count,
      connections: count,
    });
    rates.push(rate_bps(samples, 'rx_bytes'));
  }
  return { rates, kept: samples.length, shares: shares_permille(counts) };
}

/** A tunnel from the page: what is refused, or what would be staged, and shown of it. */
export function staged_tunnel(value: Json, network: UciSection[], firewall: UciSection[]): Json {
  const { tunnel, errors } = tunnel_from_json(value);
  const { config } = config_from_uci([
    { name: 'wan', type: 'link', anonymous: false, options: { interface: 'wan' } },
  ]);
  if (tunnel === null || config === null) return errors.map(error => ({ ...error }));
  const wrong = tunnel_errors(tunnel, true, { network, config });
  if (wrong.length > 0) return wrong.map(error => ({ ...error }));
  const zones = firewall_edits(tunnel, config, firewall);
  return {
    network: network_edits(tunnel, network).map(edit => ({ ...edit })),
    firewall: zones.edits.map(edit => ({ ...edit })),
    linkagg: with_link(config, tunnel).link.map(link => ({ ...link })),
    shown: changes_text('network', network, []),
    notes: tunnel_notes(tunnel),
  };
}

/** Links that share a port, from the page; `files`: what the kernel says of its devices. */
export function staged_ports(value: Json, network: UciSection[], files: Record<string, string>): Json {
  let asked = 0;
  const platform: FilePlatform = {
    read_file: path => {
      asked += 1;
      return path.endsWith('/uuid') ? `${asked}-8000-a98765432100` : (files[path] ?? null);
    },
    write_file: () => false,
    write_proc: () => false,
    make_dir: () => false,
    remove_file: () => false,
  };
  const { wanted, errors } = ports_from_json(value);
  const { config } = config_from_uci([]);
  if (wanted === null || config === null) return errors.map(error => ({ ...error }));
  const wrong = ports_errors(wanted, { network, config }, platform);
  if (wrong.length > 0) return wrong.map(error => ({ ...error }));
  const stored = stored_groups(network).find(({ name }) => name === wanted.name) ?? null;
  return {
    network: port_edits(wanted, stored, network, platform).map(edit => ({ ...edit })),
    linkagg: with_links(config, wanted).link.map(link => ({ ...link })),
    shown: changes_text('network', network, []),
  };
}

export function radios(text: string): Json {
  return parse_phys(text).map(radio => ({ ...radio }));
}

/** The same for a PC, with keys in it that are none; `dump` is netifd's. */
export function staged_pc(value: Json, network: UciSection[], dump: JsonObject): Json {
  const { pc, errors } = pc_from_json(value);
  if (pc === null) return errors.map(error => ({ ...error }));
  const stored = stored_tunnels(network).find(each => each.interface === `linkagg_${pc.name}`) ?? null;
  const chosen = pc.network === '' ? network_for(stored, network, dump) : pc.network;
  const tunnel = pc_tunnel(pc.name, pc.address, chosen, {}, free_port(network));
  return {
    network: chosen,
    refused: pc_errors({ ...pc, network: chosen }, network).map(error => ({ ...error })),
    edits: network_edits(tunnel, network).map(edit => ({ ...edit })),
    removed: removal_edits(network).map(edit => ({ ...edit })),
  };
}

export function conf_file(text: string): Json {
  const { tunnel, errors, ignored } = parse_conf(text);
  return {
    tunnel: tunnel === null ? null : { ...tunnel, peers: tunnel.peers.map(peer => ({ ...peer })) },
    errors: errors.map(error => ({ ...error })),
    ignored: ignored.map(each => ({ ...each })),
  };
}
