/**
 * The platforms' sockets over two devices that lead to the same addresses: under Node, and under every ucode that
 * LINKAGG_UCODE names.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { interpreters } from '../../rpcd/compiler/test/interpreters.ts';
import { socket_platform } from '../../rpcd/platform/node/sockets.ts';
import type { Bytes, Remote, SocketPlatform, TcpResult } from '../../rpcd/platform/platform.ts';
import { bare_segments } from '../../rpcd/src/net/segment.ts';
import { type CompiledPlatform, compiled_platform } from '../../rpcd/test/compiled_platform.ts';

/** Another network namespace, where the questions go. */
const FAR = 'far';
/** Both lead there; routing prefers the first. The second's name is as long as may be. */
const DEVICES = ['first', 'second.upstream'] as const;
const HOST = { ip4: '192.0.2.1', ip6: '2001:db8::1' };
/** Routed to the far side by the second, where this happens to packets. */
const NOWHERE = { unreachable: '203.0.113.1', blackhole: '203.0.113.2', prohibit: '203.0.113.3' };
/** Known to nobody. */
const STRANGER = { ip4: '198.51.100.7', ip6: '2001:db8:5::7' };

/** Each answers in its own way. */
const PORT = {
  web: 80,
  goodbye: 81,
  silent: 82,
  octets: 83,
  long: 84,
  pieces: 85,
  reset: 86,
  closed: 99,
  mirror: 53,
  impostor: 54,
  mute: 55,
};

const FAR_PROGRAM = `
const net = require('node:net'), dgram = require('node:dgram');
const port = ${JSON.stringify(PORT)};
function serve(port, on_client) {
  net.createServer(client => {
    client.on('error', () => {});
    on_client(client);
  }).listen(port, '::');
}
serve(port.web, client => client.on('data', () => client.write('HTTP/1.1 204 No Content\\r\\nServer: far\\r\\n\\r\\n')));
serve(port.goodbye, client => client.end());
serve(port.silent, client => client.on('data', () => {}));
serve(port.octets, client => client.write(Buffer.from([0, 0x41, 0x80, 0xff, 0x0a])));
serve(port.long, client => client.write('x'.repeat(3000)));
serve(port.pieces, client => {
  client.write('HTTP/1');
  setTimeout(() => client.write('.1 200 OK\\r\\n'), 100);
});
serve(port.reset, client => client.on('data', () => client.resetAndDestroy()));
for (const [type, address] of [['udp4', '${HOST.ip4}'], ['udp6', '${HOST.ip6}']]) {
  const listen = (port, on_datagram) => {
    const socket = dgram.createSocket(type, (datagram, from) => on_datagram(socket, datagram, from));
    socket.bind(port, address);
  };
  listen(port.mirror, (socket, datagram, from) => socket.send(Buffer.from([...datagram].reverse()), from.port, from.address));
  listen(port.impostor, (socket, datagram, from) => {
    const other = dgram.createSocket(type);
    other.bind(0, address);
    other.send('from another port', from.port, from.address, () => setTimeout(() => socket.send('true', from.port, from.address), 50));
  });
  listen(port.mute, () => {});
}
console.log('ready');
`;

