/** Which visitor lowers which kind of syntax. What is not listed here is refused. */
import ts from 'typescript';
import type { Code } from '../code.ts';
import type { Context, Visitors } from '../context.ts';
import type { DiagnosticName } from '../diagnostics.ts';
import { element_access, is_json_parse, optional_chain, property_access } from './access.ts';
import { call_expression, new_expression } from './call.ts';
import {
  block,
  expression_statement,
  if_statement,
  return_statement,
  throw_statement,
  try_statement,
} from './control.ts';
import { variable_statement } from './declaration.ts';
import { arrow_function, function_declaration, function_expression } from './function.ts';
import {
  array_literal,
  identifier,
  number_literal,
  object_literal,
  parenthesized,
  string_literal,
  word,
} from './literal.ts';
import { do_statement, for_of_statement, for_statement, while_statement } from './loops.ts';
import { binary, conditional, delete_expression, postfix, prefix } from './operators.ts';
import { regex_literal } from './regexp.ts';
import { switch_statement } from './switch.ts';
import { template } from './template.ts';
import { type_of } from './typeof.ts';

type ExpressionVisitor = (context: Context, node: never) => Code;
type StatementVisitor = (context: Context, node: never) => string;

const erase = (
  context: Context,
  node: ts.AsExpression | ts.SatisfiesExpression | ts.NonNullExpression,
): Code => context.expression(node.expression);
const nothing = (): string => '';

const EXPRESSIONS = new Map<ts.SyntaxKind, ExpressionVisitor>([
  [ts.SyntaxKind.ArrayLiteralExpression, array_literal],
  [ts.SyntaxKind.ArrowFunction, arrow_function],
  [ts.SyntaxKind.AsExpression, erase],
  [ts.SyntaxKind.BinaryExpression, binary],
  [ts.SyntaxKind.CallExpression, call_expression],
  [ts.SyntaxKind.ConditionalExpression, conditional],
  [ts.SyntaxKind.DeleteExpression, delete_expression],
  [ts.SyntaxKind.ElementAccessExpression, element_access],
  [ts.SyntaxKind.FalseKeyword, word],
  [ts.SyntaxKind.FunctionExpression, function_expression],
  [ts.SyntaxKind.Identifier, identifier],
  [ts.SyntaxKind.NewExpression, new_expression],
  [ts.SyntaxKind.NonNullExpression, erase],
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral, template],
  [ts.SyntaxKind.NullKeyword, word],
  [ts.SyntaxKind.NumericLiteral, number_literal],
  [ts.SyntaxKind.ObjectLiteralExpression, object_literal],
  [ts.SyntaxKind.ParenthesizedExpression, parenthesized],
  [ts.SyntaxKind.PostfixUnaryExpression, postfix],
  [ts.SyntaxKind.PrefixUnaryExpression, prefix],
  [ts.SyntaxKind.PropertyAccessExpression, property_access],
  [ts.SyntaxKind.RegularExpressionLiteral, regex_literal],
  [ts.SyntaxKind.SatisfiesExpression, erase],
  [ts.SyntaxKind.StringLiteral, string_literal],
  [ts.SyntaxKind.TemplateExpression, template],
  [ts.SyntaxKind.TrueKeyword, word],
  [ts.SyntaxKind.TypeOfExpression, type_of],
]);

const STATEMENTS = new Map<ts.SyntaxKind, StatementVisitor>([
  [ts.SyntaxKind.Block, block],
  [ts.SyntaxKind.BreakStatement, (context: Context, node: ts.BreakStatement) => jump(context, node, 'break')],
  [
    ts.SyntaxKind.ContinueStatement,
    (context: Context, node: ts.ContinueStatement) => jump(context, node, 'continue'),
  ],
  [ts.SyntaxKind.DoStatement, do_statement],
  [ts.SyntaxKind.EmptyStatement, nothing],
  [ts.SyntaxKind.ExpressionStatement, expression_statement],
  [ts.SyntaxKind.ForOfStatement, for_of_statement],
  [ts.SyntaxKind.ForStatement, for_statement],
  [ts.SyntaxKind.FunctionDeclaration, function_declaration],
  [ts.SyntaxKind.IfStatement, if_statement],
  [ts.SyntaxKind.InterfaceDeclaration, nothing],
  [ts.SyntaxKind.ReturnStatement, return_statement],
  [ts.SyntaxKind.SwitchStatement, switch_statement],
  [ts.SyntaxKind.ThrowStatement, throw_statement],
  [ts.SyntaxKind.TryStatement, try_statement],
  [ts.SyntaxKind.TypeAliasDeclaration, nothing],
  [ts.SyntaxKind.VariableStatement, variable_statement],
  [ts.SyntaxKind.WhileStatement, while_statement],
]);

/** Syntax with a reason of its own to be refused. */
const REFUSED = new Map<ts.SyntaxKind, DiagnosticName>([
  [ts.SyntaxKind.AwaitExpression, 'async'],
  [ts.SyntaxKind.BigIntLiteral, 'bigint'],
  [ts.SyntaxKind.ClassDeclaration, 'class'],
  [ts.SyntaxKind.ClassExpression, 'class'],
  [ts.SyntaxKind.EnumDeclaration, 'enum'],
  [ts.SyntaxKind.ForInStatement, 'for-in'],
  [ts.SyntaxKind.LabeledStatement, 'label'],
  [ts.SyntaxKind.ModuleDeclaration, 'namespace'],
  [ts.SyntaxKind.TaggedTemplateExpression, 'tagged-template'],
  [ts.SyntaxKind.ThisKeyword, 'this'],
  [ts.SyntaxKind.VoidExpression, 'void'],
  [ts.SyntaxKind.YieldExpression, 'generator'],
]);

function refuse_syntax(context: Context, node: ts.Node): void {
  const name = REFUSED.get(node.kind);
  if (name !== undefined) context.report(node, name);
  else context.report(node, 'unsupported-syntax', ts.SyntaxKind[node.kind] ?? 'this syntax');
}

function jump(context: Context, node: ts.BreakStatement | ts.ContinueStatement, word: string): string {
  if (node.label !== undefined) context.report(node, 'label');
  return `${word};`;
}

export const visitors: Visitors = {
  expression(context, node) {
    const visit = EXPRESSIONS.get(node.kind);
    if (visit === undefined) {
      refuse_syntax(context, node);
      return { text: 'null', level: 0 };
    }
    if (!context.native && is_any(context, node)) return context.refuse(node, 'any');
    if (ts.isOptionalChain(node) && !context.plain_links.has(node)) {
      const chain = optional_chain(context, node);
      if (chain !== undefined) return chain;
    }
    return visit(context, node as never);
  },
  statement(context, node) {
    const visit = STATEMENTS.get(node.kind);
    if (visit === undefined) {
      refuse_syntax(context, node);
      return '';
    }
    return visit(context, node as never);
  },
};

/** A value the type checker knows nothing of. JSON.parse has its own rule, types and module names have no value. */
function is_any(context: Context, node: ts.Expression): boolean {
  if ((context.type(node).flags & ts.TypeFlags.Any) === 0) return false;
  return !is_json_parse(context, node) && !ts.isNewExpression(node);
}
