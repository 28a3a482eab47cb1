/** Statement lists, blocks, branches, return, throw and try. */
import ts from 'typescript';
import { at, type Code, call, code, Level } from '../code.ts';
import { leading, trailing } from '../comments.ts';
import type { Context } from '../context.ts';
import { Kind, only } from '../kinds.ts';
import { order_statements } from '../order.ts';
import { is_one_let, with_fewer_lets } from './declaration.ts';
import { assignment_lines } from './destructuring.ts';

/** The statements of a block, each on its own lines at the current indentation. */
export function statement_lines(
  context: Context,
  statements: readonly ts.Statement[],
  owner: ts.Node,
): string {
  const lines: { text: string; is_let: boolean }[] = [];
  for (const { statement, forward } of order_statements(context, statements)) {
    const text = context.statement(statement);
    if (text === '' && forward.length === 0) continue;
    const above = leading(context, statement, lines.length === 0);
    const names = forward.map(symbol => context.name_of(symbol)).join(', ');
    if (names !== '') lines.push({ text: `${above}${context.pad}let ${names};`, is_let: false });
    if (text !== '') {
      const first = names === '' ? above : '';
      const whole = `${first}${context.pad}${text}${trailing(context, statement.end)}`;
      lines.push({ text: whole, is_let: is_one_let(context, statement) });
    }
  }
  const out = with_fewer_lets(lines).map(line => `${line}\n`);
  return out.join('') + comments_at_end(context, owner);
}

/** Comments between the last statement of a block and its brace. */
function comments_at_end(context: Context, owner: ts.Node): string {
  if (!ts.isBlock(owner)) return '';
  const close = owner.getLastToken(context.file);
  if (close === undefined) return '';
  return leading(context, close, owner.statements.length === 0).trim() === '' ? '' : leading(context, close);
}

export function block(context: Context, node: ts.Block): string {
  const inner = context.indented(() => statement_lines(context, node.statements, node));
  return inner === '' ? '{}' : `{\n${inner}${context.pad}}`;
}

/** The statement under an if or a loop: a block stays a block, a single statement stays on the line. */
export function body(context: Context, node: ts.Statement): string {
  const text = ts.isBlock(node) ? context.statement(node) : context.indented(() => context.statement(node));
  return text === '' ? '{}' : text;
}

export function expression_statement(context: Context, node: ts.ExpressionStatement): string {
  const inner = ts.isParenthesizedExpression(node.expression) ? node.expression.expression : node.expression;
  if (is_destructuring(inner)) {
    const lines = context.indented(() =>
      assignment_lines(context, inner).map(line => `${context.pad}${line}\n`),
    );
    return `{\n${lines.join('')}${context.pad}}`;
  }
  const text = at(context.expression(node.expression), Level.Comma);
  return /^(\{|function\b)/.test(text) ? `(${text});` : `${text};`;
}

export function is_destructuring(node: ts.Expression): node is ts.DestructuringAssignment {
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
    (ts.isArrayLiteralExpression(node.left) || ts.isObjectLiteralExpression(node.left))
  );
}

export function if_statement(context: Context, node: ts.IfStatement): string {
  let text = `if (${context.expression(node.expression).text}) ${body(context, node.thenStatement)}`;
  if (node.elseStatement === undefined) return text;
  text += ts.isBlock(node.thenStatement) ? ' ' : `\n${context.pad}`;
  const rest = ts.isIfStatement(node.elseStatement)
    ? context.statement(node.elseStatement)
    : body(context, node.elseStatement);
  return `${text}else ${rest}`;
}

export function return_statement(context: Context, node: ts.ReturnStatement): string {
  if (node.expression === undefined) return 'return;';
  return `return ${at(context.expression(node.expression), Level.Comma)};`;
}

/** `throw new Error(text)` and throwing on what was caught. */
export function throw_statement(context: Context, node: ts.ThrowStatement): string {
  return `${call(context.builtin('die'), thrown(context, node.expression)).text};`;
}

function thrown(context: Context, node: ts.Expression): Code {
  const message = new_error_message(context, node);
  if (message !== undefined) return message;
  if (ts.isIdentifier(node)) {
    const declaration = context.symbol(node)?.valueDeclaration;
    if (declaration !== undefined && ts.isCatchClause(declaration.parent)) return context.expression(node);
    if (context.type(node).symbol?.name === 'Error') {
      return code(`${at(context.expression(node), Level.Call)}.message`, Level.Call);
    }
  }
  return context.refuse(node, 'throw-value');
}

/** The text of `new Error(text)`. */
export function new_error_message(context: Context, node: ts.Expression): Code | undefined {
  if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'Error')
    return undefined;
  const [message, more] = node.arguments ?? [];
  if (message === undefined || more !== undefined || !only(context.kinds(message), Kind.String))
    return undefined;
  return context.expression(message);
}

export function try_statement(context: Context, node: ts.TryStatement): string {
  if (node.finallyBlock !== undefined) context.report(node.finallyBlock, 'finally');
  const clause = node.catchClause;
  if (clause === undefined) return '';
  const name = clause.variableDeclaration?.name;
  if (name !== undefined && !ts.isIdentifier(name)) context.report(name, 'destructured-catch');
  const head = name !== undefined && ts.isIdentifier(name) ? `catch (${context.name(name)})` : 'catch';
  return `try ${context.statement(node.tryBlock)} ${head} ${context.statement(clause.block)}`;
}
