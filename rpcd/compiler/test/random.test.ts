/**
 * Random inputs to small pure functions, under Node and under every interpreter. The seed is fixed so that a run can
 * be repeated; SEED=… gives other inputs, RUNS=… more of them.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, run_vectors, type Vector } from './harness.ts';

const MODULE = 'rpcd/compiler/test/random/pure.ts';
const seed = Number(process.env.SEED ?? 20240711);
const numRuns = Number(process.env.RUNS ?? 200);

/** ASCII, Latin, CJK and emoji, without halves of characters; NUL cannot be in a ucode regular expression. */
const text = fc.string({ unit: fc.constantFrom(...'aabbc ,.=\t\n"\\/$é日😀ß\u00a0\u2028'), maxLength: 12 });
const ascii = fc.string({ unit: fc.constantFrom(...'abAB19=./ -_'), maxLength: 10 });
const plain = fc.string({ unit: fc.constantFrom(...'ab1=./ '), maxLength: 10 });
const small = fc.integer({ min: -20, max: 20 });
const number = fc
  .oneof(
    small,
    fc.integer(),
    fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0.1, 0.5, 1.5, 1e21, 1e-7, 2 ** 31, 2 ** 32, 9007199254740991),
  )
  .map(n => (n === 0 ? 0 : n));
const key = fc.oneof(fc.constantFrom('a', 'b', '10', '9', '010', '-1', '4294967295', 'é'), ascii);
const json = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
})).value as fc.Arbitrary<Json>;
const numeric = fc.string({ unit: fc.constantFrom(...'0019.eE+-x a'), maxLength: 8 });
const json_like = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'[]{}:,"" 012.e-', 'true', 'null', '"a"'), maxLength: 10 }),
  json.map(value => JSON.stringify(value, null, 1)),
);

const CASES: [string, fc.Arbitrary<Json[]>][] = [
  // positions inside a character throw, so pieces are cut from text without such
  [
    'text_parts',
    fc.tuple(
      text.map(one => one.replaceAll('😀', 'é')),
      small,
      small,
    ),
  ],
  [
    'text_search',
    fc.tuple(
      text.map(one => one.replaceAll('😀', 'é')),
      text.map(one => one.slice(0, 1).replace(/[\ud800-\udfff]/g, 'b')),
    ),
  ],
  ['text_of_codes', fc.tuple(text)],
  ['numbers', fc.tuple(number, number)],
  ['bits', fc.tuple(fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))],
  ['to_number', fc.tuple(numeric)],
  [
    'sorted',
    fc
      .tuple(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }))
      .map(([keys]) => [keys.map((one, at) => ({ key: one, at }))]),
  ],
  ['sorted_text', fc.tuple(fc.array(fc.oneof(ascii, fc.constantFrom('é', '日', 'ß')), { maxLength: 12 }))],
  ['json_text', fc.tuple(json)],
  ['json_read', fc.tuple(json_like)],
  ['spliced', fc.tuple(fc.array(small, { maxLength: 6 }), small, small, fc.array(small, { maxLength: 3 }))],
  ['table', fc.tuple(fc.array(key, { maxLength: 8 }))],
  ['matches', fc.tuple(plain)],
];

test.each(CASES)('%s', async (call, inputs) => {
  const vectors: Vector[] = fc.sample(inputs, { seed, numRuns }).map(args => ({ call, args }));
  expect(vectors.length).toBe(numRuns);
  await run_vectors(MODULE, vectors);
});