/** What came in, and by which device. */
const SEEN = `
table inet seen {
	set tcp4 { typeof iifname . ip saddr . ip daddr . tcp dport; flags dynamic; size 1000; }
	set tcp6 { typeof iifname . ip6 saddr . ip6 daddr . tcp dport; flags dynamic; size 1000; }
	set udp4 { typeof iifname . ip saddr . ip daddr . udp dport; flags dynamic; size 1000; }
	set udp6 { typeof iifname . ip6 saddr . ip6 daddr . udp dport; flags dynamic; size 1000; }
	set echo4 { typeof iifname . ip saddr . ip daddr; flags dynamic; size 1000; }
	set echo6 { typeof iifname . ip6 saddr . ip6 daddr; flags dynamic; size 1000; }
	counter strange {}
	chain seen {
		type filter hook prerouting priority raw;
		ip saddr ${STRANGER.ip4} tcp sport 443 tcp flags ack counter name strange
		ip6 saddr ${STRANGER.ip6} tcp sport 443 tcp flags ack counter name strange
		tcp flags & (syn | ack) == syn add @tcp4 { iifname . ip saddr . ip daddr . tcp dport }
		tcp flags & (syn | ack) == syn add @tcp6 { iifname . ip6 saddr . ip6 daddr . tcp dport }
		add @udp4 { iifname . ip saddr . ip daddr . udp dport }
		add @udp6 { iifname . ip6 saddr . ip6 daddr . udp dport }
		icmp type echo-request add @echo4 { iifname . ip saddr . ip daddr }
		icmpv6 type echo-request add @echo6 { iifname . ip6 saddr . ip6 daddr }
	}
}
`;

/** `cancel_after_ms`: 0 for at once. Of echo requests, replies within `wait_ms` are the answer. */
type Question =
  | { kind: 'tcp'; remote: Remote; request: string; timeout_ms: number; cancel_after_ms?: number }
  | { kind: 'udp'; remote: Remote; request: Bytes; timeout_ms: number; cancel_after_ms?: number }
  | {
      kind: 'echo';
      family: 'ip4' | 'ip6';
      device: string;
      target: string;
      sequences: number[];
      wait_ms: number;
    }
  | { kind: 'segments'; segments: { source: string; address: string; segment: Bytes }[] };

/** What each question's callback was called with, in the questions' order; sockets or children that are still there. */
interface Answers {
  answers: unknown[][];
  left_over: number;
}

interface Subject {
  name: string;
  /** Null: Node. */
  interpreter: string | null;
  /** All at the same time. Listens for another `quiet_ms` when there is an answer to each. */
  ask(questions: Question[], quiet_ms: number): Promise<Answers>;
}

const CANCELLED = 'cancelled';

/** Asks what stands in the file it is given, and prints `Answers`. */
const ASKING = `
import { socket_platform } from 'linkagg.platform.sockets';
import { timer } from 'linkagg.platform.timer';
import { lsdir, readfile } from 'fs';
import * as uloop from 'uloop';

uloop.init();
const asked = json(readfile(ARGV[0]));
const sockets = socket_platform();
const answers = map(asked.questions, () => []);
const open_files = length(lsdir('/proc/self/fd'));

function ask(question, answer) {
	const remote = question.remote;
	if (question.kind == 'tcp') return sockets.tcp(remote, question.request, question.timeout_ms, answer);
	if (question.kind == 'udp') return sockets.udp(remote, question.request, question.timeout_ms, answer);
	if (question.kind == 'segments') {
		answer(sockets.send_tcp_segments(question.segments));
		return null;
	}
	const replies = [];
	const socket = sockets.open_icmp(question.family, question.device, (...reply) => push(replies, reply));
	const sent = map(socket ? question.sequences : [], sequence => socket.send(question.target, sequence));
	timer(question.wait_ms, () => {
		if (socket) socket.close();
		answer(socket ? { sent, replies } : null);
	});
}

for (let i, question in asked.questions) {
	const list = answers[i];
	const running = ask(question, result => push(list, result));
	const after_ms = question.cancel_after_ms;
	const cancel = () => {
		running.cancel();
		push(list, '${CANCELLED}');
	};
	if (after_ms === 0) cancel();
	else if (after_ms != null) timer(after_ms, cancel);
}
let look;
look = () => {
	if (length(filter(answers, list => !length(list)))) return timer(20, look);
	timer(asked.quiet_ms, () => {
		printf('%J', { answers, left_over: length(lsdir('/proc/self/fd')) - open_files });
		uloop.end();
	});
};
look();
uloop.run();
`;

