/** What a test may do to an uplink, and what it can ask about it. */

import { check_prefix } from './addresses.ts';
import type { Counters, Host, Uplink } from './api.ts';
import { type Fault, NO_FAULT } from './fault.ts';
import {
  create_uplinks,
  provider_of,
  remove_uplink,
  run_in,
  set_carrier,
  set_delegation,
  set_filter,
  set_rate,
  type UplinkPlan,
  uplink_exists,
} from './topology.ts';

/** What an uplink needs of the lab around it. */
export interface Surroundings {
  /** The box in a network namespace. */
  host(namespace: string): Host;
  /** Call a method of netifd's object for an interface. */
  ask_netifd(interface_name: string, method: 'up' | 'down' | 'renew'): Promise<void>;
  /** Called when the provider hands out something else than before. */
  leases_changed(): void;
  /** Called when netifd has put another prefix into force. */
  prefix_changed(): Promise<void>;
}

/** `plan` is changed by what is done to the uplink. */
export function uplink_control(
  plan: UplinkPlan,
  { host, ask_netifd, leases_changed, prefix_changed }: Surroundings,
): Uplink {
  const { name, name6, lease, lease6 } = plan;
  const interfaces = lease6 === null ? [name] : [name, name6];

  function fail(fault: Partial<Fault>): void {
    plan.fault = { ...plan.fault, ...fault };
    set_filter(plan);
  }

  return {
    name,
    address: lease.address,
    gateway: lease.gateway,
    name_server: lease.dns[0] ?? '',
    provider: host(provider_of(name)),
    interface6: lease6 === null ? null : name6,
    address6: lease6?.address ?? null,
    get prefix6() {
      return lease6?.prefix ?? null;
    },
    blackhole: family => fail(family === undefined ? { loss_permille: 1000 } : { lost_family: family }),
    silence: () => fail({ silent: true }),
    set_loss: loss_permille => fail({ loss_permille }),
    captive: portal => fail({ portal }),
    cut: () => set_carrier(plan, false),
    remove: () => remove_uplink(name),
    restore() {
      plan.fault = NO_FAULT;
      if (!uplink_exists(name)) create_uplinks([plan]);
      set_carrier(plan, true);
      set_filter(plan);
    },
    set_rate(down_bps, up_bps) {
      Object.assign(plan, { down_bps, up_bps });
      set_rate(plan);
    },
    async delegate(prefix, how = 'restarted') {
      check_prefix(prefix);
      set_delegation(plan, prefix);
      leases_changed();
      if (how === 'renewed') {
        await ask_netifd(name6, 'renew');
      } else {
        await ask_netifd(name6, 'down');
        await ask_netifd(name6, 'up');
      }
      await prefix_changed();
    },
    async ifdown() {
      for (const each of interfaces) await ask_netifd(each, 'down');
    },
    async ifup() {
      for (const each of interfaces) await ask_netifd(each, 'up');
    },
    counters: () => counters(name),
  };
}

/** What `ip -j -s link show` prints of one device. */
interface LinkStatistics {
  stats64: { rx: { bytes: number; packets: number }; tx: { bytes: number; packets: number } };
}

const NO_TRAFFIC = { rx: { bytes: 0, packets: 0 }, tx: { bytes: 0, packets: 0 } };

function counters(device: string): Counters {
  const { stdout } = run_in('router', ['ip', '-j', '-s', 'link', 'show', device]);
  const [
    {
      stats64: { rx, tx },
    } = { stats64: NO_TRAFFIC },
  ] = JSON.parse(stdout || '[]') as LinkStatistics[];
  return { rx_bytes: rx.bytes, tx_bytes: tx.bytes, rx_packets: rx.packets, tx_packets: tx.packets };
}
