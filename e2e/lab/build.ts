/** Bundles the lab's programs, so that a lab always runs the sources as they are. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Top folder of the checkout, wherever this file was bundled to. */
export const checkout = find_checkout();

function find_checkout(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'luci-app-linkagg')) || !existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('start this from within the checkout');
    folder = parent;
  }
  return folder;
}

/** Bundle `sources` (paths in the checkout) into `folder`, each under its own name with `.js`. */
export async function build_programs(folder: string, sources: string[]): Promise<void> {
  await build({
    absWorkingDir: checkout,
    entryPoints: sources,
    outdir: folder,
    outbase: checkout,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outExtension: { '.js': '.js' },
    logLevel: 'warning',
  });
}

/** Bundle the page that frames the app: for browsers, without the app itself. */
export async function build_shell_page(folder: string, sources: string[]): Promise<void> {
  await build({
    absWorkingDir: checkout,
    entryPoints: sources,
    outdir: folder,
    entryNames: '[name]',
    bundle: true,
    platform: 'browser',
    format: 'esm',
    external: ['/app.js'],
    logLevel: 'warning',
  });
}
