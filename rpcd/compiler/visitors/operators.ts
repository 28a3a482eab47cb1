/** Binary, unary, conditional and assignment operators. */
import ts from 'typescript';
import { at, type Code, call, code, Level } from '../code.ts';
import { broken_between } from '../comments.ts';
import type { Context } from '../context.ts';
import { fact } from '../integers.ts';
import { describe_kinds, Kind, only } from '../kinds.ts';
import { INHERITED } from '../names.ts';
import { store } from './access.ts';
import { bitwise, is_bitwise } from './bits.ts';
import { is_destructuring } from './control.ts';
import { equality } from './equality.ts';
import { is_opened_on_own_line } from './literal.ts';
import { concatenated } from './template.ts';
import { value_unused } from './unused.ts';

const K = ts.SyntaxKind;

/** Operators meaning the same in both languages; the right operand of a left-associative one binds tighter. */
const PLAIN = new Map<ts.SyntaxKind, number>([
  [K.AmpersandAmpersandToken, Level.And],
  [K.BarBarToken, Level.Or],
  [K.QuestionQuestionToken, Level.Or],
  [K.CommaToken, Level.Comma],
]);

const COMPARISONS = new Set([
  K.LessThanToken,
  K.LessThanEqualsToken,
  K.GreaterThanToken,
  K.GreaterThanEqualsToken,
]);

const EQUALITIES = new Set([
  K.EqualsEqualsToken,
  K.ExclamationEqualsToken,
  K.EqualsEqualsEqualsToken,
  K.ExclamationEqualsEqualsToken,
]);

/** `a op= b` and the operator it stands for. */
const COMPOUND = new Map<ts.SyntaxKind, ts.SyntaxKind>([
  [K.PlusEqualsToken, K.PlusToken],
  [K.MinusEqualsToken, K.MinusToken],
  [K.AsteriskEqualsToken, K.AsteriskToken],
  [K.SlashEqualsToken, K.SlashToken],
  [K.PercentEqualsToken, K.PercentToken],
  [K.AsteriskAsteriskEqualsToken, K.AsteriskAsteriskToken],
  [K.AmpersandEqualsToken, K.AmpersandToken],
  [K.BarEqualsToken, K.BarToken],
  [K.CaretEqualsToken, K.CaretToken],
  [K.LessThanLessThanEqualsToken, K.LessThanLessThanToken],
  [K.GreaterThanGreaterThanEqualsToken, K.GreaterThanGreaterThanToken],
  [K.GreaterThanGreaterThanGreaterThanEqualsToken, K.GreaterThanGreaterThanGreaterThanToken],
]);

const LOGICAL_ASSIGNMENTS = new Set([
  K.QuestionQuestionEqualsToken,
  K.BarBarEqualsToken,
  K.AmpersandAmpersandEqualsToken,
]);

export function binary(context: Context, node: ts.BinaryExpression): Code {
  const operator = node.operatorToken.kind;
  if (is_destructuring(node)) return context.refuse(node, 'destructuring-value');
  if (operator === K.EqualsToken) return store(context, node.left, context.expression(node.right));
  if (LOGICAL_ASSIGNMENTS.has(operator)) return logical_assignment(context, node);
  const compound = COMPOUND.get(operator);
  if (compound !== undefined) return compound_assignment(context, node, compound);
  if (EQUALITIES.has(operator)) return equality(context, node);
  const level = PLAIN.get(operator);
  if (level !== undefined) return plain(context, node, level);
  if (COMPARISONS.has(operator)) return comparison(context, node);
  if (operator === K.InKeyword) return in_operator(context, node);
  if (operator === K.InstanceOfKeyword) return context.refuse(node, 'instanceof');
  return arithmetic(context, node, node.left, node.right, operator);
}

