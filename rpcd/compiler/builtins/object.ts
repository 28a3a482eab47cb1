/** Object: the static functions. Keys come in JavaScript's order, integer-like ones first. */
import { describe_kinds, Kind, only } from '../kinds.ts';
import type { Builtin, LibraryCall } from './builtin.ts';

const over_object =
  (name: string): Builtin =>
  c => {
    check_object(c, 0);
    return c.at_most(1).runtime(name, c.value(0));
  };

function check_object(c: LibraryCall, i: number): void {
  if (!only(c.kinds(i), Kind.Object)) c.refuse(`takes an object, this is ${describe_kinds(c.kinds(i))}`);
}

const has_own: Builtin = c => {
  check_object(c, 0);
  if (!only(c.kinds(1), Kind.String)) return c.refuse('the key must be a string');
  return c.builtin('exists', c.value(0), c.value(1));
};

const assign: Builtin = c => {
  for (let i = 0; i < c.count; i++) check_object(c, i);
  return c.runtime('obj_assign', ...c.all());
};

const from_entries: Builtin = c => {
  if (!only(c.kinds(0), Kind.Array)) return c.refuse('takes an array of [key, value]');
  return c.runtime('obj_from_entries', c.value(0));
};

export const OBJECT_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['assign', assign],
  ['entries', over_object('obj_entries')],
  ['fromEntries', from_entries],
  ['hasOwn', has_own],
  ['keys', over_object('obj_keys')],
  ['values', over_object('obj_values')],
]);
