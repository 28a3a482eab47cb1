/** What the package brings to the router in shell and JSON, and what the feed Makefile makes of it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { put } from './fixture.ts';

const PACKAGE = join(import.meta.dirname, '..');
const SCRIPTS = [
  'root/etc/init.d/linkagg',
  'control/postinst',
  'control/postinst-pkg',
  'control/prerm',
  'control/prerm-pkg',
  'control/postrm',
  '../uci-defaults/90_linkagg',
];

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function read(path: string): string {
  return readFileSync(join(PACKAGE, path), 'utf8');
}

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linkagg-router-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('shell scripts', () => {
  test.skipIf(!has('busybox')).each(SCRIPTS)('BusyBox ash can read %s', script => {
    const { status, stderr } = spawnSync('busybox', ['ash', '-n', join(PACKAGE, script)], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test.skipIf(!has('shellcheck')).each(SCRIPTS)('shellcheck finds nothing in %s', script => {
    const { stdout } = spawnSync('shellcheck', ['-s', 'sh', join(PACKAGE, script)], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

describe('removing the package', () => {
  const OURS = ['etc/config/linkagg', 'usr/share/ucode/linkagg/x', 'www/luci-static/resources/linkagg/x'];

  function postrm(...action: string[]): string[] {
    for (const path of OURS) put(folder, path, '');
    put(folder, 'etc/config/network', '');
    execFileSync('sh', [join(PACKAGE, 'control/postrm'), ...action], {
      env: { ...process.env, IPKG_INSTROOT: folder },
    });
    expect(existsSync(join(folder, 'etc/config/network'))).toBe(true);
    return OURS.filter(path => existsSync(join(folder, path)));
  }

  test('takes the configuration and our folders away', () => {
    expect(postrm('remove')).toEqual([]);
  });

  test('but an upgrade, for which opkg runs the same script, keeps them', () => {
    expect(postrm('upgrade', '0.2.0-r1')).toEqual(OURS);
  });

  test.each<[string, string, string]>([
    ['remove', '0', 'linkaggd remove\n'],
    ['upgrade', '0', ''],
    ['', '1', ''],
  ])('before that, tunnels are taken away with «%s», PKG_UPGRADE=%s', (word, PKG_UPGRADE, expected) => {
    const script = read('control/prerm-pkg').replace('/usr/sbin/linkaggd', 'echo linkaggd');
    const env = { PATH: process.env.PATH, PKG_UPGRADE };
    const options = ['-c', script, 'sh', '/usr/lib/opkg/info/luci-app-linkagg.prerm', word, '0.2.0-r1'];
    expect(execFileSync('sh', options, { env, encoding: 'utf8' })).toBe(expected);
  });
});

// `uci` is what rpcd asks when changes of a session are applied; methods of its object `uci` are not granted, because
// they would hand out stored keys.
test('reading and changing are separate rights, and both are only about our own object', () => {
  const acl = JSON.parse(read('root/usr/share/rpcd/acl.d/luci-app-linkagg.json')) as Record<string, object>;
  expect(Object.keys(acl)).toEqual(['luci-app-linkagg']);
  expect(acl['luci-app-linkagg']).toEqual({
    description: expect.any(String),
    // Other pages show what of it is staged; network is not granted, because it holds keys.
    read: {
      ubus: {
        linkagg: [
          'status',
          'get_config',
          'get_sticky',
          'get_history',
          'get_test',
          'list_tunnels',
          'list_ports',
        ],
      },
      uci: ['linkagg'],
    },
    write: {
      ubus: {
        linkagg: [
          'set_link',
          'set_config',
          'clear_sticky',
          'test_link',
          'parse_tunnel',
          'stage_tunnel',
          'stage_pc',
          'remove_tunnel',
          'export_tunnel',
          'stage_ports',
          'get_staged',
          'discard_staged',
          'apply_staged',
          'confirm_applied',
          'undo_applied',
        ],
      },
      uci: ['network', 'firewall', 'linkagg'],
    },
  });
});

test('the feed Makefile says what the .ipk says', () => {
  // Stands in for the OpenWrt buildroot: prints what luci.mk would get.
  writeFileSync(join(folder, 'rules.mk'), '');
  put(
    folder,
    'feeds/luci/luci.mk',
    [
      '$(info $(PKG_NAME)|$(PKG_VERSION)|$(PKG_LICENSE)|$(LUCI_TITLE)|$(LUCI_PKGARCH)|$(LUCI_MINIFY_JS))',
      '$(info $(LUCI_DEPENDS))',
      '$(file >$(TOPDIR)/postinst,$(Package/$(PKG_NAME)/postinst))',
      '$(file >$(TOPDIR)/prerm,$(Package/$(PKG_NAME)/prerm))',
      '$(file >$(TOPDIR)/postrm,$(Package/$(PKG_NAME)/postrm))',
      'all:;@:',
    ].join('\n'),
  );
  const options = ['-s', '-C', PACKAGE, `TOPDIR=${folder}`, '--no-print-directory'];
  const [about, depends] = execFileSync('make', options, { encoding: 'utf8' }).split('\n');
  const info = JSON.parse(read('../package.json')) as Record<string, string>;
  expect(about).toBe(`luci-app-linkagg|${info.version}|${info.license}|${info.description}|all|0`);
  expect(depends).toBe(
    '+luci-base +rpcd-mod-ucode +ucode +ucode-mod-fs +ucode-mod-ubus +ucode-mod-uci +ucode-mod-uloop ' +
      '+firewall4 +nftables-json +ip +!LINUX_5_15:ucode-mod-socket',
  );
  expect(readFileSync(join(folder, 'postinst'), 'utf8')).toBe(read('control/postinst-pkg'));
  expect(readFileSync(join(folder, 'prerm'), 'utf8')).toBe(read('control/prerm-pkg'));
  expect(readFileSync(join(folder, 'postrm'), 'utf8')).toBe(read('control/postrm'));
});
