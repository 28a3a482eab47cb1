/** The program `linkaggd` under Node. Built into one file beside `ubus_thread.js`. */

import { run_command } from '../../src/command.ts';
import { daemon_platform } from './platform.ts';

const args = process.argv.slice(2);
const code = run_command(daemon_platform(), args);
// The daemon goes on in Node's event loop; every other command is done.
if (args.length > 0) process.exit(code);