/** Opens and closes sockets of every kind, round after round, and prints what that has cost. */
const ROUNDS = `
import { socket_platform } from 'linkagg.platform.sockets';
import { timer } from 'linkagg.platform.timer';
import { lsdir, readfile } from 'fs';
import * as uloop from 'uloop';

uloop.init();
const sockets = socket_platform();
const remote = port => ({ device: '${DEVICES[1]}', address: '${HOST.ip4}', port });
const segment = map(split('12345678901234567890', ''), ord);

const kinds = [
	done => sockets.tcp(remote(${PORT.web}), 'x', 2000, done),
	done => sockets.tcp(remote(${PORT.closed}), '', 2000, done),
	done => sockets.tcp({ device: 'none', address: '${HOST.ip4}', port: 1 }, '', 2000, done),
	done => sockets.udp(remote(${PORT.mirror}), [1, 2, 3], 2000, done),
	done => sockets.udp(remote(${PORT.mute}), [1, 2, 3], 1, done),
	done => {
		const running = sockets.tcp(remote(${PORT.silent}), 'x', 2000, () => die('cancelled'));
		timer(2, () => {
			running.cancel();
			done();
		});
	},
	done => {
		sockets.tcp(remote(${PORT.silent}), 'x', 2000, () => die('cancelled')).cancel();
		timer(0, done);
	},
	done => {
		let socket;
		socket = sockets.open_icmp('ip4', '${DEVICES[1]}', () => {
			socket?.close();
			socket = null;
			done();
		});
		socket.send('${HOST.ip4}', 1);
	},
	done => {
		const socket = sockets.open_icmp('ip6', '${DEVICES[1]}', () => null);
		socket.send('${HOST.ip6}', 1);
		socket.close();
		timer(0, done);
	},
	done => {
		sockets.send_tcp_segments([{ source: '${STRANGER.ip4}', address: '${HOST.ip4}', segment }]);
		timer(0, done);
	},
];

function look() {
	const resident = match(readfile('/proc/self/status'), /VmRSS:[ \t]*([0-9]+)/);
	return { open_files: length(lsdir('/proc/self/fd')), resident_kb: +resident[1] };
}

let rounds = 0, warm;
let next;
next = () => {
	if (rounds == 50) warm = look();
	if (rounds++ == 300) {
		printf('%J', { warm, end: look() });
		return uloop.end();
	}
	let left = length(kinds);
	for (let kind in kinds)
		kind(() => {
			if (--left == 0) next();
		});
};
next();
uloop.run();
`;

/** Has its device taken away and given back. `steps` are shell commands; a line of output follows each. */
const LOSING = `
import { socket_platform } from 'linkagg.platform.sockets';
import { timer } from 'linkagg.platform.timer';
import { lsdir } from 'fs';
import * as uloop from 'uloop';

uloop.init();
const sockets = socket_platform();
const open_files = length(lsdir('/proc/self/fd'));
const steps = slice(ARGV);
const results = { echo: [], tcp: [], udp: [] };
const device = '${DEVICES[1]}';
let replies = 0;
const open = () => ({
	ip4: sockets.open_icmp('ip4', device, () => replies++),
	ip6: sockets.open_icmp('ip6', device, () => replies++),
});
let echo = open();
let sequence = 0;
function look(name, then) {
	const before = replies;
	const sent = [];
	for (let family, target in { ip4: '${HOST.ip4}', ip6: '${HOST.ip6}' })
		push(sent, echo[family] ? echo[family].send(target, ++sequence) : null);
	timer(200, () => {
		push(results.echo, [name, ...sent, replies - before]);
		then();
	});
}
const remote = { device, address: '${HOST.ip4}', port: ${PORT.silent} };
sockets.tcp(remote, 'x', 1500, result => push(results.tcp, result.outcome));
sockets.tcp({ ...remote, address: '${NOWHERE.blackhole}' }, '', 1500, result => push(results.tcp, result.outcome));
sockets.udp({ ...remote, port: ${PORT.mute} }, [1], 1500, answer => push(results.udp, answer));
look('at first', () => {
	system(steps[0]);
	look('down', () => {
		system(steps[1]);
		look('gone', () => {
			for (let family in keys(echo)) echo[family].close();
			echo = open();
			look('gone, opened anew', () => {
				system(steps[2]);
				echo = open();
				look('back, opened anew', () => timer(1000, () => {
					for (let family in keys(echo)) echo[family].close();
					results.left_over = length(lsdir('/proc/self/fd')) - open_files;
					printf('%J', results);
					uloop.end();
				}));
			});
		});
	});
});
uloop.run();
`;

