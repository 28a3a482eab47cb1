/** Patterns. ucode has none, so each variable is read from a named value in turn. */
import ts from 'typescript';
import { at, type Code, code, Level, primary, quote } from '../code.ts';
import type { Context } from '../context.ts';
import { describe_kinds, Kind, only } from '../kinds.ts';
import { IDENTIFIER } from '../names.ts';
import { store } from './access.ts';

export interface Bound {
  /** The variable, or a temporary name. */
  readonly name: string;
  readonly symbol: ts.Symbol | undefined;
  readonly value: string;
}

/** `let` lines for the variables of a pattern over a value that has a name. */
export function binding_lines(
  context: Context,
  pattern: ts.BindingPattern,
  source: string,
  word = 'let',
): string[] {
  const bounds = bindings(context, pattern, primary(source));
  const fresh = bounds.filter(bound => bound.symbol === undefined || !context.forwarded.has(bound.symbol));
  const lines = fresh.length === 0 ? [] : [`${word} ${fresh.map(b => `${b.name} = ${b.value}`).join(', ')};`];
  for (const bound of bounds) if (!fresh.includes(bound)) lines.push(`${bound.name} = ${bound.value};`);
  return lines;
}

export function bindings(context: Context, pattern: ts.BindingPattern, source: Code): Bound[] {
  check_source(context, pattern, context.kinds(pattern));
  return pattern.elements.flatMap((element, i) => {
    if (ts.isOmittedExpression(element)) return [];
    if (element.dotDotDotToken !== undefined) return rest_binding(context, pattern, element, source, i);
    let value = ts.isArrayBindingPattern(pattern)
      ? item(source, i)
      : member(context, source, element.propertyName ?? (element.name as ts.Identifier));
    if (element.initializer !== undefined) value = with_default(context, pattern, element, value, i);
    if (ts.isIdentifier(element.name)) {
      const symbol = context.symbol(element.name);
      return [{ name: context.name(element.name), symbol, value: at(value, Level.Assign) }];
    }
    if (value.level >= Level.Call) return bindings(context, element.name, value);
    const name = context.fresh('part');
    return [
      { name, symbol: undefined, value: at(value, Level.Assign) },
      ...bindings(context, element.name, primary(name)),
    ];
  });
}

function check_source(context: Context, pattern: ts.BindingPattern, kinds: number): void {
  const wanted = ts.isArrayBindingPattern(pattern) ? Kind.Array : Kind.Object | Kind.Native;
  if (!context.native && !only(kinds, wanted)) {
    context.report(pattern, 'destructuring-source', describe_kinds(kinds));
  }
}

function rest_binding(
  context: Context,
  pattern: ts.BindingPattern,
  element: ts.BindingElement,
  source: Code,
  i: number,
): Bound[] {
  if (!ts.isArrayBindingPattern(pattern) || !ts.isIdentifier(element.name)) {
    context.report(element, 'object-rest');
    return [];
  }
  const value = `${context.builtin('slice')}(${source.text}, ${i})`;
  return [{ name: context.name(element.name), symbol: context.symbol(element.name), value }];
}

function item(source: Code, i: number): Code {
  return code(`${at(source, Level.Call)}[${i}]`, Level.Call);
}

function member(context: Context, source: Code, name: ts.PropertyName): Code {
  if (ts.isIdentifier(name) && IDENTIFIER.test(name.text)) {
    return code(`${at(source, Level.Call)}.${name.text}`, Level.Call);
  }
  if (ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isNumericLiteral(name)) {
    return code(`${at(source, Level.Call)}[${quote(name.text)}]`, Level.Call);
  }
  if (ts.isComputedPropertyName(name) && only(context.kinds(name.expression), Kind.String)) {
    return code(`${at(source, Level.Call)}[${context.expression(name.expression).text}]`, Level.Call);
  }
  return context.refuse(name, 'unsupported-syntax', 'this property name');
}

function with_default(
  context: Context,
  pattern: ts.BindingPattern,
  element: ts.BindingElement,
  value: Code,
  i: number,
): Code {
  const source = context.type(pattern);
  const key = element.propertyName ?? element.name;
  const parts = source.isUnion() ? source.types : [source];
  const may_be_null = parts.some(part => {
    const declared = ts.isArrayBindingPattern(pattern)
      ? element_type(context, part, i)
      : property_type(context, part, key);
    return declared === undefined || (context.kinds_of_type(declared) & Kind.Null) !== 0;
  });
  if (may_be_null) context.report(element, 'nullish-default');
  const fallback = context.expression(element.initializer as ts.Expression);
  return code(`${at(value, Level.Or)} ?? ${at(fallback, Level.And)}`, Level.Or);
}

function element_type(context: Context, type: ts.Type, i: number): ts.Type | undefined {
  const item = context.checker.isTupleType(type)
    ? context.checker.getTypeArguments(type as ts.TypeReference)[i]
    : undefined;
  return item ?? context.checker.getIndexTypeOfType(type, ts.IndexKind.Number);
}

function property_type(context: Context, type: ts.Type, key: ts.Node): ts.Type | undefined {
  if (!ts.isIdentifier(key) && !ts.isStringLiteral(key)) return undefined;
  const property = context.checker.getPropertyOfType(type, key.text);
  if (property !== undefined) return context.checker.getTypeOfSymbol(property);
  return context.checker.getIndexTypeOfType(type, ts.IndexKind.String);
}

/** `[a, b] = [b, a];` and `({ a, b } = point);` as statements. */
export function assignment_lines(context: Context, node: ts.BinaryExpression): string[] {
  const name = context.fresh('value');
  const lines = [`let ${name} = ${at(context.expression(node.right), Level.Assign)};`];
  const assign = (target: ts.Expression, source: Code): void => {
    if (ts.isArrayLiteralExpression(target)) {
      check_target(context, target, Kind.Array);
      target.elements.forEach((element, i) => {
        if (ts.isOmittedExpression(element)) return;
        if (ts.isSpreadElement(element)) context.report(element, 'unsupported-syntax', 'a rest element here');
        else assign(element, item(source, i));
      });
    } else if (ts.isObjectLiteralExpression(target)) {
      check_target(context, target, Kind.Object | Kind.Native);
      for (const property of target.properties) {
        if (
          ts.isShorthandPropertyAssignment(property) &&
          property.objectAssignmentInitializer === undefined
        ) {
          assign(property.name, member(context, source, property.name));
        } else if (ts.isPropertyAssignment(property)) {
          assign(property.initializer, member(context, source, property.name));
        } else context.report(property, 'object-rest');
      }
    } else if (ts.isBinaryExpression(target)) {
      context.report(target, 'nullish-default');
    } else {
      lines.push(`${store(context, target, source).text};`);
    }
  };
  assign(node.left, primary(name));
  return lines;
}

function check_target(context: Context, target: ts.Expression, wanted: number): void {
  const kinds = context.kinds(target);
  if (!only(kinds, wanted)) context.report(target, 'destructuring-source', describe_kinds(kinds));
}
