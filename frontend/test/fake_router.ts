/** A router that keeps a configuration and a status, and answers when the test says so. */

import type { Config, Group, Link, Nat, Policy } from '../../rpcd/src/config/schema.gen.ts';
import type {
  ApplyReply,
  ChangeReply,
  ClearSticky,
  ConfigError,
  ExportTunnel,
  HistoryReply,
  LinkStatus,
  StagedPackage,
  StagePc,
  StagePorts,
  StageReply,
  StageTunnel,
  Status,
  StickyEntry,
  TestReply,
  TunnelStatus,
} from '../../rpcd/src/rpc.ts';
import { RpcFailure } from '../src/client/jsonrpc.ts';
import type { Client } from '../src/client/linkagg.ts';

export function link(name: string, weight = 1): Link {
  return {
    name,
    interface: name,
    enabled: true,
    weight,
    tier: 1,
    nat6: 'masquerade',
    probe: ['1.1.1.1'],
    probe_interval: 1,
    loss_limit: 25,
    latency_limit: 0,
    jitter_limit: 0,
    degraded: 'leave',
    exit: '',
    uplink: '',
    network: [],
  };
}

const BALANCE = {
  mode: 'adaptive',
  sticky: 'none',
  sticky_timeout: 600,
  sticky_prefix: 32,
  sticky_prefix6: 128,
} as const;

export function group(name: string, ...links: string[]): Group {
  return { name, link: links, ...BALANCE };
}

export function policy(name: string, target: string, values: Partial<Policy> = {}): Policy {
  return {
    name,
    enabled: true,
    target,
    router: false,
    family: 'any',
    protocol: [],
    source: [],
    destination: [],
    source_port: [],
    destination_port: [],
    interface: [],
    mark: '',
    ...values,
  };
}

export function nat(name: string, values: Partial<Nat> = {}): Nat {
  return {
    name,
    enabled: true,
    in: '',
    out: 'wan',
    source: [],
    destination: [],
    action: 'masquerade',
    address: '',
    comment: '',
    ...values,
  };
}

export function config(...links: Link[]): Config {
  return {
    globals: {
      enabled: true,
      ...BALANCE,
      mode: 'hash',
      failback: 'soft',
      router_traffic: 'ecmp',
      router_link: '',
      reset_dead: true,
      captive_check: true,
      captive_url: ['http://www.gstatic.com/generate_204'],
      mark_mask: '0x7f000000',
      lan_interface: ['lan'],
    },
    link: links,
    group: [],
    policy: [],
    nat: [],
  };
}

export function status_of(now: Config): Status {
  return {
    running: true,
    enabled: now.globals.enabled,
    mode: 'hash',
    links: now.link.map(link_status),
    nat: [],
    errors: [],
    failure: '',
    warnings: [],
    missing: '',
  };
}

/** What the plugin says while the daemon does not answer. */
export const NOT_RUNNING: Status = {
  running: false,
  enabled: false,
  mode: '',
  links: [],
  nat: [],
  errors: [],
  failure: '',
  warnings: [],
  missing: '',
};

function link_status(configured: Link): LinkStatus {
  return {
    name: configured.name,
    interface: configured.interface,
    enabled: configured.enabled,
    weight: configured.weight,
    tier: configured.tier,
    state: configured.enabled ? 'online' : 'disabled',
    reason: configured.enabled ? 'replying' : 'switched-off',
    state_age_s: 10,
    latency_ms: 12,
    jitter_ms: 1,
    loss_permille: 0,
    hold_s: 0,
    device: 'eth1',
    address: '192.0.2.2',
    gateway: '192.0.2.1',
    address6: null,
    ip6: false,
    rx_bps: 1000,
    tx_bps: 100,
    rx_bytes: 1e6,
    tx_bytes: 1e5,
    connections_live: 3,
    connections_new: 1,
    share_permille: 500,
  };
}

export const NO_HISTORY: HistoryReply = { interval_s: 60, latency_ms: [], loss_permille: [], events: [] };
export const NO_TEST: TestReply = { age_s: null, running: false, results: [] };

