/**
 * Stand-in for `/sbin/hotplug-call`, which runs the scripts of /etc/hotplug.d on OpenWrt: it writes down what it was
 * told. It exists only in the private mount namespace.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LAB_FOLDER, must_run } from './namespace.ts';

const SBIN = '/sbin';
const PROGRAM = 'hotplug-call';
/** What is written down of the environment. */
const VARIABLES = ['ACTION', 'INTERFACE', 'DEVICE', 'LINK', 'STATE', 'REASON'];

export interface HotplugCall {
  /** Its argument: a folder of /etc/hotplug.d. */
  subsystem: string;
  /** As far as it is about links or interfaces. */
  environment: Record<string, string>;
}

/** Calls are written down in `file` from now on. */
export function provide_hotplug_call(file: string): void {
  const folder = realpathSync(SBIN);
  const program = join(folder, PROGRAM);
  if (!existsSync(program)) cover_with_links(folder, join(LAB_FOLDER, 'sbin'));
  const variables = `env | grep -E '^(${VARIABLES.join('|')})='`;
  // In one piece, so that calls at the same time do not mix.
  const lines = ['#!/bin/sh', `call="$(echo "$1"; ${variables})"`, `printf '%s\\n\\n' "$call" >> '${file}'`];
  writeFileSync(program, `${lines.join('\n')}\n`);
  chmodSync(program, 0o755);
}

export function hotplug_calls(file: string): HotplugCall[] {
  if (!existsSync(file)) return [];
  const calls = readFileSync(file, 'utf8').split('\n\n').filter(Boolean);
  return calls.map(call => {
    const [subsystem = '', ...lines] = call.split('\n');
    const variables = lines.map(line => [
      line.slice(0, line.indexOf('=')),
      line.slice(line.indexOf('=') + 1),
    ]);
    return { subsystem, environment: Object.fromEntries(variables) as Record<string, string> };
  });
}

/** Lay an empty folder over `folder` and link everything in it to its old place, so that more can be put there. */
function cover_with_links(folder: string, old_place: string): void {
  mkdirSync(old_place, { recursive: true });
  must_run(['mount', '--bind', folder, old_place]);
  must_run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', folder]);
  for (const name of readdirSync(old_place)) symlinkSync(join(old_place, name), join(folder, name));
}
