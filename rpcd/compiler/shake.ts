/**
 * Which top-level statements of a compilation are needed: those that do something when they are loaded, the exports
 * of the modules asked for, and whatever these refer to, in any module and in the runtime.
 */
import ts from 'typescript';
import type { Context } from './context.ts';
import { each_reference } from './references.ts';

export interface Shakeable {
  readonly context: Context;
  /** Asked for by name, so that everything it exports may be used from outside. */
  readonly is_root: boolean;
  /** Runtime functions that each statement turned out to call. */
  readonly runtime_uses: ReadonlyMap<ts.Statement, ReadonlySet<string>>;
}

export interface Needed {
  readonly statements: ReadonlySet<ts.Statement>;
  /** Declarations that other modules name. */
  readonly exported: ReadonlySet<ts.Node>;
  /** Modules that do something when they are loaded, or import one that does. */
  readonly effective: ReadonlySet<ts.SourceFile>;
}

/** `runtime` finds the declaration of a runtime function. */
export function needed(
  modules: readonly Shakeable[],
  runtime: (name: string) => ts.Symbol | undefined,
): Needed {
  const module_of = new Map(modules.map(module => [module.context.file, module]));
  const statements = new Set<ts.Statement>();
  const exported = new Set<ts.Node>();
  const waiting: ts.Statement[] = [];

  const need = (statement: ts.Statement): void => {
    if (statements.has(statement)) return;
    statements.add(statement);
    waiting.push(statement);
  };
  /** The variable, function or namespace a name stands for is used in `from`; undefined is outside. */
  const need_symbol = (symbol: ts.Symbol, from: ts.SourceFile | undefined): void => {
    for (const declaration of symbol.declarations ?? []) {
      const module = module_of.get(declaration.getSourceFile());
      if (module === undefined) continue;
      if (ts.isSourceFile(declaration)) need_exports(module, from);
      const statement = top_statement(declaration);
      if (statement === undefined) continue;
      need(statement);
      if (declaration.getSourceFile() !== from) exported.add(declaration);
    }
  };
  const need_exports = ({ context }: Shakeable, from: ts.SourceFile | undefined): void => {
    const module = context.checker.getSymbolAtLocation(context.file);
    if (module === undefined) return;
    for (const symbol of context.checker.getExportsOfModule(module))
      need_symbol(behind(context, symbol), from);
  };

  for (const module of modules) {
    for (const statement of module.context.file.statements) {
      if (has_effects(module.context, statement)) need(statement);
    }
    if (module.is_root) need_exports(module, undefined);
  }
  for (let statement = waiting.pop(); statement !== undefined; statement = waiting.pop()) {
    const file = statement.getSourceFile();
    const module = module_of.get(file);
    if (module === undefined) continue;
    each_reference(module.context, statement, symbol => {
      if ((symbol.flags & (ts.SymbolFlags.Property | ts.SymbolFlags.Method)) === 0)
        need_symbol(behind(module.context, symbol), file);
    });
    for (const name of module.runtime_uses.get(statement) ?? []) {
      const symbol = runtime(name);
      if (symbol !== undefined) need_symbol(symbol, file);
    }
  }
  return { statements, exported, effective: effective(modules) };
}

/** What an import stands for; other names stand for themselves. */
function behind(context: Context, symbol: ts.Symbol): ts.Symbol {
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : context.checker.getAliasedSymbol(symbol);
}

function top_statement(node: ts.Node): ts.Statement | undefined {
  for (let up = node; up.parent !== undefined; up = up.parent) {
    if (ts.isSourceFile(up.parent)) return up as ts.Statement;
  }
  return undefined;
}

function effective(modules: readonly Shakeable[]): Set<ts.SourceFile> {
  const found = new Set<ts.SourceFile>();
  // imports have no cycles, so each round brings at least one level
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { context } of modules) {
      const does_something = context.file.statements.some(
        statement => has_effects(context, statement) || found.has(imported_file(context, statement) as never),
      );
      if (does_something) found.add(context.file);
    }
  }
  return found;
}

function imported_file(context: Context, statement: ts.Statement): ts.SourceFile | undefined {
  if (!ts.isImportDeclaration(statement)) return undefined;
  if (statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return undefined;
  const module = context.checker.getSymbolAtLocation(statement.moduleSpecifier);
  return module?.declarations?.find(ts.isSourceFile);
}

/** Without it something would not happen when the module is loaded. */
function has_effects(context: Context, statement: ts.Statement): boolean {
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isImportDeclaration(statement) ||
    ts.isExportDeclaration(statement)
  ) {
    return false;
  }
  // the runtime's constants are values, also those made by a call
  if (ts.isVariableStatement(statement))
    return !context.native && statement.declarationList.declarations.some(one => !is_value(one.initializer));
  return true;
}

/** Evaluating it does nothing but give a value. */
function is_value(node: ts.Expression | undefined): boolean {
  if (node === undefined) return true;
  let holds = true;
  const visit = (part: ts.Node): void => {
    if (ts.isTypeNode(part) || ts.isFunctionLike(part)) return;
    if (acts(part)) holds = false;
    else ts.forEachChild(part, visit);
  };
  visit(node);
  return holds;
}

function acts(node: ts.Node): boolean {
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node))
    return true;
  if (ts.isDeleteExpression(node)) return true;
  if (ts.isPostfixUnaryExpression(node)) return true;
  if (ts.isPrefixUnaryExpression(node))
    return node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
  if (!ts.isBinaryExpression(node)) return false;
  const operator = node.operatorToken.kind;
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}
