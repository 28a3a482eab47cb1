/**
 * Short names for parameters and variables, but for exported ones. Functions keep theirs, so that a stack trace still
 * says where it was.
 */
import ts from 'typescript';
import { RESERVED } from './names.ts';
import { is_function_like } from './references.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** The first name given at the top of a file; functions begin with `a`. */
const CAPITALS = LETTERS.indexOf('A');
const KEYWORDS = new Set(['as', 'do', 'if', 'in']);

/** The new name of each variable it renames. No two names visible in one function become one. */
export function short_names(
  file: ts.SourceFile,
  symbol_of: (name: ts.Identifier) => ts.Symbol | undefined,
  taken: ReadonlySet<string>,
): Map<ts.Symbol, string> {
  const functions = new Map<ts.Node, ts.Identifier[]>();
  const renamed = new Set<ts.Symbol>();
  collect(file, file, (owner, name) => {
    const symbol = symbol_of(name);
    if (symbol === undefined) return;
    functions.set(owner, [...(functions.get(owner) ?? []), name]);
    renamed.add(symbol);
  });

  const kept = new Set([...taken, ...RESERVED, ...KEYWORDS]);
  each_name(file, name => {
    const symbol = symbol_of(name);
    if (symbol === undefined || !renamed.has(symbol)) kept.add(name.text);
  });

  const result = new Map<ts.Symbol, string>();
  const assign = (node: ts.Node, first: number): void => {
    let next = node === file ? CAPITALS : first;
    const here = new Map<string, string>();
    for (const name of functions.get(node) ?? []) {
      let short = here.get(name.text);
      while (short === undefined) {
        const candidate = nth(next++);
        if (!kept.has(candidate)) short = candidate;
      }
      here.set(name.text, short);
      if (node === file) kept.add(short);
      const symbol = symbol_of(name);
      if (symbol !== undefined) result.set(symbol, short);
    }
    ts.forEachChild(node, function inner(child): void {
      if (is_function_like(child)) assign(child, node === file ? 0 : next);
      else ts.forEachChild(child, inner);
    });
  };
  assign(file, 0);
  return result;
}

/** Calls back for each variable with the function it belongs to. */
function collect(node: ts.Node, owner: ts.Node, found: (owner: ts.Node, name: ts.Identifier) => void): void {
  if (ts.isTypeNode(node) || is_exported(node)) return;
  const inside = is_function_like(node) ? node : owner;
  const is_variable = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node);
  if (is_variable && ts.isIdentifier(node.name)) found(inside, node.name);
  ts.forEachChild(node, child => collect(child, inside, found));
}

function is_exported(node: ts.Node): boolean {
  return (
    ts.isVariableStatement(node) &&
    (node.modifiers ?? []).some(modifier => modifier.kind === ts.SyntaxKind.ExportKeyword)
  );
}

/** Names of variables and functions, not of properties and types. */
function each_name(node: ts.Node, found: (name: ts.Identifier) => void): void {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
  if (ts.isIdentifier(node)) {
    const { parent } = node;
    const is_property =
      (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      (ts.isPropertyAssignment(parent) && parent.name === node) ||
      (ts.isMethodDeclaration(parent) && parent.name === node) ||
      (ts.isBindingElement(parent) && parent.propertyName === node);
    if (!is_property) found(node);
    return;
  }
  ts.forEachChild(node, child => each_name(child, found));
}

/** a … Z, aa, ba, … */
function nth(n: number): string {
  const letter = LETTERS.charAt(n % LETTERS.length);
  return n < LETTERS.length ? letter : letter + nth(Math.floor(n / LETTERS.length) - 1);
}
