/**
 * Builds what is installed on the router. Runs in the root of the repository, after the backend and the page:
 *
 *     stage    build/package/: the install tree, also what the feed Makefile takes
 *     ipk      the same, packed; fails when the package or the page has outgrown its budget
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IPK_BYTES_MAX, over_budget, PAGE_GZIP_BYTES_MAX, page_gzip_bytes } from './budget.ts';
import { ipk_bytes, ipk_file_name, type PackageInfo } from './ipk.ts';
import { type Sources, stage } from './stage.ts';

const BUILD = 'build';
const INSTALL_TREE = join(BUILD, 'package');
const SOURCES: Sources = {
  ucode: join(BUILD, 'ucode'),
  page: join(BUILD, 'page'),
  package: 'luci-app-linkagg',
  uci_defaults: 'uci-defaults',
};

/** Unix time of the sources: SOURCE_DATE_EPOCH (reproducible-builds.org), else the last commit, else 1970. */
function source_date_s(): number {
  const given = process.env.SOURCE_DATE_EPOCH ?? last_commit_s();
  if (!/^[0-9]+$/.test(given))
    throw new Error(`SOURCE_DATE_EPOCH must be a number of seconds, not '${given}'`);
  return Number(given);
}

function last_commit_s(): string {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8', stdio }).trim();
  } catch {
    return '0';
  }
}

/** Exit code. */
function ipk(): number {
  const info = JSON.parse(readFileSync('package.json', 'utf8')) as PackageInfo;
  const packed = ipk_bytes(info, INSTALL_TREE, join(SOURCES.package, 'control'), source_date_s());
  const page_bytes = page_gzip_bytes(INSTALL_TREE);
  const path = join(BUILD, ipk_file_name(info));
  writeFileSync(path, packed);
  console.log(`${path}: ${packed.length} bytes of at most ${IPK_BYTES_MAX}`);
  console.log(`page: ${page_bytes} bytes gzip of at most ${PAGE_GZIP_BYTES_MAX}`);

  const excess = over_budget(packed.length, page_bytes);
  for (const sentence of excess) console.error(sentence);
  return excess.length > 0 ? 1 : 0;
}

const target = process.argv[2] ?? '';
try {
  if (target !== 'stage' && target !== 'ipk') throw new Error('Say what to build: stage or ipk.');
  stage(SOURCES, INSTALL_TREE);
  if (target === 'ipk') process.exitCode = ipk();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
