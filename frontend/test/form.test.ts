import { describe, expect, test } from 'vitest';
import { format_reason } from '../../rpcd/src/config/formats.ts';
import { fallbacks, form_of, values_of, weight_reason } from '../src/store/form.ts';
import { type EditedType, fields_of } from '../src/store/sections.ts';
import { form_fields } from '../src/words/fields.ts';
import { config, group, link, nat, policy } from './fake_router.ts';

const ALL = config(link('wan'), link('lte'));

/** What an editor has for this section, and what it makes of it. */
function edited(type: EditedType, section: object, typed: Record<string, string> = {}, is_new = false) {
  const fields = fields_of(type);
  const form = { ...form_of(fields, section), ...typed };
  const options = form_fields(type, is_new, form, ALL).map(field => field.option);
  return { options, ...values_of(fields, form, options) };
}

describe('a weight is checked while it is typed', () => {
  test.each(['1', '256', ' 12 ', '007'])('%j is a weight', text => {
    expect(weight_reason(text)).toBeNull();
  });

  test.each(['', '0', '257', '-1', '1.5', '1e2', '0x10', 'ten'])('%j is refused with the range', text => {
    expect(weight_reason(text)).toBe('must be a whole number from 1 to 256');
  });
});

describe('a form', () => {
  test.each<[EditedType, object]>([
    ['link', { ...link('wan', 3), probe: ['1.1.1.1', '8.8.8.8'], tier: 2, nat6: 'prefix' }],
    ['group', { ...group('fast', 'wan', 'lte'), sticky: 'source', sticky_prefix: 24 }],
    ['policy', policy('p', 'fast', { protocol: ['udp'], destination_port: ['53', '5000-5100'] })],
    [
      'policy',
      policy('p', 'tier2', { router: true, family: 'ipv6', mark: '0x1/0xff', source: ['fd00::1-fd00::9'] }),
    ],
    ['nat', nat('n', { in: 'lan', action: 'snat', address: 'fd00::1', comment: '回程 is missing' })],
    ['globals', { ...ALL.globals, router_traffic: 'link', router_link: 'wan' }],
    ['link', { ...link('wan'), probe_interval: 30, latency_limit: 300, degraded: 'reduce', exit: 'vps' }],
    ['globals', { ...ALL.globals, reset_dead: false, captive_url: ['http://example.com/ok#200'] }],
  ])('of an existing %s comes back as it was', (type, before) => {
    const { values, errors } = edited(type, before);
    expect(errors).toEqual({});
    expect(before).toMatchObject(values);
  });

  test('of a new link needs only its interface and name', () => {
    const { values, errors } = edited('link', {}, { interface: 'wanb', name: 'wanb' }, true);
    expect(errors).toEqual({});
    expect({ ...fallbacks(fields_of('link')), ...values }).toMatchObject({
      name: 'wanb',
      interface: 'wanb',
      enabled: true,
      weight: 1,
      tier: 1,
      probe: expect.arrayContaining(['1.1.1.1']),
    });
  });

  test('gives every wrong field its own reason', () => {
    const typed = { name: 'a-b', interface: '', weight: '0', tier: '10', probe: 'one.one.one.one' };
    expect(edited('link', {}, typed, true).errors).toEqual({
      name: format_reason('section_name', 'a-b'),
      interface: format_reason('interface_name', ''),
      weight: 'must be a whole number from 1 to 256',
      tier: 'must be a whole number from 1 to 9',
      probe: expect.stringContaining("not 'one.one.one.one'"),
    });
    expect(edited('policy', policy('p', 'wan'), { source: '192.168.1.0/24 printer' }).errors).toEqual({
      source: expect.stringContaining("not 'printer'"),
    });
  });

  test('takes lists separated as one likes', () => {
    const { values } = edited('link', link('wan'), { probe: ' 1.1.1.1,8.8.8.8;\n9.9.9.9 ' });
    expect(values.probe).toEqual(['1.1.1.1', '8.8.8.8', '9.9.9.9']);
  });

  test('takes probes of every kind', () => {
    const probe =
      '2606:4700:4700::1111 tcp:1.1.1.1:443 tcp:[2606:4700:4700::1111]:443 dns:223.5.5.5 http://1.1.1.1/#301';
    const { values, errors } = edited('link', link('wan'), { probe });
    expect(errors).toEqual({});
    expect(values.probe).toEqual(probe.split(' '));
  });

  test('takes switches', () => {
    const { values, errors } = edited('globals', ALL.globals, {
      reset_dead: 'false',
      captive_check: 'false',
    });
    expect(errors).toEqual({});
    expect(values).toMatchObject({ reset_dead: false, captive_check: false });
  });

  test('of a link has all its options, but for the switch', () => {
    const { options } = edited('link', link('wan'));
    const all = fields_of('link').map(field => field.option);
    expect(new Set([...options, 'name', 'enabled'])).toEqual(new Set(all));
  });

  test('of a link is short at first: what few need is folded away', () => {
    const shown = form_fields('link', true, form_of(fields_of('link'), {}), ALL);
    const first = shown.filter(field => field.rare !== true).map(field => field.option);
    expect(first).toEqual(['interface', 'name', 'weight', 'tier', 'probe']);
  });
});

describe('a form shows only what matters', () => {
  test('how long and how exactly clients stay on a link only when they do', () => {
    const { options, values, errors } = edited('globals', ALL.globals, { sticky_timeout: 'rubbish' });
    expect(options).not.toContain('sticky_timeout');
    expect(values).not.toHaveProperty('sticky_timeout');
    expect(errors).toEqual({});
    expect(edited('globals', ALL.globals, { sticky: 'source' }).options).toEqual(
      expect.arrayContaining(['sticky_timeout', 'sticky_prefix', 'sticky_prefix6']),
    );
  });

  test('the link of the router only when it is to have one', () => {
    expect(edited('globals', ALL.globals).options).not.toContain('router_link');
    expect(edited('globals', ALL.globals, { router_traffic: 'link' }).options).toContain('router_link');
  });

  test('what has a switch of its own on the page is in no form, so an edit leaves it alone', () => {
    for (const type of ['link', 'group', 'policy', 'nat', 'globals'] as const) {
      expect(edited(type, {}).options).not.toContain('enabled');
    }
    expect(edited('globals', ALL.globals).options).not.toContain('mode');
  });
});
