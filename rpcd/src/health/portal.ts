/**
 * Captive portals: a page is fetched over each link whose answer is known. One that is not as it should be, while no
 * other page is, comes from a portal. No answer at all says nothing: pages are blocked in some countries.
 */

import type { Cancelable, DaemonPlatform } from '../../platform/platform.ts';
import { parse_http_url } from '../net/target.ts';
import { ASK_TIMEOUT_MS, ask_http, resolve } from './ask.ts';

/** After a look that found no portal, one that found none of the pages, and one that found a portal. */
const CLEAR_INTERVAL_MS = 600000;
const SILENT_INTERVAL_MS = 60000;
const PORTAL_INTERVAL_MS = 5000;
/** Until a first suspicion is looked at again: one wrong page may be a mishap. */
const AGAIN_MS = 1000;
/** Silent looks after which a portal is taken for gone, and pages for blocked. */
const SILENT_LOOKS = 3;

export interface PortalWatched {
  name: string;
  device: string;
  /** See `Remote` in platform.ts. */
  mark: number;
  /** Pages to be fetched. */
  urls: string[];
  /** Name servers to be asked over the link. */
  servers: string[];
}

export interface Portals {
  /** Watch exactly these links from now on. */
  watch(links: PortalWatched[]): void;
  /** To be called every second at least. */
  tick(now_ms: number): void;
  /** Look at once: something has changed. */
  look(name: string): void;
  is_captive(name: string): boolean;
  stop(): void;
}

interface Look {
  link: PortalWatched;
  captive: boolean;
  /** The last look found a portal that the one before did not. */
  suspected: boolean;
  /** Looks in a row that found nothing. */
  silent: number;
  /** Something has changed while a look was under way. */
  again: boolean;
  due_ms: number;
  running: Cancelable | null;
}

/** `on_change` is called when a portal has come or gone. */
export function start_portals(platform: DaemonPlatform, on_change: () => void): Portals {
  let looks: Look[] = [];

  /** Page after page until one is as it should be. */
  function fetch_from(look: Look, index: number, portal: boolean): void {
    const { device, mark, urls, servers } = look.link;
    const url = urls[index] ?? null;
    if (url === null) {
      ended(look, portal ? 'portal' : 'silent');
      return;
    }
    const question = parse_http_url(url);
    if (question === null) {
      fetch_from(look, index + 1, portal);
      return;
    }
    const route = { device, mark };
    look.running = resolve(platform, route, question.host, servers, ASK_TIMEOUT_MS, address => {
      if (address === null) {
        fetch_from(look, index + 1, portal);
        return;
      }
      look.running = ask_http(platform, route, address, question, ASK_TIMEOUT_MS, ({ outcome }) => {
        if (outcome === 'ok') ended(look, 'clear');
        else fetch_from(look, index + 1, portal || outcome === 'portal');
      });
    });
  }

  function ended(look: Look, found: 'clear' | 'portal' | 'silent'): void {
    look.running = null;
    look.silent = found === 'silent' ? look.silent + 1 : 0;
    const first = found === 'portal' && !look.captive && !look.suspected;
    look.suspected = found === 'portal';
    look.due_ms = platform.now_ms() + (look.again ? 0 : first ? AGAIN_MS : pause_ms(look, found));
    look.again = false;
    const captive =
      found === 'portal' ? !first : found === 'silent' && look.captive && look.silent < SILENT_LOOKS;
    if (look.captive === captive) return;
    look.captive = captive;
    on_change();
  }

  function pause_ms(look: Look, found: 'clear' | 'portal' | 'silent'): number {
    if (found === 'clear') return CLEAR_INTERVAL_MS;
    // A link that has just come up may not be ready yet.
    return found === 'portal' || look.silent < SILENT_LOOKS ? PORTAL_INTERVAL_MS : SILENT_INTERVAL_MS;
  }

  function fresh(link: PortalWatched): Look {
    const due_ms = platform.now_ms();
    return { link, captive: false, suspected: false, silent: 0, again: false, due_ms, running: null };
  }

  function cancel(look: Look): void {
    if (look.running !== null) look.running.cancel();
    look.running = null;
  }

  return {
    watch: links => {
      const kept: Look[] = [];
      for (const link of platform.sockets === null ? [] : links) {
        if (link.urls.length === 0) continue;
        const known =
          looks.find(look => look.link.name === link.name && look.link.device === link.device) ?? null;
        kept.push(known ?? fresh(link));
        if (known !== null) known.link = link;
      }
      for (const look of looks) {
        if (!kept.includes(look)) cancel(look);
      }
      looks = kept;
    },
    tick: now_ms => {
      for (const look of looks) {
        if (look.running === null && now_ms >= look.due_ms) fetch_from(look, 0, false);
      }
    },
    look: name => {
      for (const look of looks) {
        if (look.link.name !== name) continue;
        look.due_ms = platform.now_ms();
        look.again = look.running !== null;
      }
    },
    is_captive: name => looks.some(look => look.link.name === name && look.captive),
    stop: () => {
      for (const look of looks) cancel(look);
      looks = [];
    },
  };
}
