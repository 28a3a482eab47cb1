/**
 * The form that is installed. What a program, a plugin or a module asked for needs, and no other, becomes one file, in
 * the order in which the modules would be loaded; what several of them need becomes a file that these import. What
 * modules declare at their top gets short names, the shortest for what is named most.
 */
import ts from 'typescript';
import type { Context, TopNames } from './context.ts';
import { native_module } from './kinds.ts';
import { type Emitted, type FileKind, file_header, type Piece } from './module.ts';
import { IDENTIFIER } from './names.ts';
import { declared_symbols } from './order.ts';
import { behind, each_reference } from './references.ts';
import { exports_of, type FindRuntime, needed } from './shake.ts';
import { top_name } from './short_names.ts';
import { with_fewer_lets } from './visitors/declaration.ts';

/** Of most names at the top, and of `A1=…,` and a line break without the value. */
const NAME_LENGTH = 2;
const DECLARATION_LENGTH = 8;

export interface Target {
  readonly path: string;
  readonly source: string;
  readonly kind: FileKind;
  readonly module: Emitted;
  /** What to write in an import of the file that several need. */
  readonly common_import: string;
}

export interface JoinedFile {
  readonly text: string;
  readonly pieces: readonly (Piece & { line: number })[];
}

export interface Joined {
  readonly files: ReadonlyMap<Target, JoinedFile>;
  /** Null when there is nothing that several need. */
  readonly common: JoinedFile | null;
}

/** `modules`: all of them, each behind those it imports. */
export function join(modules: readonly Emitted[], targets: readonly Target[], runtime: FindRuntime): Joined {
  const needs = targets.map(target => needed(target.module.context.file, modules, runtime));
  const all = new Set(needs.flatMap(statements => [...statements]));
  const uses = count_uses(modules, all, runtime);
  const literals = short_literals(modules, all, uses);
  for (const literal of literals.keys()) all.delete(literal.parent.parent as ts.Statement);
  const shared = new Set([...all].filter(one => needs.filter(statements => statements.has(one)).length > 1));
  const taken = new Set(modules.flatMap(module => [...module.used]));

  const common = new TopOfFile(null, taken, runtime, literals);
  common.declare(by_use(modules, shared, uses));
  const asked = new Set<string>();
  const files = new Map<Target, JoinedFile>();
  targets.forEach((target, i) => {
    const own = new Set([...(needs[i] ?? [])].filter(one => all.has(one) && !shared.has(one)));
    const top = new TopOfFile(common, taken, runtime, literals);
    top.declare(by_use(modules, own, uses));
    const pieces = all_pieces(modules, own, top);
    const is_module = target.kind === 'module';
    const footer = is_module ? export_lines(target.module.context, top) : [];
    const header = is_module ? [] : [file_header(target.kind, target.source)];
    if (top.asked.size > 0)
      header.push(`import{${[...top.asked].sort().join(',')}}from'${target.common_import}';`);
    files.set(target, file_of([...header, ...top.native_imports()], pieces, footer));
    for (const name of top.asked) asked.add(name);
  });
  if (shared.size === 0) return { files, common: null };
  const pieces = all_pieces(modules, shared, common);
  const footer = asked.size === 0 ? [] : [`export{${[...asked].sort().join(',')}};`];
  return { files, common: file_of(common.native_imports(), pieces, footer) };
}

function file_of(above: readonly string[], pieces: readonly Piece[], below: readonly string[]): JoinedFile {
  let line = above.join('\n').split('\n').length + (above.length === 0 ? 0 : 1);
  const placed = pieces.map(piece => {
    const here = { ...piece, line };
    line += piece.text.split('\n').length;
    return here;
  });
  return { text: `${[...above, ...with_fewer_lets(pieces), ...below].join('\n')}\n`, pieces: placed };
}

function all_pieces(
  modules: readonly Emitted[],
  statements: ReadonlySet<ts.Statement>,
  top: TopNames,
): Piece[] {
  return modules.flatMap(module => module.pieces(statements, top));
}

/** How often each declaration at the top of a module is named. */
function count_uses(
  modules: readonly Emitted[],
  statements: ReadonlySet<ts.Statement>,
  runtime: FindRuntime,
): Map<ts.Node, number> {
  const uses = new Map<ts.Node, number>();
  const count = (symbol: ts.Symbol | undefined): void => {
    const declaration = symbol && declaration_of(symbol);
    if (declaration !== undefined) uses.set(declaration, (uses.get(declaration) ?? 0) + 1);
  };
  for (const { context, runtime_uses } of modules) {
    for (const statement of context.file.statements) {
      if (!statements.has(statement)) continue;
      each_reference(context, statement, symbol => count(behind(context.checker, symbol)));
      for (const name of runtime_uses.get(statement) ?? []) count(runtime(name));
    }
  }
  return uses;
}

