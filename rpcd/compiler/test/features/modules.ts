/** Imports of functions, constants, live variables and whole modules. */

import * as shared from './shared.ts';
import { bump, count, LIMITS, type Limit, scale as scaled, str } from './shared.ts';

export function used(n: number): number[] {
  return [scaled(n), LIMITS.length, shared.scale(n) + 1];
}

export function live(): number[] {
  const before = count;
  bump();
  return [count - before, shared.count - before];
}

export function limit(name: string): Limit | null {
  return LIMITS.find(one => one.name === name) ?? null;
}

function internal(): string {
  return 'renamed';
}

export { internal as external };

export function renamed_imports(n: number): string {
  return `${str(n / 2)} ${n / 4}`;
}
