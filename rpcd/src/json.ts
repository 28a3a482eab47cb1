/** Reading JSON from outside: a value of the wanted type, or the empty one of that type. */

import type { Json, JsonObject } from '../platform/platform.ts';

export function is_object(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text at `key`; numbers as their decimal text; empty when there is neither. */
export function text_at(object: JsonObject, key: string): string {
  const value = object[key] ?? null;
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? `${value}` : '';
}

export function number_at(object: JsonObject, key: string): number {
  const value = object[key] ?? null;
  return typeof value === 'number' ? value : 0;
}

export function boolean_at(object: JsonObject, key: string): boolean {
  return (object[key] ?? null) === true;
}

export function object_at(object: JsonObject, key: string): JsonObject {
  const value = object[key] ?? null;
  return is_object(value) ? value : {};
}

export function array_at(object: JsonObject, key: string): Json[] {
  const value = object[key] ?? null;
  return Array.isArray(value) ? value : [];
}

/** The texts of the array at `key`; other items are left out. */
export function texts_at(object: JsonObject, key: string): string[] {
  return array_at(object, key).flatMap(item => (typeof item === 'string' ? [item] : []));
}

/** The objects of the array at `key`; other items are left out. */
export function objects_at(object: JsonObject, key: string): JsonObject[] {
  return array_at(object, key).filter(is_object);
}
