/** The methods of ubus object `linkagg`, typed as `rpcd/src/rpc.ts` promises them. */

import {
  type ApplyReply,
  type ChangeReply,
  type ClearSticky,
  type ConfigReply,
  type ExportReply,
  type ExportTunnel,
  type HistoryReply,
  type ParseReply,
  type PcReply,
  PLUGIN_OBJECT,
  type PortsReply,
  type SetConfig,
  type SetLink,
  type StagePc,
  type StagePorts,
  type StageReply,
  type StageTunnel,
  type Status,
  type StickyReply,
  type TestReply,
  type TunnelsReply,
} from '../../../rpcd/src/rpc.ts';
import { create_rpc, is_object, RpcFailure, type RpcOptions } from './jsonrpc.ts';

/** Every method throws RpcFailure. */
export interface Client {
  status(): Promise<Status>;
  get_config(): Promise<ConfigReply>;
  set_link(link: SetLink): Promise<ChangeReply>;
  set_config(change: SetConfig): Promise<ChangeReply>;
  get_sticky(): Promise<StickyReply>;
  clear_sticky(clear: ClearSticky): Promise<ChangeReply>;
  get_history(link: string): Promise<HistoryReply>;
  /** Starts a test; `get_test` tells what comes of it. */
  test_link(link: string): Promise<ChangeReply>;
  get_test(link: string): Promise<TestReply>;
  list_tunnels(): Promise<TunnelsReply>;
  /** Reads the text of a .conf file; nothing is changed. */
  parse_tunnel(conf: string): Promise<ParseReply>;
  stage_tunnel(change: StageTunnel): Promise<StageReply>;
  stage_pc(pc: StagePc): Promise<PcReply>;
  /** By its interface. */
  remove_tunnel(name: string): Promise<StageReply>;
  export_tunnel(wanted: ExportTunnel): Promise<ExportReply>;
  list_ports(): Promise<PortsReply>;
  stage_ports(change: StagePorts): Promise<StageReply>;
  get_staged(): Promise<StageReply>;
  discard_staged(): Promise<StageReply>;
  apply_staged(timeout_s: number): Promise<ApplyReply>;
  confirm_applied(): Promise<ApplyReply>;
  undo_applied(): Promise<ApplyReply>;
  /** Whether this session may change anything. */
  may_write(): Promise<boolean>;
  close(): void;
}

export function create_client(options: RpcOptions): Client {
  const rpc = create_rpc(options);

  async function ask<Reply>(method: string, args: object, proof: keyof Reply & string): Promise<Reply> {
    const data = await rpc.call(PLUGIN_OBJECT, method, args);
    // A plugin of another version than this page, after half an upgrade.
    if (!is_object(data) || !(proof in data)) {
      throw new RpcFailure('unexpected', `'${method}' without '${proof}'`);
    }
    return data as Reply;
  }

  return {
    status: () => ask<Status>('status', {}, 'links'),
    get_config: () => ask<ConfigReply>('get_config', {}, 'revision'),
    set_link: link => ask<ChangeReply>('set_link', { link }, 'ok'),
    set_config: change => ask<ChangeReply>('set_config', { change }, 'ok'),
    get_sticky: () => ask<StickyReply>('get_sticky', {}, 'entries'),
    clear_sticky: clear => ask<ChangeReply>('clear_sticky', { clear }, 'ok'),
    get_history: link => ask<HistoryReply>('get_history', { link }, 'interval_s'),
    test_link: link => ask<ChangeReply>('test_link', { link }, 'ok'),
    get_test: link => ask<TestReply>('get_test', { link }, 'results'),
    list_tunnels: () => ask<TunnelsReply>('list_tunnels', {}, 'tunnels'),
    parse_tunnel: conf => ask<ParseReply>('parse_tunnel', { conf }, 'ignored'),
    stage_tunnel: change => ask<StageReply>('stage_tunnel', { change }, 'staged'),
    stage_pc: pc => ask<PcReply>('stage_pc', { pc }, 'staged'),
    remove_tunnel: name => ask<StageReply>('remove_tunnel', { interface: name }, 'staged'),
    export_tunnel: wanted => ask<ExportReply>('export_tunnel', { export: wanted }, 'conf'),
    list_ports: () => ask<PortsReply>('list_ports', {}, 'groups'),
    stage_ports: change => ask<StageReply>('stage_ports', { change }, 'staged'),
    get_staged: () => ask<StageReply>('get_staged', {}, 'staged'),
    discard_staged: () => ask<StageReply>('discard_staged', {}, 'staged'),
    apply_staged: timeout_s => ask<ApplyReply>('apply_staged', { timeout_s }, 'pending'),
    confirm_applied: () => ask<ApplyReply>('confirm_applied', {}, 'pending'),
    undo_applied: () => ask<ApplyReply>('undo_applied', {}, 'pending'),
    async may_write() {
      const data = await rpc.call('session', 'access', {
        scope: 'ubus',
        object: PLUGIN_OBJECT,
        function: 'set_link',
      });
      return is_object(data) && data.access === true;
    },
    close: rpc.close,
  };
}
