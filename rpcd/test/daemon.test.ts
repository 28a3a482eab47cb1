/** The whole daemon on a router that does nothing by itself: what its probes carry. */

import { expect, test, vi } from 'vitest';
import type {
  DaemonPlatform,
  JsonObject,
  Remote,
  SocketPlatform,
  UbusMethod,
  UciSection,
} from '../platform/platform.ts';
import { start_daemon } from '../src/daemon.ts';
import { mark_layout, pinned_mark } from '../src/plan/marks.ts';

const PROBE = 'tcp:192.0.2.1:443';
const DEFAULT_MASK = '0x7f000000';

function section(type: string, name: string, options: UciSection['options']): UciSection {
  return { type, name, anonymous: false, options };
}

/** One link, wan, and a kernel that takes everything and holds nothing. */
function router() {
  vi.useFakeTimers();
  const globals: UciSection['options'] = { enabled: '1', captive_check: '0' };
  const wan: JsonObject = {
    interface: 'wan',
    proto: 'static',
    up: true,
    l3_device: 'eth1',
    'ipv4-address': [{ address: '10.0.0.2', mask: 24 }],
    route: [{ target: '0.0.0.0', mask: 0, nexthop: '10.0.0.1' }],
  };
  const files: Record<string, string> = { '/sys/class/net/eth1/ifindex': '2\n' };
  const asked: Remote[] = [];
  const logged: string[] = [];
  /** Of the probe. */
  const peer = { answers: false };
  let methods: Record<string, UbusMethod> = {};
  const sockets: SocketPlatform = {
    open_icmp: () => null,
    tcp: (remote, _request, _timeout_ms, done) => {
      asked.push(remote);
      const timeout = setTimeout(() => peer.answers && done({ outcome: 'connected', answer: '' }), 10);
      return { cancel: () => clearTimeout(timeout) };
    },
    udp: () => ({ cancel: () => {} }),
    send_tcp_segments: () => true,
    nft_generation: () => null,
  };
  const done = { code: 0, stdout: '[]\n[]\n', stderr: '' };
  const platform: DaemonPlatform = {
    sockets,
    now_ms: () => performance.now(),
    timer: (delay_ms, callback) => {
      let timeout = setTimeout(callback, delay_ms);
      return {
        cancel: () => clearTimeout(timeout),
        restart: again_ms => {
          clearTimeout(timeout);
          timeout = setTimeout(callback, again_ms);
        },
      };
    },
    read_file: path => files[path] ?? null,
    write_file: (path, text) => {
      files[path] = text;
      return true;
    },
    write_proc: () => true,
    make_dir: () => true,
    remove_file: path => delete files[path],
    uci_read: config =>
      config === 'linkagg'
        ? [
            section('globals', 'globals', globals),
            section('link', 'wan', { interface: 'wan', probe: [PROBE] }),
          ]
        : [],
    uci_write: () => null,
    config_text: () => null,
    restore_config: () => false,
    log: (_level, text) => logged.push(text),
    run: () => done,
    run_with_input: () => done,
    spawn: () => ({ stop: () => {} }),
    ubus_call: object => (object === 'network.interface' ? { interface: [wan] } : null),
    ubus_publish: (_object, published) => {
      methods = published;
      return true;
    },
    ubus_event: () => {},
    ubus_listen: () => {},
    on_terminate: () => {},
    run_loop: () => {},
    quit: () => {},
  };
  start_daemon(platform);
  const call = (method: string, args: JsonObject = {}) => methods[method]?.call(args);
  return {
    wan,
    peer,
    logged,
    call,
    reload: (mark_mask: string) => {
      globals.mark_mask = mark_mask;
      expect(call('reload')).toMatchObject({ ok: true });
    },
    /** Marks of what is asked meanwhile. */
    marks: (meanwhile: () => void) => {
      asked.length = 0;
      meanwhile();
      return [...new Set(asked.map(({ mark }) => mark))];
    },
  };
}

function first_mark(mask: string): number {
  const layout = mark_layout(mask);
  return layout === null ? Number.NaN : pinned_mark(layout, 1);
}

test('the test of a link that has just been added takes the way that the link got', () => {
  const { call, marks } = router();
  expect(marks(() => call('test_link', { link: 'wan' }))).toEqual([first_mark(DEFAULT_MASK)]);
});

test('probes that run carry a mark of the new mask as soon as it is another one', () => {
  const { reload, marks } = router();
  reload(DEFAULT_MASK);
  const mask = '0x000fc000';
  reload(mask);
  expect(marks(() => vi.advanceTimersByTime(10_000))).toEqual([first_mark(mask)]);
});

test('what the page asks for just before a verdict is acted upon does not contradict itself', () => {
  const { call, peer, logged } = router();
  /** States that were told of, polled by several pages at once, for so long. */
  const polled = (ms: number) => {
    const shown = new Set<string>();
    for (let i = 0; i < ms; i++) {
      vi.advanceTimersByTime(1);
      const [wan] = (call('status') as { links: { state: string; reason: string }[] }).links;
      shown.add(`${wan?.state} ${wan?.reason}`);
    }
    return [...shown];
  };
  peer.answers = true;
  expect(polled(20_000)).toEqual(['connecting waiting-for-reply', 'online replying']);
  peer.answers = false;
  expect(polled(20_000)).toEqual(['online replying', 'offline no-reply']);
  peer.answers = true;
  expect(polled(20_000)).toEqual(['offline no-reply', 'online replying']);
  peer.answers = false;
  polled(3000);
  // Again so soon: it must prove itself now.
  peer.answers = true;
  expect(polled(20_000)).toEqual(['offline no-reply', 'connecting held-down', 'online replying']);
  expect(logged.filter(line => line.includes('still'))).toEqual([]);
});
