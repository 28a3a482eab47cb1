/** The .ipk as opkg sees it, and the limits that stop a build. */

import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IPK_BYTES_MAX, over_budget, PAGE_GZIP_BYTES_MAX } from '../budget.ts';
import { ipk_bytes, ipk_file_name, type PackageInfo } from '../ipk.ts';
import { files_under, stage } from '../stage.ts';
import { built_repository, put, sources_in } from './fixture.ts';

const INFO: PackageInfo = {
  name: 'luci-app-linkagg',
  version: '1.2.3',
  description: 'Some text',
  license: 'ISC',
};
const DATE_S = 1_700_000_000;

let root = '';
beforeEach(() => {
  root = built_repository();
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function packed(): Buffer {
  stage(sources_in(root), join(root, 'tree'));
  return ipk_bytes(INFO, join(root, 'tree'), join(root, 'luci-app-linkagg/control'), DATE_S);
}

/** One line for each member of a gzip tar: mode, owner, date, path. */
function listing(archive: Buffer): string[] {
  const options = ['-tvz', '--full-time', '--numeric-owner', '--utc'];
  const lines = execFileSync('tar', options, { input: archive, encoding: 'utf8' }).trim().split('\n');
  return lines.map(line => line.replace(/^(\S+ \S+) +[0-9]+ /, '$1 '));
}

function member(archive: Buffer, path: string): Buffer {
  return execFileSync('tar', ['-xzO', path], { input: archive });
}

describe('the .ipk', () => {
  test('has the three members opkg expects, in ipkg-build’s order', () => {
    const ipk = packed();
    expect(listing(ipk)).toEqual([
      '-rw-r--r-- 0/0 2023-11-14 22:13:20 ./debian-binary',
      '-rw-r--r-- 0/0 2023-11-14 22:13:20 ./data.tar.gz',
      '-rw-r--r-- 0/0 2023-11-14 22:13:20 ./control.tar.gz',
    ]);
    expect(member(ipk, './debian-binary').toString()).toBe('2.0\n');
  });

  test('installs every part at its place; only programs are executable', () => {
    const data = listing(member(packed(), './data.tar.gz'));
    const files = data.filter(line => line.startsWith('-'));
    expect(files.map(line => `${line.slice(0, 10)} ${line.slice(line.indexOf('./') + 1)}`)).toEqual([
      '-rwxr-xr-x /etc/init.d/linkagg',
      '-rw-r--r-- /etc/uci-defaults/90_linkagg',
      '-rwxr-xr-x /usr/sbin/linkaggd',
      '-rw-r--r-- /usr/share/luci/menu.d/luci-app-linkagg.json',
      '-rw-r--r-- /usr/share/rpcd/acl.d/luci-app-linkagg.json',
      '-rw-r--r-- /usr/share/rpcd/ucode/linkagg',
      '-rw-r--r-- /usr/share/ucode/linkagg/common.uc',
      '-rw-r--r-- /www/luci-static/resources/linkagg/app.js',
      '-rw-r--r-- /www/luci-static/resources/view/linkagg/overview.js',
    ]);
    for (const line of data) expect(line).toMatch(/^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) 0\/0 /);
  });

  test('says what it is and what it needs', () => {
    const ipk = packed();
    const control = member(ipk, './control.tar.gz');
    expect(listing(control)).toEqual([
      'drwxr-xr-x 0/0 2023-11-14 22:13:20 ./',
      '-rw-r--r-- 0/0 2023-11-14 22:13:20 ./control',
      '-rwxr-xr-x 0/0 2023-11-14 22:13:20 ./postinst',
      '-rwxr-xr-x 0/0 2023-11-14 22:13:20 ./postinst-pkg',
      '-rwxr-xr-x 0/0 2023-11-14 22:13:20 ./postrm',
      '-rwxr-xr-x 0/0 2023-11-14 22:13:20 ./prerm',
      '-rwxr-xr-x 0/0 2023-11-14 22:13:20 ./prerm-pkg',
    ]);
    const installed_bytes = execFileSync('gzip', ['-dc'], { input: member(ipk, './data.tar.gz') }).length;
    expect(member(control, './control').toString()).toBe(
      [
        'Package: luci-app-linkagg',
        'Version: 1.2.3-r1',
        'Depends: luci-base, rpcd-mod-ucode, ucode, ucode-mod-fs, ucode-mod-ubus, ucode-mod-uci, ' +
          'ucode-mod-uloop, firewall4, nftables-json, ip',
        'Recommends: ucode-mod-socket',
        'License: ISC',
        'Section: luci',
        'Architecture: all',
        `Installed-Size: ${installed_bytes}`,
        'Description: Some text',
        '',
      ].join('\n'),
    );
    expect(ipk_file_name(INFO)).toBe('luci-app-linkagg_1.2.3-r1_all.ipk');
  });

  test('is the same to the byte when built again, at another time and under another umask', () => {
    const first = packed();
    for (const path of files_under(join(root, 'luci-app-linkagg'))) {
      utimesSync(join(root, 'luci-app-linkagg', path), 1, 1);
      chmodSync(join(root, 'luci-app-linkagg', path), 0o600);
    }
    const umask = process.umask(0o077);
    try {
      expect(packed().equals(first)).toBe(true);
    } finally {
      process.umask(umask);
    }
  });

  test('holds no leftovers of editors, which rpcd would run as plugins', () => {
    const before = packed();
    put(root, 'build/ucode/usr/share/rpcd/ucode/linkagg~', 'return {};');
    put(root, 'build/ucode/usr/share/rpcd/ucode/.linkagg.swp', 'return {};');
    put(root, 'luci-app-linkagg/root/.DS_Store', '');
    expect(packed().equals(before)).toBe(true);
  });
});

describe('a build stops', () => {
  test('when a part has not been built', () => {
    rmSync(join(root, 'build/page'), { recursive: true });
    expect(() => packed()).toThrow('app.js is missing: run `make stage`');
    rmSync(join(root, 'build/ucode'), { recursive: true });
    expect(() => packed()).toThrow('build/ucode is missing');
  });

  test('when two parts install the same file', () => {
    put(root, 'luci-app-linkagg/root/usr/sbin/linkaggd', '');
    expect(() => packed()).toThrow('would overwrite /usr/sbin/linkaggd: two parts install the same file');
  });

  test('when the package or the page is larger than its budget', () => {
    expect([IPK_BYTES_MAX, PAGE_GZIP_BYTES_MAX]).toEqual([128_000, 60_000]);
    expect(over_budget(IPK_BYTES_MAX, PAGE_GZIP_BYTES_MAX)).toEqual([]);
    expect(over_budget(IPK_BYTES_MAX + 1, 0)).toEqual(['The package has 128001 bytes, 1 more than allowed.']);
    expect(over_budget(0, PAGE_GZIP_BYTES_MAX + 5)).toEqual([
      'The page has 60005 bytes gzip, 5 more than allowed.',
    ]);
  });
});

describe('the build command', () => {
  function run(target: string) {
    mkdirSync(join(root, 'tool'));
    const outfile = join(root, 'tool/package.mjs');
    const entry = join(import.meta.dirname, '../build.ts');
    buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile });
    const env = { ...process.env, SOURCE_DATE_EPOCH: `${DATE_S}` };
    return spawnSync('node', [outfile, target], { cwd: root, env, encoding: 'utf8' });
  }

  test('writes the package under its version and tells the sizes', () => {
    const { status, stdout, stderr } = run('ipk');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageInfo;
    expect(stdout).toMatch(
      new RegExp(
        `^build/luci-app-linkagg_${version}-r1_all.ipk: \\d+ bytes of at most 128000\npage: \\d+ bytes gzip`,
      ),
    );
    expect(files_under(join(root, 'build'))).toContain(`luci-app-linkagg_${version}-r1_all.ipk`);
  });

  test('fails on an oversized page, and says by how much', () => {
    put(root, 'build/page/app.js', `/*${randomBytes(PAGE_GZIP_BYTES_MAX).toString('base64')}*/`);
    const { status, stderr } = run('ipk');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The page has \d+ bytes gzip, \d+ more than allowed\.$/m);
  });

  test('fails on an oversized package', () => {
    put(root, 'build/ucode/usr/share/ucode/linkagg/big.uc', randomBytes(IPK_BYTES_MAX));
    const { status, stderr } = run('ipk');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^The package has \d+ bytes, \d+ more than allowed\.$/m);
  });

  test('fails in words when it is not told what to build', () => {
    expect(run('')).toMatchObject({ status: 1, stderr: 'Say what to build: stage or ipk.\n' });
  });
});
