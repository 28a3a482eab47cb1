/**
 * What every visitor needs to know while one source file is lowered: the checker, the place to report to, names,
 * indentation, and what the emitted text asks to be imported.
 */
import ts from 'typescript';
import type { Code } from './code.ts';
import { primary } from './code.ts';
import type { Diagnostic, DiagnosticName } from './diagnostics.ts';
import { diagnostic_at } from './diagnostics.ts';
import { is_library, kinds_of, native_module } from './kinds.ts';
import { IDENTIFIER, RESERVED } from './names.ts';
import { behind } from './references.ts';
import { short_names } from './short_names.ts';

export interface Visitors {
  expression(context: Context, node: ts.Expression): Code;
  statement(context: Context, node: ts.Statement): string;
}

/** What stands at the top of a file into which several modules are joined. */
export interface TopNames {
  /** What is declared at the top of a module, here or in a native module; undefined for all else. */
  of(symbol: ts.Symbol): string | undefined;
  of_runtime(name: string): string;
  /** A constant of the file, declared ahead of the current statement if `is_new`. */
  constant(value: string): { name: string; is_new: boolean };
  /** A name that nothing has yet. */
  next(): string;
}

/** Modules whose exports are ucode's bare built-ins. The first is the project's, the second the runtime's. */
export const BUILTIN_MODULES = new Set(['ucode:core', 'ucode:builtins']);

export class Context {
  readonly checker: ts.TypeChecker;
  /** Built-ins and runtime functions the text refers to; variables of the source step aside for them. */
  readonly used = new Set<string>();
  readonly used_runtime = new Set<string>();
  /** The part of these that the current top-level statement calls. */
  used_here = new Set<string>();
  /** Lines to be placed before the top-level statement being emitted. */
  hoisted: string[] = [];
  /** Expressions already evaluated into something else (the base of an optional chain). */
  readonly substitutes = new Map<ts.Node, Code>();
  /** Links of an optional chain whose base is known not to be null. */
  readonly plain_links = new Set<ts.Node>();
  /** Names of the constants made for literals that must not be evaluated repeatedly. */
  readonly hoisted_values = new Map<ts.Node, string>();
  /** Variables whose declaration was split from their first assignment. */
  readonly forwarded = new Set<ts.Symbol>();
  private readonly renamed = new Map<ts.Symbol, string>();
  private readonly short: ReadonlyMap<ts.Symbol, string>;
  private readonly source_names = new Set<string>();
  private readonly temporaries = new Set<string>();
  private readonly hoisted_names = new Set<string>();
  private depth = 0;

