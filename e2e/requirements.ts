/**
 * Sees that the programs a lab needs are there. As root on Debian it installs them; else it says what to install.
 *
 *     node build/requirements.mjs demo|test
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

interface Requirement {
  program: string;
  debian_package: string;
  needed_for: 'demo' | 'test';
}

const REQUIREMENTS: Requirement[] = [
  { program: 'ip', debian_package: 'iproute2', needed_for: 'demo' },
  { program: 'nft', debian_package: 'nftables', needed_for: 'demo' },
  { program: 'ping', debian_package: 'iputils-ping', needed_for: 'demo' },
  { program: 'unshare', debian_package: 'util-linux', needed_for: 'demo' },
  { program: 'mount', debian_package: 'mount', needed_for: 'demo' },
  { program: 'sysctl', debian_package: 'procps', needed_for: 'demo' },
  { program: 'conntrack', debian_package: 'conntrack', needed_for: 'demo' },
  { program: 'ethtool', debian_package: 'ethtool', needed_for: 'demo' },
  { program: 'socat', debian_package: 'socat', needed_for: 'demo' },
  { program: 'wg', debian_package: 'wireguard-tools', needed_for: 'demo' },
  { program: 'wireguard-go', debian_package: 'wireguard-go', needed_for: 'demo' },
  { program: 'chromium', debian_package: 'chromium', needed_for: 'test' },
  { program: 'sysctl', debian_package: 'procps', needed_for: 'test' },
  { program: 'busybox', debian_package: 'busybox', needed_for: 'test' },
  { program: 'shellcheck', debian_package: 'shellcheck', needed_for: 'test' },
];

/** Where root's programs are; an ordinary user's PATH often lacks the last two. */
const FOLDERS = (process.env.PATH ?? '').split(':').concat(['/usr/sbin', '/sbin']);

function missing(purpose: string): Requirement[] {
  return REQUIREMENTS.filter(
    ({ program, needed_for }) =>
      (needed_for === 'demo' || purpose === 'test') &&
      !FOLDERS.some(folder => existsSync(`${folder}/${program}`)),
  );
}

function install(packages: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`installing: ${packages.join(' ')}`);
  spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
}

const purpose = process.argv[2] ?? 'demo';
const debian = FOLDERS.some(folder => existsSync(`${folder}/apt-get`));
if (missing(purpose).length > 0 && debian && process.getuid?.() === 0) {
  install([...new Set(missing(purpose).map(({ debian_package }) => debian_package))]);
}
const lacking = missing(purpose);
if (lacking.length > 0) {
  console.error(`Missing programs: ${lacking.map(({ program }) => program).join(', ')}.`);
  console.error('Install them, on Debian with:');
  console.error(`  apt-get install ${[...new Set(lacking.map(each => each.debian_package))].join(' ')}`);
  process.exitCode = 1;
}
