/** Properties, elements, optional chains, and writing to them. */
import ts from 'typescript';
import { builtin_constant, builtin_property } from '../builtins/index.ts';
import { at, type Code, call, code, Level, primary } from '../code.ts';
import type { Context } from '../context.ts';
import { fact } from '../integers.ts';
import { describe_kinds, is_native, Kind, NULLISH, only } from '../kinds.ts';
import { IDENTIFIER, INHERITED } from '../names.ts';
import { is_repeatable } from './declaration.ts';

/** Kinds of the receiver, null aside: TypeScript has already refused access to a possibly null value. */
export function receiver_kinds(context: Context, node: ts.Expression): number {
  return context.kinds(node) & ~NULLISH;
}

/** `Math`, `JSON`, …: a global of JavaScript's library, not a variable that hides it. */
export function library_global(context: Context, node: ts.Expression): string | undefined {
  if (!ts.isIdentifier(node)) return undefined;
  const symbol = context.symbol(node);
  return symbol !== undefined && context.is_library(symbol) ? node.text : undefined;
}

export function property_access(context: Context, node: ts.PropertyAccessExpression): Code {
  const joined = context.joined_member(node);
  if (joined !== undefined) return primary(joined);
  const name = node.name.text;
  const global = library_global(context, node.expression);
  if (global !== undefined && !context.native) return builtin_constant(context, node, global, name);

  const kinds = receiver_kinds(context, node.expression);
  const symbol = context.checker.getSymbolAtLocation(node.name);
  if (!context.native) {
    if (symbol !== undefined && is_native(symbol)) return plain_property(context, node);
    if (!only(kinds, Kind.Object | Kind.Native)) {
      return (
        builtin_property(context, node, kinds, name) ??
        context.refuse(node, 'property', name, describe_kinds(kinds))
      );
    }
    if (INHERITED.has(name)) return context.refuse(node.name, 'inherited-name', name);
    const is_message = name === 'message' && only(kinds, Kind.Object);
    if (symbol !== undefined && context.is_library(symbol) && !is_message) {
      return context.refuse(node.name, 'property', name, describe_kinds(kinds));
    }
  }
  return plain_property(context, node);
}

function plain_property(context: Context, node: ts.PropertyAccessExpression): Code {
  const receiver = at(context.expression(node.expression), Level.Call);
  if (!IDENTIFIER.test(node.name.text))
    return context.refuse(node.name, 'identifier-characters', node.name.text);
  return code(`${receiver}${is_optional(context, node) ? '?.' : '.'}${node.name.text}`, Level.Call);
}

/** ucode before 24.10.x stops only at the link with `?.`, so every later link of a chain gets its own. */
export function is_optional(context: Context, node: ts.Expression): boolean {
  return ts.isOptionalChain(node) && !context.plain_links.has(node);
}

export function element_access(context: Context, node: ts.ElementAccessExpression): Code {
  const kinds = receiver_kinds(context, node.expression);
  const index = node.argumentExpression;
  if (context.native || only(kinds, Kind.Object | Kind.Native)) return object_element(context, node);
  if (only(kinds, Kind.Array)) {
    if (fact(context, index).not_negative)
      return plain_element(context, node, context.expression(index).text);
    return call(context.runtime('arr_item'), context.expression(node.expression), context.expression(index));
  }
  if (only(kinds, Kind.String)) {
    return call(context.runtime('str_item'), context.expression(node.expression), context.expression(index));
  }
  return context.refuse(node, 'element-access', describe_kinds(kinds));
}

function object_element(context: Context, node: ts.ElementAccessExpression): Code {
  const index = node.argumentExpression;
  if (ts.isStringLiteral(index) && INHERITED.has(index.text)) {
    return context.refuse(index, 'inherited-name', index.text);
  }
  const value = context.expression(index);
  const kinds = context.kinds(index);
  if (context.native || only(kinds, Kind.String)) return plain_element(context, node, value.text);
  if (!only(kinds, Kind.String | Kind.Number))
    return context.refuse(index, 'element-access', describe_kinds(kinds));
  // ucode would write the double 3.0 as "3" and 1e15 as "1e+15"
  const key = fact(context, index).integer ? value.text : call(context.runtime('str'), value).text;
  return plain_element(context, node, key);
}

function plain_element(context: Context, node: ts.ElementAccessExpression, index: string): Code {
  const receiver = at(context.expression(node.expression), Level.Call);
  return code(`${receiver}${is_optional(context, node) ? '?.' : ''}[${index}]`, Level.Call);
}

