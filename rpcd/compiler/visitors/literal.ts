/** Names, literals of arrays and objects, numbers and strings. */
import ts from 'typescript';
import { at, type Code, Level, primary, quote } from '../code.ts';
import { broken_between, leading, trailing } from '../comments.ts';
import type { Context } from '../context.ts';
import { describe_kinds, Kind, NULLISH, native_module, only } from '../kinds.ts';
import { IDENTIFIER, INHERITED } from '../names.ts';
import { method_function } from './function.ts';

export function word(_: Context, node: ts.Expression): Code {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return primary('true');
  return primary(node.kind === ts.SyntaxKind.FalseKeyword ? 'false' : 'null');
}

export function identifier(context: Context, node: ts.Identifier): Code {
  const symbol = context.symbol(node);
  if (node.text === 'undefined') return primary('null');
  if (symbol === undefined || context.native) return primary(context.name(node));
  // `globalThis` and `arguments` have no declaration anywhere
  if (context.is_library(symbol) || (symbol.declarations ?? []).length === 0) {
    if (node.text === 'NaN' || node.text === 'Infinity') return primary(context.builtin(node.text));
    return context.refuse(node, 'global-value', node.text);
  }
  if (is_native_function(context, node, symbol)) return context.refuse(node, 'native-as-value', node.text);
  const is_owner = ts.isPropertyAccessExpression(node.parent) && node.parent.expression === node;
  if (!is_owner && context.is_module(symbol)) return context.refuse(node, 'module-as-value', node.text);
  return primary(context.name(node));
}

/** A native function used as a value rather than called. */
function is_native_function(context: Context, node: ts.Identifier, symbol: ts.Symbol): boolean {
  if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return false;
  const module = native_module(context.checker.getAliasedSymbol(symbol));
  if (module === undefined || context.type(node).getCallSignatures().length === 0) return false;
  return !(ts.isCallExpression(node.parent) && node.parent.expression === node);
}

export function number_literal(context: Context, node: ts.NumericLiteral): Code {
  const source = node.getText(context.file);
  if (context.native) return primary(source);
  const value = Number(node.text);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return context.refuse(node, 'number-range', source);
  // 1e3 would be a double in ucode, 017 octal, 1_000 and .5 syntax errors
  if (Number.isInteger(value)) return primary(/^0x[0-9a-f]+$/i.test(source) ? source : String(value));
  return primary(String(value));
}

export function string_literal(context: Context, node: ts.StringLiteral): Code {
  if (node.text.includes('\0')) return context.refuse(node, 'string-nul');
  const mark = node.getText(context.file).startsWith('"') ? '"' : "'";
  return primary(quote(node.text, mark));
}

export function parenthesized(context: Context, node: ts.ParenthesizedExpression): Code {
  const inner = context.expression(node.expression);
  // `(x as T)` needs none, `(a && b) || c` keeps them for the reader
  if (inner.level >= Level.Call || inner.level <= Level.Assign) return inner;
  if (!is_opened_on_own_line(context, node)) return { ...inner, inner, ...primary(`(${inner.text})`) };
  const lines = context.indented(() => `${context.pad}${context.expression(node.expression).text}`);
  return { ...inner, ...primary(`(\n${lines}\n${context.pad})`) };
}

/** `(` at the end of a line, with the expression on lines of its own. */
export function is_opened_on_own_line(context: Context, node: ts.ParenthesizedExpression): boolean {
  return broken_between(context, node.getStart(context.file), node.expression.getStart(context.file));
}

interface Piece {
  readonly node: ts.Node;
  readonly text: () => string;
}

/** `[…]`, `{…}` and argument lists: one line, or one line per piece where the source has it so. */
export function list_text(
  context: Context,
  open: string,
  close: string,
  pieces: readonly Piece[],
  start: number,
  end: number,
  trailing_comma: boolean,
): string {
  const first = pieces[0];
  if (first === undefined) return open + close;
  if (!broken_between(context, start, first.node.getStart(context.file))) {
    const inner = pieces.map(piece => piece.text()).join(', ');
    return open === '{' ? `{ ${inner} }` : open + inner + close;
  }
  const lines = context.indented(() =>
    pieces.map((piece, i) => {
      const comma = trailing_comma || i < pieces.length - 1 ? ',' : '';
      const above = leading(context, piece.node, i === 0);
      const comment = trailing(context, comma_end(context, piece.node, end));
      return `${above}${context.pad}${piece.text()}${comma}${comment}\n`;
    }),
  );
  return `${open}\n${lines.join('')}${context.pad}${close}`;
}