const ip = (...args: string[]) => execFileSync('ip', args, { encoding: 'utf8' });
const far = (...args: string[]) => ip('netns', 'exec', FAR, ...args);

/** Shell commands that make a device and its far end, as root of both namespaces. */
function device_commands(device: string): string[] {
  const number = DEVICES.indexOf(device as (typeof DEVICES)[number]) + 77;
  const metric = number * 10;
  const other = `ip -n ${FAR}`;
  return [
    `ip link add name ${device} type veth peer name ${device} netns ${FAR}`,
    `ip address add 10.${number}.0.1/24 dev ${device}`,
    `ip address add fd${number}::1/64 dev ${device} nodad`,
    `ip link set ${device} up`,
    `${other} address add 10.${number}.0.2/24 dev ${device}`,
    `${other} address add fd${number}::2/64 dev ${device} nodad`,
    `${other} link set ${device} up`,
    `ip route add ${HOST.ip4} via 10.${number}.0.2 dev ${device} metric ${metric}`,
    `ip route add ${HOST.ip6} via fd${number}::2 dev ${device} metric ${metric}`,
    // IPv6 is ready when this is answered.
    `until ping -c 1 -W 1 -I ${device} ${HOST.ip6} >/dev/null 2>&1; do sleep 0.1; done`,
  ];
}

const sh = (...commands: string[]) => execFileSync('sh', ['-e', '-c', commands.join('\n')]);

let far_program: ChildProcess;
let platform: CompiledPlatform;

beforeAll(async () => {
  ip('netns', 'add', FAR);
  for (const run of [sh, (...commands: string[]) => far('sh', '-e', '-c', commands.join('\n'))]) {
    run(
      'sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0',
      'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
      'ip link set lo up',
    );
  }
  far('ip', 'address', 'add', HOST.ip4, 'dev', 'lo');
  far('ip', 'address', 'add', HOST.ip6, 'dev', 'lo', 'nodad');
  for (const [type, address] of Object.entries(NOWHERE)) far('ip', 'route', 'add', type, address);
  sh(...DEVICES.flatMap(device_commands));
  sh(`ip route add 203.0.113.0/24 dev ${DEVICES[1]} via 10.78.0.2`);
  execFileSync('ip', ['netns', 'exec', FAR, 'nft', '-f', '-'], { input: SEEN });
  far_program = spawn('ip', ['netns', 'exec', FAR, process.execPath, '-e', FAR_PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise(resolve => far_program.stdout?.once('data', resolve));
  platform = compiled_platform('rpcd/platform/ucode/sockets.ts');
  for (const [name, text] of Object.entries({ ASKING, ROUNDS, LOSING })) {
    writeFileSync(join(platform.folder, `${name}.uc`), text);
  }
});

afterAll(() => {
  far_program?.kill();
  platform?.remove();
  // The devices go with it.
  ip('netns', 'del', FAR);
});

/** Runs a script above and returns what it printed. */
function run_script(interpreter: string, script: string, ...args: string[]): Promise<unknown> {
  const argv = ['-L', platform.folder, join(platform.folder, `${script}.uc`), ...args];
  const child = spawn(interpreter, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', () => {
      if (stderr === '') resolve(JSON.parse(stdout));
      else reject(new Error(stderr));
    });
  });
}

async function ask_ucode(interpreter: string, questions: Question[], quiet_ms: number): Promise<Answers> {
  const file = join(platform.folder, 'questions.json');
  writeFileSync(file, JSON.stringify({ questions, quiet_ms }));
  return (await run_script(interpreter, 'ASKING', file)) as Answers;
}

