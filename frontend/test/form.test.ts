import { describe, expect, test } from 'vitest';
import { format_reason } from '../../rpcd/src/config/formats.ts';
import { empty_form, form_of, link_of, weight_reason } from '../src/store/form.ts';
import { link } from './fake_router.ts';

describe('a weight is checked while it is typed', () => {
  test.each(['1', '256', ' 12 ', '007'])('%j is a weight', text => {
    expect(weight_reason(text)).toBeNull();
  });

  test.each(['', '0', '257', '-1', '1.5', '1e2', '0x10', 'ten'])('%j is refused with the range', text => {
    expect(weight_reason(text)).toBe('must be a whole number from 1 to 256');
  });
});

describe('a link form', () => {
  test('an existing link comes back as it was', () => {
    const before = { ...link('wan', 3), probe: ['1.1.1.1', '8.8.8.8'] };
    expect(link_of(form_of(before), true)).toEqual({ link: before, errors: null });
  });

  test('a new link needs only its interface and name', () => {
    const { link: made } = link_of({ ...empty_form(), interface: 'wanb', name: 'wanb' }, true);
    expect(made).toMatchObject({ name: 'wanb', interface: 'wanb', weight: 1 });
    expect(made?.probe.length).toBeGreaterThan(0);
  });

  test('every wrong field gets its own reason', () => {
    const { errors } = link_of({ name: 'a-b', interface: '', weight: '0', probe: 'one.one.one.one' }, true);
    expect(errors).toEqual({
      name: format_reason('section_name', 'a-b'),
      interface: format_reason('interface_name', ''),
      weight: 'must be a whole number from 1 to 256',
      probe: expect.stringContaining("not 'one.one.one.one'"),
    });
  });

  test('probe targets may be separated as one likes', () => {
    const { link: made } = link_of({ ...form_of(link('wan')), probe: ' 1.1.1.1,8.8.8.8;\n9.9.9.9 ' }, true);
    expect(made?.probe).toEqual(['1.1.1.1', '8.8.8.8', '9.9.9.9']);
  });
});
