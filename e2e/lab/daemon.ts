/** The daemon under test: started, watched and killed. */

import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { UbusConnection } from '../../rpcd/platform/node/ubus.ts';
import { PLUGIN_OBJECT } from '../../rpcd/src/rpc.ts';
import type { Lab } from './api.ts';
import { wait_for } from './wait.ts';

const DAEMON_OBJECT = `${PLUGIN_OBJECT}.daemon`;

export type DaemonControl = Pick<Lab, 'start_daemon' | 'kill_daemon' | 'daemon_running' | 'daemon_log'>;

/** `start` starts its program in the router. */
export function daemon_control(start: () => ChildProcess, ubus: UbusConnection): DaemonControl {
  let daemon: ChildProcess | null = null;
  const log: string[] = [];
  const daemon_running = () => daemon !== null && daemon.exitCode === null && daemon.signalCode === null;

  return {
    async start_daemon() {
      if (daemon_running()) throw new Error('the daemon is running already');
      const started = start();
      daemon = started;
      // Nobody may notice at once, so that what a test says of it is little help.
      started.on('exit', code => {
        if (code !== null && code !== 0)
          process.stderr.write(`the daemon has ended:\n${log.slice(-30).join('\n')}\n`);
      });
      started.stdout?.resume();
      if (started.stderr !== null) {
        createInterface({ input: started.stderr }).on('line', line => log.push(line));
      }
      await wait_for(
        async () => {
          if (!daemon_running()) throw new Error(`the daemon has ended:\n${log.join('\n')}`);
          return Object.keys(await ubus.list(DAEMON_OBJECT)).length > 0;
        },
        { what: `ubus object ${DAEMON_OBJECT}` },
      );
    },
    async kill_daemon(signal = 'SIGTERM') {
      const ending = daemon;
      if (ending === null || !daemon_running()) throw new Error('the daemon is not running');
      const code = new Promise<number | null>(resolve => ending.once('exit', resolve));
      ending.kill(signal);
      return code;
    },
    daemon_running,
    daemon_log: () => [...log],
  };
}