/** Left, operator, right, with the line break where the source has it. */
function joined(context: Context, node: ts.BinaryExpression, level: number, right_level: number): Code {
  const left = at(context.expression(node.left), level);
  const operator = node.operatorToken.getText(context.file);
  if (!broken_between(context, node.left.end, node.right.getStart(context.file))) {
    const space = operator === ',' ? '' : ' ';
    return code(`${left}${space}${operator} ${at(context.expression(node.right), right_level)}`, level);
  }
  const nested =
    ts.isBinaryExpression(node.parent) ||
    (ts.isParenthesizedExpression(node.parent) && is_opened_on_own_line(context, node.parent));
  const emit = (): string => `\n${context.pad}${at(context.expression(node.right), right_level)}`;
  return code(`${left} ${operator}${nested ? emit() : context.indented(emit)}`, level);
}

function plain(context: Context, node: ts.BinaryExpression, level: number): Code {
  if (node.operatorToken.kind === K.QuestionQuestionToken) {
    // ucode has no undefined that this could turn into null
    if (node.right.kind === K.NullKeyword) return context.expression(node.left);
    const { guarded } = context.expression(node.left);
    if (guarded !== undefined) {
      const fallback = at(context.expression(node.right), Level.Ternary);
      return code(`${guarded.test} ? ${fallback} : ${at(guarded.value, Level.Ternary)}`, Level.Ternary);
    }
  }
  return joined(context, node, level, level + 1);
}

function comparison(context: Context, node: ts.BinaryExpression): Code {
  const kinds = context.kinds(node.left) | context.kinds(node.right);
  if (!context.native && !only(kinds, Kind.Number) && !only(kinds, Kind.String)) {
    context.report(node, 'comparison', describe_kinds(kinds));
  }
  return joined(context, node, Level.Compare, Level.Shift);
}

/** `'key' in o` for telling the members of a union apart. */
function in_operator(context: Context, node: ts.BinaryExpression): Code {
  if (!context.native) {
    if ((context.kinds(node.right) & Kind.Array) !== 0) return context.refuse(node, 'in-array');
    if (!ts.isStringLiteral(node.left)) return context.refuse(node, 'in-dynamic');
    if (INHERITED.has(node.left.text)) return context.refuse(node.left, 'inherited-name', node.left.text);
  }
  const right = at(context.expression(node.right), Level.Shift);
  return code(`${at(context.expression(node.left), Level.Compare)} in ${right}`, Level.Compare);
}

const NATIVE_LEVELS = new Map<ts.SyntaxKind, number>([
  [K.PlusToken, Level.Add],
  [K.MinusToken, Level.Add],
  [K.AsteriskToken, Level.Multiply],
  [K.SlashToken, Level.Multiply],
  [K.PercentToken, Level.Multiply],
  [K.AmpersandToken, Level.BitAnd],
  [K.BarToken, Level.BitOr],
  [K.CaretToken, Level.BitXor],
  [K.LessThanLessThanToken, Level.Shift],
  [K.GreaterThanGreaterThanToken, Level.Shift],
]);

