/**
 * The place where a lab may happen: private network, mount and process namespaces of its own, so that nothing of
 * it reaches the machine and all of it vanishes with its first process, whatever happened.
 *
 * Without root a user namespace is made around them.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import type { CommandResult } from '../../rpcd/platform/platform.ts';

/** Everything a lab writes; on the private /run. */
export const LAB_FOLDER = '/run/linkagg-lab';

/** Programs a lab runs, and the Debian package of each. */
const PROGRAMS: Record<string, string> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  ping: 'iputils-ping',
  unshare: 'util-linux',
  mount: 'mount',
};

/** Kernel features by an `ip`, `tc` or `nft` command that needs them, tried in the private namespace. */
const KERNEL_FEATURES: Array<{ name: string; try_out: string[] }> = [
  { name: 'network namespaces', try_out: ['ip', 'netns', 'add', 'try'] },
  { name: 'veth devices', try_out: ['ip', 'link', 'add', 'try0', 'type', 'veth', 'peer', 'name', 'try1'] },
  { name: 'bridges', try_out: ['ip', 'link', 'add', 'trybr', 'type', 'bridge'] },
  {
    name: 'traffic shaping (sch_tbf)',
    try_out: [
      'tc',
      'qdisc',
      'add',
      'dev',
      'try0',
      'root',
      'tbf',
      'rate',
      '1mbit',
      'burst',
      '16k',
      'latency',
      '50ms',
    ],
  },
  {
    name: 'nftables with NAT and connection tracking',
    try_out: [
      'nft',
      'table inet try { chain c { type nat hook postrouting priority srcnat; ct state new masquerade; }; }',
    ],
  },
  {
    name: 'nftables on devices, both ways',
    try_out: ['nft', 'table netdev try { chain c { type filter hook egress device "try0" priority 0; }; }'],
  },
  { name: 'policy routing', try_out: ['ip', 'rule', 'add', 'fwmark', '1', 'lookup', '5200', 'pref', '9000'] },
];

/**
 * Run a Node program (bundled file and arguments) as the first process of new namespaces, with this process's
 * standard streams and a message channel. Ask `lab_problem` before.
 */
export function spawn_in_namespace(argv: string[]): ChildProcess {
  const [program = '', ...args] = unshare_command([process.execPath, ...argv]);
  const env = { ...process.env, PATH: search_path() };
  return spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
}

/** To be called first in such a program: mounts the private folders and brings the loopback device up. */
export function set_up_namespace(): void {
  // Its own first process: everything else in the namespace depends on this one.
  if (process.pid !== 1) throw new Error('not the first process of a private namespace');
  // Whoever started this has gone, perhaps too suddenly to end it.
  process.on('disconnect', () => process.exit(1));
  // Sockets and state under /run belong to the machine's services; the lab gets an empty one.
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', realpathSync('/var/run')]);
  mkdirSync('/run/netns', { recursive: true });
  mkdirSync(LAB_FOLDER, { recursive: true });
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
}

/** True in a process that runs within such namespaces. */
export function inside_namespace(): boolean {
  return existsSync(LAB_FOLDER);
}

/** Why no lab can be run here and what to do about it; null when one can. */
export function lab_problem(): string | null {
  const missing = Object.keys(PROGRAMS).filter(program => !is_installed(program));
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(program => PROGRAMS[program]))];
    return `Missing: ${missing.join(', ')}. Install with: apt-get install ${packages.join(' ')}`;
  }

  const alone = run_command(unshare_command(['mount', '-t', 'tmpfs', 'tmpfs', realpathSync('/var/run')]));
  if (alone.code !== 0) {
    const what = is_root()
      ? 'This root may not create namespaces (a container without privileges?): start it with --privileged, or use a virtual machine.'
      : 'This user may not create namespaces. Run as root, or allow it:\n' +
        '  sysctl -w kernel.unprivileged_userns_clone=1              (Debian)\n' +
        '  sysctl -w kernel.apparmor_restrict_unprivileged_userns=0  (Ubuntu 23.10 and later)';
    return `${what}\nunshare says: ${alone.stderr.trim()}`;
  }

  const script = KERNEL_FEATURES.map(({ name, try_out }) => ({
    name,
    line: try_out.map(shell_quoted).join(' '),
  }));
  const tried = run_command(
    unshare_command([
      'sh',
      '-c',
      [
        `mount -t tmpfs tmpfs ${realpathSync('/var/run')}`,
        ...script.map(({ name, line }) => `${line} 2>&1 >/dev/null || echo "- ${name}"`),
      ].join('\n'),
    ]),
  );
  const lacking = tried.stdout.trim();
  return lacking === '' ? null : `This kernel lacks:\n${lacking}\nLoad the modules or use another kernel.`;
}

/** Run a command to its end, without a shell. */
export function run_command(argv: string[], input = ''): CommandResult {
  const [program = '', ...args] = argv;
  const env = { ...process.env, PATH: search_path() };
  const result = spawnSync(program, args, { encoding: 'utf8', input, env, maxBuffer: 64 << 20 });
  if (result.error !== undefined) return { code: -1, stdout: '', stderr: result.error.message };
  return { code: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Like `run_command`, but a failure throws with the command's own words. Returns standard output. */
export function must_run(argv: string[], input = ''): string {
  const { code, stdout, stderr } = run_command(argv, input);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim() || `exit code ${code}`}`);
  return stdout;
}

function unshare_command(argv: string[]): string[] {
  // The process namespace makes the kernel end everything in it together with its first process.
  const flags = [
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation',
    'private',
  ];
  const user = is_root() ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...user, ...flags, '--', ...argv];
}

function is_root(): boolean {
  return process.getuid?.() === 0;
}

/** An ordinary user's PATH often lacks the folders of `ip` and `nft`. */
function search_path(): string {
  return `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
}

function is_installed(program: string): boolean {
  return search_path()
    .split(':')
    .some(folder => existsSync(`${folder}/${program}`));
}

function shell_quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
