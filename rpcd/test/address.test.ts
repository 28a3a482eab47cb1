import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { is_ipv4, is_ipv6 } from '../src/net/address.ts';

const pieces = fc.constantFrom(
  '0',
  '1',
  '01',
  '255',
  '256',
  'ab',
  'FFFF',
  '12345',
  '.',
  ':',
  '::',
  '%',
  ' ',
  '1.2.3.4',
);
const text = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.array(pieces, { maxLength: 12 }).map(parts => parts.join('')),
);

test('an address is what Node takes for one, zones apart', () => {
  fc.assert(
    fc.property(text, address => {
      expect(is_ipv4(address)).toBe(isIPv4(address));
      if (!address.includes('%')) expect(is_ipv6(address), address).toBe(isIPv6(address));
    }),
    { numRuns: 5000 },
  );
});
