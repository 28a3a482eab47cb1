/** Commands on the router. They go through a shell, so every argument is quoted. */

import { system } from 'ucode:core';
import { type File, popen, readfile, unlink, writefile } from 'ucode:fs';
import { handle, type LoopHandle, ULOOP_BLOCKING, ULOOP_READ } from 'ucode:uloop';
import type { CommandResult, Process } from '../platform.ts';
import { guarded } from './guard.ts';

const STDOUT_FILE = '/var/run/linkagg/stdout';
const STDERR_FILE = '/var/run/linkagg/stderr';
/** Process id and program of each command that goes on, a line each. */
const CHILDREN_FILE = '/var/run/linkagg/children';

const children: Record<string, string> = {};

/**
 * Through files, not a pipe: a child's end interrupts a read that is under way (uloop's SIGCHLD handler does not
 * restart it), and what was read so far is lost.
 */
export function run(argv: string[]): CommandResult {
  const code = system(`${quoted(argv)} >${STDOUT_FILE} 2>${STDERR_FILE}`);
  return { code, stdout: readfile(STDOUT_FILE) ?? '', stderr: readfile(STDERR_FILE) ?? '' };
}

/**
 * The pipe stays blocking: uloop's default makes it non-blocking, and then a line that is written in two pieces
 * cannot be told from the end (musl even drops its first piece).
 */
export function spawn(argv: string[], on_line: (line: string) => void, on_exit: () => void): Process {
  // The shell says its process id and becomes the command.
  const pipe = popen(`echo $$; exec ${quoted(argv)} 2>/dev/null`, 'r');
  if (pipe === null) {
    on_exit();
    return { stop: () => {} };
  }
  const pid = read_pid(pipe);
  let watched: LoopHandle | null = null;
  let open = true;
  children[pid] = argv[0] ?? '';
  note_children();

  // Closing waits for the process, so it is always ended first: also at the end of its output, which may be
  // nothing but a read that a signal interrupted.
  function end(file: File): void {
    open = false;
    if (watched !== null) watched.delete();
    kill(pid);
    file.close();
    delete children[pid];
    note_children();
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
      end(pipe);
      on_exit();
    }),
    ULOOP_READ | ULOOP_BLOCKING,
  );
  return {
    stop: () => {
      if (open) end(pipe);
    },
  };
}

/**
 * Ends the commands of a daemon that was killed. They would not notice: ucode ignores SIGPIPE, and so do its
 * children.
 */
export function end_orphans(): void {
  for (const line of (readfile(CHILDREN_FILE) ?? '').split('\n')) {
    const words = line.split(' ');
    const pid = words[0] ?? '';
    const program = words[1] ?? '';
    if (program !== '' && (readfile(`/proc/${pid}/cmdline`) ?? '').startsWith(program)) kill(pid);
  }
  unlink(CHILDREN_FILE);
}

function note_children(): void {
  const lines = Object.keys(children).map(pid => `${pid} ${children[pid] ?? ''}\n`);
  writefile(CHILDREN_FILE, lines.join(''));
}

/** The first line of the shell; a signal may interrupt reading it. */
function read_pid(pipe: File): string {
  for (let tries = 0; tries < 10; tries++) {
    const line = (pipe.read('line') ?? '').trim();
    if (/^[0-9]+$/.test(line)) return line;
  }
  return '';
}

function kill(pid: string): void {
  if (/^[0-9]+$/.test(pid)) system(`kill ${pid} 2>/dev/null`);
}

function quoted(argv: string[]): string {
  return argv.map(argument => `'${argument.replaceAll("'", "'\\''")}'`).join(' ');
}
