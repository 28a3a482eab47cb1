import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { is_ipv4 } from '../src/net/address.ts';

const pieces = fc.constantFrom('0', '1', '01', '255', '256', 'ab', '-1', '.', '..', ' ', '\n', '1.2.3.4');
const text = fc.oneof(
  fc.ipV4(),
  fc.array(pieces, { maxLength: 9 }).map(parts => parts.join('')),
);

test('an address is what Node takes for one', () => {
  fc.assert(
    fc.property(text, address => {
      expect(is_ipv4(address), address).toBe(isIPv4(address));
    }),
    { numRuns: 5000 },
  );
});
