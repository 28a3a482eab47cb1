/** Which connections of a lost link are told: the programs that read the kernel's table, and when they are run. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DaemonPlatform } from '../platform/platform.ts';
import {
  forget_notes,
  list_connections,
  note_connections,
  type TcpConnection,
} from '../src/apply/connections.ts';
import { config_from_json } from '../src/config/validate.ts';
import { start_ends } from '../src/ends.ts';
import { mark_layout } from '../src/plan/marks.ts';
import type { RoutableLink, Verdicts } from '../src/plan/types.ts';
import { routable } from './link.ts';

/** As the kernel prints it: a connection of a client from this port, masqueraded on the link in `slot`. */
function masqueraded(port: number, slot: number, state = 'ESTABLISHED', peer = '203.0.113.9'): string {
  const from = `src=192.168.1.10 dst=${peer} sport=${port} dport=443`;
  const back = `src=${peer} dst=100.64.${slot}.2 sport=443 dport=${port}`;
  return `ipv4     2 tcp      6 431999 ${state} ${from} packets=9 bytes=900 ${back} packets=9 bytes=9000 [ASSURED] mark=${slot * 0x1000000} use=2`;
}

describe.each([['awk'], ['busybox', 'awk']])('as %s reads them', (...awk) => {
  const is_there = spawnSync(awk[0] ?? '', [...awk.slice(1), 'BEGIN {}']).status === 0;
  let folder = '';
  let turn = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'connections-'));
    turn = 0;
    forget_notes(platform);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const at = (path: string) =>
    path.replaceAll('/var/run/linkagg', folder).replaceAll('/proc/net/nf_conntrack', join(folder, 'table'));
  const platform = {
    write_file: (path: string, text: string) => writeFileSync(at(path), text),
    spawn: ([program = '', ...args]: string[], on_line: (line: string) => void, on_exit: () => void) => {
      expect(program).toBe('awk');
      const [run = '', ...first] = awk;
      const { stdout, stderr } = spawnSync(run, [...first, ...args.map(at)], { encoding: 'utf8' });
      expect(stderr).toBe('');
      for (const line of stdout.split('\n').slice(0, -1)) on_line(line);
      on_exit();
    },
  } as unknown as DaemonPlatform;

  function table(...lines: string[]): void {
    writeFileSync(join(folder, 'table'), lines.map(line => `${line}\n`).join(''));
  }

  /** What is in the table is noted; `max` at most. */
  function noted(max: number, ...lines: string[]): void {
    table(...lines);
    note_connections(platform, turn, max, () => {});
    turn = 1 - turn;
  }

  function listed(slot: number, max = 100): TcpConnection[] {
    const found: TcpConnection[] = [];
    const layout = mark_layout('0x7f000000');
    if (layout === null) throw new Error('no layout');
    list_connections(platform, routable('wan', slot), 'ip4', layout, max, connections =>
      found.push(...connections),
    );
    return found.sort((one, other) => one.port - other.port);
  }

  const ports = (connections: TcpConnection[]) => connections.map(({ port }) => port);

  test.runIf(is_there)('the kernel has forgotten them: those that were noted are told', () => {
    noted(100, masqueraded(1001, 1), masqueraded(1002, 2), masqueraded(1003, 10));
    table();
    expect(listed(1)).toEqual([{ address: '192.168.1.10', port: 1001, peer: '203.0.113.9', peer_port: 443 }]);
    expect(ports(listed(10))).toEqual([1003]);
  });

  test.runIf(is_there)('it has some of them still: each is told once, and those that are younger', () => {
    noted(100, masqueraded(1001, 1), masqueraded(1002, 1));
    table(masqueraded(1002, 1), masqueraded(1004, 1), masqueraded(1005, 2));
    expect(ports(listed(1))).toEqual([1001, 1002, 1004]);
  });

  test.runIf(is_there)('addresses and ports that another link uses meanwhile are left alone', () => {
    noted(100, masqueraded(1001, 1), masqueraded(1002, 1), masqueraded(1003, 1));
    table(masqueraded(1001, 2), masqueraded(1002, 2, 'SYN_SENT'));
    expect(ports(listed(1))).toEqual([1003]);
    table(masqueraded(1003, 2).replace('tcp      6', 'udp     17'));
    expect(ports(listed(1))).toEqual([1001, 1002, 1003]);
  });

  test.runIf(is_there)('the note before the last counts: of the last one, it may have been too late', () => {
    noted(100, masqueraded(1001, 1), masqueraded(1002, 1));
    noted(100, masqueraded(1002, 1));
    table();
    expect(ports(listed(1))).toEqual([1001, 1002]);
    noted(100, masqueraded(1003, 1));
    noted(100);
    expect(ports(listed(1))).toEqual([1003]);
  });

  test.runIf(is_there)('only what the kernel forgets by itself is noted', () => {
    const own = masqueraded(1003, 1).replace('src=192.168.1.10', 'src=100.64.1.2');
    const came_in =
      'ipv4     2 tcp      6 99 ESTABLISHED src=203.0.113.9 dst=100.64.1.2 sport=4000 dport=8080 src=192.168.1.10 dst=203.0.113.9 sport=80 dport=4000 [ASSURED] mark=16777216 use=2';
    const lan = masqueraded(1004, 1).replace('mark=16777216', 'mark=0');
    const offloaded = masqueraded(1005, 1)
      .replace('431999 ESTABLISHED ', '')
      .replace('[ASSURED]', '[OFFLOAD]');
    noted(100, own, came_in, lan, masqueraded(1001, 1, 'TIME_WAIT'), offloaded);
    table();
    expect(ports(listed(1))).toEqual([1005]);
  });

  test.runIf(is_there)('no more than so many are noted, and told', () => {
    noted(2, masqueraded(1001, 1), masqueraded(1002, 1), masqueraded(1003, 1));
    expect(readFileSync(join(folder, 'connections.0'), 'utf8').split('\n')).toHaveLength(3);
    table(masqueraded(1003, 1));
    expect(listed(1)).toHaveLength(3);
    expect(listed(1, 2)).toHaveLength(2);
  });

  test.runIf(is_there)('a note that is being written ends anywhere', () => {
    noted(100, masqueraded(1001, 10));
    table();
    const whole = readFileSync(join(folder, 'connections.0'), 'utf8').trimEnd();
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(join(folder, 'connections.0'), whole.slice(0, length));
      expect([...listed(1), ...listed(10)]).toEqual([]);
    }
  });
});

