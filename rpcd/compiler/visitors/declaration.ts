/** let and const. */
import ts from 'typescript';
import { at, Level, primary } from '../code.ts';
import { broken_between } from '../comments.ts';
import type { Context } from '../context.ts';
import { declared_symbols } from '../order.ts';
import { type Bound, bindings } from './destructuring.ts';

export function variable_statement(context: Context, node: ts.VariableStatement): string {
  if (node.modifiers?.some(modifier => modifier.kind === ts.SyntaxKind.DeclareKeyword)) return '';
  const lines = declaration_lines(context, node.declarationList);
  return lines.join(`\n${context.pad}`);
}

/** Whether the statement becomes one `let`, which can go on with the variables of the next. */
export function is_one_let(context: Context, node: ts.Statement): boolean {
  if (!context.is_joined || !ts.isVariableStatement(node)) return false;
  return !declared_symbols(context, node).some(symbol => context.forwarded.has(symbol));
}

/** Lines that follow each other, with one `let` for several of them. */
export function with_fewer_lets(lines: readonly { text: string; is_let: boolean }[]): string[] {
  return lines.map(({ text, is_let }, i) => {
    const joins_next = is_let && lines[i + 1]?.is_let === true;
    const whole = joins_next ? text.replace(/;$/, ',') : text;
    return is_let && lines[i - 1]?.is_let === true ? whole.replace(/^let /, '') : whole;
  });
}

function declaration_lines(context: Context, list: ts.VariableDeclarationList): string[] {
  const word = keyword(context, list);
  const parts = list.declarations.flatMap(declaration =>
    declaration_parts(context, declaration, word === 'const'),
  );
  const lines: string[] = [];
  let open: string[] = [];
  const close = (): void => {
    const line = `${word} ${open.join(', ')};`;
    const is_long = line.length > 100 && open.length > 1 && !line.includes('\n');
    if (open.length > 0) lines.push(is_long ? `${word} ${open.join(`,\n${context.pad}\t`)};` : line);
    open = [];
  };
  for (const part of parts) {
    if (part.symbol !== undefined && context.forwarded.has(part.symbol)) {
      close();
      if (part.value !== '') lines.push(`${part.name} = ${part.value};`);
    } else {
      const space = part.value.startsWith('\n') ? '' : ' ';
      open.push(part.value === '' ? part.name : `${part.name} =${space}${part.value}`);
    }
  }
  close();
  return lines;
}

export function keyword(context: Context, list: ts.VariableDeclarationList): 'let' | 'const' {
  if ((list.flags & ts.NodeFlags.BlockScoped) === 0) context.report(list, 'var');
  // the checker has seen to it that a constant stays one
  return !context.is_joined && (list.flags & ts.NodeFlags.Const) !== 0 ? 'const' : 'let';
}

function declaration_parts(context: Context, node: ts.VariableDeclaration, is_const: boolean): Bound[] {
  const source = node.initializer;
  if (ts.isIdentifier(node.name)) {
    const symbol = context.symbol(node.name);
    const name = context.name(node.name);
    if (source === undefined) return [{ name, symbol, value: is_const ? 'null' : '' }];
    return [{ name, symbol, value: initial_value(context, node, source) }];
  }
  if (source === undefined) return [];
  const value = context.expression(source);
  const names = node.name.elements.length;
  // `const { a } = f();` reads f().a once; more names need the value to have a name
  if (names === 1 ? value.level >= Level.Call : is_repeatable(source))
    return bindings(context, node.name, value);
  const name = context.fresh(ts.isArrayBindingPattern(node.name) ? 'parts' : 'fields');
  return [
    { name, symbol: undefined, value: at(value, Level.Assign) },
    ...bindings(context, node.name, primary(name)),
  ];
}

function initial_value(context: Context, node: ts.VariableDeclaration, source: ts.Expression): string {
  // a value on its own line stays there
  if (!broken_between(context, node.name.end, source.getStart(context.file))) {
    return at(context.expression(source), Level.Assign);
  }
  return context.indented(() => `\n${context.pad}${at(context.expression(source), Level.Assign)}`);
}

/** A variable or a path of properties: reading it again gives the same value. */
export function is_repeatable(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node)) {
    return is_repeatable(node.expression);
  }
  return ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node) && is_repeatable(node.expression));
}
