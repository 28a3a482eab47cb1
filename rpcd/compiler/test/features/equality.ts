/** Comparisons, null and undefined, typeof. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export function numbers(a: number, b: number): boolean[] {
  return [a === b, a !== b, a * 2 === 3, a < b, a >= b];
}

export function texts(a: string, b: string): boolean[] {
  return [a === b, a !== b, a < b, a <= b, a > b];
}

export function mixed(a: number | string, b: number | string | null): boolean[] {
  return [a === b, a !== b, a === 1, b === '1', b === 1];
}

export function booleans(a: boolean, b: boolean | null): boolean[] {
  return [a === b, b === false, b === null, a !== true];
}

export function identity(): boolean[] {
  const list = [1];
  const other = [1];
  const table = { list };
  const copy = { ...table };
  return [list === other, list === table.list, table === copy];
}

export function nothing(a: string | null, b?: string): boolean[] {
  return [a === null, a !== null, b === undefined, b !== undefined, a == null, b != null, !a, !b];
}

export function absent(table: Record<string, number>): (boolean | number)[] {
  const found = table['x'];
  return [found === undefined, found ?? 5, table['y'] === 3, table['x'] !== undefined];
}

export function kind_of(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'object';
  return typeof value;
}

export function tests(value: Json): boolean[] {
  return [
    typeof value === 'string',
    typeof value === 'number',
    typeof value === 'boolean',
    typeof value === 'object',
    typeof value !== 'object',
    typeof value === 'object' && value !== null && !Array.isArray(value),
    value === 1,
    value === '1',
    value === true,
  ];
}

export function unknown_tests(value: unknown): boolean[] {
  return [
    typeof value === 'string',
    typeof value !== 'number',
    Array.isArray(value),
    value === 'a',
    value == null,
    value === 2,
  ];
}

export function not_a_number(text: string): boolean[] {
  const n = Number(text);
  return [Number.isNaN(n), n === n, n < 1];
}

export function optional_function(f?: () => string): boolean {
  return typeof f === 'function';
}
