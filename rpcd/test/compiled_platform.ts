/** Files of the router's platform, compiled as what is installed, for scripts that try them out under real ucode. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { compile } from '../compiler/compile.ts';

export interface CompiledPlatform {
  /** For the interpreter's `-L`; scripts import from `linkagg.platform.…`. */
  folder: string;
  remove(): void;
}

/** `root`: a source file such as `rpcd/platform/ucode/sockets.ts`; timers, which scripts wait with, come along. */
export function compiled_platform(root: string): CompiledPlatform {
  const { files, diagnostics } = compile({
    source_root: resolve(import.meta.dirname, '../..'),
    roots: [root, 'rpcd/platform/ucode/timer.ts'],
    join: true,
    ambient: ['rpcd/platform/ucode/native.d.ts'],
  });
  const [problem] = diagnostics;
  if (problem !== undefined) throw new Error(`${problem.file}:${problem.line}: ${problem.message}`);
  const folder = mkdtempSync(join(tmpdir(), 'platform-'));
  for (const file of files) {
    const target = join(folder, 'linkagg', file.path.replace(/^usr\/share\/ucode\/linkagg\//, ''));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
