/** Loops. ucode's for-in walks the values of an array and shares one variable between all rounds. */
import ts from 'typescript';
import { at, Level } from '../code.ts';
import type { Context } from '../context.ts';
import { describe_kinds, Kind, only } from '../kinds.ts';
import { bound_symbols } from '../order.ts';
import { is_captured, writes_in } from '../references.ts';
import { body, statement_lines } from './control.ts';
import { keyword } from './declaration.ts';
import { binding_lines } from './destructuring.ts';

export function while_statement(context: Context, node: ts.WhileStatement): string {
  return `while (${context.expression(node.expression).text}) ${body(context, node.statement)}`;
}

/** `for (let again = true; again; again = …)`: `continue` evaluates the condition, as it does in do-while. */
export function do_statement(context: Context, node: ts.DoStatement): string {
  const again = context.fresh('again');
  const condition = at(context.expression(node.expression), Level.Assign);
  return `for (let ${again} = true; ${again}; ${again} = ${condition}) ${body(context, node.statement)}`;
}

export function for_statement(context: Context, node: ts.ForStatement): string {
  const list = node.initializer;
  const copies: string[] = [];
  let head = '';
  const restore: (() => void)[] = [];
  if (list !== undefined && ts.isVariableDeclarationList(list)) {
    keyword(context, list);
    // JavaScript gives every round its own variable; a closure needs a copy of it
    for (const declaration of list.declarations) {
      for (const symbol of bound_symbols(context, declaration.name)) {
        if (!is_captured(context, node.statement, symbol)) continue;
        if (writes_in(context, node.statement, symbol).length > 0) {
          context.report(declaration, 'loop-capture-write', symbol.name);
        }
        const name = context.name_of(symbol);
        const counter = context.fresh(`${name}_next`);
        copies.push(`let ${name} = ${counter};`);
        context.rename(symbol, counter);
        restore.push(() => context.rename(symbol, name));
      }
    }
    const parts = list.declarations.map(declaration => {
      if (!ts.isIdentifier(declaration.name)) {
        context.report(declaration, 'unsupported-syntax', 'a pattern here');
        return '';
      }
      const name = context.name(declaration.name);
      return declaration.initializer === undefined
        ? name
        : `${name} = ${at(context.expression(declaration.initializer), Level.Assign)}`;
    });
    // const is a syntax error in ucode's loop heads
    head = `let ${parts.join(', ')}`;
  } else if (list !== undefined) {
    head = context.expression(list).text;
  }
  const condition = node.condition === undefined ? '' : ` ${context.expression(node.condition).text}`;
  const step = node.incrementor === undefined ? '' : ` ${context.expression(node.incrementor).text}`;
  for (const undo of restore) undo();
  return `for (${head};${condition};${step}) ${body_with(context, node.statement, copies)}`;
}

/** A loop body with lines before it. */
function body_with(context: Context, node: ts.Statement, lines: readonly string[]): string {
  if (lines.length === 0) return body(context, node);
  const statements = ts.isBlock(node) ? node.statements : [node];
  return context.indented(() => {
    const first = lines.map(line => `${context.pad}${line}\n`).join('');
    const rest = statement_lines(context, statements, node);
    return `{\n${first}${rest}${context.pad.slice(1)}}`;
  });
}

export function for_of_statement(context: Context, node: ts.ForOfStatement): string {
  if (node.awaitModifier !== undefined) context.report(node, 'async');
  if (!ts.isVariableDeclarationList(node.initializer)) {
    context.report(node.initializer, 'unsupported-syntax', 'a loop over an existing variable');
    return '';
  }
  const target = node.initializer.declarations[0]?.name;
  if (target === undefined) return '';
  keyword(context, node.initializer);

  const entries = entries_receiver(context, node.expression);
  if (entries !== undefined && ts.isArrayBindingPattern(target))
    return for_entries(context, node, target, entries);

  const kinds = context.kinds(node.expression);
  if (entries !== undefined || (!context.native && !only(kinds, Kind.Array))) {
    context.report(node.expression, 'iterate-source', describe_kinds(kinds));
  }
  const source = context.expression(node.expression).text;
  const { name, lines } = loop_variable(context, node, target, 'entry');
  return `for (let ${name} in ${source}) ${body_with(context, node.statement, lines)}`;
}

/** `for (const [i, x] of list.entries())` is `for (let i, x in list)`. */
function for_entries(
  context: Context,
  node: ts.ForOfStatement,
  pattern: ts.ArrayBindingPattern,
  list: ts.Expression,
): string {
  const source = context.expression(list).text;
  const lines: string[] = [];
  const names = [0, 1].map(i => {
    const element = pattern.elements[i];
    if (element === undefined || ts.isOmittedExpression(element))
      return context.fresh(i === 0 ? 'i' : 'item');
    const variable = loop_variable(context, node, element.name, 'item');
    lines.push(...variable.lines);
    return variable.name;
  });
  return `for (let ${names.join(', ')} in ${source}) ${body_with(context, node.statement, lines)}`;
}

/** The name in the loop head, and what the body has to begin with. */
function loop_variable(
  context: Context,
  node: ts.ForOfStatement,
  target: ts.BindingName,
  base: string,
): { name: string; lines: string[] } {
  if (!ts.isIdentifier(target)) {
    const name = context.fresh(base);
    return { name, lines: context.indented(() => binding_lines(context, target, name)) };
  }
  const name = context.name(target);
  const symbol = context.symbol(target);
  if (symbol === undefined || !is_captured(context, node.statement, symbol)) return { name, lines: [] };
  const shared = context.fresh(`${name}_next`);
  return { name: shared, lines: [`let ${name} = ${shared};`] };
}

function entries_receiver(context: Context, node: ts.Expression): ts.Expression | undefined {
  if (
    !ts.isCallExpression(node) ||
    node.arguments.length > 0 ||
    !ts.isPropertyAccessExpression(node.expression)
  ) {
    return undefined;
  }
  const { expression, name } = node.expression;
  return name.text === 'entries' && only(context.kinds(expression), Kind.Array) ? expression : undefined;
}
