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

export interface PortalWatched {
  name: string;
  device: string;
  /** Pages to be fetched. */
  urls: string[];
  /** Name servers to be asked over the link. */
  servers: string[];
}

export interface Portals {
  /** Watch exactly these links from now on. */
  watch(links: PortalWatched[]): void;
  /** To be called about twice a second. */
  tick(): void;
  /** Look at once: something has changed. */
  look(name: string): void;
  is_captive(name: string): boolean;
  stop(): void;
}

interface Look {
  link: PortalWatched;
  captive: boolean;
  due_ms: number;
  running: Cancelable | null;
}

/** `on_change` is called when a portal has come or gone. */
export function start_portals(platform: DaemonPlatform, on_change: () => void): Portals {
  let looks: Look[] = [];

  /** Page after page until one is as it should be. */
  function fetch_from(look: Look, index: number, portal: boolean): void {
    const { device, urls, servers } = look.link;
    const url = urls[index] ?? null;
    if (url === null) {
      ended(look, portal, portal ? PORTAL_INTERVAL_MS : SILENT_INTERVAL_MS);
      return;
    }
    const question = parse_http_url(url);
    if (question === null) {
      fetch_from(look, index + 1, portal);
      return;
    }
    look.running = resolve(platform, device, question.host, servers, ASK_TIMEOUT_MS, address => {
      if (address === null) {
        fetch_from(look, index + 1, portal);
        return;
      }
      look.running = ask_http(platform, device, address, question, ASK_TIMEOUT_MS, ({ outcome }) => {
        if (outcome === 'ok') ended(look, false, CLEAR_INTERVAL_MS);
        else fetch_from(look, index + 1, portal || outcome === 'portal');
      });
    });
  }

  function ended(look: Look, captive: boolean, pause_ms: number): void {
    look.running = null;
    look.due_ms = platform.now_ms() + pause_ms;
    if (look.captive === captive) return;
    look.captive = captive;
    on_change();
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
        kept.push(known ?? { link, captive: false, due_ms: platform.now_ms(), running: null });
        if (known !== null) known.link = link;
      }
      for (const look of looks) {
        if (!kept.includes(look)) cancel(look);
      }
      looks = kept;
    },
    tick: () => {
      for (const look of looks) {
        if (look.running === null && platform.now_ms() >= look.due_ms) fetch_from(look, 0, false);
      }
    },
    look: name => {
      for (const look of looks) {
        if (look.link.name === name) look.due_ms = platform.now_ms();
      }
    },
    is_captive: name => looks.some(look => look.link.name === name && look.captive),
    stop: () => {
      for (const look of looks) cancel(look);
      looks = [];
    },
  };
}
