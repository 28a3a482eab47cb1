/** Where calls into JavaScript's library go: one file per type of receiver or per global. */
import type ts from 'typescript';
import { type Code, code, Level } from '../code.ts';
import type { Context } from '../context.ts';
import { describe_kinds, Kind, only } from '../kinds.ts';
import { text_of } from '../visitors/template.ts';
import { ARRAY_METHODS, ARRAY_STATICS, array_length } from './array.ts';
import { type Builtin, LibraryCall } from './builtin.ts';
import { JSON_STATICS } from './json.ts';
import { MATH_STATICS } from './math.ts';
import { NUMBER_CONSTANTS, NUMBER_METHODS, NUMBER_STATICS, parse_int, to_number } from './number.ts';
import { OBJECT_STATICS } from './object.ts';
import { REGEXP_METHODS } from './regexp.ts';
import { STRING_METHODS, STRING_STATICS, string_length } from './string.ts';

const STATICS = new Map<string, ReadonlyMap<string, Builtin>>([
  ['Array', ARRAY_STATICS],
  ['JSON', JSON_STATICS],
  ['Math', MATH_STATICS],
  ['Number', NUMBER_STATICS],
  ['Object', OBJECT_STATICS],
  ['String', STRING_STATICS],
]);

const METHODS: [number, ReadonlyMap<string, Builtin>][] = [
  [Kind.Array, ARRAY_METHODS],
  [Kind.String, STRING_METHODS],
  [Kind.Number, NUMBER_METHODS],
  [Kind.RegExp, REGEXP_METHODS],
];

const FUNCTIONS = new Map<string, Builtin>([
  ['String', c => text_of(c.context, c.argument(0))],
  ['Boolean', c => code(`!!${c.atom(0)}`, Level.Unary)],
  ['Number', to_number],
  ['parseInt', parse_int],
]);

/** `Object.keys(o)`, `Math.max(a, b)`, … */
export function builtin_static(context: Context, node: ts.CallExpression, owner: string, name: string): Code {
  const lower = STATICS.get(owner)?.get(name);
  if (lower === undefined) return context.refuse(node.expression, 'global-method', `${owner}.${name}`);
  return lower(new LibraryCall(context, node, undefined, `${owner}.${name}`));
}

/** `String(x)`, `parseInt(s, 10)`, … */
export function builtin_function(context: Context, node: ts.CallExpression, name: string): Code {
  const lower = FUNCTIONS.get(name);
  if (lower === undefined) return context.refuse(node.expression, 'global-value', name);
  return lower(new LibraryCall(context, node, undefined, name));
}

/** `list.map(f)`, `text.trim()`, … */
export function builtin_method(
  context: Context,
  node: ts.CallExpression,
  callee: ts.PropertyAccessExpression,
  kinds: number,
): Code {
  const name = callee.name.text;
  const methods = METHODS.find(([kind]) => only(kinds, kind))?.[1];
  const lower = methods?.get(name);
  if (lower === undefined) return context.refuse(callee.name, 'method', name, describe_kinds(kinds));
  return lower(new LibraryCall(context, node, callee.expression, name));
}

export function builtin_property(
  context: Context,
  node: ts.PropertyAccessExpression,
  kinds: number,
  name: string,
): Code | undefined {
  if (name !== 'length') return undefined;
  if (only(kinds, Kind.Array)) return array_length(context, node.expression);
  if (only(kinds, Kind.String)) return string_length(context, node);
  return undefined;
}

export function builtin_constant(
  context: Context,
  node: ts.PropertyAccessExpression,
  owner: string,
  name: string,
): Code {
  const value = owner === 'Number' ? NUMBER_CONSTANTS.get(name) : undefined;
  return value ?? context.refuse(node, 'global-method', `${owner}.${name}`);
}
