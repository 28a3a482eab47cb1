/** The test button: all probes of one link, once and now. */

import type { DaemonPlatform } from '../../platform/platform.ts';
import type { Family } from '../net/address.ts';
import { parse_http_url, parse_target, type Target } from '../net/target.ts';
import type { ProbeResult, TestReply } from '../rpc.ts';
import { ASK_TIMEOUT_MS, type Asked, ask, ask_http, resolve } from './ask.ts';
import { type Echo, LOST_AFTER_MS, open_echo } from './echo.ts';
import { ask_neighbour, read_neighbour, read_session } from './explain.ts';
import type { WatchedLink } from './health.ts';

/** Whatever has not been answered by then has no answer. */
const TEST_LIMIT_MS = 4 * ASK_TIMEOUT_MS;

export interface LinkTest {
  /** Starts a test of a link; one that runs goes on alone. `probes`: as configured. */
  start(link: WatchedLink, probes: string[]): void;
  reply(name: string): TestReply;
}

interface Test {
  started_ms: number;
  results: ProbeResult[];
}

export function start_link_test(platform: DaemonPlatform): LinkTest {
  /** The last one of each link. */
  const tests: Record<string, Test> = {};

  function set(test: Test, index: number, outcome: ProbeResult['outcome'], detail: string): void {
    const result = test.results[index] ?? null;
    if (result === null || result.outcome !== 'running') return;
    result.outcome = outcome;
    result.detail = detail;
    const unknown = outcome === 'unsupported' || outcome === 'no-reply';
    result.duration_ms = unknown ? null : platform.now_ms() - test.started_ms;
  }

  function is_running(name: string): boolean {
    const test = Object.hasOwn(tests, name) ? (tests[name] ?? null) : null;
    return test !== null && test.results.some(result => result.outcome === 'running');
  }

  return {
    start: (link, probes) => {
      if (is_running(link.name)) return;
      const { device, mark, families, gateways, captive_urls, is_wireguard, servers } = link;
      const gateway = gateways.ip4 ?? gateways.ip6;
      const route = { device, mark };
      const names = [
        ...probes,
        ...captive_urls,
        ...(gateway === null ? [] : ['gateway']),
        ...(is_wireguard ? ['wireguard'] : []),
      ];
      const test: Test = {
        started_ms: platform.now_ms(),
        results: names.map(probe => ({ probe, outcome: 'running', duration_ms: null, detail: '' })),
      };
      tests[link.name] = test;
      const echoes: Echo[] = [];
      const tell =
        (index: number) =>
        ({ outcome, detail }: Asked) =>
          set(test, index, outcome, detail);

      function ping(index: number, family: Family, address: string): void {
        const echo = open_echo(platform, family, device, {
          answered: (_address, rtt_ms) => {
            set(test, index, 'ok', '');
            const result = test.results[index] ?? null;
            if (result !== null) result.duration_ms = rtt_ms;
          },
          lost: () => set(test, index, 'no-reply', ''),
        });
        echoes.push(echo);
        echo.once(address);
        platform.timer(LOST_AFTER_MS, () => set(test, index, 'no-reply', ''));
      }

      function probe(index: number, target: Target | null): void {
        if (target !== null && !families.includes(target.family)) {
          set(test, index, 'unsupported', target.family === 'ip6' ? 'IPv6' : 'IPv4');
        } else if (target === null || (target.kind !== 'icmp' && platform.sockets === null)) {
          set(test, index, 'unsupported', '');
        } else if (target.kind === 'icmp') {
          ping(index, target.family, target.address);
        } else {
          ask(platform, route, target, ASK_TIMEOUT_MS, tell(index));
        }
      }

      function fetch_page(index: number, url: string): void {
        const question = parse_http_url(url);
        if (question === null || platform.sockets === null) {
          set(test, index, 'unsupported', '');
          return;
        }
        resolve(platform, route, question.host, servers, ASK_TIMEOUT_MS / 2, address => {
          if (address === null) set(test, index, 'no-reply', 'DNS');
          else ask_http(platform, route, address, question, ASK_TIMEOUT_MS, tell(index));
        });
      }

      for (const [index, text] of probes.entries()) probe(index, parse_target(text));
      for (const [index, url] of captive_urls.entries()) fetch_page(probes.length + index, url);
      const rest = probes.length + captive_urls.length;
      function look_at(neighbour: string): void {
        read_neighbour(platform, device, neighbour, ({ state, answers }) => {
          if (state === 'PROBE') platform.timer(LOST_AFTER_MS, () => look_at(neighbour));
          else set(test, rest, answers ? 'ok' : 'no-reply', state);
        });
      }

      // What was reachable a moment ago may be so no longer.
      if (gateway !== null) ask_neighbour(platform, device, gateway, () => {});
      // By then both have been asked, also by what the probes send.
      platform.timer(LOST_AFTER_MS, () => {
        if (gateway !== null) look_at(gateway);
        if (is_wireguard) {
          read_session(platform, device, ({ age_s, lives }) =>
            set(test, names.length - 1, lives ? 'ok' : 'no-reply', age_s === null ? '' : `${age_s} s`),
          );
        }
      });
      platform.timer(TEST_LIMIT_MS, () => {
        for (let index = 0; index < test.results.length; index++) set(test, index, 'no-reply', '');
        for (const echo of echoes) echo.close();
      });
    },
    reply: name => {
      const test = Object.hasOwn(tests, name) ? (tests[name] ?? null) : null;
      if (test === null) return { age_s: null, running: false, results: [] };
      return {
        age_s: Math.floor((platform.now_ms() - test.started_ms) / 1000),
        running: is_running(name),
        results: test.results,
      };
    },
  };
}
