/** Objects. JavaScript lists integer-like keys first and in order, ucode all keys as they came. */
import { keys, length, match, ord, push, sort } from 'ucode:builtins';
import { regex } from './regexp.ts';

/** Array indexes of ECMA-262: 0 … 2^32 - 2, without leading zeros. */
const INDEX = regex('^(0|[1-9][0-9]{0,9})$');

function is_index(key: string): boolean {
  const first = ord(key);
  // most keys begin with a letter, and an expression costs more than a comparison
  if (first == null || first < 48 || first > 57) return false;
  return match(key, INDEX) != null && +key < 4294967295;
}

export function obj_keys(object: object): string[] {
  const all = keys(object);
  const indexes: string[] = [];
  for (const key of all) if (is_index(key)) push(indexes, key);
  if (length(indexes) == 0) return all;
  sort(indexes, (a, b) => +a - +b);
  for (const key of all) if (!is_index(key)) push(indexes, key);
  return indexes;
}

export function obj_values<T>(object: Record<string, T>): T[] {
  const values: T[] = [];
  for (const key of obj_keys(object)) push(values, object[key] as T);
  return values;
}

export function obj_entries<T>(object: Record<string, T>): [string, T][] {
  const entries: [string, T][] = [];
  for (const key of obj_keys(object)) push(entries, [key, object[key] as T]);
  return entries;
}

export function obj_from_entries<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const object: Record<string, T> = {};
  for (const entry of entries) object[entry[0]] = entry[1];
  return object;
}

export function obj_assign(target: Record<string, unknown>, ...sources: Record<string, unknown>[]): object {
  for (const source of sources) for (const key of keys(source)) target[key] = source[key];
  return target;
}
