/** The package's real scripts and pages around a small made-up backend and bundle, in a folder of their own. */

import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Sources } from '../stage.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

/** A folder laid out like the repository after its parts have been built. */
export function built_repository(): string {
  const root = mkdtempSync(join(tmpdir(), 'linkagg-package-'));
  for (const part of ['root', 'htdocs', 'control', 'Makefile']) {
    cpSync(join(REPOSITORY, 'luci-app-linkagg', part), join(root, 'luci-app-linkagg', part), {
      recursive: true,
    });
  }
  cpSync(join(REPOSITORY, 'uci-defaults'), join(root, 'uci-defaults'), { recursive: true });
  cpSync(join(REPOSITORY, 'package.json'), join(root, 'package.json'));
  put(root, 'build/ucode/usr/sbin/linkaggd', '#!/usr/bin/ucode\n');
  put(root, 'build/ucode/usr/share/ucode/linkagg/common.uc', 'export function plan() {};\n');
  put(root, 'build/ucode/usr/share/rpcd/ucode/linkagg', 'return {};\n');
  put(root, 'build/page/app.js', 'export {};\n');
  return root;
}

export function sources_in(root: string): Sources {
  return {
    ucode: join(root, 'build/ucode'),
    page: join(root, 'build/page'),
    package: join(root, 'luci-app-linkagg'),
    uci_defaults: join(root, 'uci-defaults'),
  };
}

export function put(root: string, path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