async function ask_node(questions: Question[], quiet_ms: number): Promise<Answers> {
  const sockets = socket_platform();
  if (sockets === null) throw new Error('socat is missing: make test installs it');
  const answers: unknown[][] = questions.map(() => []);
  for (const [i, question] of questions.entries()) {
    const answer = (result: unknown) => answers[i]?.push(result);
    const running = ask_one(sockets, question, answer);
    if (running === null || !('cancel_after_ms' in question)) continue;
    const cancel = () => {
      running.cancel();
      answer(CANCELLED);
    };
    if (question.cancel_after_ms === 0) cancel();
    else setTimeout(cancel, question.cancel_after_ms);
  }
  while (answers.some(list => list.length === 0)) await sleep(20);
  await sleep(quiet_ms);
  // They have been told to end.
  for (let i = 0; i < 100 && children_named('socat') > 0; i++) await sleep(20);
  return { answers, left_over: children_named('socat') };
}

function ask_one(sockets: SocketPlatform, question: Question, answer: (result: unknown) => void) {
  switch (question.kind) {
    case 'tcp':
      return sockets.tcp(question.remote, question.request, question.timeout_ms, answer);
    case 'udp':
      return sockets.udp(question.remote, question.request, question.timeout_ms, answer);
    case 'segments':
      answer(sockets.send_tcp_segments(question.segments));
      return null;
    case 'echo':
      answer(sockets.open_icmp(question.family, question.device, () => {}));
      return null;
  }
}

function children_named(name: string): number {
  const processes = readdirSync('/proc').filter(entry => /^[0-9]+$/.test(entry));
  return processes.filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(`(${name}) `);
    } catch {
      return false;
    }
  }).length;
}

const has_sockets = ({ path }: { path: string }) => spawnSync(path, ['-e', "require('socket')"]).status === 0;
const node: Subject = { name: 'Node', interpreter: null, ask: ask_node };
const routers = interpreters()
  .filter(has_sockets)
  .map(({ name, path }) => ({
    name,
    interpreter: path,
    ask: (questions: Question[], quiet_ms: number) => ask_ucode(path, questions, quiet_ms),
  }));

/** What is answered is answered by then, however busy the machine; what is not need not be waited for so long. */
const PATIENT_MS = 8000;
const HASTY_MS = 400;

const tcp = (
  port: number,
  request: string,
  more: Partial<Remote> = {},
  timeout_ms = PATIENT_MS,
): Question => ({
  kind: 'tcp',
  remote: { device: DEVICES[1], mark: 0, address: HOST.ip4, port, ...more },
  request,
  timeout_ms,
});
const udp = (
  port: number,
  request: Bytes,
  more: Partial<Remote> = {},
  timeout_ms = PATIENT_MS,
): Question => ({
  kind: 'udp',
  remote: { device: DEVICES[1], mark: 0, address: HOST.ip4, port, ...more },
  request,
  timeout_ms,
});
const connected = (answer: string): TcpResult[] => [{ outcome: 'connected', answer }];
const without_answer = (outcome: TcpResult['outcome']): TcpResult[] => [{ outcome, answer: '' }];

/** `device source destination port` of what has come in since `forget_seen`, sorted. */
function seen(set: string): string[] {
  const text = far('nft', '-j', 'list', 'set', 'inet', 'seen', set);
  const { nftables } = JSON.parse(text) as {
    nftables: { set?: { elem?: { concat: (string | number)[] }[] } }[];
  };
  const elements = nftables.flatMap(({ set: found }) => found?.elem ?? []);
  return elements.map(({ concat }) => concat.join(' ')).sort();
}

function forget_seen(): void {
  for (const set of ['tcp4', 'tcp6', 'udp4', 'udp6', 'echo4', 'echo6'])
    far('nft', 'flush', 'set', 'inet', 'seen', set);
  far('nft', 'reset', 'counters', 'inet');
}

