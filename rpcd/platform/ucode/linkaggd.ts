/** /usr/sbin/linkaggd */

import { ARGV, exit } from 'ucode:core';
import { run_command } from '../../src/command.ts';
import { daemon_platform } from './daemon.ts';
import { end_orphans } from './processes.ts';

if (ARGV[0] !== 'first-boot') end_orphans();
exit(run_command(daemon_platform(), ARGV));