/** Constants that are shorter where they are used than with a name. */
function short_literals(
  modules: readonly Emitted[],
  statements: ReadonlySet<ts.Statement>,
  uses: ReadonlyMap<ts.Node, number>,
): Map<ts.VariableDeclaration, string> {
  const literals = new Map<ts.VariableDeclaration, string>();
  for (const { context } of modules) {
    for (const statement of context.file.statements) {
      const declaration = statements.has(statement) ? only_constant(statement) : undefined;
      const value = declaration?.initializer;
      if (declaration === undefined || value === undefined) continue;
      if (!ts.isNumericLiteral(value) && !ts.isStringLiteral(value)) continue;
      const { text } = context.expression(value);
      const named = (uses.get(declaration) ?? 0) - 1;
      if (named * (text.length - NAME_LENGTH) <= text.length + DECLARATION_LENGTH)
        literals.set(declaration, text);
    }
  }
  return literals;
}

function only_constant(statement: ts.Statement): ts.VariableDeclaration | undefined {
  if (!ts.isVariableStatement(statement)) return undefined;
  const { declarations, flags } = statement.declarationList;
  return (flags & ts.NodeFlags.Const) !== 0 && declarations.length === 1 ? declarations[0] : undefined;
}

function declaration_of(symbol: ts.Symbol): ts.Node | undefined {
  return symbol.valueDeclaration ?? symbol.declarations?.[0];
}

/** What these statements declare, the most named first. */
function by_use(
  modules: readonly Emitted[],
  statements: ReadonlySet<ts.Statement>,
  uses: ReadonlyMap<ts.Node, number>,
): ts.Node[] {
  const used = (declaration: ts.Node): number => uses.get(declaration) ?? 0;
  return modules
    .flatMap(({ context }) =>
      context.file.statements
        .filter(statement => statements.has(statement))
        .flatMap(statement => declared_symbols(context, statement)),
    )
    .map(declaration_of)
    .filter(declaration => declaration !== undefined)
    .sort((a, b) => used(b) - used(a));
}

/** Under the names that the module's importers know. What it has from the common file it exports as a copy. */
function export_lines(context: Context, top: TopOfFile): string[] {
  const own: string[] = [];
  const copies: string[] = [];
  for (const [name, symbol] of exports_of(context)) {
    const here = top.of(symbol) ?? name;
    if (top.asked.has(here) || !IDENTIFIER.test(here)) copies.push(`export const ${name}=${here};`);
    else own.push(`${here} as ${name}`);
  }
  return own.length === 0 ? copies : [`export{${own.join(',')}};`, ...copies];
}

class TopOfFile implements TopNames {
  /** Names imported from the common file. */
  readonly asked = new Set<string>();
  /** By declaration, because a symbol is another where it is exported. */
  private readonly names = new Map<ts.Node, string>();
  /** Names that imports of native modules got here, by module and name there. */
  private readonly natives = new Map<string, Map<string, string>>();
  private readonly constants = new Map<string, string>();
  private given: number;

  constructor(
    private readonly common: TopOfFile | null,
    private readonly taken: ReadonlySet<string>,
    private readonly runtime: FindRuntime,
    private readonly literals: ReadonlyMap<ts.Node, string>,
  ) {
    this.given = common?.given ?? 0;
  }

  declare(declarations: readonly ts.Node[]): void {
    for (const declaration of declarations) this.names.set(declaration, this.next());
  }

  of(symbol: ts.Symbol): string | undefined {
    const declaration = declaration_of(symbol);
    if (declaration === undefined) return undefined;
    const own = this.names.get(declaration) ?? this.literals.get(declaration);
    if (own !== undefined) return own;
    const imported = this.common?.names.get(declaration);
    if (imported !== undefined) this.asked.add(imported);
    return imported ?? this.native(symbol);
  }

  of_runtime(name: string): string {
    const symbol = this.runtime(name);
    return (symbol && this.of(symbol)) ?? name;
  }

  constant(value: string): { name: string; is_new: boolean } {
    const known = this.constants.get(value);
    const name = known ?? this.next();
    this.constants.set(value, name);
    return { name, is_new: known === undefined };
  }

  next(): string {
    const name = top_name(this.given++);
    return this.taken.has(name) ? this.next() : name;
  }

  private native(symbol: ts.Symbol): string | undefined {
    const module = native_module(symbol);
    if (module === undefined) return undefined;
    const remote = (symbol.flags & ts.SymbolFlags.Module) === 0 ? symbol.name : '*';
    const names = this.natives.get(module) ?? new Map<string, string>();
    const name = names.get(remote) ?? this.next();
    this.natives.set(module, names.set(remote, name));
    return name;
  }

  native_imports(): string[] {
    return [...this.natives].sort().flatMap(([module, names]) => {
      const from = `from'${module.slice('ucode:'.length)}';`;
      const named = [...names]
        .filter(([remote]) => remote !== '*')
        .map(([remote, name]) => `${remote} as ${name}`);
      const whole = names.get('*');
      const lines = named.length === 0 ? [] : [`import{${named.sort().join(',')}}${from}`];
      return whole === undefined ? lines : [`import*as ${whole} ${from}`, ...lines];
    });
  }
}
