/** switch: strict in both languages, but ucode's `case 3` does not match the double 3.0. */
import ts from 'typescript';
import { type Code, call } from '../code.ts';
import { leading, trailing } from '../comments.ts';
import type { Context } from '../context.ts';
import { fact } from '../integers.ts';
import { Kind } from '../kinds.ts';
import { statement_lines } from './control.ts';
import { check_nullish_pair } from './equality.ts';

export function switch_statement(context: Context, node: ts.SwitchStatement): string {
  let text = `switch (${normalised(context, node.expression).text}) {\n`;
  for (const clause of node.caseBlock.clauses) {
    text += leading(context, clause, true);
    if (ts.isCaseClause(clause)) {
      check_nullish_pair(context, clause.expression, node.expression, clause.expression);
      text += `${context.pad}case ${normalised(context, clause.expression).text}:`;
    } else {
      text += `${context.pad}default:`;
    }
    const [block, more] = clause.statements;
    if (block !== undefined && more === undefined && ts.isBlock(block)) {
      text += ` ${context.statement(block)}\n`;
      continue;
    }
    text += `${trailing(context, colon_end(context, clause))}\n`;
    for (const statement of clause.statements) {
      if (ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement)) {
        context.report(statement, 'case-declaration');
      }
    }
    text += context.indented(() => statement_lines(context, clause.statements, clause));
  }
  return `${text}${context.pad}}`;
}

function normalised(context: Context, node: ts.Expression): Code {
  const value = context.expression(node);
  if (context.native || (context.kinds(node) & Kind.Number) === 0 || fact(context, node).integer)
    return value;
  return call(context.runtime('norm'), value);
}

function colon_end(context: Context, clause: ts.CaseOrDefaultClause): number {
  const colon = clause.getChildren(context.file).find(child => child.kind === ts.SyntaxKind.ColonToken);
  return colon?.end ?? clause.end;
}