describe('connections are noted', () => {
  const NO_CARRIER =
    '[LINK]5: eth1@if4: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state LOWERLAYERDOWN group 0';
  const verdicts: Verdicts = { ip4: {}, ip6: {} };
  const links = [routable('wan', 1), routable('lte', 2), routable('dsl', 3)];

  /** Time stands still but for `pass`; each note takes `took_ms`. */
  function household(globals: object = {}, { took_ms = 20, first = links } = {}) {
    let now_ms = 0;
    let notes = 0;
    let used = false;
    let timers: { at_ms: number; callback: () => void }[] = [];
    const after = (delay_ms: number, callback: () => void) => {
      const timer = { at_ms: now_ms + delay_ms, callback };
      timers.push(timer);
      const cancel = () => {
        timers = timers.filter(each => each !== timer);
      };
      const restart = (again_ms: number) => {
        cancel();
        timer.at_ms = now_ms + again_ms;
        timers.push(timer);
      };
      return { cancel, restart };
    };
    const platform = {
      sockets: { send_tcp_segments: () => true },
      now_ms: () => now_ms,
      timer: after,
      write_file: () => true,
      run: () => ({ code: 0, stdout: '', stderr: '' }),
      spawn: (argv: string[], _on_line: unknown, on_exit: () => void) => {
        if (argv.some(each => each.startsWith('note='))) notes += 1;
        after(took_ms, on_exit);
      },
    } as unknown as DaemonPlatform;
    const ends = start_ends(
      platform,
      () => {},
      () => used,
    );
    const { config } = config_from_json({
      globals: { enabled: true, ...globals },
      link: links.map(({ name }) => ({ name, interface: name })),
      group: [],
      policy: [],
      nat: [],
    } as never);
    if (config === null) throw new Error('no configuration');
    const plan = (now: RoutableLink[]) => ends.ended(config, now, verdicts);
    plan(first);
    return {
      ends,
      plan,
      notes: () => notes,
      use: (is_used: boolean) => {
        used = is_used;
      },
      pass(duration_ms: number): void {
        const until_ms = now_ms + duration_ms;
        for (;;) {
          const next = timers.toSorted((one, other) => one.at_ms - other.at_ms)[0];
          if (next === undefined || next.at_ms > until_ms) break;
          timers = timers.filter(each => each !== next);
          now_ms = next.at_ms;
          next.callback();
        }
        now_ms = until_ms;
      },
    };
  }

  test('every ten seconds while a link is used, and not at all while none is', () => {
    const { pass, use, notes } = household();
    pass(600_000);
    expect(notes()).toBe(0);
    use(true);
    pass(100_500);
    expect(notes()).toBe(10);
  });

  test('for no more than a hundredth of the time', () => {
    const { pass, use, notes } = household({}, { took_ms: 400 });
    use(true);
    pass(411_000);
    expect(notes()).toBe(10);
  });

  test('only where they can be told, and have another link to go to', () => {
    const alone = household({}, { first: links.slice(0, 1) });
    for (const each of [household({ reset_dead: false }), household({ enabled: false }), alone]) {
      const { pass, use, notes, ends } = each;
      use(true);
      ends.lost(NO_CARRIER);
      pass(60_000);
      expect(notes()).toBe(0);
    }
  });

  test("at once when a link's device loses its carrier; others' devices do not matter", () => {
    const { ends, notes, pass, plan } = household();
    ends.lost(NO_CARRIER.replace('eth1', 'eth7'));
    expect(notes()).toBe(0);
    ends.lost(NO_CARRIER);
    ends.lost(NO_CARRIER);
    expect(notes()).toBe(1);
    pass(100);
    plan(links.slice(1));
    ends.lost(NO_CARRIER);
    expect(notes()).toBe(1);
  });

  test('not while those of a lost link are still to be told', () => {
    const { use, notes, pass, plan } = household();
    use(true);
    pass(9000);
    plan(links.slice(1));
    pass(1500);
    expect(notes()).toBe(0);
    pass(20_000);
    expect(notes()).toBe(2);
  });

  test('but while those of a link wait that has lost the only IPv6', () => {
    const only = links.map((each, index) => (index === 0 ? each : { ...each, ip6: null }));
    const { use, notes, pass, plan } = household({}, { first: only });
    plan(only.map(each => ({ ...each, ip6: null })));
    use(true);
    pass(30_500);
    expect(notes()).toBe(3);
  });
});
