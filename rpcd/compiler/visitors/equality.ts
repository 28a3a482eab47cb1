/**
 * Equality. Two things differ in ucode: null and undefined are one value, and an int never equals a double with
 * `===`. Types decide which comparison is exact.
 */
import ts from 'typescript';
import { at, type Code, call, code, equals, Level } from '../code.ts';
import type { Context } from '../context.ts';
import { Kind, NULLISH, only } from '../kinds.ts';
import { typeof_test } from './typeof.ts';

function is_undefined(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'undefined';
}

function is_null(node: ts.Expression): boolean {
  return node.kind === ts.SyntaxKind.NullKeyword;
}

export function equality(context: Context, node: ts.BinaryExpression): Code {
  const operator = node.operatorToken.kind;
  const negated =
    operator === ts.SyntaxKind.ExclamationEqualsEqualsToken ||
    operator === ts.SyntaxKind.ExclamationEqualsToken;
  const strict =
    operator === ts.SyntaxKind.EqualsEqualsEqualsToken ||
    operator === ts.SyntaxKind.ExclamationEqualsEqualsToken;
  if (context.native) return pair(context, node, node.operatorToken.getText(context.file));

  const { left, right } = node;
  const literal =
    is_null(left) || is_undefined(left) ? left : is_null(right) || is_undefined(right) ? right : undefined;
  if (literal !== undefined) {
    const value = literal === left ? right : left;
    if (strict) check_nullish_literal(context, node, literal, value);
    return equals(at(context.expression(value), Level.Equal), 'null', negated);
  }
  if (!strict) return context.refuse(node, 'loose-equality');

  const test = typeof_test(context, node, negated);
  if (test !== undefined) return test;

  check_nullish_pair(context, node, left, right);
  const kinds_left = context.kinds(left);
  const kinds_right = context.kinds(right);
  if ((kinds_left & kinds_right & Kind.Number) === 0) return pair(context, node, negated ? '!==' : '===');
  const plain = Kind.Number | NULLISH;
  if (only(kinds_left, plain) && only(kinds_right, plain)) return pair(context, node, negated ? '!=' : '==');
  const same = call(context.runtime('same'), context.expression(left), context.expression(right));
  return negated ? code(`!${same.text}`, Level.Unary) : same;
}

function pair(context: Context, node: ts.BinaryExpression, operator: string): Code {
  const left = at(context.expression(node.left), Level.Equal);
  const right = at(context.expression(node.right), Level.Compare);
  return code(`${left} ${operator} ${right}`, Level.Equal);
}

function check_nullish_literal(
  context: Context,
  node: ts.Node,
  literal: ts.Expression,
  value: ts.Expression,
): void {
  const nullish = context.kinds(value) & NULLISH;
  if (nullish === NULLISH) context.report(node, 'nullish-comparison');
  else if (is_null(literal) && nullish === Kind.Undefined) context.report(node, 'null-comparison');
  else if (is_undefined(literal) && nullish === Kind.Null) context.report(node, 'undefined-comparison');
}

/** One side may be null where the other is undefined: different in JavaScript, equal in ucode. */
export function check_nullish_pair(
  context: Context,
  node: ts.Node,
  left: ts.Expression,
  right: ts.Expression,
): void {
  const a = context.kinds(left);
  const b = context.kinds(right);
  if ((a & Kind.Null && b & Kind.Undefined) || (a & Kind.Undefined && b & Kind.Null)) {
    context.report(node, 'nullish-comparison');
  }
}
