import { describe, expect, test } from 'vitest';
import type { Link } from '../../rpcd/src/config/schema.gen.ts';
import type { LinkStatus } from '../../rpcd/src/rpc.ts';
import { extended, SAMPLES_MAX } from '../src/store/history.ts';
import { base_shown, carriers, planned_shares, total_rates } from '../src/store/shown.ts';
import { config, link, NOT_RUNNING, status_of } from './fake_router.ts';

/** Links named by what they are, with weight 4. */
function shown_links(states: Record<string, Partial<LinkStatus & Pick<Link, 'degraded'>>>) {
  const links = Object.entries(states).map(([name, { degraded }]) => ({
    ...link(name, 4),
    degraded: degraded ?? 'leave',
  }));
  const status = status_of(config(...links));
  for (const shown of status.links) Object.assign(shown, states[shown.name]);
  return { ...status, config: config(...links) };
}

describe('new connections', () => {
  const online = { state: 'online' } as const;
  const degraded = { state: 'degraded' } as const;
  const connecting = { state: 'connecting' } as const;

  test.each([
    [
      'use what works, and no link that is down, dead or behind a portal',
      [
        {
          online,
          offline: { state: 'offline' },
          captive: { state: 'captive' },
          cut: { state: 'no-carrier' },
        },
      ],
      ['online'],
    ],
    ['leave a degraded link while another works', [{ online, degraded }], ['online']],
    [
      'use a degraded link when there is nothing better',
      [{ degraded, offline: { state: 'offline' } }],
      ['degraded'],
    ],
    [
      'use a degraded link that is to be used',
      [{ online, kept: { ...degraded, degraded: 'keep' }, reduced: { ...degraded, degraded: 'reduce' } }],
      ['online', 'kept', 'reduced'],
    ],
    ['use no link that is still connecting while another works', [{ online, connecting }], ['online']],
    [
      'use a link that is still connecting when there is nothing better',
      [{ degraded, connecting }],
      ['degraded', 'connecting'],
    ],
    ['use the better tier of two bad links', [{ degraded, backup: { ...degraded, tier: 2 } }], ['degraded']],
    [
      'use no backup that is degraded, whatever is to be done with it',
      [{ online, backup: { ...degraded, tier: 2, degraded: 'keep' } }],
      ['online'],
    ],
    ['use a backup rather than a degraded link', [{ degraded, backup: { ...online, tier: 2 } }], ['backup']],
  ] satisfies [string, [Parameters<typeof shown_links>[0]], string[]][])('%s', (_what, [states], names) => {
    expect([...carriers(shown_links(states))]).toEqual(names);
  });

  test('leave a degraded link while its options are not known', () => {
    const shown = shown_links({ online, kept: { ...degraded, degraded: 'keep' } });
    expect([...carriers({ ...shown, config: null })]).toEqual(['online']);
  });
});

describe('the planned share follows the weights of the links that carry connections', () => {
  test('4:3:1 without the dead one', () => {
    const stored = config(link('wan', 4), link('wanb', 3), link('lte', 1), link('dead', 100));
    const status = status_of(stored);
    Object.assign(status.links[3] ?? {}, { state: 'offline' });
    expect([...planned_shares({ ...status, config: stored })]).toEqual([
      ['wan', 500],
      ['wanb', 375],
      ['lte', 125],
      ['dead', null],
    ]);
  });

  test('a degraded link gets a quarter of its weight, or all of it', () => {
    const shares = (degraded: Link['degraded']) => [
      ...planned_shares(shown_links({ wan: {}, lte: { state: 'degraded', degraded } })).values(),
    ];
    expect(shares('reduce')).toEqual([800, 200]);
    expect(shares('keep')).toEqual([500, 500]);
    expect(shares('leave')).toEqual([1000, null]);
  });

  test('nothing is planned while all is switched off', () => {
    const status = { ...status_of(config(link('wan'))), enabled: false, config: null };
    expect(planned_shares(status).get('wan')).toBeNull();
  });
});

test('the total counts what is known and says when nothing is', () => {
  const status = status_of(config(link('wan'), link('wanb')));
  Object.assign(status.links[1] ?? {}, { rx_bps: null, tx_bps: null });
  expect(total_rates(status)).toEqual({ rx_bps: 1000, tx_bps: 100 });
  Object.assign(status.links[0] ?? {}, { rx_bps: null });
  expect(total_rates(status)).toEqual({ rx_bps: null, tx_bps: 100 });
});

describe('links can be edited while the service is not running', () => {
  test('they come from the configuration, and so does the main switch', () => {
    const reply = { config: config(link('wan', 7)), revision: '1', errors: [] };
    const shown = base_shown(NOT_RUNNING, reply);
    expect(shown?.enabled).toBe(true);
    expect(shown?.links).toMatchObject([{ name: 'wan', weight: 7, state: null }]);
  });

  test('nothing is claimed before the configuration is known', () => {
    expect(base_shown(NOT_RUNNING, null)).toBeNull();
  });

  test('a running service is believed, even when it has no links', () => {
    const status = status_of(config());
    expect(base_shown(status, { config: config(link('old')), revision: '1', errors: [] })?.links).toEqual([]);
  });
});

test('a curve keeps one minute, and a removed link loses its past', () => {
  const both = status_of(config(link('wan'), link('wanb')));
  const one = status_of(config(link('wan')));
  let history = extended({}, both);
  for (let i = 0; i < SAMPLES_MAX + 5; i++) history = extended(history, one);
  expect(history.wan?.rx_bps).toHaveLength(SAMPLES_MAX);
  expect(Object.keys(history)).toEqual(['wan']);
});
