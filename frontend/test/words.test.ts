import { afterEach, describe, expect, test } from 'vitest';
import type { ProbeResult } from '../../rpcd/src/rpc.ts';
import { curve_path } from '../src/components/rate.tsx';
import { base_shown } from '../src/store/shown.ts';
import { fill, luci_translation, use_translation } from '../src/translate.ts';
import { age_text } from '../src/words/age.ts';
import { config_error_text } from '../src/words/failure.ts';
import { ip6_text, reason_text, state_text, summary_text } from '../src/words/link_state.ts';
import { policy_text } from '../src/words/policy.ts';
import { hold_text, probe_name, probes_text, result_text } from '../src/words/probe.ts';
import { bytes_text, percent_text, rate_text } from '../src/words/rate.ts';
import { config, link, policy, status_of } from './fake_router.ts';

describe('an admin reads a rate at a glance', () => {
  test.each([
    [null, '–'],
    [0, '0 bit/s'],
    [999, '999 bit/s'],
    [1000, '1.00 kbit/s'],
    [812_300, '812 kbit/s'],
    [999_600, '1.00 Mbit/s'],
    [7_944_000, '7.94 Mbit/s'],
    [9_996_000, '10.0 Mbit/s'],
    [31_200_000, '31.2 Mbit/s'],
    [99_960_000, '100 Mbit/s'],
    [941_000_000, '941 Mbit/s'],
    [2_500_000_000, '2.50 Gbit/s'],
  ])('%s bit/s is shown as %s', (bps, text) => {
    expect(rate_text(bps)).toBe(text);
  });

  test('amounts of data are in bytes', () => {
    expect([0, 999.9, 812_300, 7_944_000_000, null].map(bytes_text)).toEqual([
      '0 B',
      '1.00 kB',
      '812 kB',
      '7.94 GB',
      '–',
    ]);
  });

  test('a share is whole percent, and unknown is not zero', () => {
    expect(percent_text(334)).toBe('33%');
    expect(percent_text(0)).toBe('0%');
    expect(percent_text(null)).toBe('–');
  });

  test('the curve ends at the right edge with the newest sample', () => {
    expect(curve_path([0, 50, 100], 100)).toBe('M57 16L57 16.0L58 8.0L59 0.0L59 16Z');
    expect(curve_path([5], 100)).toBe('');
    expect(curve_path([0, 0], 0)).toBe('');
  });
});

test.each([
  [0, '0 s'],
  [59.9, '59 s'],
  [61, '1 min'],
  [3600, '1 h'],
  [7500, '2 h 5 min'],
  [86_400 * 3 + 3600 * 4 + 59, '3 d 4 h'],
])('an age of %s s is shown as %s', (seconds, text) => {
  expect(age_text(seconds)).toBe(text);
});

describe('one sentence says what happens to new connections', () => {
  const shown = (edit: (status: ReturnType<typeof status_of>) => void, ...names: string[]) => {
    const status = status_of(config(...names.map(name => link(name))));
    edit(status);
    const result = base_shown(status, null);
    if (result === null) throw new Error('nothing to show');
    return summary_text(result);
  };
  const nothing = () => {};

  test('all links work', () => {
    expect(shown(nothing, 'wan', 'wanb', 'lte')).toBe('All 3 links carry new connections.');
    expect(shown(nothing, 'wan')).toBe('The only link carries all new connections.');
  });

  test('a dead link does not count', () => {
    const text = shown(
      status => Object.assign(status.links[1] ?? {}, { state: 'offline' }),
      'wan',
      'wanb',
      'lte',
    );
    expect(text).toBe('2 of 3 links carry new connections.');
  });

  test('the only link counts while it is connecting', () => {
    const text = shown(status => Object.assign(status.links[0] ?? {}, { state: 'connecting' }), 'wan');
    expect(text).toBe('The only link carries all new connections.');
  });

  test('a degraded link is left while another works, and said to be degraded in any case', () => {
    const degrade = (status: ReturnType<typeof status_of>) =>
      Object.assign(status.links[0] ?? {}, { state: 'degraded', reason: 'loss' });
    expect(shown(degrade, 'wan', 'lte')).toBe('1 of 2 links carries new connections. 1 is degraded.');
    expect(shown(degrade, 'wan')).toBe('The only link carries all new connections. 1 is degraded.');
  });

  test('a backup stands by', () => {
    const text = shown(
      status => Object.assign(status.links[1] ?? {}, { state: 'standby', reason: 'better-tier' }),
      'wan',
      'lte',
    );
    expect(text).toBe('1 of 2 links carries new connections. 1 is a backup and stands by.');
  });

  test('no link works', () => {
    const text = shown(status => Object.assign(status.links[0] ?? {}, { state: 'down' }), 'wan');
    expect(text).toContain('main route');
  });

  test('switched off', () => {
    const text = shown(status => Object.assign(status, { enabled: false }), 'wan');
    expect(text).toContain('Switched off');
  });
});

