/**
 * Ends the connections of a link over which nothing gets through any more, so that applications connect anew over
 * another one at once.
 *
 * Whoever sends something is answered with a reset (`end_chains` in plan/nft.ts). Whoever only waits, for a download
 * that has stopped, say, sends nothing; it is sent a segment in its peer's name, with a number that cannot be right,
 * and answers that. All else (UDP, connections that are still being set up) the kernel is made to forget, so that the
 * next packet gets another link.
 *
 * When the address or the device of a link goes, the kernel forgets its masqueraded connections by itself, within a
 * millisecond. So they are noted beforehand: now and then while links are in use, which is all that helps when a device
 * is removed, and when a carrier is lost, because netifd takes some time then to take the address away.
 *
 * Where links lead to one exit, connections go on over another of them instead; see `pinned_to` in plan/nft.ts.
 */

import type { DaemonPlatform, SocketPlatform, Timer } from '../platform/platform.ts';
import {
  forget_connections,
  forget_notes,
  list_connections,
  note_connections,
  type TcpConnection,
} from './apply/connections.ts';
import type { Config } from './config/schema.gen.ts';
import { FAMILIES, type Family } from './net/address.ts';
import { bare_segments } from './net/segment.ts';
import { heir_of, use_in } from './plan/links.ts';
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
/** Shortest time between two notes; and they may take this part of the time. */
const NOTE_INTERVAL_MS = 10000;
const COST_DIVISOR = 100;

export interface Ends {
  /** To be called before each plan. `links`: with their use as it is now. */
  ended(config: Config, links: RoutableLink[], verdicts: Verdicts): Ended;
  /** To be called at once with what `ip -o monitor` says of a device without carrier. */
  lost(line: string): void;
}

/**
 * A link that is lost in one family. `grace`: it may be back in a moment; `ending`: its connections are being ended;
 * `returned`: it works again, but what was forgotten has not spoken yet; `over`: nothing is left to be done.
 */
interface Loss {
  /** As it was last. */
  link: RoutableLink;
  family: Family;
  phase: 'grace' | 'ending' | 'returned' | 'over';
  /** When the phase ends by itself. */
  until_ms: number;
}

/**
 * `reconcile` brings what `ended` says into the kernel; `was_used`: a link has been in use since that was last asked.
 */
