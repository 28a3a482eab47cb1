/** Regular expression literals: what they may contain depends on what is done with them. */
import ts from 'typescript';
import { type Code, primary, quote } from '../code.ts';
import type { Context } from '../context.ts';
import { each_reference, is_function_like } from '../references.ts';
import { analyse } from '../regexp/ambiguity.ts';
import { type Pattern, PatternError, parse_pattern } from '../regexp/parse.ts';
import { has_unicode_class, is_newline_sensitive, to_posix } from '../regexp/translate.ts';

/** How an expression is used; `value` when it goes where the compiler cannot follow. */
type Use = 'test' | 'match' | 'replace' | 'split' | 'value';

export function regex_literal(context: Context, node: ts.RegularExpressionLiteral): Code {
  if (context.native) return primary(node.text);
  const { source, flags } = literal_parts(node);
  for (const flag of flags) {
    if (!'gis'.includes(flag)) return context.refuse(node, 'regex-flag', flag);
  }
  const pattern = parsed(context, node, source, flags);
  if (pattern === undefined) return primary('null');
  check_uses(context, node, pattern, flags);
  return placed(context, node, pattern, flags.replace('s', ''));
}

function literal_parts(node: ts.RegularExpressionLiteral): { source: string; flags: string } {
  const end = node.text.lastIndexOf('/');
  return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
}

function parsed(context: Context, node: ts.Node, source: string, flags: string): Pattern | undefined {
  try {
    return parse_pattern(source, flags);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    context.report(node, 'regex-syntax', error.message);
    return undefined;
  }
}

function check_uses(
  context: Context,
  node: ts.RegularExpressionLiteral,
  pattern: Pattern,
  flags: string,
): void {
  const uses = uses_of(context, node);
  const analysis = analyse(pattern);
  if (analysis.byte_element !== undefined) context.report(node, 'regex-bytes', analysis.byte_element);
  if (uses.some(use => use !== 'test')) {
    if (analysis.ambiguity !== undefined) context.report(node, 'regex-ambiguous', analysis.ambiguity);
    else if (analysis.has_repeated_captures) context.report(node, 'regex-groups');
  }
  if (analysis.matches_empty && uses.some(use => use !== 'test' && use !== 'match')) {
    context.report(node, 'regex-empty-match');
  }
  if (flags.includes('g') && uses.some(use => use !== 'replace')) context.report(node, 'regex-global');
}

/** Everything done with a literal, directly or through the constant it initialises. */
function uses_of(context: Context, node: ts.Expression): Use[] {
  const direct = use_at(context, node);
  if (direct !== 'value') return [direct];
  const declaration = node.parent;
  if (!ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return ['value'];
  if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export) return ['value'];
  if ((ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) === 0) return ['value'];
  const symbol = context.symbol(declaration.name);
  const uses: Use[] = [];
  each_reference(context, context.file, (used, place) => {
    if (used === symbol && place !== declaration.name) uses.push(use_at(context, place));
  });
  return uses;
}

function use_at(context: Context, node: ts.Expression): Use {
  const parent = node.parent;
  if (
    ts.isPropertyAccessExpression(parent) &&
    parent.expression === node &&
    ts.isCallExpression(parent.parent)
  ) {
    if (parent.name.text === 'test') return 'test';
    return parent.name.text === 'exec' ? 'match' : 'value';
  }
  if (
    ts.isCallExpression(parent) &&
    parent.arguments[0] === node &&
    ts.isPropertyAccessExpression(parent.expression)
  ) {
    const method = context.checker.getSymbolAtLocation(parent.expression.name);
    if (method === undefined || !context.is_library(method)) return 'value';
    if (method.name === 'match' || method.name === 'split') return method.name;
    if (method.name === 'replace' || method.name === 'replaceAll') return 'replace';
  }
  return 'value';
}

/** A literal inside a function becomes a constant of the module: ucode compiles it anew at each evaluation. */
function placed(context: Context, node: ts.RegularExpressionLiteral, pattern: Pattern, flags: string): Code {
  const known = context.hoisted_values.get(node);
  if (known !== undefined) return primary(known);
  const text = regex_text(context, pattern, flags);
  for (let up: ts.Node = node; up !== context.file; up = up.parent) {
    if (!is_function_like(up)) continue;
    const name = context.hoist(constant_name(up), text);
    context.hoisted_values.set(node, name);
    return primary(name);
  }
  return primary(text);
}

/** Named after the function it is used in. */
function constant_name(user: ts.Node): string {
  let name = '';
  for (let up = user; up.parent !== undefined; up = up.parent) {
    if (ts.isFunctionDeclaration(up) && up.name !== undefined) name = up.name.text;
    if (ts.isVariableDeclaration(up) && ts.isIdentifier(up.name)) name = up.name.text;
  }
  return name === '' ? 'PATTERN' : `${name.toUpperCase()}_PATTERN`;
}

function regex_text(context: Context, pattern: Pattern, flags: string): string {
  const posix = to_posix(pattern);
  const is_plain = /^[\x20-\x7e]+$/.test(posix) && !/[\\/]/.test(posix);
  if (is_plain && !is_newline_sensitive(pattern)) return `/${posix}/${flags}`;
  return `${context.runtime('regex')}(${quote(posix)}${flags === '' ? '' : `, '${flags}'`})`;
}

/** Whether `\s` or `.` could meet a character that only JavaScript counts as white space or line end. */
export function needs_guard(context: Context, node: ts.Expression): boolean {
  const literal = literal_behind(context, node);
  if (literal === undefined) return true;
  const { source, flags } = literal_parts(literal);
  try {
    return has_unicode_class(parse_pattern(source, flags));
  } catch {
    return true;
  }
}

function literal_behind(context: Context, node: ts.Expression): ts.RegularExpressionLiteral | undefined {
  if (ts.isRegularExpressionLiteral(node)) return node;
  if (!ts.isIdentifier(node)) return undefined;
  const declaration = context.symbol(node)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return undefined;
  const value = declaration.initializer;
  const is_const = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;
  return is_const && value !== undefined && ts.isRegularExpressionLiteral(value) ? value : undefined;
}

/** Number of groups, when the literal is known. */
export function group_count(context: Context, node: ts.Expression): number | undefined {
  const literal = literal_behind(context, node);
  return literal && (literal.text.match(/(?<!\\)\((?!\?)/g) ?? []).length;
}