test('a backup says why it is not in use', () => {
  expect(state_text('standby')).toBe('Standby');
  expect(reason_text({ reason: 'better-tier', interface: 'lte' })).toBe('backup: a better link is in use');
});

describe('what probes say of a link', () => {
  test.each([
    [12, 0, '12 ms, 0% lost'],
    [12, 4, '12 ms, 0.4% lost'],
    [12, 20, '12 ms, 2% lost'],
    [184, 314, '184 ms, 31% lost'],
    [0, null, '0 ms'],
    [null, 1000, null],
    [null, null, null],
  ])('%s ms, %s ‰: %s', (latency_ms, loss_permille, text) => {
    expect(probes_text({ latency_ms, loss_permille })).toBe(text);
  });

  test('a link that failed often is held down for a while', () => {
    expect(hold_text({ hold_s: 40 })).toBe('used again in 40 s at the earliest');
    expect(hold_text({ hold_s: 0 })).toBeNull();
    expect(reason_text({ reason: 'held-down', interface: 'wan' })).toBe('failed too often lately');
  });
});

describe('what a test found', () => {
  const result = (values: Partial<ProbeResult>) =>
    result_text({ probe: '1.1.1.1', outcome: 'ok', duration_ms: null, detail: '', ...values });

  test.each<[Partial<ProbeResult>, string]>([
    [{ duration_ms: 12 }, '12 ms'],
    [{ outcome: 'portal', duration_ms: 80, detail: 'HTTP 302' }, '80 ms, HTTP 302'],
    [{ outcome: 'no-reply' }, ''],
    [{ probe: 'gateway', duration_ms: 3, detail: 'REACHABLE' }, 'REACHABLE'],
    [{ probe: 'wireguard', duration_ms: 3, detail: '55 s' }, '55 s ago'],
    [{ probe: 'wireguard', outcome: 'no-reply', duration_ms: null }, ''],
    [{ probe: 'dns:1.1.1.1', outcome: 'unsupported' }, 'needs the package ucode-mod-socket'],
    [{ probe: '2606:4700:4700::1111', outcome: 'unsupported', detail: 'IPv6' }, 'the link has no IPv6'],
  ])('%j: %s', (values, text) => {
    expect(result(values)).toBe(text);
  });

  test('what is not configured has a name', () => {
    expect(['gateway', 'wireguard', 'tcp:1.1.1.1:443'].map(probe_name)).toEqual([
      'Gateway',
      'WireGuard handshake',
      'tcp:1.1.1.1:443',
    ]);
  });
});

test('an IPv6 address that no connection can leave by says so', () => {
  expect(ip6_text({ address6: '2001:db8::2', ip6: true })).toBe('2001:db8::2');
  expect(ip6_text({ address6: '2001:db8::2', ip6: false })).toContain('no new IPv6');
  expect(ip6_text({ address6: null, ip6: false })).toBeNull();
});

describe('a policy says in words what it fits', () => {
  test.each([
    [{}, 'All connections'],
    [{ protocol: ['udp'] }, 'UDP'],
    [
      { protocol: ['tcp', 'udp'], source: ['192.168.1.10'], destination_port: ['53', '5000-5100'] },
      'TCP or UDP, from 192.168.1.10, to ports 53 or 5000–5100',
    ],
    [
      { interface: ['guest'], destination: ['10.0.0.0/8', 'fd00::/8'] },
      'coming in by guest, to 10.0.0.0/8 or fd00::/8',
    ],
    [
      { source: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'] },
      'from 10.0.0.1, 10.0.0.2, 10.0.0.3 or 2 more',
    ],
  ])('%j: %s', (values, text) => {
    expect(policy_text(policy('p', 'wan', values))).toBe(text);
  });

  test('and spells everything out where there is room', () => {
    const many = policy('p', 'wan', { source: ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'] });
    expect(policy_text(many, null)).toContain('10.0.0.4 or 10.0.0.5');
  });
});

describe('the page speaks the language of LuCI', () => {
  afterEach(() => use_translation(luci_translation({})));

  test('LuCI translates when it is there', () => {
    use_translation(luci_translation({ _: (text: string) => `<${text}>`, N_: undefined }));
    expect(rate_text(5)).toBe('<5 bit/s>');
  });

  test('a translator may turn the order of values round', () => {
    expect(fill('%2$s von %1$s', 3, 2)).toBe('2 von 3');
    expect(fill('%s of %s', 3, 2)).toBe('3 of 2');
  });

  test('a value that looks like a placeholder stays as it is', () => {
    expect(fill('%s: %s', '%s', 'x')).toBe('%s: x');
  });
});

test('an error names section, option and reason', () => {
  expect(config_error_text({ section: 'wan2', option: 'weight', reason: 'must be 1' })).toBe(
    'wan2.weight: must be 1',
  );
  expect(config_error_text({ section: '', option: '', reason: 'nothing was saved' })).toBe(
    'nothing was saved',
  );
});
