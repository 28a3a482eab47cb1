/** Math. ucode's own `math` module has rounding functions only in the newest release. */
import type { Builtin } from './builtin.ts';

const one =
  (name: string): Builtin =>
  c =>
    c.at_most(1).runtime(name, c.value(0));

const many =
  (name: string): Builtin =>
  c =>
    c.runtime(name, ...c.all());

export const MATH_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['abs', one('math_abs')],
  ['ceil', one('math_ceil')],
  ['floor', one('math_floor')],
  ['imul', c => c.at_most(2).runtime('math_imul', c.value(0), c.value(1))],
  ['max', many('math_max')],
  ['min', many('math_min')],
  ['pow', c => c.at_most(2).runtime('math_pow', c.value(0), c.value(1))],
  ['round', one('math_round')],
  ['sign', one('math_sign')],
  ['trunc', one('math_trunc')],
]);
