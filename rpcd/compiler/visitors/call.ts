/** Calls: of functions, of methods, and of the library's functions and methods. */
import ts from 'typescript';
import { builtin_function, builtin_method, builtin_static } from '../builtins/index.ts';
import { at, type Code, code, Level, primary } from '../code.ts';
import type { Context } from '../context.ts';
import { describe_kinds, is_native, Kind, only } from '../kinds.ts';
import { is_optional, library_global, receiver_kinds } from './access.ts';
import { new_error_message } from './control.ts';
import { element_text, list_text } from './literal.ts';

export function call_expression(context: Context, node: ts.CallExpression): Code {
  const callee = node.expression;
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return context.refuse(node, 'dynamic-import');
  if (context.native) return intrinsic(context, node) ?? plain_call(context, node);

  const global = library_global(context, callee);
  if (global !== undefined) return builtin_function(context, node, global);
  if (ts.isPropertyAccessExpression(callee)) {
    const owner = library_global(context, callee.expression);
    if (owner !== undefined) return builtin_static(context, node, owner, callee.name.text);
    const symbol = context.checker.getSymbolAtLocation(callee.name);
    const kinds = receiver_kinds(context, callee.expression);
    if (symbol === undefined || !is_native(symbol)) {
      if (!only(kinds, Kind.Object | Kind.Native)) return builtin_method(context, node, callee, kinds);
      if (symbol !== undefined && context.is_library(symbol)) {
        return context.refuse(callee.name, 'method', callee.name.text, describe_kinds(kinds));
      }
    }
  }
  return plain_call(context, node);
}

/** `double(x)` of the runtime: ucode has no such function, multiplying with a double makes one. */
function intrinsic(context: Context, node: ts.CallExpression): Code | undefined {
  const [value] = node.arguments;
  if (!ts.isIdentifier(node.expression) || value === undefined) return undefined;
  const symbol = context.symbol(node.expression);
  if (symbol === undefined || context.builtin_import(symbol) !== 'double') return undefined;
  return code(`1.0 * ${at(context.expression(value), Level.Unary)}`, Level.Multiply);
}

function plain_call(context: Context, node: ts.CallExpression): Code {
  const callee = at(context.expression(node.expression), Level.Call);
  const open = is_optional(context, node) ? '?.(' : '(';
  return code(callee + argument_list(context, node, open), Level.Call);
}

/** Arguments keep their lines; a trailing comma is a syntax error in ucode. */
function argument_list(context: Context, node: ts.CallExpression, open: string): string {
  const pieces = node.arguments.map(argument => ({
    node: argument,
    text: () => element_text(context, argument),
  }));
  return list_text(context, open, ')', pieces, node.expression.end, node.end, false);
}

/** `new Error(text)` as a value: what is read from it is its message. */
export function new_expression(context: Context, node: ts.NewExpression): Code {
  const message = new_error_message(context, node);
  if (message === undefined) return context.refuse(node, 'new');
  return primary(`{ message: ${at(message, Level.Assign)} }`);
}