/** Position after the comma that follows an element, so that the comment behind it is found. */
function comma_end(context: Context, node: ts.Node, limit: number): number {
  const comma = /^\s*,/.exec(context.file.text.slice(node.end, limit));
  return comma === null ? node.end : node.end + comma[0].length;
}

export function array_literal(context: Context, node: ts.ArrayLiteralExpression): Code {
  const pieces = node.elements.map(element => ({
    node: element,
    text: () => element_text(context, element),
  }));
  return primary(list_text(context, '[', ']', pieces, node.getStart(context.file), node.end, true));
}

/** An element of an array or argument list, which may be a spread. */
export function element_text(context: Context, element: ts.Expression): string {
  if (ts.isOmittedExpression(element)) {
    context.report(element, 'unsupported-syntax', 'an array hole');
    return 'null';
  }
  if (!ts.isSpreadElement(element)) {
    const value = context.expression(element);
    return at(value.inner ?? value, Level.Assign);
  }
  const kinds = context.kinds(element.expression);
  if (!context.native && !only(kinds, Kind.Array)) {
    context.report(element, 'spread-source', 'an array', describe_kinds(kinds));
  }
  return `...${at(context.expression(element.expression), Level.Unary)}`;
}

export function object_literal(context: Context, node: ts.ObjectLiteralExpression): Code {
  const pieces = node.properties.map(property => ({
    node: property,
    text: () => property_text(context, property),
  }));
  return primary(list_text(context, '{', '}', pieces, node.getStart(context.file), node.end, true));
}

function property_text(context: Context, property: ts.ObjectLiteralElementLike): string {
  if (ts.isSpreadAssignment(property)) return object_spread(context, property);
  if (ts.isShorthandPropertyAssignment(property)) {
    if (property.name.text === 'undefined') return 'undefined: null';
    if (INHERITED.has(property.name.text)) context.report(property, 'inherited-name', property.name.text);
    const value = context.expression(property.name).text;
    return value === property.name.text ? value : `${property.name.text}: ${value}`;
  }
  if (ts.isPropertyAssignment(property)) {
    const value = at(context.expression(property.initializer), Level.Assign);
    return `${property_key(context, property.name)}: ${value}`;
  }
  if (ts.isMethodDeclaration(property)) {
    return `${property_key(context, property.name)}: ${method_function(context, property)}`;
  }
  context.report(property, 'accessor');
  return '';
}

function object_spread(context: Context, property: ts.SpreadAssignment): string {
  const kinds = context.kinds(property.expression);
  const source = context.expression(property.expression);
  if (context.native) return `...${at(source, Level.Unary)}`;
  if (!only(kinds, Kind.Object | NULLISH)) {
    context.report(property, 'spread-source', 'an object', describe_kinds(kinds));
  }
  // `...null` is nothing in JavaScript and an exception in ucode
  if ((kinds & NULLISH) !== 0) return `...(${at(source, Level.Or)} ?? {})`;
  return `...${at(source, Level.Unary)}`;
}

function property_key(context: Context, name: ts.PropertyName): string {
  if (ts.isComputedPropertyName(name)) {
    const kinds = context.kinds(name.expression);
    if (!only(kinds, Kind.String | Kind.Number))
      context.report(name, 'element-access', describe_kinds(kinds));
    const key = context.expression(name.expression);
    const text =
      only(kinds, Kind.String) || context.native ? key.text : `${context.runtime('str')}(${key.text})`;
    return `[${text}]`;
  }
  if (ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isNoSubstitutionTemplateLiteral(name)) {
    if (INHERITED.has(name.text)) context.report(name, 'inherited-name', name.text);
    return ts.isIdentifier(name) && IDENTIFIER.test(name.text) ? name.text : quote(name.text);
  }
  if (ts.isNumericLiteral(name)) return quote(String(Number(name.text)));
  context.report(name, 'unsupported-syntax', 'this property name');
  return 'unknown';
}
