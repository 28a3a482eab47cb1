/**
 * Which top-level statements a program, a plugin or a module asked for needs: those that do something when it is loaded,
 * its exports, and whatever these refer to, in any module and in the runtime.
 */
import ts from 'typescript';
import type { Context } from './context.ts';
import { declared_symbols } from './order.ts';
import { behind, each_reference, writes_in } from './references.ts';

export interface Shakeable {
  readonly context: Context;
  /** Runtime functions that each statement turned out to call. */
  readonly runtime_uses: ReadonlyMap<ts.Statement, ReadonlySet<string>>;
}

/** The declaration of a runtime function. */
export type FindRuntime = (name: string) => ts.Symbol | undefined;

export function needed(
  target: ts.SourceFile,
  modules: readonly Shakeable[],
  runtime: FindRuntime,
): Set<ts.Statement> {
  const module_of = new Map(modules.map(module => [module.context.file, module]));
  const statements = new Set<ts.Statement>();
  const waiting: ts.Statement[] = [];

  const need = (statement: ts.Statement): void => {
    if (statements.has(statement)) return;
    statements.add(statement);
    waiting.push(statement);
  };
  const need_symbol = (symbol: ts.Symbol): void => {
    for (const declaration of symbol.declarations ?? []) {
      const statement = top_statement(declaration);
      if (statement !== undefined && module_of.has(statement.getSourceFile())) need(statement);
    }
  };

  for (const file of loaded_with(target, module_of)) {
    const module = module_of.get(file);
    for (const statement of file.statements)
      if (module !== undefined && has_effects(module.context, statement)) need(statement);
  }
  const own = module_of.get(target)?.context;
  for (const symbol of own === undefined ? [] : exports_of(own).values()) need_symbol(symbol);
  for (let statement = waiting.pop(); statement !== undefined; statement = waiting.pop()) {
    const { context, runtime_uses } = module_of.get(statement.getSourceFile()) as Shakeable;
    each_reference(context, statement, symbol => {
      if ((symbol.flags & (ts.SymbolFlags.Property | ts.SymbolFlags.Method)) === 0)
        need_symbol(behind(context.checker, symbol));
    });
    for (const name of runtime_uses.get(statement) ?? []) {
      const symbol = runtime(name);
      if (symbol !== undefined) need_symbol(symbol);
    }
    for (const writer of writers(context, statement)) need(writer);
  }
  return statements;
}

/** The values that a module exports, by the names they have outside. */
export function exports_of({ checker, file }: Context): Map<string, ts.Symbol> {
  const module = checker.getSymbolAtLocation(file);
  const exported = (module === undefined ? [] : checker.getExportsOfModule(module)).map(
    symbol => [symbol.name, behind(checker, symbol)] as const,
  );
  return new Map(exported.filter(([, symbol]) => (symbol.flags & ts.SymbolFlags.Value) !== 0));
}

/** Statements that change a variable declared here: only the file that declares a variable can change it. */
function writers(context: Context, statement: ts.Statement): ts.Statement[] {
  if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) !== 0)
    return [];
  const variables = declared_symbols(context, statement);
  return context.file.statements.filter(other =>
    variables.some(variable => writes_in(context, other, variable).length > 0),
  );
}

function top_statement(node: ts.Node): ts.Statement | undefined {
  for (let up = node; up.parent !== undefined; up = up.parent) {
    if (ts.isSourceFile(up.parent)) return up as ts.Statement;
  }
  return undefined;
}

/** The file and whatever it imports, also for nothing but what that does. */
function loaded_with(
  file: ts.SourceFile,
  modules: ReadonlyMap<ts.SourceFile, Shakeable>,
  found = new Set<ts.SourceFile>(),
): Set<ts.SourceFile> {
  const module = modules.get(file);
  if (module === undefined || found.has(file)) return found;
  found.add(file);
  for (const statement of file.statements) {
    const imported = imported_file(module.context, statement);
    if (imported !== undefined) loaded_with(imported, modules, found);
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
