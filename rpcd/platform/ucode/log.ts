/** procd sends standard output to the system log as info, standard error as err. */

import { warn } from 'ucode:core';
import { stdout } from 'ucode:fs';

export function log(level: 'error' | 'warning' | 'notice' | 'info' | 'debug', message: string): void {
  if (level === 'debug') return;
  if (level === 'error' || level === 'warning') {
    warn(`${message}\n`);
  } else {
    stdout.write(`${message}\n`);
    stdout.flush();
  }
}
