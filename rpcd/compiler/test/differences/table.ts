/**
 * The known differences between JavaScript and ucode after a plain transformation (found by running both; rows in that
 * order; the letters are the single cases of a row), and what became of each:
 *
 * - equal    the compiled program computes what Node computes (executed)
 * - refused  the compiler rejects it by the diagnostic named
 * - throws   ucode throws an Error where the result would differ (executed)
 * - bounded  differs, is known, and stands here so that nobody has to find it again (executed)
 */
import type { DiagnosticName } from '../../diagnostics.ts';
import type { Json } from '../harness.ts';

export type Verdict =
  | { equal: string; calls: Json[][] }
  | { throws: string; calls: Json[][] }
  | { bounded: string; calls: Json[][] }
  | { refused: DiagnosticName; source: string };

export type Probe = { id: string; difference: string } & Verdict;

const JSON_TYPE = 'type Json = null | boolean | number | string | Json[] | { [key: string]: Json };\n';

export const PROBES: Probe[] = [
  // 1: arr[-1] is the last element
  {
    id: '1a',
    difference: 'a[-1] reads the last element',
    equal: 'negative_read',
    calls: [
      [['a', 'b'], -1],
      [['a'], 0],
    ],
  },
  {
    id: '1b',
    difference: 'a[-1] = x writes the last element',
    throws: 'negative_write',
    calls: [[[1, 2], -1]],
  },
  {
    id: '1c',
    difference: 'a[-1] += x',
    refused: 'index-write',
    source: 'export function f(a: number[], i: number): void { a[i]! += 1; }',
  },

  // 2: strings are bytes
  {
    id: '2a',
    difference: 'length counts bytes',
    equal: 'text_length',
    calls: [['é'], ['日本'], ['😀'], ['abc']],
  },
  { id: '2b', difference: 'slice cuts bytes', equal: 'text_slice', calls: [['aéb日c'], ['abcd']] },
  { id: '2c', difference: 'slice cuts a surrogate pair', throws: 'text_slice', calls: [['a😀']] },
  { id: '2d', difference: 'charCodeAt gives a byte', equal: 'text_code', calls: [['aé'], ['a😀']] },
  { id: '2e', difference: "split('') gives one text", equal: 'text_split', calls: [['aéb'], ['abc'], ['']] },
  { id: '2f', difference: 'upper case of É', throws: 'upper', calls: [['É'], ['straße']] },
  {
    id: '2g',
    difference: 'a regular expression . is one byte',
    refused: 'regex-bytes',
    source: 'export const f = (s: string): boolean => /^.$/.test(s);',
  },
  { id: '2h', difference: '.+ over bytes', equal: 'any_run', calls: [['=é日😀='], ['==']] },

  // 3: integer-like keys
  {
    id: '3',
    difference: 'integer-like keys come in order of insertion',
    equal: 'key_order',
    calls: [[{ b: 1, '10': 2, '9': 3, a: 4 }]],
  },

  // 4: null and undefined are one value
  {
    id: '4a',
    difference: 'defaults fire on null',
    refused: 'nullish-default',
    source: 'export const f = (a: number | null = 5): number | null => a;',
  },
  {
    id: '4b',
    difference: 'defaults of patterns fire on null',
    refused: 'nullish-default',
    source: 'export const f = ({ a = 5 }: { a?: number | null }): number | null => a;',
  },
  { id: '4c', difference: 'defaults without null', equal: 'default_of_missing', calls: [[1]] },
  {
    id: '4d',
    difference: 'null === undefined',
    refused: 'nullish-comparison',
    source: 'export const f = (a: string | null | undefined): boolean => a === undefined;',
  },
  {
    id: '4e',
    difference: 'undefined === null',
    refused: 'null-comparison',
    source: 'export const f = (a?: string): boolean => a === null;',
  },
  { id: '4f', difference: '=== undefined without null', equal: 'is_undefined', calls: [[{ a: 0 }]] },
  {
    id: '4g',
    difference: 'typeof null, typeof undefined',
    refused: 'typeof-nullish',
    source: "export const f = (a: unknown): boolean => typeof a === 'object';",
  },
  {
    id: '4h',
    difference: 'JSON.stringify drops undefined',
    refused: 'json-undefined',
    source: 'export const f = (a: number | undefined): string => JSON.stringify({ a });',
  },
  { id: '4i', difference: 'absent optional properties', equal: 'stringified', calls: [[null], ['x']] },
  {
    id: '4j',
    difference: "text of undefined is 'null'",
    refused: 'text-of',
    source: 'export const f = (a?: string): string => `${a}`;',
  },

  // 5: 1.5 * 2 stays a double
  { id: '5a', difference: 'switch (3.0) finds no case 3', equal: 'half_switch', calls: [[1.5], [2]] },
  {
    id: '5b',
    difference: '3.0 === 3 is false',
    equal: 'half_equal',
    calls: [
      [1.5, 3],
      [1.5, '3'],
      [1, 2],
    ],
  },
  { id: '5c', difference: 'JSON text "3.0"', equal: 'half_json', calls: [[1.5], [3]] },
  { id: '5d', difference: 'list[2.0], list[0.5]', equal: 'half_index', calls: [[0.5], [1.5]] },
  { id: '5e', difference: 'index() misses 3.0', equal: 'found_half', calls: [[[1.5, 0.5]], [[0.5]]] },
  {
    id: '5f',
    difference: 'int / int truncates',
    equal: 'whole_division',
    calls: [
      [7, 2],
      [-7, 2],
      [6, 3],
      [1, 3],
    ],
  },
  {
    id: '5g',
    difference: 'doubles print 14 digits',
    equal: 'printed_double',
    calls: [[0.1], [1], [123456789.123]],
  },

  // 6: integers beyond 2^53
  {
    id: '6a',
    difference: 'a product wraps at 2^63 and 2^64',
    equal: 'beyond_53',
    calls: [
      [4294967296, 4294967296],
      [9007199254740991, 3037000500],
    ],
  },
  {
    id: '6b',
    difference: 'a literal beyond 2^53',
    refused: 'number-range',
    source: 'export const f = (): number => 9007199254740993;',
  },
  {
    id: '6c',
    difference: 'sums beyond 2^53 keep digits JavaScript rounds',
    bounded: 'sum_chain',
    calls: [[9007199254740991]],
  },
  {
    id: '6d',
    difference: 'int32 operators are 64 bit',
    equal: 'bits_32',
    calls: [[5], [-1], [4294967295], [0]],
  },

  // 7: regular expressions
  {
    id: '7a',
    difference: 'alternation takes the longest',
    refused: 'regex-ambiguous',
    source: "export const f = (s: string): string => s.replace(/foo|foobar/, '');",
  },
  {
    id: '7b',
    difference: 'alternation when only tested',
    equal: 'alternation_tested',
    calls: [['foobar'], ['foox'], ['fooba']],
  },
  {
    id: '7c',
    difference: 'captures of repeated groups',
    refused: 'regex-groups',
    source: 'export const f = (s: string): unknown => s.match(/^((a)|b)+x/);',
  },
  {
    id: '7d',
    difference: 'match with g gives lists',
    refused: 'regex-global',
    source: 'export const f = (s: string): unknown => s.match(/[a-z]+/g);',
  },
  {
    id: '7e',
    difference: '^ $ . [^x] and line breaks',
    equal: 'line_ends',
    calls: [['ok\nEVIL'], ['ab\ncd'], ['abcd'], ['ok\n']],
  },
  {
    id: '7f',
    difference: 'split with captures',
    refused: 'regex-empty-match',
    source: 'export const f = (s: string): string[] => s.split(/(,)?/);',
  },
  {
    id: '7g',
    difference: 'split by an expression',
    equal: 'split_by_expression',
    calls: [['a1b22c'], ['1a'], ['']],
  },
  {
    id: '7h',
    difference: 'replacing /$/ doubles',
    refused: 'regex-empty-match',
    source: "export const f = (s: string): string => s.replace(/$/, '!');",
  },
  {
    id: '7i',
    difference: 'the i flag beyond ASCII',
    equal: 'case_blind',
    calls: [['WANx'], ['k'], ['\u212a']],
  },
  {
    id: '7j',
    difference: 'the i flag on É',
    refused: 'regex-syntax',
    source: 'export const f = (s: string): boolean => /é/i.test(s);',
  },
  { id: '7k', difference: '\\s is ASCII', throws: 'space_between', calls: [['a\u00a0b'], ['\u2003']] },
  { id: '7l', difference: '\\s on ASCII', equal: 'space_between', calls: [['a b'], ['a\tb'], ['aéb']] },

  // 8: JSON parser
  {
    id: '8a',
    difference: "accepts 'a', trailing commas, comments, 01, NaN",
    equal: 'accepted',
    calls: [["'a'"], ['[1,]'], ['1 // c'], ['01'], ['NaN'], ['{"a":1,}'], ['[1]']],
  },
  { id: '8b', difference: 'refuses more than 32 levels', throws: 'deep', calls: [[40]] },
  {
    id: '8c',
    difference: 'reads 64-bit integers',
    equal: 'parsed_64_bit',
    calls: [['9007199254740993'], ['18446744073709551617'], ['-9223372036854775809']],
  },
  {
    id: '8d',
    difference: 'NUL and half characters',
    throws: 'parsed_64_bit',
    calls: [['"\\u0000"'], ['"\\ud800"']],
  },

  // 9: Number()
  {
    id: '9a',
    difference: "Number('Infinity')",
    equal: 'converted',
    calls: [['Infinity'], ['-Infinity'], ['infinity']],
  },
  {
    id: '9b',
    difference: "Number('0b11'), Number('')",
    equal: 'converted',
    calls: [['0b11'], ['0x1g'], [''], ['12abc'], ['010'], [' 7 ']],
  },

  // 10: texts of engine errors
  {
    id: '10a',
    difference: 'error text of a missing property',
    refused: 'typescript',
    source: 'export const f = (a: { b: number } | null): number => a.b;',
  },
  {
    id: '10b',
    difference: 'error text of a missing method',
    refused: 'typescript',
    source: 'export const f = (a: { b: number }): number => a.c();',
  },
  { id: '10c', difference: 'text of a JSON error', bounded: 'json_error', calls: [['{']] },

  // 11: properties of primitives through any
  {
    id: '11a',
    difference: 'property of a primitive throws',
    refused: 'any',
    source: 'declare const a: any;\nexport const f = (): string => a.b as string;',
  },
  {
    id: '11b',
    difference: '.length of any is null',
    refused: 'any',
    source: 'export const f = (a: any): number => a.length as number;',
  },
  {
    id: '11c',
    difference: 'property of unknown',
    refused: 'typescript',
    source: 'export const f = (a: unknown): number => a.length;',
  },

  // 12: toFixed
  {
    id: '12a',
    difference: 'toFixed rounds halves',
    refused: 'method',
    source: 'export const f = (n: number): string => n.toFixed(0);',
  },
  { id: '12b', difference: 'rounding of our own', equal: 'fixed', calls: [[2.5], [1.005], [0.125], [1e21]] },

  // 13: Math.trunc beyond 2^63
  {
    id: '13',
    difference: 'Math.trunc beyond 2^63',
    equal: 'truncated',
    calls: [[1e19], [1e300], [-2.5], [9007199254740993]],
  },

  // 14: absent keys and inherited names
  {
    id: '14a',
    difference: 'delete of an absent key is false',
    refused: 'statement-value',
    source: "export const f = (o: Record<string, number>): boolean => delete o['a'];",
  },
  { id: '14b', difference: 'delete as a statement', equal: 'delete_absent', calls: [[{ a: 1 }]] },
  {
    id: '14c',
    difference: "'toString' in {}",
    refused: 'inherited-name',
    source: "export const f = (o: Record<string, number>): boolean => 'toString' in o;",
  },
  {
    id: '14d',
    difference: 'key in o',
    refused: 'in-dynamic',
    source: 'export const f = (o: Record<string, number>, k: string): boolean => k in o;',
  },
  {
    id: '14e',
    difference: 'Object.hasOwn',
    equal: 'own_keys_only',
    calls: [['a'], ['toString'], ['constructor']],
  },
  {
    id: '14f',
    difference: "{}['constructor']",
    refused: 'inherited-name',
    source: "export const f = (o: Record<string, number>): boolean => o['constructor'] === undefined;",
  },
  {
    id: '14g',
    difference: "o[key] with key 'constructor'",
    bounded: 'inherited_by_key',
    calls: [['constructor']],
  },

  // 15: recursion
  { id: '15', difference: 'recursion beyond 1000 calls', throws: 'depth', calls: [[2000]] },

  // 16: comparators
  {
    id: '16a',
    difference: 'a comparator giving booleans',
    refused: 'typescript',
    source: 'export const f = (a: number[]): number[] => a.sort((x, y) => x > y);',
  },
  {
    id: '16b',
    difference: 'a comparator giving fractions and NaN',
    equal: 'odd_comparator',
    calls: [[[3, 1, 2, 1]]],
  },
  {
    id: '16c',
    difference: 'sort() of numbers compares as text',
    refused: 'method-arguments',
    source: 'export const f = (a: number[]): number[] => a.sort();',
  },

  // 17: changing an object while looping over it
  {
    id: '17',
    difference: 'an object changed in its loop',
    equal: 'changed_in_loop',
    calls: [[{ a: 1, b: 2, c: 3 }]],
  },

  // 18: found while writing the prototype
  { id: '18a', difference: 'rindex at 0', equal: 'last_index', calls: [['abc'], ['aba'], ['']] },
  {
    id: '18b',
    difference: 'qsort of musl is not stable',
    equal: 'stable',
    calls: [[Array.from({ length: 200 }, (_, at) => ({ key: at % 7, at }))]],
  },
  {
    id: '18c',
    difference: 'split with a limit keeps the rest',
    equal: 'split_limit',
    calls: [['a,b,c'], ['a']],
  },
  { id: '18d', difference: 'splice returns the list', equal: 'spliced', calls: [[[1, 2, 3]]] },
  { id: '18e', difference: 'reverse copies', equal: 'reversed_in_place', calls: [[[1, 2, 3]]] },
  { id: '18f', difference: 'replace replaces all', equal: 'replaced_once', calls: [['aaa']] },
  { id: '18g', difference: '-0', equal: 'minus_zero', calls: [[-5], [5]] },
  {
    id: '18h',
    difference: 'a literal -0',
    refused: 'negative-zero',
    source: 'export const f = (n: number): number => n / -0;',
  },
  { id: '18i', difference: 'the sign of a computed zero as divisor', bounded: 'zero_divisor', calls: [[-5]] },
  { id: '18j', difference: 'join writes null', equal: 'joined_null', calls: [[['a', null, 'b']]] },
  { id: '18k', difference: 'spread of null throws', equal: 'spread_null', calls: [[null], [{ b: 2 }]] },
  { id: '18l', difference: 'throwing on what was caught', equal: 'rethrown', calls: [[]] },

  // traps of §1 and §2 that the table does not name
  { id: '19a', difference: '7 % 0 kills the process', equal: 'remainder_of_zero', calls: [[7], [-7]] },
  { id: '19b', difference: '?. stops only one link', equal: 'chain_stops', calls: [[true], [false]] },
  { id: '19c', difference: 'one variable for all rounds of a loop', equal: 'loop_bindings', calls: [[]] },
  {
    id: '19d',
    difference: 'built-ins as callbacks get the index',
    refused: 'global-value',
    source: 'export const f = (a: string[]): number[] => a.map(Number);',
  },
  {
    id: '19e',
    difference: 'numbers of texts in a list',
    equal: 'mapped_with_index',
    calls: [[['10', '11']]],
  },
  {
    id: '19f',
    difference: 'in on an array searches values',
    refused: 'in-array',
    source: "export const f = (a: string[]): boolean => 'length' in a;",
  },
  {
    id: '19g',
    difference: 'NUL ends a string',
    refused: 'string-nul',
    source: "export const f = (): string => 'a\\0b';",
  },
  {
    id: '19h',
    difference: 'JSON.parse into a type unchecked',
    refused: 'json-parse',
    source: `${JSON_TYPE}export const f = (s: string): Json => (JSON.parse(s) as { a: string }).a;`,
  },
];
