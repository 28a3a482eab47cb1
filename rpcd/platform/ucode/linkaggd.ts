/** /usr/sbin/linkaggd */

import { ARGV, exit } from 'ucode:core';
import { run_command } from '../../src/command.ts';
import { daemon_platform } from './daemon.ts';

exit(run_command(daemon_platform(), ARGV));
