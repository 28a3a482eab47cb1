/** The methods of ubus object `linkagg`, typed as `rpcd/src/rpc.ts` promises them. */

import {
  type ChangeReply,
  type ClearSticky,
  type ConfigReply,
  type HistoryReply,
  PLUGIN_OBJECT,
  type SetConfig,
  type SetLink,
  type Status,
  type StickyReply,
  type TestReply,
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