/** Calls wait until the test lets them go: `held` names the methods that do. */
export class FakeRouter implements Client {
  stored: Config;
  revision = 1;
  may = true;
  running = true;
  sticky: StickyEntry[] = [];
  /** By link; what is not here is empty. */
  readonly histories: Record<string, HistoryReply> = {};
  readonly tests: Record<string, TestReply> = {};
  /** Links whose state is not what the configuration says, by name. */
  readonly states: Record<string, Partial<LinkStatus>> = {};
  /** Next change is refused with this reason. */
  refusal: { section: string; option: string; reason: string } | null = null;
  /** What is wrong with the stored configuration. */
  stored_errors: { section: string; option: string; reason: string }[] = [];
  tunnels: TunnelStatus[] = [];
  staged: StagedPackage[] = [];
  /** Applied and not confirmed. */
  trial: { staged: StagedPackage[]; deadline_ms: number } | null = null;
  /** Another session's. */
  other_trial = false;
  /** What was confirmed. */
  readonly in_force: StagedPackage[] = [];
  /** Methods that are carried out, but whose answer does not arrive. */
  readonly cut_off = new Set<string>();
  /** Thrown by every call. */
  broken: Error | null = null;
  readonly calls: { method: string; args: unknown }[] = [];
  readonly held = new Set<string>();
  private readonly waiting: { method: string; release: () => void }[] = [];

  constructor(stored: Config) {
    this.stored = stored;
  }

  /** What the router knew when the request reached it is what the reply says, however late it comes. */
  status() {
    const reply = this.running ? status_of(structuredClone(this.stored)) : NOT_RUNNING;
    for (const shown of reply.links) Object.assign(shown, this.states[shown.name]);
    return this.answer('status', {}, () => reply);
  }

  get_config() {
    const reply = {
      config: this.stored_errors.length > 0 ? null : structuredClone(this.stored),
      revision: `${this.revision}`,
      errors: this.stored_errors,
    };
    return this.answer('get_config', {}, () => reply);
  }

  set_link(args: { name: string; enabled: boolean | null; weight: number | null }) {
    return this.answer('set_link', args, () =>
      this.change(() => {
        const found = this.stored.link.find(candidate => candidate.name === args.name);
        if (found !== undefined && args.enabled !== null) found.enabled = args.enabled;
        if (found !== undefined && args.weight !== null) found.weight = args.weight;
      }),
    );
  }

  set_config(args: { config: Config; revision: string }) {
    return this.answer('set_config', args, () => {
      if (args.revision !== `${this.revision}`) {
        const errors = [{ section: '', option: 'revision', reason: 'somebody else changed it' }];
        return { ok: false, errors, failure: '', revision: '' };
      }
      return this.change(() => {
        this.stored = structuredClone(args.config);
      });
    });
  }

  get_sticky() {
    const reply = { entries: structuredClone(this.sticky), total: this.sticky.length };
    return this.answer('get_sticky', {}, () => reply);
  }

  clear_sticky(args: ClearSticky) {
    return this.answer('clear_sticky', args, () => {
      if (!this.running)
        return { ok: false, errors: [], failure: 'the service does not answer', revision: '' };
      this.sticky = this.sticky.filter(
        entry =>
          (args.group !== null && entry.group !== args.group) ||
          (args.source !== null && entry.source !== args.source),
      );
      return { ok: true, errors: [], failure: '', revision: '' };
    });
  }

  get_history(name: string) {
    const reply = structuredClone(this.histories[name] ?? NO_HISTORY);
    return this.answer('get_history', name, () => reply);
  }

  test_link(name: string) {
    return this.answer('test_link', name, () => {
      if (!this.running)
        return { ok: false, errors: [], failure: 'the service does not answer', revision: '' };
      const probes = this.stored.link.find(candidate => candidate.name === name)?.probe ?? [];
      this.tests[name] = {
        age_s: 0,
        running: true,
        results: probes.map(probe => ({ probe, outcome: 'running', duration_ms: null, detail: '' })),
      };
      return { ok: true, errors: [], failure: '', revision: '' };
    });
  }

  get_test(name: string) {
    const reply = structuredClone(this.tests[name] ?? NO_TEST);
    return this.answer('get_test', name, () => reply);
  }

  /** All probes of the test that is under way are answered. */
  end_test(name: string): void {
    const test = this.tests[name];
    if (test === undefined) throw new Error(`no test of ${name}`);
    test.running = false;
    for (const result of test.results) Object.assign(result, { outcome: 'ok', duration_ms: 12 });
  }

  list_tunnels() {
    const reply = { tunnels: structuredClone(this.tunnels), missing: '' };
    return this.answer('list_tunnels', {}, () => reply);
  }

  list_ports() {
    const reply = { groups: [], parents: [], radios: [], missing: { dhcp: '', pppoe: '' } };
    return this.answer('list_ports', {}, () => reply);
  }

  stage_ports(change: StagePorts) {
    return this.answer('stage_ports', change, () => this.stage(change.name));
  }

  parse_tunnel(conf: string) {
    return this.answer('parse_tunnel', conf, () => ({ tunnel: null, errors: [], ignored: [] }));
  }