/** + - * / % ** and the bit operators; also for `a op= b`, where `node` is the assignment. */
function arithmetic(
  context: Context,
  node: ts.BinaryExpression,
  left: ts.Expression,
  right: ts.Expression,
  operator: ts.SyntaxKind,
): Code {
  const level = NATIVE_LEVELS.get(operator);
  const native = (): Code => joined(context, node, level ?? Level.Add, (level ?? Level.Add) + 1);
  if (context.native) {
    if (level === undefined)
      return context.refuse(node, 'unsupported-syntax', ts.tokenToString(operator) ?? '');
    return native();
  }
  const kinds_left = context.kinds(left);
  const kinds_right = context.kinds(right);
  if (operator === K.PlusToken && (kinds_left | kinds_right) & Kind.String)
    return concatenation(context, node, left, right);
  for (const [operand, kinds] of [
    [left, kinds_left],
    [right, kinds_right],
  ] as const) {
    if (!only(kinds, Kind.Number)) return context.refuse(operand, 'arithmetic', describe_kinds(kinds));
  }
  if (is_bitwise(operator)) return bitwise(context, context.expression(left), right, operator);
  const helper = (name: string): Code =>
    call(context.runtime(name), context.expression(left), context.expression(right));
  switch (operator) {
    case K.PlusToken:
    case K.MinusToken:
      return native();
    case K.AsteriskToken:
      // a small factor cannot carry a safe integer over 2^63, where ucode would wrap around
      return is_small(context, left) || is_small(context, right)
        ? kept(context, left, right, operator)
        : helper('mul');
    case K.SlashToken:
      return helper('div');
    case K.PercentToken:
      return is_divisor(context, right) ? kept(context, left, right, operator) : helper('mod');
    case K.AsteriskAsteriskToken:
      return helper('math_pow');
    default:
      return context.refuse(node, 'unsupported-syntax', ts.tokenToString(operator) ?? 'this operator');
  }
}

/** The operator as ucode has it. */
function kept(context: Context, left: ts.Expression, right: ts.Expression, operator: ts.SyntaxKind): Code {
  const level = NATIVE_LEVELS.get(operator) ?? Level.Multiply;
  const a = at(context.expression(left), level);
  return code(`${a} ${ts.tokenToString(operator)} ${at(context.expression(right), level + 1)}`, level);
}

function literal_value(context: Context, node: ts.Expression): number | undefined {
  const type = context.type(node);
  return type.isNumberLiteral() && Number.isSafeInteger(type.value) ? type.value : undefined;
}

function is_small(context: Context, node: ts.Expression): boolean {
  const value = literal_value(context, node);
  return value !== undefined && Math.abs(value) <= 1000;
}

function is_divisor(context: Context, node: ts.Expression): boolean {
  const value = literal_value(context, node);
  return value !== undefined && value > 0;
}

/** `a + b` with text on one side: numbers are converted exactly, null and booleans alike in both languages. */
function concatenation(
  context: Context,
  node: ts.BinaryExpression,
  left: ts.Expression,
  right: ts.Expression,
): Code {
  const a = concatenated(context, left);
  const b = concatenated(context, right);
  if (
    node.operatorToken.kind === K.PlusToken &&
    broken_between(context, left.end, right.getStart(context.file))
  ) {
    return context.indented(() =>
      code(`${a.text} +\n${context.pad}${concatenated(context, right).text}`, Level.Add),
    );
  }
  return code(`${a.text} + ${b.text}`, Level.Add);
}

/** `??=`, `||=`, `&&=` exist in ucode; the target must be one that can be read and written in place. */
function logical_assignment(context: Context, node: ts.BinaryExpression): Code {
  const target = in_place(context, node.left);
  const value = at(context.expression(node.right), Level.Assign);
  return code(`${target} ${node.operatorToken.getText(context.file)} ${value}`, Level.Assign);
}

/** `a += b` where ucode's + and - do the same, else `a = helper(a, b)`. */
function compound_assignment(context: Context, node: ts.BinaryExpression, operator: ts.SyntaxKind): Code {
  const { left, right } = node;
  const target = in_place(context, left);
  const sign = ts.tokenToString(operator) ?? '';
  if (context.native)
    return code(`${target} ${sign}= ${at(context.expression(right), Level.Assign)}`, Level.Assign);
  const kinds = context.kinds(left);
  if (operator === K.PlusToken && only(kinds, Kind.String)) {
    return code(`${target} += ${concatenated(context, right).text}`, Level.Assign);
  }
  if (
    (operator === K.PlusToken || operator === K.MinusToken) &&
    only(kinds | context.kinds(right), Kind.Number)
  ) {
    return code(`${target} ${sign}= ${at(context.expression(right), Level.Assign)}`, Level.Assign);
  }
  return code(
    `${target} = ${at(arithmetic(context, node, left, right, operator), Level.Assign)}`,
    Level.Assign,
  );
}

