/** The last rates of every link, for the curves. Pure. */

import type { Status } from '../../../rpcd/src/rpc.ts';

/** One minute at one status per second. */
export const SAMPLES_MAX = 60;

export interface Curve {
  rx_bps: number[];
  tx_bps: number[];
}

/** By link name, oldest sample first. Links that are gone lose their past. */
export type History = Record<string, Curve>;

export function extended(history: History, status: Status): History {
  const next: History = {};
  for (const link of status.links) {
    const past = history[link.name] ?? { rx_bps: [], tx_bps: [] };
    next[link.name] = {
      rx_bps: [...past.rx_bps, link.rx_bps ?? 0].slice(-SAMPLES_MAX),
      tx_bps: [...past.tx_bps, link.tx_bps ?? 0].slice(-SAMPLES_MAX),
    };
  }
  return next;
}
