/** The lab's traffic: what its methods order from the agents, and which uplink the server saw it come by. */

import type {
  ConnectionOptions,
  Connections,
  DownloadOptions,
  Family,
  From,
  Lab,
  ServiceAttempt,
} from './api.ts';
import { forwarded_port } from './router_config.ts';
import {
  type Agent,
  type AgentOrder,
  type AgentReply,
  type ConnectionState,
  type Opened,
  SERVICE_PORT,
  type Transfer,
} from './traffic.ts';

/** What traffic needs to know of the lab around it. */
export type Places = Pick<
  Lab,
  'server_addresses' | 'server_addresses6' | 'uplink' | 'uplink_of' | 'address6_of'
> & {
  /** By network namespace. */
  agents: Map<string, Agent>;
  client_names: string[];
};

export type Traffic = Pick<
  Lab,
  | 'download'
  | 'start_download'
  | 'knock'
  | 'scatter'
  | 'open_connections'
  | 'connect_in'
  | 'probe_service'
  | 'resolve'
>;

export function traffic_between({ agents, client_names, ...places }: Places): Traffic {
  const { server_addresses, uplink_of } = places;

  function agent_of(name: From): Agent {
    const agent = agents.get(name);
    if (agent === undefined) throw new Error(`there is no ${name} in this lab`);
    return agent;
  }

  function targets(count: number, wanted: { address?: string; family?: Family }): string[] {
    const all = wanted.family === 6 ? places.server_addresses6 : server_addresses;
    if (all.length === 0) throw new Error('this lab has no IPv6: start it with "ipv6: true"');
    return Array.from({ length: count }, (_, index) => wanted.address ?? all[index % all.length] ?? '');
  }

  function open(
    agent: Agent,
    addresses: string[],
    port: number,
    wanted: ConnectionOptions,
    uplink_seen: (state: ConnectionState) => string | null,
  ): Connections {
    const { group } = agent.order({
      kind: 'open',
      protocol: wanted.protocol ?? 'tcp',
      targets: addresses,
      port,
      interval_ms: wanted.waiting === 'never' ? null : (wanted.interval_ms ?? 100),
      waiting: wanted.waiting !== undefined,
      local_address: wanted.local_address ?? null,
    });
    return {
      async states() {
        const states = await states_of(agent.order({ kind: 'states', group }).reply);
        return states.map(state => ({ ...state, uplink: uplink_seen(state) }));
      },
      async close() {
        await agent.order({ kind: 'close', group }).reply;
      },
    };
  }

  async function open_many(order: AgentOrder): Promise<Opened> {
    const answer = await agent_of('client1').order(order).reply;
    if (answer.kind !== 'opened') throw new Error(`${order.kind}: ${JSON.stringify(answer)}`);
    return answer;
  }

  const traffic: Traffic = {
    start_download(wanted = {}) {
      const agent = agent_of(wanted.from ?? 'client1');
      const { group, reply } = agent.order({
        kind: 'download',
        targets: targets(wanted.parallel ?? 1, wanted),
        port: SERVICE_PORT,
        bytes: [wanted.bytes ?? []].flat(),
        seconds: wanted.seconds ?? null,
        timeout_ms: wanted.timeout_ms ?? 10_000,
        local_address: wanted.local_address ?? null,
      });
      const done = transfers_of(reply).then(transfers =>
        transfers.map(transfer => ({ ...transfer, uplink: uplink_of(transfer.source) })),
      );
      const received = async () => {
        const answer = await agent.order({ kind: 'received', group }).reply;
        if (answer.kind !== 'received') throw new Error(`received: ${JSON.stringify(answer)}`);
        return answer;
      };
      return { done, received, stop: () => void agent.order({ kind: 'stop_download', group }) };
    },
    download: async (wanted?: DownloadOptions) => traffic.start_download(wanted).done,
    probe_service(wanted = {}) {
      const agent = agent_of(wanted.from ?? 'client1');
      const { group } = agent.order({
        kind: 'attempt',
        targets: targets(Math.max(server_addresses.length, 1), wanted),
        port: SERVICE_PORT,
        interval_ms: wanted.interval_ms ?? 100,
        timeout_ms: wanted.timeout_ms ?? 1000,
      });
      const attempts = async (kind: 'attempts' | 'stop_attempts'): Promise<ServiceAttempt[]> => {
        const answer = await agent.order({ kind, group }).reply;
        if (answer.kind !== 'attempts') throw new Error(`${kind}: ${JSON.stringify(answer)}`);
        return answer.attempts.map(attempt => ({ ...attempt, uplink: uplink_of(attempt.source) }));
      };
      return { attempts: () => attempts('attempts'), stop: () => attempts('stop_attempts') };
    },
    async resolve(name, server, { from = 'router', timeout_ms = 2000 } = {}) {
      const answer = await agent_of(from).order({ kind: 'resolve', name, server, timeout_ms }).reply;
      if (answer.kind !== 'resolved') throw new Error(`resolve: ${JSON.stringify(answer)}`);
      return answer.address;
    },
    knock: wanted => open_many({ kind: 'knock', targets: server_addresses, port: SERVICE_PORT, ...wanted }),
    scatter: wanted => open_many({ kind: 'scatter', targets: server_addresses, ...wanted }),
    open_connections(count, wanted = {}) {
      const uplink_seen = (state: ConnectionState) => uplink_of(state.sources.at(-1) ?? null);
      return open(
        agent_of(wanted.from ?? 'client1'),
        targets(count, wanted),
        SERVICE_PORT,
        wanted,
        uplink_seen,
      );
    },
    connect_in(name, count, { to = 'router', family = 4, ...wanted } = {}) {
      const uplink = places.uplink(name);
      const at_router = family === 6 ? uplink.address6 : uplink.address;
      const forwarded = to !== 'router' && family === 4;
      const address = to === 'router' || forwarded ? at_router : places.address6_of(to, name);
      if (address === null) throw new Error('this lab has no IPv6: start it with "ipv6: true"');
      const port = forwarded ? forwarded_port(client_names.indexOf(to) + 1) : SERVICE_PORT;
      return open(agent_of('server'), Array(count).fill(address), port, wanted, () => name);
    },
  };
  return traffic;
}

async function transfers_of(reply: Promise<AgentReply>): Promise<Transfer[]> {
  const answer = await reply;
  if (answer.kind !== 'transfers') throw new Error(`download: ${JSON.stringify(answer)}`);
  return answer.transfers;
}

async function states_of(reply: Promise<AgentReply>): Promise<ConnectionState[]> {
  const answer = await reply;
  if (answer.kind !== 'states') throw new Error(`states: ${JSON.stringify(answer)}`);
  return answer.states;
}
