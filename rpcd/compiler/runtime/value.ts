/** Questions about values of any type. */
import { type } from 'ucode:builtins';

export function is_number(value: unknown): boolean {
  const name = type(value);
  return name == 'int' || name == 'double';
}

/** typeof value === 'object', null included. */
export function is_object(value: unknown): boolean {
  const name = type(value);
  return name == null || name == 'object' || name == 'array' || name == 'regexp' || name == 'resource';
}

export function type_of(value: unknown): string {
  const name = type(value);
  if (name == 'int' || name == 'double') return 'number';
  if (name == 'bool') return 'boolean';
  if (name == 'string' || name == 'function') return name;
  return 'object';
}

/** The rest of an optional chain, applied unless the value is null. */
export function opt<T, R>(value: T | null, rest: (value: T) => R): R | null {
  return value == null ? null : rest(value);
}
