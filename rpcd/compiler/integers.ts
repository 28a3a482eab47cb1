/**
 * What can be proven about a number from the text alone. Two proofs matter: an index that is never negative
 * (ucode's `a[-1]` is the last element) and an integer that ucode prints as JavaScript does.
 */
import ts from 'typescript';
import type { Context } from './context.ts';
import { Kind, only } from './kinds.ts';
import { each_reference, is_function_like, write_at } from './references.ts';

export interface Fact {
  readonly integer: boolean;
  readonly not_negative: boolean;
}

const NOTHING: Fact = { integer: false, not_negative: false };
const INTEGER: Fact = { integer: true, not_negative: false };
const INDEX: Fact = { integer: true, not_negative: true };

const INDEX_METHODS = new Set(['indexOf', 'lastIndexOf', 'findIndex', 'findLastIndex', 'charCodeAt']);
const CALLBACK_METHODS = new Set([
  'every',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'flatMap',
  'forEach',
  'from',
  'map',
  'some',
]);

export function fact(context: Context, node: ts.Expression, seen: ReadonlySet<ts.Symbol> = new Set()): Fact {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) {
    return fact(context, node.expression, seen);
  }
  const literal = literal_fact(context.type(node));
  if (literal !== undefined) return literal;
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'length') {
    return only(context.kinds(node.expression), Kind.Array | Kind.String) ? INDEX : NOTHING;
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    return INDEX_METHODS.has(node.expression.name.text) && node.expression.name.text !== 'charCodeAt'
      ? INTEGER
      : minimum_fact(context, node, seen);
  }
  if (ts.isBinaryExpression(node)) return binary_fact(context, node, seen);
  if (ts.isIdentifier(node)) return variable_fact(context, node, seen);
  return NOTHING;
}

/** A type of integer literals: `4 | 6`. */
function literal_fact(type: ts.Type): Fact | undefined {
  const parts = type.isUnion() ? type.types : [type];
  let not_negative = true;
  for (const part of parts) {
    if (!part.isNumberLiteral() || !Number.isSafeInteger(part.value)) return undefined;
    if (part.value < 0) not_negative = false;
  }
  return not_negative ? INDEX : INTEGER;
}

function minimum_fact(context: Context, node: ts.CallExpression, seen: ReadonlySet<ts.Symbol>): Fact {
  const callee = node.expression;
  if (!ts.isPropertyAccessExpression(callee) || !ts.isIdentifier(callee.expression)) return NOTHING;
  if (callee.expression.text !== 'Math' || (callee.name.text !== 'min' && callee.name.text !== 'max'))
    return NOTHING;
  const facts = node.arguments.map(argument => fact(context, argument, seen));
  if (facts.length === 0 || !facts.every(f => f.integer)) return NOTHING;
  const enough =
    callee.name.text === 'min' ? facts.every(f => f.not_negative) : facts.some(f => f.not_negative);
  return enough ? INDEX : INTEGER;
}

function binary_fact(context: Context, node: ts.BinaryExpression, seen: ReadonlySet<ts.Symbol>): Fact {
  const left = fact(context, node.left, seen);
  const right = fact(context, node.right, seen);
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.PlusToken:
      return both(left, right);
    case ts.SyntaxKind.MinusToken:
      return left.integer && right.integer ? INTEGER : NOTHING;
    case ts.SyntaxKind.PercentToken:
      // a zero divisor gives NaN, so only a literal one proves anything
      return left.integer && is_positive_literal(context, node.right)
        ? left.not_negative
          ? INDEX
          : INTEGER
        : NOTHING;
    case ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken:
      return INDEX;
    case ts.SyntaxKind.AmpersandToken:
      return right.not_negative || left.not_negative ? INDEX : INTEGER;
    case ts.SyntaxKind.BarToken:
    case ts.SyntaxKind.CaretToken:
    case ts.SyntaxKind.LessThanLessThanToken:
    case ts.SyntaxKind.GreaterThanGreaterThanToken:
      return INTEGER;
    default:
      return NOTHING;
  }
}

function both(left: Fact, right: Fact): Fact {
  if (!left.integer || !right.integer) return NOTHING;
  return left.not_negative && right.not_negative ? INDEX : INTEGER;
}

function is_positive_literal(context: Context, node: ts.Expression): boolean {
  const type = context.type(node);
  return type.isNumberLiteral() && Number.isSafeInteger(type.value) && type.value > 0;
}

