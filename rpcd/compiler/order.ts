/**
 * Order of declarations. ucode resolves a name when it compiles the function that mentions it, so every
 * declaration must stand, in the text, before each function using it. Functions and constants without effects
 * move up to their first user; what cannot move (cycles, constants computed by a call) is declared ahead with
 * `let` and assigned in its place.
 */
import ts from 'typescript';
import type { Context } from './context.ts';
import { each_reference } from './references.ts';

export interface Placed {
  readonly statement: ts.Statement;
  /** Variables to be declared with `let` right before this statement. */
  readonly forward: ts.Symbol[];
}

export function order_statements(context: Context, statements: readonly ts.Statement[]): Placed[] {
  const declared_by = new Map<ts.Symbol, number>();
  statements.forEach((statement, i) => {
    for (const symbol of declared_symbols(context, statement)) declared_by.set(symbol, i);
  });
  const references = statements.map(statement => {
    const own = new Set<ts.Symbol>();
    each_reference(context, statement, symbol => {
      if (declared_by.has(symbol)) own.add(symbol);
    });
    return own;
  });

  const placed: Placed[] = [];
  const state: ('waiting' | 'entered' | 'done')[] = statements.map(() => 'waiting');
  const place = (i: number): void => {
    const statement = statements[i];
    if (statement === undefined || state[i] !== 'waiting') return;
    state[i] = 'entered';
    // All of these first: whichever comes before this statement in the text may need the same name ahead.
    for (const symbol of references[i] ?? []) {
      const source = declared_by.get(symbol);
      if (source !== undefined && state[source] === 'waiting' && may_move_up(statements[source]))
        place(source);
    }
    const forward: ts.Symbol[] = [];
    for (const symbol of references[i] ?? []) {
      const source = declared_by.get(symbol);
      if (source === undefined || state[source] === 'done') continue;
      if (source === i && !mentions_itself(context, statement, symbol)) continue;
      if (!context.forwarded.has(symbol)) {
        context.forwarded.add(symbol);
        forward.push(symbol);
      }
    }
    state[i] = 'done';
    placed.push({ statement, forward });
  };
  statements.forEach((_, i) => {
    place(i);
  });
  return placed;
}

/** What a statement at the top of a file or block declares. */
export function declared_symbols(context: Context, statement: ts.Statement): ts.Symbol[] {
  if (ts.isFunctionDeclaration(statement)) {
    const symbol = statement.name && context.symbol(statement.name);
    return symbol === undefined || statement.body === undefined ? [] : [symbol];
  }
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(declaration =>
    bound_symbols(context, declaration.name),
  );
}

export function bound_symbols(context: Context, name: ts.BindingName): ts.Symbol[] {
  if (ts.isIdentifier(name)) {
    const symbol = context.symbol(name);
    return symbol === undefined ? [] : [symbol];
  }
  return name.elements.flatMap(element =>
    ts.isOmittedExpression(element) ? [] : bound_symbols(context, element.name),
  );
}

/** `let f = n => f(n - 1)` does not compile in ucode; a function declaration may name itself. */
function mentions_itself(context: Context, statement: ts.Statement, symbol: ts.Symbol): boolean {
  if (!ts.isVariableStatement(statement)) return false;
  return statement.declarationList.declarations.some(declaration => {
    if (declaration.initializer === undefined || !bound_symbols(context, declaration.name).includes(symbol))
      return false;
    let found = false;
    each_reference(context, declaration.initializer, used => {
      if (used === symbol) found = true;
    });
    return found;
  });
}

function may_move_up(statement: ts.Statement | undefined): boolean {
  if (statement === undefined) return false;
  if (ts.isFunctionDeclaration(statement)) return true;
  return (
    ts.isVariableStatement(statement) &&
    statement.declarationList.declarations.every(
      declaration => ts.isIdentifier(declaration.name) && is_constant(declaration.initializer),
    )
  );
}

/** Evaluating it earlier cannot be noticed: literals and functions, and literals made of them. */
function is_constant(node: ts.Expression | undefined): boolean {
  if (node === undefined) return true;
  if (
    ts.isLiteralExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    node.kind === ts.SyntaxKind.TrueKeyword ||
    node.kind === ts.SyntaxKind.FalseKeyword ||
    node.kind === ts.SyntaxKind.NullKeyword
  ) {
    return true;
  }
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isPrefixUnaryExpression(node)
  ) {
    return is_constant(ts.isPrefixUnaryExpression(node) ? node.operand : node.expression);
  }
  if (ts.isBinaryExpression(node)) return is_constant(node.left) && is_constant(node.right);
  if (ts.isArrayLiteralExpression(node)) return node.elements.every(is_constant);
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every(
      property =>
        ts.isMethodDeclaration(property) ||
        (ts.isPropertyAssignment(property) && is_constant(property.initializer)),
    );
  }
  return false;
}
