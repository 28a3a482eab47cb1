/** Short names for what is declared inside functions. All begin with a small letter, those of `top_name` do not. */
import ts from 'typescript';
import { RESERVED } from './names.ts';
import { is_function_like } from './references.ts';

/** The letters that most of what keeps its name is made of come first: gzip has the shortest codes for them. */
const SMALL = 'etrnisoaldpcumfhgykvbwxqjz';
const CAPITALS = SMALL.toUpperCase();
const REST = `${SMALL}${CAPITALS}0123456789_`;
const KEYWORDS = new Set(['as', 'do', 'if', 'in']);

/** The new name of each variable it renames. No function sees two variables under one name. */
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
  const assign = (node: ts.Node): void => {
    // an outer variable may be hidden where nothing asks for it
    const seen = new Set<string>();
    each_name(node, name => {
      const short = result.get(symbol_of(name) as ts.Symbol);
      if (short !== undefined) seen.add(short);
    });
    let next = 0;
    const here = new Map<string, string>();
    for (const name of functions.get(node) ?? []) {
      let short = here.get(name.text);
      while (short === undefined) {
        const candidate = nth(next++, SMALL);
        if (!kept.has(candidate) && !seen.has(candidate)) short = candidate;
      }
      here.set(name.text, short);
      const symbol = symbol_of(name);
      if (symbol !== undefined) result.set(symbol, short);
    }
    ts.forEachChild(node, function inner(child): void {
      if (is_function_like(child)) assign(child);
      else ts.forEachChild(child, inner);
    });
  };
  assign(file);
  return result;
}

/** The n-th name for the top of a file, from 0. */
export function top_name(n: number): string {
  return nth(n, CAPITALS);
}

/** Calls back for each variable and function inside a function or block, with the function (or file) around it. */
function collect(node: ts.Node, owner: ts.Node, found: (owner: ts.Node, name: ts.Identifier) => void): void {
  if (ts.isTypeNode(node)) return;
  const is_variable = ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node);
  const is_named = is_variable || ts.isFunctionDeclaration(node);
  const inside = is_function_like(node) ? node : owner;
  // a function's name belongs to what is around it
  const scope = ts.isFunctionDeclaration(node) ? owner : inside;
  if (is_named && node.name !== undefined && ts.isIdentifier(node.name) && !is_at_top(node))
    found(scope, node.name);
  ts.forEachChild(node, child => collect(child, inside, found));
}

function is_at_top(node: ts.Node): boolean {
  let up = node.parent;
  while (ts.isBindingElement(up) || ts.isBindingName(up) || ts.isVariableDeclaration(up)) up = up.parent;
  const statement = ts.isVariableDeclarationList(up) ? up.parent : up;
  return (
    ts.isSourceFile(statement) || (ts.isVariableStatement(statement) && ts.isSourceFile(statement.parent))
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

/** e … z, ee, et, … with the first letter from `first`. */
function nth(n: number, first: string): string {
  if (n < first.length) return first.charAt(n);
  const rest = n - first.length;
  return nth(Math.floor(rest / REST.length), first) + REST.charAt(rest % REST.length);
}