function strange_packets(): number {
  const text = far('nft', '-j', 'list', 'counter', 'inet', 'seen', 'strange');
  const { nftables } = JSON.parse(text) as { nftables: { counter?: { packets: number } }[] };
  return nftables.find(({ counter }) => counter !== undefined)?.counter?.packets ?? -1;
}

describe.each([node, ...routers])('$name', ({ ask, interpreter }) => {
  test('leaves by the device it is told, not by the one that routing prefers', async () => {
    forget_seen();
    const questions = DEVICES.flatMap((device): Question[] => [
      tcp(PORT.web, '', { device }),
      tcp(PORT.web, '', { device, address: HOST.ip6 }),
      udp(PORT.mirror, [1], { device }),
      udp(PORT.mirror, [1], { device, address: HOST.ip6 }),
      { kind: 'echo', family: 'ip4', device, target: HOST.ip4, sequences: [7], wait_ms: 600 },
      { kind: 'echo', family: 'ip6', device, target: HOST.ip6, sequences: [7], wait_ms: 600 },
    ]);
    const { answers } = await ask(questions, 0);
    const echo = (source: string) => [interpreter === null ? null : { sent: [true], replies: [[source, 7]] }];
    const each = [connected(''), connected(''), [[1]], [[1]], echo(HOST.ip4), echo(HOST.ip6)];
    expect(answers).toEqual([...each, ...each]);
    const paths = (target: string, port: string) => [
      `${DEVICES[0]} ${target === HOST.ip4 ? '10.77.0.1' : 'fd77::1'} ${target}${port}`,
      `${DEVICES[1]} ${target === HOST.ip4 ? '10.78.0.1' : 'fd78::1'} ${target}${port}`,
    ];
    expect(seen('tcp4')).toEqual(paths(HOST.ip4, ` ${PORT.web}`));
    expect(seen('tcp6')).toEqual(paths(HOST.ip6, ` ${PORT.web}`));
    expect(seen('udp4')).toEqual(paths(HOST.ip4, ` ${PORT.mirror}`));
    expect(seen('udp6')).toEqual(paths(HOST.ip6, ` ${PORT.mirror}`));
    expect(seen('echo4')).toEqual(interpreter === null ? [] : paths(HOST.ip4, ''));
    expect(seen('echo6')).toEqual(interpreter === null ? [] : paths(HOST.ip6, ''));
  });

  test('says what has become of a connection, and how the answer begins', async () => {
    forget_seen();
    const { answers, left_over } = await ask(
      [
        tcp(PORT.web, ''),
        tcp(PORT.web, 'GET / HTTP/1.1\r\n\r\n'),
        tcp(PORT.web, 'GET / HTTP/1.1\r\n\r\n', { address: HOST.ip6 }),
        tcp(PORT.pieces, 'x'),
        tcp(PORT.long, 'x'),
        tcp(PORT.octets, 'x'),
        tcp(PORT.goodbye, 'x'),
        tcp(PORT.reset, 'x'),
        tcp(PORT.silent, 'x', {}, HASTY_MS),
        tcp(PORT.closed, ''),
        tcp(PORT.closed, 'x', { address: HOST.ip6 }),
        tcp(PORT.closed, '', { device: 'lo', address: '127.0.0.1' }),
        tcp(PORT.web, '', { address: NOWHERE.unreachable }),
        tcp(PORT.web, '', { address: NOWHERE.prohibit }),
        tcp(PORT.web, '', { address: NOWHERE.blackhole }, HASTY_MS),
      ],
      100,
    );
    expect(answers).toEqual([
      connected(''),
      connected('HTTP/1.1 204 No Content\r\nServer: far\r\n\r\n'),
      connected('HTTP/1.1 204 No Content\r\nServer: far\r\n\r\n'),
      connected('HTTP/1.1 200 OK\r\n'),
      connected('x'.repeat(1024)),
      connected('\x00A\x80\xff\n'),
      without_answer('refused'),
      without_answer('refused'),
      without_answer('timeout'),
      without_answer('refused'),
      without_answer('refused'),
      without_answer('refused'),
      without_answer('unreachable'),
      without_answer('unreachable'),
      without_answer('timeout'),
    ]);
    expect(left_over).toBe(0);
  });

  test('goes nowhere without a device or an address', async () => {
    forget_seen();
    const devices = ['none', '', `${DEVICES[1]}s`, `${DEVICES[1]},bind=10.77.0.1`];
    const addresses = ['', '/tmp/socket', 'localhost', `${HOST.ip4}:81`, '300.1.1.1', `${HOST.ip4},tos=1`];
    const { answers, left_over } = await ask(
      [
        ...devices.map(device => tcp(PORT.web, '', { device })),
        ...addresses.map(address => tcp(PORT.web, '', { address })),
        udp(PORT.mirror, [1], { device: 'none' }),
        udp(PORT.mirror, [1], { address: 'localhost' }),
        { kind: 'echo', family: 'ip4', device: 'none', target: HOST.ip4, sequences: [1], wait_ms: 100 },
        { kind: 'echo', family: 'ip4', device: '', target: HOST.ip4, sequences: [1], wait_ms: 100 },
        { kind: 'echo', family: 'ip4', device: DEVICES[1], target: '', sequences: [1], wait_ms: 100 },
        {
          kind: 'echo',
          family: 'ip4',
          device: `${DEVICES[1]}s`,
          target: HOST.ip4,
          sequences: [1],
          wait_ms: 100,
        },
      ],
      100,
    );
    const nowhere = [...devices, ...addresses].map(() => without_answer('unreachable'));
    const not_sent = interpreter === null ? null : { sent: [false], replies: [] };
    expect(answers).toEqual([...nowhere, [null], [null], [null], [null], [not_sent], [null]]);
    expect([...seen('tcp4'), ...seen('udp4'), ...seen('echo4')]).toEqual([]);
    expect(left_over).toBe(0);
  });

  test('takes a datagram from whom it asked, and from nobody else', async () => {
    const request = Array.from({ length: 1400 }, (_, i) => i % 256);
    const { answers, left_over } = await ask(
      [
        udp(PORT.mirror, request),
        udp(PORT.mirror, [0, 255, 128], { address: HOST.ip6 }),
        udp(PORT.impostor, [1]),
        udp(PORT.impostor, [1], { address: HOST.ip6 }),
        udp(PORT.mute, [1], {}, HASTY_MS),
        udp(PORT.closed, [1]),
      ],
      100,
    );
    const truth = [...Buffer.from('true')];
    expect(answers).toEqual([[request.toReversed()], [[128, 255, 0]], [truth], [truth], [null], [null]]);
    expect(left_over).toBe(0);
  });

  test('leaves nothing of what was cancelled', async () => {
    const moments = [0, 1, 60];
    const { answers, left_over } = await ask(
      moments.flatMap((cancel_after_ms): Question[] =>
        [
          tcp(PORT.silent, 'x', {}, HASTY_MS),
          tcp(PORT.web, '', { address: NOWHERE.blackhole }, HASTY_MS),
          tcp(PORT.web, '', { device: 'none' }),
          udp(PORT.mute, [1], {}, HASTY_MS),
        ].map(question => ({ ...question, cancel_after_ms })),
      ),
      2 * HASTY_MS,
    );
    const failed_before = [without_answer('unreachable')[0], CANCELLED];
    const kinds = moments.flatMap(() => ['tcp', 'tcp', 'no device', 'udp']);
    for (const [i, kind] of kinds.entries()) {
      // That comes as soon as it can.
      if (kind === 'no device' && i > 3) expect([[CANCELLED], failed_before]).toContainEqual(answers[i]);
      else
        expect(answers[i], `${kind}, cancelled after ${moments[Math.floor(i / 4)]} ms`).toEqual([CANCELLED]);
    }
    expect(left_over).toBe(0);
  });

  test('sends segments in a stranger’s name', async () => {
    forget_seen();
    const segments = Array.from({ length: 100 }, (_, i) =>
      (['ip4', 'ip6'] as const).map(family => {
        const from = { address: STRANGER[family], port: 443 };
        const to = { address: HOST[family], port: 1000 + i };
        return { source: from.address, address: to.address, segment: bare_segments(from, to)[0] ?? [] };
      }),
    ).flat();
    const [first = { source: '', address: '', segment: [] }] = segments;
    const { answers, left_over } = await ask(
      [
        { kind: 'segments', segments },
        { kind: 'segments', segments: [] },
        { kind: 'segments', segments: [{ ...first, source: STRANGER.ip6 }] },
        { kind: 'segments', segments: [{ ...first, source: 'x' }] },
      ],
      100,
    );
    expect(answers).toEqual([[true], [true], [false], [false]]);
    await expect.poll(strange_packets, { timeout: PATIENT_MS }).toBe(segments.length);
    expect(left_over).toBe(0);
  });
});

