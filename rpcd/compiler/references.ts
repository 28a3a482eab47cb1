/** Questions about where the variables of a piece of source are used. */
import ts from 'typescript';
import type { Context } from './context.ts';

export function is_function_like(node: ts.Node): boolean {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node)
  );
}

/** What an import stands for; other names stand for themselves. */
export function behind(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** The name of a module that is imported as a whole, so that a property of it is a variable there. */
function is_module(context: Context, node: ts.Expression): boolean {
  const symbol = ts.isIdentifier(node) ? context.symbol(node) : undefined;
  return symbol !== undefined && context.is_module(symbol);
}

/** Calls back for each variable name in value position, with whether it is inside a nested function. */
export function each_reference(
  context: Context,
  root: ts.Node,
  found: (symbol: ts.Symbol, node: ts.Identifier, deferred: boolean) => void,
): void {
  const visit = (node: ts.Node, deferred: boolean): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isIdentifier(node)) {
      const named_part =
        (ts.isPropertyAccessExpression(node.parent) &&
          node.parent.name === node &&
          !is_module(context, node.parent.expression)) ||
        (ts.isPropertyAssignment(node.parent) && node.parent.name === node);
      const symbol = named_part ? undefined : context.symbol(node);
      if (symbol !== undefined) found(symbol, node, deferred);
      return;
    }
    ts.forEachChild(node, child => visit(child, deferred || is_function_like(node)));
  };
  visit(root, false);
}

/** True when a function inside `root` uses the variable. */
export function is_captured(context: Context, root: ts.Node, symbol: ts.Symbol): boolean {
  let captured = false;
  each_reference(context, root, (used, _, deferred) => {
    if (used === symbol && deferred) captured = true;
  });
  return captured;
}

/** The assignment, increment or pattern that changes the variable at this place, if the place is one. */
export function write_at(node: ts.Identifier): ts.Expression | undefined {
  const parent = node.parent;
  if (ts.isBinaryExpression(parent) && parent.left === node) {
    const operator = parent.operatorToken.kind;
    if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment) return parent;
  }
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) {
    if (parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken)
      return parent;
  }
  for (let up: ts.Node = parent; ts.isExpression(up) || ts.isObjectLiteralElement(up); up = up.parent) {
    if (
      !ts.isObjectLiteralElement(up) &&
      !ts.isArrayLiteralExpression(up) &&
      !ts.isObjectLiteralExpression(up)
    )
      break;
    const above: ts.Node = up.parent;
    if (
      ts.isBinaryExpression(above) &&
      above.left === up &&
      above.operatorToken.kind === ts.SyntaxKind.EqualsToken
    ) {
      return above;
    }
  }
  return undefined;
}

/** Every place inside `root` that changes the variable after its declaration. */
export function writes_in(context: Context, root: ts.Node, symbol: ts.Symbol): ts.Expression[] {
  const writes: ts.Expression[] = [];
  each_reference(context, root, (used, node) => {
    const write = used === symbol ? write_at(node) : undefined;
    if (write !== undefined) writes.push(write);
  });
  return writes;
}
