/** Array: methods, statics, length. */
import ts from 'typescript';
import { at, type Code, call, code, equals, found, Level, primary, quote } from '../code.ts';
import type { Context } from '../context.ts';
import { fact } from '../integers.ts';
import { describe_kinds, Kind, NULLISH, only } from '../kinds.ts';
import type { Builtin, LibraryCall } from './builtin.ts';
import { check_nullish_elements } from './nullish.ts';

export function array_length(context: Context, list: ts.Expression): Code {
  return call(context.builtin('length'), context.expression(list));
}

/** Same name and arguments, list first. */
const native =
  (name: string): Builtin =>
  c =>
    c.builtin(name, c.self(), ...c.all());

const runtime =
  (name: string, most: number): Builtin =>
  c =>
    c.at_most(most).runtime(name, c.self(), ...c.all());

/** A built-in that changes the list and returns something else than JavaScript. */
const statement =
  (name: string): Builtin =>
  c =>
    c.unused()
      ? c.builtin(name, c.self(), ...c.all())
      : c.context.refuse(c.node, 'statement-value', `${c.name}()`);

/** Callbacks of map and filter get (value, index, list) in both languages. */
const callback =
  (name: string): Builtin =>
  c =>
    c.at_most(1).builtin(name, c.self(), c.value(0));

function element_kinds(c: LibraryCall): number {
  if (c.receiver === undefined) return Kind.Unknown;
  const type = c.context.checker.getNonNullableType(c.context.type(c.receiver));
  const element = c.context.checker.getIndexTypeOfType(type, ts.IndexKind.Number);
  return element === undefined ? Kind.Unknown : c.context.kinds_of_type(element);
}

/** ucode's index() and `in` never find the int 1 where the double 1.0 is stored; text and objects are found. */
const includes: Builtin = c => {
  c.at_most(1);
  check_nullish_elements(c, element_kinds(c));
  if ((element_kinds(c) & c.kinds(0) & Kind.Number) !== 0) {
    return found(c.runtime('arr_index_of', c.self(), c.value(0)));
  }
  return code(`${at(c.value(0), Level.Compare)} in ${at(c.self(), Level.Shift)}`, Level.Compare);
};

const index_of: Builtin = c => {
  c.at_most(1);
  check_nullish_elements(c, element_kinds(c));
  if ((element_kinds(c) & c.kinds(0) & Kind.Number) !== 0)
    return c.runtime('arr_index_of', c.self(), c.value(0));
  return c.builtin('index', c.self(), c.value(0));
};

/** join() writes numbers like templates do and leaves null empty. */
const join: Builtin = c => {
  const separator = c.at_most(1).has(0) ? c.value(0) : primary(quote(','));
  const kinds = element_kinds(c);
  if (only(kinds, Kind.String)) return c.builtin('join', separator, c.self());
  if (only(kinds, Kind.String | Kind.Number | Kind.Boolean | NULLISH)) {
    return c.runtime('arr_join', c.self(), separator);
  }
  return c.context.refuse(c.node, 'text-of', describe_kinds(kinds));
};

/** Without a comparator JavaScript compares as text. */
const sort =
  (copy: boolean): Builtin =>
  c => {
    const list = copy ? c.builtin('slice', c.self()) : c.self();
    if (c.at_most(1).has(0)) return c.runtime('arr_sort', list, c.value(0));
    if (!only(element_kinds(c), Kind.String))
      return c.refuse('needs a comparator unless the elements are strings');
    return c.builtin('sort', list);
  };

const concat: Builtin = c => {
  const lists = [c.receiver, ...c.node.arguments].map(list => {
    if (list === undefined || ts.isSpreadElement(list)) return c.refuse('arguments must be arrays').text;
    const kinds = c.context.kinds(list);
    const value = c.context.expression(list);
    if (only(kinds, Kind.Array)) return `...${at(value, Level.Unary)}`;
    if ((kinds & Kind.Array) !== 0) c.refuse('an argument must be an array or not, this may be either');
    return at(value, Level.Assign);
  });
  return primary(`[${lists.join(', ')}]`);
};

const slice: Builtin = c => c.at_most(2).builtin('slice', c.self(), ...c.all());

const reduce: Builtin = c =>
  c.count === 2
    ? c.runtime('arr_reduce', c.self(), c.value(0), c.value(1))
    : c.refuse('needs an initial value');

const flat: Builtin = c => c.at_most(0).runtime('arr_flat', c.self());

/** `a[-1]` of ucode is `at(-1)`. */
const item_at: Builtin = c => {
  if (!fact(c.context, c.argument(0)).integer) return c.at_most(1).runtime('arr_at', c.self(), c.value(0));
  return code(`${at(c.self(), Level.Call)}[${c.at_most(1).value(0).text}]`, Level.Call);
};

export const ARRAY_METHODS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['at', item_at],
  ['concat', concat],
  ['every', runtime('arr_every', 1)],
  ['fill', runtime('arr_fill', 1)],
  ['filter', callback('filter')],
  ['find', runtime('arr_find', 1)],
  ['findIndex', runtime('arr_find_index', 1)],
  ['findLast', runtime('arr_find_last', 1)],
  ['flat', flat],
  ['flatMap', runtime('arr_flat_map', 1)],
  ['forEach', runtime('for_each', 1)],
  ['includes', includes],
  ['indexOf', index_of],
  ['join', join],
  ['map', callback('map')],
  ['pop', native('pop')],
  ['push', statement('push')],
  ['reduce', reduce],
  ['reverse', runtime('arr_reverse', 0)],
  ['shift', native('shift')],
  ['slice', slice],
  ['some', runtime('arr_some', 1)],
  ['sort', sort(false)],
  ['splice', runtime('arr_splice', Number.POSITIVE_INFINITY)],
  ['toSorted', sort(true)],
  ['unshift', statement('unshift')],
]);

const is_array: Builtin = c => equals(c.builtin('type', c.value(0)).text, "'array'");

/** `Array.from({ length: n }, (_, i) => …)` and `Array.from(list)`. */
const from: Builtin = c => {
  const source = c.argument(0);
  if (only(c.kinds(0), Kind.Array)) {
    return c.has(1) ? c.builtin('map', c.value(0), c.value(1)) : c.builtin('slice', c.value(0));
  }
  const [property] = ts.isObjectLiteralExpression(source) ? source.properties : [];
  if (
    !ts.isObjectLiteralExpression(source) ||
    source.properties.length !== 1 ||
    property === undefined ||
    c.count !== 2
  ) {
    return c.refuse('takes an array, or { length: n } and a function');
  }
  const name = property.name;
  if (name === undefined || !ts.isIdentifier(name) || name.text !== 'length') {
    return c.refuse('takes an array, or { length: n } and a function');
  }
  const count = ts.isPropertyAssignment(property)
    ? c.context.expression(property.initializer)
    : primary('length');
  return c.runtime('arr_of_length', count, c.value(1));
};

export const ARRAY_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['from', from],
  ['isArray', is_array],
]);