/** Assignment of one value to one target. */
export function store(context: Context, target: ts.Expression, value: Code): Code {
  const place =
    ts.isNonNullExpression(target) || ts.isParenthesizedExpression(target) ? target.expression : target;
  if (place !== target) return store(context, place, value);
  if (ts.isPropertyAccessExpression(place) && place.name.text === 'length') {
    if (only(receiver_kinds(context, place.expression), Kind.Array))
      return context.refuse(place, 'array-length');
  }
  if (ts.isElementAccessExpression(place) && !context.native) {
    const kinds = receiver_kinds(context, place.expression);
    if (only(kinds, Kind.Array) && !fact(context, place.argumentExpression).not_negative) {
      const list = context.expression(place.expression);
      return call(context.runtime('arr_set'), list, context.expression(place.argumentExpression), value);
    }
    if (!only(kinds, Kind.Array | Kind.Object))
      return context.refuse(place, 'element-access', describe_kinds(kinds));
  }
  return code(`${at(context.expression(place), Level.Call)} = ${at(value, Level.Assign)}`, Level.Assign);
}

type Link = ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.CallExpression;

/**
 * A chain `a?.b.c()` of plain properties keeps its form. When a link after `?.` is one that becomes a function
 * call (`a?.trim()`), the part before it is tested: `a == null ? null : str_trim(a)`.
 * Returns undefined when the chain can stay as it is.
 */
export function optional_chain(context: Context, node: ts.Expression): Code | undefined {
  if (context.native) return undefined;
  const tail: Link[] = [];
  let link = node as Link;
  while (link.questionDotToken === undefined) {
    tail.push(link);
    link = link.expression as Link;
  }
  tail.push(link);
  if (!tail.some(part => becomes_call(context, part))) return undefined;

  const base = link.expression;
  const value = context.expression(base);
  for (const part of tail) context.plain_links.add(part);
  const repeat = is_repeatable(base);
  const name = repeat ? '' : context.fresh('value');
  // behind the test no link of the base can be null any more
  const known = { ...value, text: value.text.replaceAll('?.', '.') };
  context.substitutes.set(base, repeat ? known : primary(name));
  const rest = context.expression(node);
  context.substitutes.delete(base);
  for (const part of tail) context.plain_links.delete(part);
  if (repeat) {
    const test = `${at(value, Level.Equal)} == null`;
    const whole = code(`${test} ? null : ${at(rest, Level.Ternary)}`, Level.Ternary);
    return is_nullish(context, node) ? whole : { ...whole, guarded: { test, value: rest } };
  }
  context.release(name);
  return call(context.runtime('opt'), value, code(`${name} => ${at(rest, Level.Assign)}`, Level.Assign));
}

/** Whether the last link itself may give null, chain or not. */
function is_nullish(context: Context, node: ts.Expression): boolean {
  if (!ts.isCallExpression(node))
    return (context.kinds(node) & Kind.Null) !== 0 || !ts.isPropertyAccessExpression(node);
  // the signature as declared: the resolved one has the undefined of the chain in it
  const declaration = context.checker.getResolvedSignature(node)?.getDeclaration();
  const signature = declaration && context.checker.getSignatureFromDeclaration(declaration);
  return signature === undefined || (context.kinds_of_type(signature.getReturnType()) & NULLISH) !== 0;
}

/** Links without a ucode counterpart of the same shape. */
function becomes_call(context: Context, link: Link): boolean {
  const lowered = Kind.Array | Kind.String | Kind.Number | Kind.RegExp | Kind.Boolean;
  if (ts.isCallExpression(link)) {
    return (
      ts.isPropertyAccessExpression(link.expression) &&
      (receiver_kinds(context, link.expression.expression) & lowered) !== 0
    );
  }
  const kinds = receiver_kinds(context, link.expression);
  if (ts.isPropertyAccessExpression(link)) {
    // the name of a method belongs to the call above it
    const called = ts.isCallExpression(link.parent) && link.parent.expression === link;
    return !called && (kinds & lowered) !== 0;
  }
  if ((kinds & Kind.String) !== 0) return true;
  return (kinds & Kind.Array) !== 0 && !fact(context, link.argumentExpression).not_negative;
}

/** True for `JSON.parse`, the one library function whose result is declared by the caller. */
export function is_json_parse(context: Context, node: ts.Node): boolean {
  if (ts.isParenthesizedExpression(node)) return is_json_parse(context, node.expression);
  const callee = ts.isCallExpression(node) ? node.expression : node;
  return (
    ts.isPropertyAccessExpression(callee) &&
    callee.name.text === 'parse' &&
    library_global(context, callee.expression) === 'JSON'
  );
}
