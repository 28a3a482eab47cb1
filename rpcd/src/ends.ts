/**
 * Ends the connections of a link over which nothing gets through any more, so that applications connect anew over
 * another one at once.
 *
 * Whoever sends something is answered with a reset (`end_chains` in plan/nft.ts). Whoever only waits, for a download
 * that has stopped, say, sends nothing; it is sent a segment in its peer's name, with a number that cannot be right,
 * and answers that. All else (UDP, connections that are still being set up) the kernel is made to forget, so that the
 * next packet gets another link.
 *
 * Where links lead to one exit, connections go on over another of them instead; see `pinned_to` in plan/nft.ts.
 */

import type { DaemonPlatform, SocketPlatform, Timer } from '../platform/platform.ts';
import { forget_connections, type LanConnection, list_connections } from './apply/connections.ts';
import type { Config } from './config/schema.gen.ts';
import { FAMILIES, type Family } from './net/address.ts';
import { bare_segments } from './net/segment.ts';
import { use_in } from './plan/links.ts';
import { type MarkLayout, mark_layout } from './plan/marks.ts';
import type { Ended, RoutableLink, Verdicts } from './plan/types.ts';

/**
 * A silent link's connections are left alone for so long after it was found dead, and those of one whose interface or
 * carrier went: it may be back in a moment, with everything as it was.
 */
const SILENT_GRACE_MS = 600;
const GONE_GRACE_MS = 2000;
/** For so long what begins in its middle is taken for a connection of the dead link. */
const ENDING_MS = 30000;
/** Waiting connections that are told, at most, and at a time: it takes a small router some milliseconds for each. */
const TOLD_MAX = 1000;
const TOLD_AT_ONCE = 20;

export interface Ends {
  /** To be called before each plan. `links`: with their use as it is now. Slots whose connections are being ended. */
  ended(config: Config, links: RoutableLink[], verdicts: Verdicts): Ended;
}

/** A link that is lost in one family. */
interface Loss {
  /** As it was last. */
  link: RoutableLink;
  family: Family;
  since_ms: number;
  grace_ms: number;
  phase: 'grace' | 'ending' | 'ended';
}

/** `reconcile` brings what `ended` says into the kernel. */
export function start_ends(platform: DaemonPlatform, reconcile: () => void): Ends {
  /** Links as they last worked, by family and name. */
  const worked: Record<Family, Record<string, RoutableLink>> = { ip4: {}, ip6: {} };
  let losses: Loss[] = [];
  let links_now: RoutableLink[] = [];
  let timer: Timer | null = null;
  let layout: MarkLayout | null = null;

  function look(config: Config, links: RoutableLink[], verdicts: Verdicts): void {
    for (const family of FAMILIES) {
      for (const { name, enabled, exit } of config.link) {
        const link = links.find(each => each.name === name) ?? null;
        const works = link !== null && use_in(link, family) !== 'no';
        if (works) worked[family][name] = link;
        const before = Object.hasOwn(worked[family], name) ? (worked[family][name] ?? null) : null;
        const ends = config.globals.enabled && config.globals.reset_dead && enabled && before !== null;
        const inherited =
          exit !== '' && links.some(each => each.exit === exit && use_in(each, family) !== 'no');
        if (!enabled || !config.globals.enabled) delete worked[family][name];
        if (works || !ends || inherited) {
          losses = losses.filter(loss => loss.link.name !== name || loss.family !== family);
        } else if (!losses.some(loss => loss.link.name === name && loss.family === family)) {
          losses.push({
            link: before,
            family,
            since_ms: platform.now_ms(),
            grace_ms: (verdicts[family][name] ?? '') === 'dead' ? SILENT_GRACE_MS : GONE_GRACE_MS,
            phase: 'grace',
          });
        }
      }
    }
    losses = losses.filter(loss => config.link.some(link => link.name === loss.link.name));
  }

  /** When something is to be done next. */
  function arm(): void {
    if (timer !== null) timer.cancel();
    timer = null;
    const waits = losses
      .filter(loss => loss.phase !== 'ended')
      .map(loss => loss.since_ms + (loss.phase === 'grace' ? loss.grace_ms : ENDING_MS) - platform.now_ms())
      .filter(wait_ms => wait_ms > 0);
    if (waits.length > 0) timer = platform.timer(Math.min(...waits), act);
  }

  function act(): void {
    timer = null;
    const now_ms = platform.now_ms();
    const begun: Loss[] = [];
    for (const loss of losses) {
      if (loss.phase === 'grace' && now_ms >= loss.since_ms + loss.grace_ms && has_other(loss)) {
        loss.phase = 'ending';
        loss.since_ms = now_ms;
        begun.push(loss);
      } else if (loss.phase === 'ending' && now_ms >= loss.since_ms + ENDING_MS) {
        loss.phase = 'ended';
      }
    }
    reconcile();
    for (const loss of begun) tell(loss);
  }

  /** Without another link there is nothing to reconnect over. */
  function has_other({ link, family }: Loss): boolean {
    return links_now.some(other => other.name !== link.name && use_in(other, family) !== 'no');
  }

  function tell({ link, family }: Loss): void {
    const marks = layout;
    if (marks === null) return;
    const forget = () => forget_connections(platform, link, [family], marks, links_now);
    const sockets = platform.sockets;
    if (sockets === null) {
      forget();
      return;
    }
    list_connections(platform, link, family, marks, TOLD_MAX, connections => {
      forget();
      tell_some(sockets, connections);
    });
  }

  function tell_some(sockets: SocketPlatform, connections: LanConnection[]): void {
    if (connections.length === 0) return;
    const segments = connections.slice(0, TOLD_AT_ONCE).flatMap(({ address, port, peer, peer_port }) => {
      const pair = bare_segments({ address: peer, port: peer_port }, { address, port });
      return pair.map(segment => ({ source: peer, address, segment }));
    });
    sockets.send_tcp_segments(segments);
    platform.timer(0, () => tell_some(sockets, connections.slice(TOLD_AT_ONCE)));
  }

  return {
    ended: (config, links, verdicts) => {
      layout = mark_layout(config.globals.mark_mask);
      links_now = links;
      look(config, links, verdicts);
      // A link that returns may be what others waited for.
      const waiting = losses.some(
        loss =>
          loss.phase === 'grace' && platform.now_ms() >= loss.since_ms + loss.grace_ms && has_other(loss),
      );
      if (waiting && timer === null) timer = platform.timer(1, act);
      else if (!waiting) arm();
      const slots = (family: Family) =>
        losses.filter(loss => loss.family === family && loss.phase === 'ending').map(loss => loss.link.slot);
      return { ip4: slots('ip4'), ip6: slots('ip6') };
    },
  };
}
