/**
 * Live connections per link: entries of the kernel's connection table, by their mark. Counted only when somebody
 * asks, by another process, and never so often that it takes more than a fiftieth of the time: a table of 16,000
 * connections takes a small router a good part of a second to print.
 */

import type { DaemonPlatform } from '../../platform/platform.ts';
import { TABLE_FILE } from '../apply/connections.ts';
import { decimal } from '../net/address.ts';
import { type MarkLayout, slot_of } from '../plan/marks.ts';

/** Prints the mark of each connection on a line, and before that of a ping a line that says so. */
const MARKS = ['grep', '-oE', ' icmp|mark=[0-9]+', TABLE_FILE];
/** Shortest time between the starts of two counts. */
const INTERVAL_MS = 5000;
/** A count may take this part of the time. */
const COST_DIVISOR = 50;

export interface LiveConnections {
  /** What was counted last, by slot number; starts a new count when one is due. Null before the first. */
  by_slot(layout: MarkLayout): Record<string, number> | null;
}

export function start_live(platform: DaemonPlatform): LiveConnections {
  let counted: Record<string, number> | null = null;
  let running = false;
  let due_ms = 0;

  function count(layout: MarkLayout): void {
    const started_ms = platform.now_ms();
    const counts: Record<string, number> = {};
    let is_ping = false;
    running = true;
    platform.spawn(
      MARKS,
      line => {
        const is_mark = line.startsWith('mark=');
        const slot = is_mark && !is_ping ? slot_of(layout, decimal(line.slice(5))) : null;
        if (slot !== null) counts[`${slot}`] = (counts[`${slot}`] ?? 0) + 1;
        // Pings are no connections: there is always one of ours, the probe.
        is_ping = !is_mark;
      },
      () => {
        running = false;
        counted = counts;
        const took_ms = platform.now_ms() - started_ms;
        due_ms = started_ms + Math.max(INTERVAL_MS, took_ms * COST_DIVISOR);
      },
    );
  }

  return {
    by_slot: layout => {
      if (!running && platform.now_ms() >= due_ms) count(layout);
      return counted;
    },
  };
}
