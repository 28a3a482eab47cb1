import { describe, expect, test } from 'vitest';
import { extended, SAMPLES_MAX } from '../src/store/history.ts';
import { base_shown, planned_shares, total_rates } from '../src/store/shown.ts';
import { config, link, NOT_RUNNING, status_of } from './fake_router.ts';

describe('the planned share follows the weights of the links that carry connections', () => {
  test('4:3:1 without the dead one', () => {
    const status = status_of(config(link('wan', 4), link('wanb', 3), link('lte', 1), link('dead', 100)));
    Object.assign(status.links[2] ?? {}, { state: 'connecting' });
    Object.assign(status.links[3] ?? {}, { state: 'offline' });
    expect([...planned_shares(status)]).toEqual([
      ['wan', 500],
      ['wanb', 375],
      ['lte', 125],
      ['dead', null],
    ]);
  });

  test('nothing is planned while all is switched off', () => {
    const status = { ...status_of(config(link('wan'))), enabled: false };
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
