/** Array methods ucode lacks or has otherwise. */
import { die, join, length, map, push, slice, sort, splice, type } from 'ucode:builtins';
import { math_trunc, norm, same, str } from './number.ts';

/** list[i], null also for negative and fractional indexes (ucode's list[-1] is the last element). */
export function arr_item<T>(list: readonly T[], i: number): T | null {
  return i >= 0 ? (list[i] as T) : null;
}

/** list.at(i): negative indexes count from the end in both languages. */
export function arr_at<T>(list: readonly T[], i: number): T | null {
  return list[i != i ? 0 : math_trunc(i)] as T;
}

export function arr_set<T>(list: T[], i: number, value: T): T {
  if (!(i >= 0) || type(norm(i)) != 'int') die(`array index ${i}`);
  list[norm(i)] = value;
  return value;
}

/**
 * Stable on every C library: musl's qsort is not, so the original position decides between equals. A comparator's
 * fraction or NaN is brought to a sign first.
 */
export function arr_sort<T>(list: T[], compare: (a: T, b: T) => number): T[] {
  const pairs = map(list, (item, i) => [item, i] as [T, number]);
  sort(pairs, (a, b) => {
    const order = compare(a[0], b[0]);
    return order > 0 ? 1 : order < 0 ? -1 : a[1] - b[1];
  });
  for (let i = 0; i < length(pairs); i++) list[i] = (pairs[i] as [T, number])[0];
  return list;
}

/** In place; ucode's reverse() copies. */
export function arr_reverse<T>(list: T[]): T[] {
  const last = length(list) - 1;
  for (let i = 0; i < last - i; i++) {
    const item = list[i] as T;
    list[i] = list[last - i] as T;
    list[last - i] = item;
  }
  return list;
}

/** Returns what was removed; ucode's splice() returns the list. */
export function arr_splice<T>(list: T[], start: number, ...rest: (T | number)[]): T[] {
  const size = length(list);
  let from = norm(start);
  if (from < 0) from = from + size < 0 ? 0 : from + size;
  if (from > size) from = size;
  let count = length(rest) == 0 ? size - from : norm(rest[0] as number);
  if (count < 0) count = 0;
  if (count > size - from) count = size - from;
  const removed = slice(list, from, from + count);
  splice(list, from, count, ...(slice(rest, 1) as T[]));
  return removed;
}

export function arr_find<T>(list: readonly T[], test: (item: T, i: number) => unknown): T | null {
  for (let i = 0; i < length(list); i++) if (test(list[i] as T, i)) return list[i] as T;
  return null;
}

export function arr_find_index<T>(list: readonly T[], test: (item: T, i: number) => unknown): number {
  for (let i = 0; i < length(list); i++) if (test(list[i] as T, i)) return i;
  return -1;
}

export function arr_find_last<T>(list: readonly T[], test: (item: T, i: number) => unknown): T | null {
  for (let i = length(list) - 1; i >= 0; i--) if (test(list[i] as T, i)) return list[i] as T;
  return null;
}

export function arr_some<T>(list: readonly T[], test: (item: T, i: number) => unknown): boolean {
  return arr_find_index(list, test) >= 0;
}

export function arr_every<T>(list: readonly T[], test: (item: T, i: number) => unknown): boolean {
  for (let i = 0; i < length(list); i++) if (!test(list[i] as T, i)) return false;
  return true;
}

export function for_each<T>(list: readonly T[], visit: (item: T, i: number) => unknown): void {
  const size = length(list);
  for (let i = 0; i < size && i < length(list); i++) visit(list[i] as T, i);
}

export function arr_reduce<T, R>(
  list: readonly T[],
  step: (result: R, item: T, i: number) => R,
  start: R,
): R {
  let result = start;
  for (let i = 0; i < length(list); i++) result = step(result, list[i] as T, i);
  return result;
}

/** Numbers are found by value, whether stored as int or double; NaN is found too (includes) only by itself. */
export function arr_index_of<T>(list: readonly T[], wanted: T): number {
  for (let i = 0; i < length(list); i++) if (same(list[i], wanted)) return i;
  return -1;
}

export function arr_join(list: readonly unknown[], separator: string): string {
  return join(
    separator,
    map(list, item => (item == null ? '' : str(item))),
  );
}

export function arr_flat<T>(list: readonly (T | T[])[]): T[] {
  const result: T[] = [];
  for (const item of list) {
    if (type(item) == 'array') push(result, ...(item as T[]));
    else push(result, item as T);
  }
  return result;
}

export function arr_flat_map<T, R>(list: readonly T[], f: (item: T, i: number) => R | R[]): R[] {
  return arr_flat(map(list, f));
}

export function arr_fill<T>(list: T[], value: T): T[] {
  for (let i = 0; i < length(list); i++) list[i] = value;
  return list;
}

/** Array.from({ length }, f); the first argument is undefined there, null here. */
export function arr_of_length<T>(size: number, f: (unused: null, i: number) => T): T[] {
  const result: T[] = [];
  for (let i = 0; i < size; i++) push(result, f(null, i));
  return result;
}
