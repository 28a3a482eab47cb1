/** Commands that go on, under real ucode with its event loop: lines in time and whole, ends noticed, stops that stop. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../compiler/compile.ts';
import { interpreters } from '../compiler/test/interpreters.ts';

const SCRIPT = `
import { spawn } from 'linkagg.platform.processes';
import { init, run, timer, end } from 'uloop';

init();
let seen = {};
function watch(name, argv) {
	seen[name] = [];
	return spawn(argv, line => push(seen[name], line), () => push(seen[name], 'EXIT'));
}
watch('burst', ['sh', '-c', 'echo one; echo two; echo three']);
watch('pieces', ['sh', '-c', 'printf thr; sleep 0.1; echo ee; echo last']);
watch('missing', ['/nonexistent/program']);
let endless = watch('endless', ['sh', '-c', 'while :; do echo x; sleep 0.05; done']);
let silent = watch('silent', ['sleep', '100']);
let at_once = watch('at once', ['sleep', '100']);
at_once.stop();
timer(400, () => { endless.stop(); silent.stop(); seen.endless = seen.endless[0]; });
timer(800, () => { printf('%J\\n', seen); end(); });
run();
`;

/** The compiled platform in a folder of its own; its runtime files go where the daemon's do. */
function output_under(path: string): unknown {
  const source_root = resolve(import.meta.dirname, '../..');
  const { files, diagnostics } = compile({
    source_root,
    roots: ['rpcd/platform/ucode/processes.ts'],
    ambient: ['rpcd/platform/ucode/native.d.ts'],
    join: true,
  });
  expect(diagnostics).toEqual([]);
  const folder = mkdtempSync(join(tmpdir(), 'processes-'));
  try {
    for (const file of files) {
      // What a module path looks like from ucode's search path.
      const target = join(folder, 'linkagg', file.path.replace(/^usr\/share\/ucode\/linkagg\//, ''));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, file.text.replaceAll('/var/run/linkagg', folder));
    }
    writeFileSync(join(folder, 'script.uc'), SCRIPT);
    const { stdout, stderr } = spawnSync(path, ['-L', folder, join(folder, 'script.uc')], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('spawn on the router', () => {
  const given = interpreters();
  test.skipIf(given.length === 0)('does what it says (needs LINKAGG_UCODE)', () => {
    for (const { path } of given) {
      expect(output_under(path)).toEqual({
        burst: ['one', 'two', 'three', 'EXIT'],
        pieces: ['three', 'last', 'EXIT'],
        missing: ['EXIT'],
        endless: 'x',
        silent: [],
        'at once': [],
      });
    }
  });
});
