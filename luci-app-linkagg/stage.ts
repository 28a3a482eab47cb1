/** The install tree: every file of the package under the path it has on the router. */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the parts of the package are found. */
export interface Sources {
  /** The compiled backend, laid out by install path (`usr/sbin/linkaggd`, `usr/share/ucode/linkagg/…`). */
  ucode: string;
  /** The bundled page: `app.js`. */
  page: string;
  /** This folder's `root/` (installed to `/`), `htdocs/` (to `/www`) and `control/`. */
  package: string;
  /** First-boot scripts, installed to `/etc/uci-defaults`. */
  uci_defaults: string;
}

/** The bundle, as the view in `htdocs/` names it. */
const PAGE_FILE = 'app.js';
const PAGE_FOLDER = 'www/luci-static/resources/linkagg';

/** Folders whose files are run as programs; everything else is read, sourced or served. */
const PROGRAM_FOLDERS = ['etc/init.d', 'usr/sbin'];

/** Editors' and the file manager's leftovers. rpcd would run such a file among its plugins. */
const LEFTOVER = /^\.|~$|\.(swp|bak|orig|rej|tmp)$/;

/** Replaces `output` by the install tree. Throws when a part is missing or two parts claim one path. */
export function stage(sources: Sources, output: string): void {
  rmSync(output, { recursive: true, force: true });
  make_folder(output, '.');
  place(sources.ucode, output, '.');
  place(join(sources.package, 'root'), output, '.');
  place(join(sources.package, 'htdocs'), output, 'www');
  place(sources.uci_defaults, output, 'etc/uci-defaults');
  place_file(join(sources.page, PAGE_FILE), output, join(PAGE_FOLDER, PAGE_FILE));
}

/** Paths of all regular files under `folder`, relative to it and sorted. */
export function files_under(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      found.push(...files_under(join(folder, entry.name)).map(path => join(entry.name, path)));
    } else {
      found.push(entry.name);
    }
  }
  return found.sort();
}

function place(from: string, output: string, to: string): void {
  if (!existsSync(from)) throw new Error(`${from} is missing: run \`make stage\`, which builds all parts`);
  for (const path of files_under(from)) {
    if (path.split('/').some(part => LEFTOVER.test(part))) continue;
    place_file(join(from, path), output, join(to, path));
  }
}

function place_file(from: string, output: string, path: string): void {
  if (!existsSync(from)) throw new Error(`${from} is missing: run \`make stage\`, which builds all parts`);
  const target = join(output, path);
  if (existsSync(target))
    throw new Error(`${from} would overwrite /${path}: two parts install the same file`);
  make_folder(output, dirname(path));
  writeFileSync(target, readFileSync(from));
  // Not the mode in the working copy, which depends on the umask.
  chmodSync(target, PROGRAM_FOLDERS.includes(dirname(path)) ? 0o755 : 0o644);
}

function make_folder(output: string, path: string): void {
  if (path !== '.') make_folder(output, dirname(path));
  mkdirSync(join(output, path), { recursive: true });
  chmodSync(join(output, path), 0o755);
}
