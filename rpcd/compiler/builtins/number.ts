/** Number: conversions, tests, constants. */
import { type Code, code, Level, primary } from '../code.ts';
import { Kind, only } from '../kinds.ts';
import type { Builtin } from './builtin.ts';

/** Exact for all text, so `Number('')` is 0 and `Number('5x')` NaN. */
export const to_number: Builtin = c => {
  if (c.count === 1 && only(c.kinds(0), Kind.Number)) return c.value(0);
  if (c.count !== 1 || !only(c.kinds(0), Kind.String)) return c.refuse('takes a string');
  return c.runtime('to_number', c.value(0));
};

export const parse_int: Builtin = c => {
  if (!only(c.kinds(0), Kind.String)) return c.refuse('takes a string');
  const radix = c.count === 2 ? c.value(1).text : '';
  if (radix !== '10' && radix !== '16') return c.refuse('needs the radix 10 or 16');
  return c.runtime('parse_int', c.value(0), c.value(1));
};

const to_string: Builtin = c => {
  if (!c.has(0)) return c.runtime('str', c.self());
  const radix = c.value(0).text;
  return radix === '10'
    ? c.runtime('str', c.self())
    : c.at_most(1).runtime('str_radix', c.self(), c.value(0));
};

export const NUMBER_METHODS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['toString', to_string],
]);

export const NUMBER_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['isInteger', c => c.at_most(1).runtime('is_integer', c.value(0))],
  ['isSafeInteger', c => c.at_most(1).runtime('is_safe_integer', c.value(0))],
  ['isNaN', c => (only(c.kinds(0), Kind.Number) ? not_itself(c.atom(0)) : c.refuse('takes a number'))],
  ['parseInt', parse_int],
]);

function not_itself(value: string): Code {
  return /^\w+$/.test(value)
    ? code(`${value} != ${value}`, Level.Equal)
    : code(`(x => x != x)(${value})`, Level.Call);
}

export const NUMBER_CONSTANTS: ReadonlyMap<string, Code> = new Map<string, Code>([
  ['MAX_SAFE_INTEGER', primary('9007199254740991')],
  ['MIN_SAFE_INTEGER', code('-9007199254740991', Level.Unary)],
]);
