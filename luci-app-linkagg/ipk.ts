/**
 * Packs an install tree as an .ipk, without the OpenWrt SDK: a gzip tar of `debian-binary`, `data.tar.gz` and
 * `control.tar.gz`, as OpenWrt's scripts/ipkg-build lays it out. The same input gives the same bytes.
 *
 * GNU tar and gzip do the packing: they are what ipkg-build itself calls, with the same options, so that opkg's own
 * old unpacker meets nothing new, and the size is that of a feed build.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { files_under } from './stage.ts';

/** The fields of package.json that end up in the package. */
export interface PackageInfo {
  name: string;
  version: string;
  description: string;
  license: string;
  /** Maintainer; the field is left out without one. */
  author?: string;
}

/** luci.mk's default PKG_RELEASE, which a feed build appends to the version. */
const RELEASE = 1;

/** Scripts in `control/`: opkg runs the first three; default_postinst and default_prerm source the others. */
const SCRIPTS = ['postinst', 'prerm', 'postrm', 'postinst-pkg', 'prerm-pkg'];

const FORMAT_VERSION = '2.0\n';
const TAR_BYTES_MAX = 64 * 1024 * 1024;

export function ipk_file_name(info: PackageInfo): string {
  return `${info.name}_${info.version}-r${RELEASE}_all.ipk`;
}

/**
 * The .ipk of `install_tree`, with the scripts and the lists of packages in `control_folder`.
 * `source_date_s` (Unix time) becomes the date of every file in it.
 */
export function ipk_bytes(
  info: PackageInfo,
  install_tree: string,
  control_folder: string,
  source_date_s: number,
): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'linkagg-ipk-'));
  try {
    const files = tar_gz(install_tree, members_of(install_tree), source_date_s);
    writeFileSync(join(work, 'data.tar.gz'), files);

    const control = mkdtempSync(join(work, 'control-'));
    chmodSync(control, 0o755);
    const depends = package_names(join(control_folder, 'depends'));
    const recommends = package_names(join(control_folder, 'recommends'));
    put(control, 'control', control_text(info, depends, recommends, gunzipSync(files).length), 0o644);
    for (const script of SCRIPTS)
      put(control, script, readFileSync(join(control_folder, script), 'utf8'), 0o755);
    writeFileSync(join(work, 'control.tar.gz'), tar_gz(control, members_of(control), source_date_s));

    put(work, 'debian-binary', FORMAT_VERSION, 0o644);
    chmodSync(join(work, 'data.tar.gz'), 0o644);
    chmodSync(join(work, 'control.tar.gz'), 0o644);
    return tar_gz(work, ['./debian-binary', './data.tar.gz', './control.tar.gz'], source_date_s);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Names in a list of packages: one a line, `#` starts a comment. */
function package_names(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => /^[a-z0-9]/.test(line));
}

function control_text(
  info: PackageInfo,
  depends: string[],
  recommends: string[],
  installed_bytes: number,
): string {
  const lines = [
    `Package: ${info.name}`,
    `Version: ${info.version}-r${RELEASE}`,
    `Depends: ${depends.join(', ')}`,
    `Recommends: ${recommends.join(', ')}`,
    `License: ${info.license}`,
    'Section: luci',
  ];
  if (info.author !== undefined) lines.push(`Maintainer: ${info.author}`);
  lines.push(
    'Architecture: all',
    `Installed-Size: ${installed_bytes}`,
    `Description: ${info.description}`,
    '',
  );
  return lines.join('\n');
}

function put(folder: string, name: string, text: string, mode: number): void {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
}

/** Folders before files: headers that resemble each other compress better side by side. */
function members_of(folder: string): string[] {
  const files = files_under(folder).map(path => `./${path}`);
  const folders = new Set(['.']);
  for (const file of files) {
    for (let path = dirname(file); path !== '.'; path = dirname(path)) folders.add(path);
  }
  return [...[...folders].sort(), ...files];
}

function tar_gz(folder: string, members: string[], source_date_s: number): Buffer {
  const owner = ['--owner=0', '--group=0', '--numeric-owner'];
  const order = ['--no-recursion', `--mtime=@${source_date_s}`];
  const options = ['--format=gnu', ...owner, ...order, '-C', folder, '-cf', '-', ...members];
  const tar = execFileSync('tar', options, { maxBuffer: TAR_BYTES_MAX });
  return execFileSync('gzip', ['-9n'], { input: tar, maxBuffer: TAR_BYTES_MAX });
}