  stage_tunnel(change: StageTunnel) {
    return this.answer('stage_tunnel', change, () => this.stage(change.tunnel.name));
  }

  stage_pc(pc: StagePc) {
    return this.answer('stage_pc', pc, () => this.staged_reply([]));
  }

  remove_tunnel(name: string) {
    return this.answer('remove_tunnel', name, () => this.stage(name));
  }

  export_tunnel(wanted: ExportTunnel) {
    return this.answer('export_tunnel', wanted, () => ({ ...this.staged_reply([]), conf: '' }));
  }

  get_staged() {
    return this.answer('get_staged', {}, () => this.staged_reply([]));
  }

  discard_staged() {
    return this.answer('discard_staged', {}, () => {
      this.staged = [];
      return this.staged_reply([]);
    });
  }

  apply_staged(timeout_s: number) {
    return this.answer('apply_staged', timeout_s, () => {
      if (this.pending() !== 'none') return this.apply_reply('somebody is trying out a change');
      this.trial = { staged: this.staged, deadline_ms: Date.now() + timeout_s * 1000 };
      this.staged = [];
      return this.apply_reply();
    });
  }

  confirm_applied() {
    return this.answer('confirm_applied', {}, () => {
      if (this.pending() !== 'own') return this.apply_reply('there is nothing to confirm');
      this.in_force.push(...(this.trial?.staged ?? []));
      this.trial = null;
      return this.apply_reply();
    });
  }

  undo_applied() {
    return this.answer('undo_applied', {}, () => {
      if (this.pending() !== 'own') return this.apply_reply('there is nothing to undo');
      this.undo_trial();
      return this.apply_reply();
    });
  }

  private stage(name: string): StageReply {
    if (this.refusal === null) {
      this.staged = [...this.staged, { config: 'network', changes: [`network.linkagg_${name}='interface'`] }];
      return this.staged_reply([], [`about ${name}`]);
    }
    const errors = [this.refusal];
    this.refusal = null;
    return this.staged_reply(errors);
  }

  /** It undoes by itself what was not confirmed in time, and stages it again. */
  private pending(): 'none' | 'own' | 'other' {
    if (this.trial !== null && Date.now() >= this.trial.deadline_ms) this.undo_trial();
    if (this.other_trial) return 'other';
    return this.trial === null ? 'none' : 'own';
  }

  private undo_trial(): void {
    this.staged = this.trial?.staged ?? [];
    this.trial = null;
  }

  private staged_reply(errors: ConfigError[], notes: string[] = []): StageReply {
    const pending = this.pending();
    const { staged, trial } = this;
    const left_s = trial === null ? 0 : Math.floor((trial.deadline_ms - Date.now()) / 1000);
    const commands = staged.map(() => 'ip rule add');
    return { ok: errors.length === 0, errors, staged, commands, notes, pending, left_s, public_key: '' };
  }

  private apply_reply(...reasons: string[]): ApplyReply {
    const { pending, left_s } = this.staged_reply([]);
    const errors = reasons.map(reason => ({ section: '', option: '', reason }));
    return { ok: errors.length === 0, errors, pending, left_s };
  }

  may_write() {
    return this.answer('may_write', {}, () => this.may);
  }

  close() {}

  /** What somebody else does on the router, over SSH say. */
  edit_elsewhere(edit: (config: Config) => void): void {
    edit(this.stored);
    this.revision++;
  }

  /** Let the oldest held call of `method` go on, and everything that follows from it happen. */
  async release(method: string): Promise<void> {
    const index = this.waiting.findIndex(call => call.method === method);
    const [call] = this.waiting.splice(index, 1);
    if (index < 0 || call === undefined) throw new Error(`no ${method} is waiting`);
    call.release();
    await settle();
  }

  count(method: string): number {
    return this.calls.filter(call => call.method === method).length;
  }

  private async answer<Reply>(method: string, args: unknown, reply: () => Reply): Promise<Reply> {
    this.calls.push({ method, args });
    if (this.held.has(method)) {
      await new Promise<void>(release => {
        this.waiting.push({ method, release });
      });
    }
    if (this.broken !== null) throw this.broken;
    const result = reply();
    if (this.cut_off.has(method)) throw new RpcFailure('timeout');
    return result;
  }

  private change(edit: () => void): ChangeReply {
    if (this.refusal !== null) {
      const errors = [this.refusal];
      this.refusal = null;
      return { ok: false, errors, failure: '', revision: '' };
    }
    edit();
    this.revision++;
    const failure = this.running ? '' : 'saved, but the service is not running';
    return { ok: true, errors: [], failure, revision: `${this.revision}` };
  }
}

/** Let everything that waits for nothing but promises happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