describe.each(routers)('$name', ({ ask, interpreter }) => {
  test('hears the replies to its own echo requests, and nothing else', async () => {
    // What only looks like an echo reply, and replies to others.
    const packets = [
      ...[2, 3, 4, 5, 6, 7].map(length => [0, 0, 0, 0, 1, 2, 3].slice(0, length)),
      ...Array.from({ length: 50 }, (_, i) => [0, 0, 0, 0, i * 5, 77, 0, 1, 9, 9]),
      [3, 1, 0, 0, 0, 0, 0, 0, 0x45],
      [8, 0, 0, 0, 0, 0, 0, 1],
    ];
    const hostile = packets.map(
      packet =>
        `printf '${packet.map(octet => `\\${octet.toString(8).padStart(3, '0')}`).join('')}' | socat -u - IP4-SENDTO:10.78.0.1:1`,
    );
    const sending = spawn('ip', ['netns', 'exec', FAR, 'sh', '-c', hostile.join('\n')], {
      stdio: 'inherit',
    });
    const others = spawn('ping', ['-c', '5', '-i', '0.2', '-I', DEVICES[1], HOST.ip4], { stdio: 'ignore' });
    const sequences = [0, 1, 255, 256, 0x1234, 65535];
    const { answers, left_over } = await ask(
      (['ip4', 'ip6'] as const).map(family => ({
        kind: 'echo',
        family,
        device: DEVICES[1],
        target: HOST[family],
        sequences,
        wait_ms: 1200,
      })),
      0,
    );
    sending.kill();
    others.kill();
    expect(answers).toEqual(
      (['ip4', 'ip6'] as const).map(family => [
        { sent: sequences.map(() => true), replies: sequences.map(sequence => [HOST[family], sequence]) },
      ]),
    );
    expect(left_over).toBe(0);
  });

  test('gets over the loss of its device', async () => {
    const steps = [
      `ip link set ${DEVICES[1]} down`,
      `ip link del ${DEVICES[1]}`,
      device_commands(DEVICES[1]).join('\n'),
    ];
    expect(await run_script(interpreter, 'LOSING', ...steps)).toEqual({
      echo: [
        ['at first', true, true, 2],
        ['down', false, false, 0],
        ['gone', false, false, 0],
        ['gone, opened anew', null, null, 0],
        ['back, opened anew', true, true, 2],
      ],
      tcp: ['timeout', 'timeout'],
      udp: [null],
      left_over: 0,
    });
    sh(`ip route add 203.0.113.0/24 dev ${DEVICES[1]} via 10.78.0.2`);
  });

  test('keeps neither descriptors nor memory of 3,000 sockets', async () => {
    const { warm, end } = (await run_script(interpreter, 'ROUNDS')) as Record<
      'warm' | 'end',
      { open_files: number; resident_kb: number }
    >;
    expect(end.open_files).toBe(warm.open_files);
    // Kept closures and sockets would be a kilobyte a question.
    expect(end.resident_kb - warm.resident_kb).toBeLessThan(400);
  });
});

if (routers.length === 0)
  test.skip('sockets of the router (needs LINKAGG_UCODE, built with the socket module)', () => {});