/** A target whose object and index can be evaluated twice. */
function in_place(context: Context, node: ts.Expression): string {
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node))
    return in_place(context, node.expression);
  if (ts.isElementAccessExpression(node) && !context.native) {
    const index = fact(context, node.argumentExpression);
    if ((context.kinds(node.expression) & Kind.Array) !== 0 && !index.not_negative) {
      context.report(node, 'index-write');
    }
  }
  return at(context.expression(node), Level.Call);
}

export function prefix(context: Context, node: ts.PrefixUnaryExpression): Code {
  const operand = node.operand;
  switch (node.operator) {
    case K.ExclamationToken: {
      const value = context.expression(operand);
      return value.opposite ?? code(`!${at(value, Level.Unary)}`, Level.Unary);
    }
    case K.PlusPlusToken:
    case K.MinusMinusToken:
      return step(context, node, operand, true);
    case K.MinusToken: {
      if (!context.native && ts.isNumericLiteral(operand) && Number(operand.text) === 0) {
        return context.refuse(node, 'negative-zero');
      }
      check_number(context, operand);
      const text = at(context.expression(operand), Level.Unary);
      return code(text.startsWith('-') ? `-(${text})` : `-${text}`, Level.Unary);
    }
    case K.TildeToken:
      if (context.native) return code(`~${at(context.expression(operand), Level.Unary)}`, Level.Unary);
      check_number(context, operand);
      return call(
        context.runtime('int32'),
        code(`~${at(context.expression(operand), Level.Unary)}`, Level.Unary),
      );
    default:
      if (context.native) return code(`+${at(context.expression(operand), Level.Unary)}`, Level.Unary);
      return context.refuse(node, 'unsupported-syntax', 'unary plus');
  }
}

function check_number(context: Context, node: ts.Expression): void {
  const kinds = context.kinds(node);
  if (!context.native && !only(kinds, Kind.Number)) context.report(node, 'arithmetic', describe_kinds(kinds));
}

export function postfix(context: Context, node: ts.PostfixUnaryExpression): Code {
  return step(context, node, node.operand, false);
}

function step(
  context: Context,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  operand: ts.Expression,
  before: boolean,
): Code {
  check_number(context, operand);
  const sign = node.operator === K.PlusPlusToken ? '++' : '--';
  const target = in_place(context, operand);
  return before ? code(sign + target, Level.Unary) : code(target + sign, Level.Postfix);
}

export function conditional(context: Context, node: ts.ConditionalExpression): Code {
  const test = at(context.expression(node.condition), Level.Or);
  if (!broken_between(context, node.condition.end, node.whenTrue.getStart(context.file))) {
    const yes = at(context.expression(node.whenTrue), Level.Ternary);
    return code(`${test} ? ${yes} : ${at(context.expression(node.whenFalse), Level.Ternary)}`, Level.Ternary);
  }
  const emit = (): string => {
    const yes = at(context.expression(node.whenTrue), Level.Ternary);
    const no = at(context.expression(node.whenFalse), Level.Ternary);
    return `\n${context.pad}? ${yes}\n${context.pad}: ${no}`;
  };
  return code(test + context.indented(emit), Level.Ternary);
}

/** `delete o.k;` — the value differs (false for an absent key), so it must not be used. */
export function delete_expression(context: Context, node: ts.DeleteExpression): Code {
  if (!value_unused(context, node)) return context.refuse(node, 'statement-value', 'delete');
  const target = node.expression;
  if (ts.isElementAccessExpression(target) && (context.kinds(target.expression) & Kind.Array) !== 0) {
    return context.refuse(node, 'array-delete');
  }
  if (ts.isOptionalChain(target))
    return context.refuse(node, 'unsupported-syntax', 'delete in an optional chain');
  return code(`delete ${context.expression(target).text}`, Level.Unary);
}
