/** The daemon's platform, acting in a network namespace of a test's own. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { DaemonPlatform } from '../../rpcd/platform/platform.ts';

/** Notes what was run: commands, and the texts of those that read one from a file. */
export interface NotingPlatform extends DaemonPlatform {
  commands: string[];
  batches: Array<{ command: string; text: string }>;
}

export function run_in_netns(netns: string, ...argv: string[]): string {
  return execFileSync('ip', ['netns', 'exec', netns, ...argv], { encoding: 'utf8', maxBuffer: 64 << 20 });
}

/** `calls_left` calls that change something, then it dies. */
export function platform_in(netns: string, calls_left = Number.POSITIVE_INFINITY): NotingPlatform {
  const router = (...argv: string[]) => run_in_netns(netns, ...argv);
  const commands: string[] = [];
  const batches: NotingPlatform['batches'] = [];
  const step = () => {
    if (calls_left <= 0) throw new Error('killed');
    calls_left -= 1;
  };
  const unused = () => {
    throw new Error('not used by apply');
  };
  return {
    commands,
    batches,
    read_file: path => {
      try {
        return path.startsWith('/proc/') ? router('cat', path) : readFileSync(path, 'utf8');
      } catch {
        return null;
      }
    },
    write_file: (path, text) => {
      step();
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
      return true;
    },
    write_proc: (path, text) => {
      step();
      commands.push(`sysctl ${path}`);
      router('sh', '-c', `echo ${text} > ${path}`);
      return true;
    },
    make_dir: path => {
      mkdirSync(path, { recursive: true });
      return true;
    },
    remove_file: path => {
      rmSync(path, { force: true });
      return true;
    },
    run: argv => {
      step();
      commands.push(argv.join(' '));
      const [file = ''] = argv.slice(-1);
      if (file.endsWith('/batch')) {
        batches.push({ command: argv.slice(0, -1).join(' '), text: readFileSync(file, 'utf8') });
      }
      const result = spawnSync('ip', ['netns', 'exec', netns, ...argv], {
        encoding: 'utf8',
        maxBuffer: 64 << 20,
      });
      return { code: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
    log: () => {},
    now_ms: () => performance.now(),
    uci_read: unused,
    uci_write: unused,
    run_with_input: unused,
    config_text: unused,
    restore_config: unused,
    spawn: unused,
    timer: unused,
    ubus_call: unused,
    ubus_publish: unused,
    ubus_listen: unused,
    ubus_event: unused,
    sockets: null,
    on_terminate: unused,
    run_loop: unused,
    quit: unused,
  };
}