export function start_ends(platform: DaemonPlatform, reconcile: () => void, was_used: () => boolean): Ends {
  /** Links as they last worked, by family and name. */
  const worked: Record<Family, Record<string, RoutableLink>> = { ip4: {}, ip6: {} };
  let losses: Loss[] = [];
  let links_now: RoutableLink[] = [];
  let timer: Timer | null = null;
  let layout: MarkLayout | null = null;
  /** Somebody could be told, and has another link to go to. */
  let notes_help = false;
  let noting = false;
  let turn = 0;
  const note_timer = platform.timer(NOTE_INTERVAL_MS, note_in_turn);
  forget_notes(platform);

  function look(config: Config, links: RoutableLink[], verdicts: Verdicts): void {
    const now_ms = platform.now_ms();
    const kept: Loss[] = [];
    for (const family of FAMILIES) {
      for (const { name, enabled, exit } of config.link) {
        const loss = losses.find(each => each.link.name === name && each.family === family) ?? null;
        const link = links.find(each => each.name === name) ?? null;
        const works = link !== null && use_in(link, family) !== 'no';
        // A link has a slot from its first plan on.
        if (works && link.slot > 0) worked[family][name] = link;
        const before = Object.hasOwn(worked[family], name) ? (worked[family][name] ?? null) : null;
        if (!enabled || !config.globals.enabled) delete worked[family][name];
        const heir = heir_of(exit, links, family) !== null;
        const ends = config.globals.enabled && config.globals.reset_dead && enabled;
        if (!ends || before === null) continue;
        if (works || heir) {
          if (loss === null || loss.phase === 'grace' || loss.phase === 'over') continue;
          loss.phase = 'returned';
          kept.push(loss);
        } else if (loss !== null && loss.phase !== 'returned') {
          kept.push(loss);
        } else {
          const silent = (verdicts[family][name] ?? '') === 'dead';
          const until_ms = now_ms + (silent ? SILENT_GRACE_MS : GONE_GRACE_MS);
          kept.push({ link: before, family, phase: 'grace', until_ms });
        }
      }
    }
    losses = kept;
  }

  /** When something is to be done next. */
  function arm(): void {
    if (timer !== null) timer.cancel();
    timer = null;
    const now_ms = platform.now_ms();
    const waits = losses
      // Without another link there is nothing to reconnect over: one that returns calls here.
      .filter(loss => loss.phase !== 'over' && (loss.phase !== 'grace' || has_other(loss)))
      .map(loss => Math.max(1, loss.until_ms - now_ms));
    if (waits.length > 0) timer = platform.timer(Math.min(...waits), act);
  }

  function act(): void {
    timer = null;
    const now_ms = platform.now_ms();
    const begun: Loss[] = [];
    for (const loss of losses) {
      if (now_ms < loss.until_ms) continue;
      if (loss.phase !== 'grace') {
        loss.phase = 'over';
      } else if (has_other(loss)) {
        loss.phase = 'ending';
        loss.until_ms = now_ms + ENDING_MS;
        begun.push(loss);
      }
    }
    reconcile();
    for (const loss of begun) tell(loss);
  }

  function has_other({ link, family }: Loss): boolean {
    return links_now.some(other => other.name !== link.name && use_in(other, family) !== 'no');
  }

  function note_in_turn(): void {
    note_timer.restart(NOTE_INTERVAL_MS);
    // What was noted before is still needed.
    if (losses.some(loss => loss.phase === 'grace' && has_other(loss))) return;
    if (notes_help && !noting && was_used()) note();
  }

  function note(): void {
    const started_ms = platform.now_ms();
    noting = true;
    turn = 1 - turn;
    note_connections(platform, turn, TOLD_MAX, () => {
      noting = false;
      const took_ms = platform.now_ms() - started_ms;
      note_timer.restart(Math.max(NOTE_INTERVAL_MS, took_ms * COST_DIVISOR));
    });
  }

  /** Not any more when the link has come back meanwhile. */
  function is_ending(loss: Loss): boolean {
    return losses.includes(loss) && loss.phase === 'ending';
  }

  function tell(loss: Loss): void {
    const { link, family } = loss;
    const marks = layout;
    const sockets = platform.sockets;
    if (marks === null || !is_ending(loss)) return;
    const forget = () => forget_connections(platform, link, family, marks, links_now, 'all');
    if (sockets === null) {
      forget();
      return;
    }
    list_connections(platform, link, family, marks, TOLD_MAX, connections => {
      if (!is_ending(loss)) return;
      forget();
      tell_some(sockets, connections);
    });
  }

  function tell_some(sockets: SocketPlatform, connections: TcpConnection[]): void {
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
      const { enabled, reset_dead, mark_mask } = config.globals;
      layout = mark_layout(mark_mask);
      links_now = links;
      notes_help = enabled && reset_dead && links.length > 1 && platform.sockets !== null;
      look(config, links, verdicts);
      arm();
      const ending = (family: Family) => {
        const own = losses.filter(loss => loss.family === family);
        return {
          slots: own.filter(({ phase }) => phase === 'ending').map(({ link }) => link.slot),
          forgotten: own.some(({ phase }) => phase === 'ending' || phase === 'returned'),
        };
      };
      return { ip4: ending('ip4'), ip6: ending('ip6') };
    },
    lost: line => {
      // `[LINK]7: wan@eth0: <NO-CARRIER,…`
      const device = line.split(' ')[1]?.split(':')[0]?.split('@')[0] ?? '';
      if (notes_help && !noting && links_now.some(link => link.device === device && link.usable)) note();
    },
  };
}
