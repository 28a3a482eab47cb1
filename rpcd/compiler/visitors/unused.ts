/** Whether anybody looks at the value of an expression; several ucode built-ins return something else. */
import ts from 'typescript';
import type { Context } from '../context.ts';

export function value_unused(context: Context, node: ts.Expression): boolean {
  const parent = node.parent;
  if (ts.isExpressionStatement(parent)) return true;
  if (ts.isParenthesizedExpression(parent)) return value_unused(context, parent);
  if (ts.isForStatement(parent)) return parent.incrementor === node || parent.initializer === node;
  if (ts.isArrowFunction(parent) && parent.body === node) {
    const expected = context.checker.getContextualType(parent)?.getCallSignatures() ?? [];
    if (parent.type !== undefined) return parent.type.kind === ts.SyntaxKind.VoidKeyword;
    return (
      expected.length > 0 &&
      expected.every(
        signature => (context.checker.getReturnTypeOfSignature(signature).flags & ts.TypeFlags.Void) !== 0,
      )
    );
  }
  if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.CommaToken) {
    return parent.left === node || value_unused(context, parent);
  }
  return false;
}
