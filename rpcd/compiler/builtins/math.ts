/** Math. ucode's own `math` module has rounding functions only in the newest release. */
import ts from 'typescript';
import { Kind, only } from '../kinds.ts';
import type { Builtin } from './builtin.ts';

const one =
  (name: string): Builtin =>
  c =>
    c.at_most(1).runtime(name, c.value(0));

/** Two numbers, which is the usual case, need no list of arguments. */
const many =
  (name: string, of_two: string): Builtin =>
  c =>
    c.count === 2 && !c.node.arguments.some(ts.isSpreadElement)
      ? c.runtime(of_two, c.value(0), c.value(1))
      : c.runtime(name, ...c.all());

/** Of a quotient: without the fraction in between. */
const floor: Builtin = c => {
  const [x] = c.at_most(1).node.arguments;
  if (x !== undefined && ts.isBinaryExpression(x) && x.operatorToken.kind === ts.SyntaxKind.SlashToken) {
    const { context } = c;
    if (only(context.kinds(x.left) | context.kinds(x.right), Kind.Number)) {
      return c.runtime('math_floor_div', context.expression(x.left), context.expression(x.right));
    }
  }
  return c.runtime('math_floor', c.value(0));
};

export const MATH_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['abs', one('math_abs')],
  ['ceil', one('math_ceil')],
  ['floor', floor],
  ['imul', c => c.at_most(2).runtime('math_imul', c.value(0), c.value(1))],
  ['max', many('math_max', 'math_max_of')],
  ['min', many('math_min', 'math_min_of')],
  ['pow', c => c.at_most(2).runtime('math_pow', c.value(0), c.value(1))],
  ['round', one('math_round')],
  ['sign', one('math_sign')],
  ['trunc', one('math_trunc')],
]);
