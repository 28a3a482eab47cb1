import { encode } from 'uqr';
import { expect, test } from 'vitest';
import { qr_code } from '../src/qr.ts';

const text_of = (length: number) => 'publicKey = dGhlIGtleQ== é\n'.repeat(40).slice(0, length);

test('a text of any length becomes the code that another encoder makes of it', () => {
  for (let length = 1; length < 820; length += 3) {
    const text = text_of(length);
    const { data } = encode(text, { ecc: 'L', border: 0, maskPattern: 0 });
    expect(JSON.stringify(qr_code(text)), `${length} characters`).toBe(JSON.stringify(data));
  }
});

test('one that no camera of a phone could read from a screen is not made', () => {
  expect(qr_code('x'.repeat(858))).toHaveLength(97);
  expect(qr_code('x'.repeat(859))).toBeNull();
});