function variable_fact(context: Context, node: ts.Identifier, seen: ReadonlySet<ts.Symbol>): Fact {
  const symbol = context.symbol(node);
  const declaration = symbol?.valueDeclaration;
  if (symbol === undefined || declaration === undefined || seen.has(symbol)) return NOTHING;
  if (declaration.getSourceFile() !== context.file) return NOTHING;
  if (ts.isParameter(declaration)) return is_index_parameter(context, declaration) ? INDEX : NOTHING;
  if (ts.isBindingElement(declaration)) return is_entry_index(declaration) ? INDEX : NOTHING;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return NOTHING;

  const inner = new Set([...seen, symbol]);
  let result = fact(context, declaration.initializer, inner);
  each_reference(context, enclosing_function(declaration), (used, place) => {
    const write = used === symbol ? write_at(place) : undefined;
    if (write !== undefined) result = both(result, write_fact(context, write, inner));
  });
  if (result.integer && !result.not_negative && is_counted_down(context, node, symbol)) return INDEX;
  return result;
}

/** What one assignment leaves in the variable, given that it held an index before. */
function write_fact(context: Context, write: ts.Expression, seen: ReadonlySet<ts.Symbol>): Fact {
  if (ts.isPostfixUnaryExpression(write) || ts.isPrefixUnaryExpression(write)) {
    return write.operator === ts.SyntaxKind.PlusPlusToken ? INDEX : INTEGER;
  }
  if (!ts.isBinaryExpression(write)) return NOTHING;
  const value = fact(context, write.right, seen);
  switch (write.operatorToken.kind) {
    case ts.SyntaxKind.EqualsToken:
      return ts.isIdentifier(write.left) ? value : NOTHING;
    case ts.SyntaxKind.PlusEqualsToken:
      return value;
    case ts.SyntaxKind.MinusEqualsToken:
      return value.integer ? INTEGER : NOTHING;
    default:
      return NOTHING;
  }
}

/** `for (let i = n; i >= 0; i--)`: not negative in the body as long as only the loop head changes it. */
function is_counted_down(context: Context, node: ts.Identifier, symbol: ts.Symbol): boolean {
  for (let up: ts.Node = node; up.parent !== undefined; up = up.parent) {
    const loop = up.parent;
    if (is_function_like(loop)) return false;
    if (!ts.isForStatement(loop) || loop.statement !== up) continue;
    const condition = loop.condition;
    if (condition === undefined || !ts.isBinaryExpression(condition) || !ts.isIdentifier(condition.left))
      continue;
    if (context.symbol(condition.left) !== symbol) continue;
    const operator = condition.operatorToken.kind;
    if (operator !== ts.SyntaxKind.GreaterThanEqualsToken && operator !== ts.SyntaxKind.GreaterThanToken)
      continue;
    if (!fact(context, condition.right).not_negative) continue;
    let changed = false;
    each_reference(context, loop.statement, (used, place) => {
      if (used === symbol && write_at(place) !== undefined) changed = true;
    });
    return !changed;
  }
  return false;
}

/** The second parameter of a callback handed to map, filter, … */
function is_index_parameter(context: Context, parameter: ts.ParameterDeclaration): boolean {
  const callback = parameter.parent;
  if (!ts.isArrowFunction(callback) && !ts.isFunctionExpression(callback)) return false;
  if (callback.parameters[1] !== parameter || !ts.isIdentifier(parameter.name)) return false;
  const call = callback.parent;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return false;
  const method = context.checker.getSymbolAtLocation(call.expression.name);
  if (method === undefined || !context.is_library(method) || !CALLBACK_METHODS.has(method.name)) return false;
  return !is_written(context, parameter.name, callback);
}

function is_written(context: Context, name: ts.Identifier, root: ts.Node): boolean {
  const symbol = context.symbol(name);
  let written = false;
  each_reference(context, root, (used, place) => {
    if (used === symbol && write_at(place) !== undefined) written = true;
  });
  return written;
}

/** `i` in `for (const [i, x] of list.entries())`. */
function is_entry_index(element: ts.BindingElement): boolean {
  const pattern = element.parent;
  if (!ts.isArrayBindingPattern(pattern) || pattern.elements[0] !== element) return false;
  const list = pattern.parent.parent;
  if (!ts.isVariableDeclaration(pattern.parent) || !ts.isVariableDeclarationList(list)) return false;
  if ((list.flags & ts.NodeFlags.Const) === 0 || !ts.isForOfStatement(list.parent)) return false;
  const source = list.parent.expression;
  return (
    ts.isCallExpression(source) &&
    ts.isPropertyAccessExpression(source.expression) &&
    source.expression.name.text === 'entries' &&
    source.arguments.length === 0
  );
}

function enclosing_function(node: ts.Node): ts.Node {
  let up = node;
  while (up.parent !== undefined && !is_function_like(up)) up = up.parent;
  return up;
}