  constructor(
    readonly program: ts.Program,
    readonly file: ts.SourceFile,
    private readonly file_name: string,
    /** The runtime's own sources: syntax is lowered, operators and built-ins are ucode's. */
    readonly native: boolean,
    private readonly visitors: Visitors,
    private readonly diagnostics: Diagnostic[],
    /** Names a first pass found in use. */
    private readonly taken: ReadonlySet<string>,
    /** For the joined form, which has no comments and blank lines, and short names. */
    private readonly top: TopNames | null,
  ) {
    this.checker = program.getTypeChecker();
    const collect = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) this.source_names.add(node.text);
      ts.forEachChild(node, collect);
    };
    collect(file);
    this.short = this.is_joined ? short_names(file, name => this.symbol(name), taken) : new Map();
  }

  get is_joined(): boolean {
    return this.top !== null;
  }

  report(node: ts.Node, name: DiagnosticName, ...details: string[]): void {
    this.diagnostics.push(
      diagnostic_at(this.file, this.file_name, node.getStart(this.file), name, ...details),
    );
  }

  /** Report, and go on with a placeholder so that one run finds every problem. */
  refuse(node: ts.Node, name: DiagnosticName, ...details: string[]): Code {
    this.report(node, name, ...details);
    return primary('null');
  }

  expression(node: ts.Expression): Code {
    return this.substitutes.get(node) ?? this.visitors.expression(this, node);
  }

  statement(node: ts.Statement): string {
    return this.visitors.statement(this, node);
  }

  type(node: ts.Node): ts.Type {
    return this.checker.getTypeAtLocation(node);
  }

  kinds(node: ts.Node): number {
    return kinds_of(this.checker, this.program, this.type(node));
  }

  kinds_of_type(type: ts.Type): number {
    return kinds_of(this.checker, this.program, type);
  }

  is_library(symbol: ts.Symbol): boolean {
    return is_library(this.program, symbol);
  }

  /** The symbol a name stands for here, also in `{ name }`. */
  symbol(node: ts.Identifier): ts.Symbol | undefined {
    if (ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node) {
      return this.checker.getShorthandAssignmentValueSymbol(node.parent);
    }
    // in `export { name as other }` the symbol of `name` is the export's, not the variable's
    if (ts.isExportSpecifier(node.parent))
      return this.checker.getExportSpecifierLocalTargetSymbol(node.parent);
    return this.checker.getSymbolAtLocation(node);
  }

  /** The name as emitted. */
  name(node: ts.Identifier): string {
    const symbol = this.symbol(node);
    if (symbol === undefined) return node.text;
    const builtin = this.builtin_import(symbol);
    if (builtin !== undefined) return this.builtin(builtin);
    return this.name_of(symbol);
  }

  name_of(symbol: ts.Symbol): string {
    const known =
      this.renamed.get(symbol) ?? this.short.get(symbol) ?? this.top?.of(behind(this.checker, symbol));
    if (known !== undefined) return known;
    let name = symbol.name;
    if (!IDENTIFIER.test(name)) {
      const place = symbol.declarations?.[0];
      if (place !== undefined) this.report(place, 'identifier-characters', name);
    }
    if (RESERVED.has(name) || this.taken.has(name)) {
      do name += '_';
      while (this.source_names.has(name));
    }
    this.renamed.set(symbol, name);
    return name;
  }

  /** Give a variable another name from here on (loop variables copied per iteration). */
  rename(symbol: ts.Symbol, name: string | undefined): void {
    if (name === undefined) this.renamed.delete(symbol);
    else this.renamed.set(symbol, name);
  }

  /** The name of the bare built-in an import from `ucode:core` stands for. */
  builtin_import(symbol: ts.Symbol): string | undefined {
    if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return undefined;
    const target = this.checker.getAliasedSymbol(symbol);
    const module = native_module(target);
    return module !== undefined && BUILTIN_MODULES.has(module) ? target.name : undefined;
  }

  builtin(name: string): string {
    this.used.add(name);
    return name;
  }

  runtime(name: string): string {
    this.used.add(name);
    this.used_runtime.add(name);
    this.used_here.add(name);
    return this.top?.of_runtime(name) ?? name;
  }

  /** `words.joined` without `words`, a module that is no object when it is joined to this one. */
  joined_member(node: ts.PropertyAccessExpression): string | undefined {
    if (!this.is_joined || !ts.isIdentifier(node.expression)) return undefined;
    const owner = this.symbol(node.expression);
    const member = this.symbol(node.name as ts.Identifier);
    if (owner === undefined || member === undefined || !this.is_module(owner)) return undefined;
    return this.name_of(member);
  }

  /** A namespace import of a module of ours. */
  is_module(symbol: ts.Symbol): boolean {
    if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return false;
    return this.checker.getAliasedSymbol(symbol).declarations?.some(ts.isSourceFile) ?? false;
  }

  /** A name for a value the source has no name for; distinct within one top-level statement. */
  fresh(base: string): string {
    // nothing but its name keeps a variable at the top of one module from those of another
    if (this.top !== null && this.depth === 0) return this.top.next();
    const stem = this.is_joined ? '_' : base;
    let name = stem;
    for (
      let n = 2;
      this.source_names.has(name) || this.temporaries.has(name) || this.taken.has(name) || RESERVED.has(name);
      n++
    ) {
      name = `${stem}${n}`;
    }
    this.temporaries.add(name);
    return name;
  }

  /** The name may be given again, as the function it belonged to has ended. */
  release(name: string): void {
    this.temporaries.delete(name);
  }

  forget_temporaries(): void {
    this.temporaries.clear();
    for (const name of this.hoisted_names) this.temporaries.add(name);
  }

  /** A constant before the current top-level statement. */
  hoist(base: string, value: string): string {
    if (this.top !== null) {
      const { name, is_new } = this.top.constant(value);
      if (is_new) this.hoisted.push(`let ${name} = ${value};`);
      return name;
    }
    const name = this.fresh(base);
    this.hoisted_names.add(name);
    this.hoisted.push(`const ${name} = ${value};`);
    return name;
  }

  get pad(): string {
    return this.is_joined ? '' : '\t'.repeat(this.depth);
  }

  indented<T>(emit: () => T): T {
    this.depth++;
    const result = emit();
    this.depth--;
    return result;
  }
}
