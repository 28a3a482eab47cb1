/** Commands on the router. `popen` always goes through a shell, so every argument is quoted. */

import { system } from 'ucode:core';
import { type File, popen, readfile } from 'ucode:fs';
import { handle, type LoopHandle, ULOOP_READ } from 'ucode:uloop';
import type { CommandResult, Process } from '../platform.ts';
import { guarded } from './guard.ts';

const STDERR_FILE = '/var/run/linkagg/stderr';

export function run(argv: string[]): CommandResult {
  const pipe = popen(`${quoted(argv)} 2>${STDERR_FILE}`, 'r');
  if (pipe === null) return { code: -1, stdout: '', stderr: 'cannot start a process' };
  const stdout = pipe.read('all') ?? '';
  const code = pipe.close();
  return { code: typeof code === 'number' ? code : -1, stdout, stderr: readfile(STDERR_FILE) ?? '' };
}

export function spawn(argv: string[], on_line: (line: string) => void, on_exit: () => void): Process {
  // The shell says its process id and becomes the command.
  const pipe = popen(`echo $$; exec ${quoted(argv)} 2>/dev/null`, 'r');
  if (pipe === null) {
    on_exit();
    return { stop: () => {} };
  }
  const pid = (pipe.read('line') ?? '').trim();
  let watched: LoopHandle | null = null;
  let open = true;

  function close(file: File): void {
    open = false;
    if (watched !== null) watched.delete();
    file.close();
  }
  // One line a call: the loop calls again as long as the pipe holds more.
  watched = handle(
    pipe,
    guarded(() => {
      if (!open) return;
      const line = pipe.read('line') ?? '';
      if (line !== '') {
        on_line(line.trimEnd());
        return;
      }
      close(pipe);
      on_exit();
    }),
    ULOOP_READ,
  );
  return {
    stop: () => {
      if (!open) return;
      if (/^[0-9]+$/.test(pid)) system(`kill ${pid} 2>/dev/null`);
      close(pipe);
    },
  };
}

function quoted(argv: string[]): string {
  return argv.map(argument => `'${argument.replaceAll("'", "'\\''")}'`).join(' ');
}
