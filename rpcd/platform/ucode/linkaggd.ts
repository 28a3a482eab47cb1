/** /usr/sbin/linkaggd */

import { ARGV, exit, sleep, warn } from 'ucode:core';
import { readfile, readlink } from 'ucode:fs';
import { run_command } from '../../src/command.ts';
import { RUN_DIR } from '../platform.ts';
import { daemon_platform } from './daemon.ts';
import { make_dir, remove_file, write_file } from './files.ts';
import { end_orphans } from './processes.ts';

const PID_FILE = `${RUN_DIR}/pid`;
/** This program as the init script has compiled it. */
const COMPILED_FILE = `${RUN_DIR}/linkaggd`;
/** procd kills a daemon that takes longer to end; see the init script. */
const END_TIMEOUT_MS = 10000;
const LOOK_INTERVAL_MS = 50;

/** Both write the same files in the runtime folder, so a stop begins only when the daemon has ended. */
function daemon_runs(): boolean {
  const pid = (readfile(PID_FILE) ?? '').trim();
  return /^[0-9]+$/.test(pid) && (readfile(`/proc/${pid}/cmdline`) ?? '').includes('linkaggd');
}

function daemon_ended(): boolean {
  for (let waited_ms = 0; waited_ms < END_TIMEOUT_MS; waited_ms += LOOK_INTERVAL_MS) {
    if (!daemon_runs()) return true;
    sleep(LOOK_INTERVAL_MS);
  }
  return false;
}

const command = ARGV[0] ?? '';
if (command === 'stop' && !daemon_ended()) {
  warn('linkaggd is running: service linkagg stop\n');
  exit(1);
}
if (command === '' && daemon_runs()) {
  warn('linkaggd is running already\n');
  exit(1);
}
if (command !== 'first-boot') end_orphans();
if (command === '') {
  make_dir(RUN_DIR);
  remove_file(COMPILED_FILE);
  write_file(PID_FILE, `${readlink('/proc/self') ?? ''}\n`);
}
exit(run_command(daemon_platform(command === ''), ARGV));
