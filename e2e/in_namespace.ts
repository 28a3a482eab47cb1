/**
 * Runs a command in namespaces of its own, where a lab may be started:
 *
 *     node build/in_namespace.mjs npx vitest run --config e2e/vitest.config.ts
 *
 * Ends with the command's exit code; 2 when no lab can be run here.
 */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lab_problem, set_up_namespace, spawn_in_namespace } from './lab/namespace.ts';

const SIGNALS: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function start_outside(command: string[]): void {
  const problem = lab_problem();
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    process.exit(2);
  }
  const inside = spawn_in_namespace([fileURLToPath(import.meta.url), '--inside', ...command]);
  // The command may still write its report; the kernel ends the rest with it.
  for (const signal of SIGNALS) process.on(signal, () => inside.kill('SIGKILL'));
  inside.on('exit', code => process.exit(code ?? 1));
}

function start_inside([program = '', ...args]: string[]): void {
  set_up_namespace();
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', error => {
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(127);
  });
  child.on('close', code => process.exit(code ?? 1));
}

const [first, ...rest] = process.argv.slice(2);
if (first === undefined) {
  process.stderr.write('usage: in_namespace.mjs command [arguments]\n');
  process.exit(64);
} else if (first === '--inside') start_inside(rest);
else start_outside([first, ...rest]);
