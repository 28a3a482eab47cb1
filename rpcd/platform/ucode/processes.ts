/** Commands on the router. They go through a shell, so every argument is quoted. */

import { system } from 'ucode:core';
import { type File, open, popen, readfile, unlink, writefile } from 'ucode:fs';
import { handle, type LoopHandle, timer, ULOOP_READ } from 'ucode:uloop';
import { type CommandResult, type Process, RUN_DIR } from '../platform.ts';
import { guarded } from './guard.ts';

const STDOUT_FILE = `${RUN_DIR}/stdout`;
const SECRET_IN_FILE = `${RUN_DIR}/secret-in`;
const SECRET_OUT_FILE = `${RUN_DIR}/secret-out`;
const STDERR_FILE = `${RUN_DIR}/stderr`;
/** Process id and program of each command that goes on, a line each. */
const CHILDREN_FILE = `${RUN_DIR}/children`;

/** From libubox' uloop.h; ucode passes it on, but has no name for it. */
const ULOOP_ERROR_CB = 64;

const children: Record<string, string> = {};

/**
 * Through files, not a pipe: a child's end interrupts a read that is under way (uloop's SIGCHLD handler does not
 * restart it), and what was read so far is lost.
 */
export function run(argv: string[]): CommandResult {
  const code = system(`${quoted(argv)} >${STDOUT_FILE} 2>${STDERR_FILE}`);
  return { code, stdout: readfile(STDOUT_FILE) ?? '', stderr: readfile(STDERR_FILE) ?? '' };
}

/** Input and output stand in files that only root can read, and not for long. */
export function run_with_input(argv: string[], input: string): CommandResult {
  if (!write_private(SECRET_IN_FILE, input) || !write_private(SECRET_OUT_FILE, '')) {
    return { code: -1, stdout: '', stderr: `cannot write to ${RUN_DIR}` };
  }
  const code = system(`${quoted(argv)} <${SECRET_IN_FILE} >${SECRET_OUT_FILE} 2>${STDERR_FILE}`);
  const result = { code, stdout: readfile(SECRET_OUT_FILE) ?? '', stderr: readfile(STDERR_FILE) ?? '' };
  unlink(SECRET_IN_FILE);
  unlink(SECRET_OUT_FILE);
  return result;
}

function write_private(path: string, text: string): boolean {
  unlink(path);
  const file = open(path, 'w', 0o600);
  if (file === null) return false;
  file.write(text);
  file.close();
  return true;
}

/** A command that goes on. `ending`: it is to end, but its process id is not known yet. */
interface Child {
  program: string;
  pipe: File;
  watched: LoopHandle | null;
  phase: 'open' | 'ending' | 'closed';
  pid: string;
  /** Output since the last whole line. */
  rest: string;
}

/**
 * The first line of output is the shell's process id, which becomes the command's.
 *
 * The pipe is non-blocking, as uloop makes it: only `read('all')` then gives what is there and loses nothing, on
 * glibc and on musl. With ULOOP_ERROR_CB uloop calls back again when the writer has gone, without ULOOP_READ.
 */
export function spawn(argv: string[], on_line: (line: string) => void, on_exit: () => void): Process {
  const pipe = popen(`echo $$; exec ${quoted(argv)} 2>/dev/null`, 'r');
  if (pipe === null) {
    timer(0, guarded(on_exit));
    return { stop: () => {} };
  }
  const child: Child = { program: argv[0] ?? '', pipe, watched: null, phase: 'open', pid: '', rest: '' };
  child.watched = handle(
    pipe,
    events => guarded(() => drain(child, events, on_line, on_exit))(),
    ULOOP_READ | ULOOP_ERROR_CB,
  );
  return {
    stop: () => {
      if (child.pid === '') child.phase = 'ending';
      else close(child);
    },
  };
}

function drain(child: Child, events: number, on_line: (line: string) => void, on_exit: () => void): void {
  if (child.phase === 'closed') return;
  const chunk = child.pipe.read('all') ?? '';
  const lines = (child.rest + chunk).split('\n');
  child.rest = lines.pop() ?? '';
  for (const line of lines) take(child, line, on_line);
  if (chunk !== '' || (events & ULOOP_READ) !== 0) return;
  const wanted = child.phase === 'open';
  close(child);
  if (wanted) on_exit();
}

function take(child: Child, line: string, on_line: (line: string) => void): void {
  if (child.pid === '') {
    child.pid = line;
    children[line] = child.program;
    note_children();
    if (child.phase === 'ending') close(child);
  } else if (child.phase === 'open') {
    on_line(line);
  }
}

/** Closing waits for the process, so it is ended first. */
function close(child: Child): void {
  if (child.phase === 'closed') return;
  child.phase = 'closed';
  if (child.watched !== null) child.watched.delete();
  // ucode does not collect what refers to each other.
  child.watched = null;
  kill(child.pid);
  child.pipe.close();
  delete children[child.pid];
  note_children();
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
    const cmdline = readfile(`/proc/${pid}/cmdline`) ?? '';
    // Arguments are separated by NUL there.
    if (program !== '' && cmdline.startsWith(program) && cmdline.charCodeAt(program.length) === 0) kill(pid);
  }
  unlink(CHILDREN_FILE);
}

function note_children(): void {
  const lines = Object.keys(children).map(pid => `${pid} ${children[pid] ?? ''}\n`);
  writefile(CHILDREN_FILE, lines.join(''));
}

function kill(pid: string): void {
  if (/^[0-9]+$/.test(pid)) system(`kill ${pid} 2>/dev/null`);
}

function quoted(argv: string[]): string {
  return argv.map(argument => `'${argument.replaceAll("'", "'\\''")}'`).join(' ');
}
