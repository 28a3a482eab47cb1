/** typeof, compared with a name or as a value. */
import ts from 'typescript';
import { at, type Code, call, code, equals, Level } from '../code.ts';
import type { Context } from '../context.ts';
import { Kind } from '../kinds.ts';

/** `typeof x === 'string'` and the like; undefined when the node is no such test. */
export function typeof_test(context: Context, node: ts.BinaryExpression, negated: boolean): Code | undefined {
  const [operator, literal] = ts.isTypeOfExpression(node.left)
    ? [node.left, node.right]
    : [node.right, node.left];
  if (!ts.isTypeOfExpression(operator) || !ts.isStringLiteral(literal)) return undefined;
  const value = context.expression(operator.expression);
  const kinds = context.kinds(operator.expression);
  const test = (name: string): Code =>
    equals(call(context.builtin('type'), value).text, `'${name}'`, negated);
  const ask = (name: string): Code => {
    const answer = call(context.runtime(name), value);
    return negated ? code(`!${answer.text}`, Level.Unary) : answer;
  };
  switch (literal.text) {
    case 'string':
    case 'function':
      return test(literal.text);
    case 'boolean':
      return test('bool');
    case 'number':
      return ask('is_number');
    case 'object':
      if ((kinds & Kind.Undefined) !== 0) return context.refuse(node, 'typeof-nullish');
      return ask('is_object');
    case 'undefined':
      if ((kinds & Kind.Null) !== 0) return context.refuse(node, 'typeof-nullish');
      return equals(at(value, Level.Equal), 'null', negated);
    default:
      return context.refuse(literal, 'typeof-name', literal.text);
  }
}

export function type_of(context: Context, node: ts.TypeOfExpression): Code {
  if ((context.kinds(node.expression) & Kind.Undefined) !== 0) return context.refuse(node, 'typeof-nullish');
  return call(context.runtime('type_of'), context.expression(node.expression));
}
