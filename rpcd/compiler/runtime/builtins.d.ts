/**
 * ucode's bare built-ins, for the runtime only. The runtime is written in the compiler's native dialect: syntax
 * is lowered as usual, but operators, `==`, indexes and templates are ucode's own.
 */
declare module 'ucode:builtins' {
  /** 'int', 'double', 'string', 'bool', 'array', 'object', 'function', …; null for null. */
  export function type(value: unknown): string | null;
  /** Not a built-in: emitted as `1.0 * x`. */
  export function double(value: number): number;
  export function int(value: number | string, base?: number): number;
  export function hex(value: string): number;
  /** Bytes, items or keys. */
  export function length(value: unknown): number;
  export function substr(text: string, offset: number, length?: number): string;
  export function index(text: string, part: string): number;
  /** Byte at an offset. */
  export function ord(text: string, offset?: number): number;
  export function chr(...bytes: number[]): string;
  export function uchr(...codes: number[]): string;
  export function join(separator: string, list: readonly unknown[]): string;
  export function split(text: string, separator: string): string[];
  export function ltrim(text: string, chars: string): string;
  export function rtrim(text: string, chars: string): string;
  export function lc(text: string): string;
  export function uc(text: string): string;
  export function replace(
    text: string,
    pattern: RegExp | string,
    by: string | ((found: string) => string),
  ): string;
  export function match(text: string, pattern: RegExp): string[] | null;
  export function regexp(source: string, flags?: string): RegExp;
  export function sprintf(format: string, ...values: unknown[]): string;
  export function json(text: string): unknown;
  export function keys(value: object): string[];
  export function exists(value: object, key: string): boolean;
  export function push<T>(list: T[], ...items: T[]): T;
  export function splice<T>(list: T[], offset: number, count: number, ...items: T[]): T[];
  export function slice<T>(list: readonly T[], start?: number | null, end?: number | null): T[];
  export function map<T, R>(list: readonly T[], f: (item: T, i: number) => R): R[];
  export function sort<T>(list: T[], compare: (a: T, b: T) => number): T[];
  export function die(message: string): never;
}
