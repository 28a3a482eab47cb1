/** Functions: declarations, expressions, arrows, methods, and their parameters. */
import ts from 'typescript';
import { at, type Code, code, Level, primary } from '../code.ts';
import type { Context } from '../context.ts';
import { Kind } from '../kinds.ts';
import { each_reference } from '../references.ts';
import { statement_lines } from './control.ts';
import { binding_lines } from './destructuring.ts';
import { value_unused } from './unused.ts';

type FunctionNode = ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration;

function check_modifiers(context: Context, node: FunctionNode): void {
  if (node.modifiers?.some(modifier => modifier.kind === ts.SyntaxKind.AsyncKeyword))
    context.report(node, 'async');
  if (node.asteriskToken !== undefined) context.report(node, 'generator');
}

export function function_declaration(context: Context, node: ts.FunctionDeclaration): string {
  // overload signatures and ambient declarations
  if (node.body === undefined || node.name === undefined) return '';
  check_modifiers(context, node);
  const symbol = context.symbol(node.name);
  const name = context.name(node.name);
  const { list, prologue } = parameters(context, node);
  const body = function_body(context, node.body, prologue);
  if (symbol !== undefined && context.forwarded.has(symbol)) return `${name} = function(${list}) ${body};`;
  return `function ${name}(${list}) ${body}`;
}

export function function_expression(context: Context, node: ts.FunctionExpression): Code {
  check_modifiers(context, node);
  if (node.name !== undefined) {
    const own = context.symbol(node.name);
    each_reference(context, node.body, used => {
      if (used === own) context.report(node, 'named-function-expression');
    });
  }
  const { list, prologue } = parameters(context, node);
  return primary(`function(${list}) ${function_body(context, node.body, prologue)}`);
}

/** `m() {}` in an object literal: method shorthand is too new, so it becomes `m: function() {}`. */
export function method_function(context: Context, node: ts.MethodDeclaration): string {
  check_modifiers(context, node);
  if (node.body === undefined) return 'null';
  const { list, prologue } = parameters(context, node);
  return `function(${list}) ${function_body(context, node.body, prologue)}`;
}

export function arrow_function(context: Context, node: ts.ArrowFunction): Code {
  check_modifiers(context, node);
  const { list, prologue } = parameters(context, node);
  const only = node.parameters.length === 1 && /^[A-Za-z_]\w*$/.test(list);
  const head = only ? list : `(${list})`;
  if (ts.isBlock(node.body))
    return code(`${head} => ${function_body(context, node.body, prologue)}`, Level.Assign);
  if (prologue.length > 0) {
    const body = node.body;
    const value = context.indented(() => at(context.expression(body), Level.Comma));
    const word = value_unused(context, body) ? '' : 'return ';
    const lines = context.indented(() =>
      [...prologue, `${word}${value};`].map(line => `${context.pad}${line}\n`),
    );
    return code(`${head} => {\n${lines.join('')}${context.pad}}`, Level.Assign);
  }
  const value = at(context.expression(node.body), Level.Assign);
  // a brace would open a block
  return code(`${head} => ${value.startsWith('{') ? `(${value})` : value}`, Level.Assign);
}

function function_body(context: Context, body: ts.Block, prologue: readonly string[]): string {
  const lines = context.indented(() => prologue.map(line => `${context.pad}${line}\n`).join(''));
  const inner = context.indented(() => statement_lines(context, body.statements, body));
  return lines + inner === '' ? '{}' : `{\n${lines}${inner}${context.pad}}`;
}

/** ucode has neither defaults nor patterns in parameter lists; both move into the body. */
function parameters(context: Context, node: FunctionNode): { list: string; prologue: string[] } {
  const names: string[] = [];
  const prologue: string[] = [];
  for (const parameter of node.parameters) {
    if (ts.isIdentifier(parameter.name)) {
      if (parameter.name.text === 'this') continue;
      const name = context.name(parameter.name);
      names.push(parameter.dotDotDotToken === undefined ? name : `...${name}`);
      if (parameter.initializer !== undefined) {
        const value = context.indented(() =>
          default_value(context, parameter, parameter.initializer as ts.Expression),
        );
        prologue.push(`${name} ??= ${value};`);
      }
      continue;
    }
    const base = ts.isArrayBindingPattern(parameter.name) ? 'entry' : 'fields';
    const name = context.indented(() => context.fresh(base));
    names.push(parameter.dotDotDotToken === undefined ? name : `...${name}`);
    context.indented(() => {
      if (parameter.initializer !== undefined) {
        prologue.push(`${name} ??= ${default_value(context, parameter, parameter.initializer)};`);
      }
      prologue.push(...binding_lines(context, parameter.name as ts.BindingPattern, name));
    });
  }
  return { list: names.join(', '), prologue };
}

/** A default fires on undefined in JavaScript and on null as well in ucode, so null must be impossible. */
function default_value(context: Context, parameter: ts.ParameterDeclaration, value: ts.Expression): string {
  const declared = parameter.type === undefined ? context.type(parameter) : context.type(parameter.type);
  if (!context.native && (context.kinds_of_type(declared) & Kind.Null) !== 0) {
    context.report(parameter, 'nullish-default');
  }
  return at(context.expression(value), Level.Assign);
}
