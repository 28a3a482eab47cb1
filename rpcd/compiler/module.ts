/** One source file into the text of one ucode file. */
import ts from 'typescript';
import { at, Level } from './code.ts';
import { leading, reindent, trailing } from './comments.ts';
import { compact } from './compact.ts';
import { BUILTIN_MODULES, Context, type TopNames } from './context.ts';
import type { Diagnostic } from './diagnostics.ts';
import { runtime_file } from './names.ts';
import { order_statements } from './order.ts';
import { is_one_let } from './visitors/declaration.ts';
import { visitors } from './visitors/index.ts';

/** A module is imported; a program is run; a plugin is loaded by rpcd, which takes what it returns. */
export type FileKind = 'module' | 'program' | 'plugin';

export interface ModuleInput {
  readonly program: ts.Program;
  readonly file: ts.SourceFile;
  /** Relative to the source root. */
  readonly source: string;
  readonly kind: FileKind;
  /** Part of the runtime: see Context.native. */
  readonly native: boolean;
  /** What to write in an import of a source file, or of a runtime file by its name. */
  import_name(target: ts.SourceFile | string): string;
  /** The source file an import specifier stands for. */
  resolve(specifier: ts.StringLiteral): ts.SourceFile | undefined;
}

/** Part of a joined file, without needless white space: a statement, or what has to stand above it. */
export interface Piece {
  readonly statement: ts.Statement;
  readonly text: string;
  readonly is_let: boolean;
}

export interface Emitted {
  /** Nothing but types: there is nothing to install. */
  readonly is_empty: boolean;
  readonly text: string;
  readonly runtime_files: readonly string[];
  readonly context: Context;
  /** Built-ins and runtime functions that the text calls. */
  readonly used: ReadonlySet<string>;
  /** Runtime functions that each statement calls. */
  readonly runtime_uses: ReadonlyMap<ts.Statement, ReadonlySet<string>>;
  /** Some statements for a joined file. */
  pieces(statements: ReadonlySet<ts.Statement>, top: TopNames): Piece[];
}

export function emit_module(input: ModuleInput, diagnostics: Diagnostic[]): Emitted {
  // the first pass finds which built-ins the text calls, the second keeps variables from hiding them
  const first = new Emitter(input, [], new Set());
  first.emit();
  const { used } = first.context;
  const second = new Emitter(input, diagnostics, used);
  return {
    ...second.emit(),
    context: second.context,
    used,
    runtime_uses: second.runtime_uses,
    pieces: (statements, top) => new Emitter(input, [], used, top).pieces(statements),
  };
}

const MAX_LINE = 110;

class Emitter {
  readonly context: Context;
  readonly runtime_uses = new Map<ts.Statement, ReadonlySet<string>>();
  private readonly exports: string[] = [];
  private result: ts.ExportAssignment | undefined;

  constructor(
    private readonly input: ModuleInput,
    diagnostics: Diagnostic[],
    taken: ReadonlySet<string>,
    top: TopNames | null = null,
  ) {
    this.context = new Context(
      input.program,
      input.file,
      input.source,
      input.native,
      visitors,
      diagnostics,
      taken,
      top,
    );
  }

  emit(): Pick<Emitted, 'is_empty' | 'text' | 'runtime_files'> {
    const { context, input } = this;
    const imports = input.file.statements.filter(ts.isImportDeclaration);
    const others = input.file.statements.filter(statement => !ts.isImportDeclaration(statement));
    const header = this.header();
    const import_lines = imports.map(node => this.import_line(node)).filter(line => line !== '');
    const body = this.body(others);
    // before the imports are written, as it may call runtime functions itself
    const footer = this.footer();
    const is_empty = body.trim() === '' && this.result === undefined && import_lines.length === 0;
    const runtime_files = [...new Set([...context.used_runtime].map(runtime_file))].sort();
    for (const file of runtime_files) {
      const names = [...context.used_runtime].filter(name => runtime_file(name) === file).sort();
      import_lines.push(wrapped('import', names, ` from '${input.import_name(file)}'`));
    }
    const sections = [header, import_lines.join('\n'), body.trim(), footer];
    const text = `${sections.filter(section => section !== '').join('\n\n')}\n`;
    return { text, runtime_files, is_empty };
  }

  pieces(wanted: ReadonlySet<ts.Statement>): Piece[] {
    const statements = this.input.file.statements.filter(
      statement => wanted.has(statement) && !ts.isImportDeclaration(statement),
    );
    const result = statements.find(ts.isExportAssignment);
    const piece = (statement: ts.Statement, text: string, is_let: boolean): Piece => ({
      statement,
      text: compact(text),
      is_let,
    });
    const pieces = order_statements(
      this.context,
      statements.filter(statement => statement !== result),
    ).flatMap(({ statement, forward }) => {
      const { ahead, text } = this.lowered(statement, forward);
      if (text === '') return [];
      const is_let = is_one_let(this.context, statement);
      return [...ahead.map(line => piece(statement, line, true)), piece(statement, text, is_let)];
    });
    if (result !== undefined) pieces.push(piece(result, this.plugin_return(result), false));
    return pieces;
  }

  private header(): string {
    return file_header(this.input.kind, this.input.source) + this.file_comment();
  }

  /** The comment at the top of the source, when a blank line or an import follows it. */
  private file_comment(): string {
    const first = this.input.file.statements[0];
    const [range] = ts.getLeadingCommentRanges(this.input.file.text, 0) ?? [];
    if (first === undefined || range === undefined || !this.is_file_comment(range, first)) return '';
    return `\n\n${reindent(this.input.file.text.slice(range.pos, range.end), '')}`;
  }

  private is_file_comment(range: ts.CommentRange, first: ts.Statement): boolean {
    if (ts.isImportDeclaration(first)) return true;
    return /^\s*?\n[ \t]*\n/.test(this.input.file.text.slice(range.end, first.getStart(this.input.file)));
  }

  private import_line(node: ts.ImportDeclaration): string {
    const specifier = node.moduleSpecifier as ts.StringLiteral;
    const clause = node.importClause;
    if (clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return '';
    if (specifier.text.startsWith('ucode:')) return this.native_import(node, specifier.text);

    const target = this.input.resolve(specifier);
    if (target === undefined) {
      this.context.report(specifier, 'import-external', specifier.text);
      return '';
    }
    if (!specifier.text.endsWith('.ts')) this.context.report(specifier, 'import-extension', specifier.text);
    if (clause === undefined) return `import '${this.input.import_name(target)}';`;
    if (clause.name !== undefined) this.context.report(clause, 'import-default');
    const names = this.import_names(clause);
    return names === '' ? '' : `import ${names} from '${this.input.import_name(target)}';`;
  }

  private native_import(node: ts.ImportDeclaration, module: string): string {
    if (BUILTIN_MODULES.has(module)) {
      for (const name of this.named(node.importClause)) this.context.name(name.name);
      if (node.importClause?.namedBindings && ts.isNamespaceImport(node.importClause.namedBindings)) {
        this.context.report(node, 'unsupported-syntax', `'import *' from ${module}`);
      }
      return '';
    }
    if (node.importClause?.name !== undefined) this.context.report(node, 'import-default');
    const names = node.importClause === undefined ? '' : this.import_names(node.importClause);
    return names === '' ? '' : `import ${names} from '${module.slice('ucode:'.length)}';`;
  }

  private named(clause: ts.ImportClause | undefined): ts.ImportSpecifier[] {
    const bindings = clause?.namedBindings;
    return bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
  }

  private import_names(clause: ts.ImportClause): string {
    const bindings = clause.namedBindings;
    if (bindings !== undefined && ts.isNamespaceImport(bindings))
      return `* as ${this.context.name(bindings.name)}`;
    const names = this.named(clause)
      .filter(element => !element.isTypeOnly && !this.is_type(element.name))
      .map(element => {
        const remote = (element.propertyName ?? element.name).text;
        const local = this.context.name(element.name);
        return remote === local ? local : `${remote} as ${local}`;
      });
    return names.length === 0 ? '' : wrapped('', names, '').slice(1, -1);
  }

  /** Ambient native modules declare types beside values, and their imports need no `type`. */
  private is_type(name: ts.Identifier): boolean {
    const symbol = this.context.checker.getSymbolAtLocation(name);
    if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Alias) === 0) return false;
    return (this.context.checker.getAliasedSymbol(symbol).flags & ts.SymbolFlags.Value) === 0;
  }

  private body(statements: readonly ts.Statement[]): string {
    const { context } = this;
    const first = this.input.file.statements[0];
    const has_file_comment = this.file_comment() !== '';
    const kept = statements.filter(statement => !this.module_statement(statement));
    let out = '';
    for (const { statement, forward } of order_statements(context, kept)) {
      const { ahead, text } = this.lowered(statement, forward);
      this.note_exports(statement);
      if (text === '') continue;
      const above = leading(context, statement, false, statement === first && has_file_comment ? 1 : 0);
      const gap = out !== '' && !above.startsWith('\n') && is_spaced(statement) ? '\n' : '';
      if (ahead.length > 0) out += `\n${ahead.join('\n')}\n`;
      out += gap + above;
      out += `${text}${trailing(context, statement.end)}\n`;
    }
    return out;
  }

  /** A statement, and the lines that have to stand above it. */
  private lowered(statement: ts.Statement, forward: readonly ts.Symbol[]): { ahead: string[]; text: string } {
    const { context } = this;
    context.forget_temporaries();
    context.hoisted = [];
    context.used_here = new Set();
    const text = context.statement(statement);
    this.runtime_uses.set(statement, context.used_here);
    const ahead = [...context.hoisted];
    if (forward.length > 0) ahead.push(`let ${forward.map(symbol => context.name_of(symbol)).join(', ')};`);
    return { ahead, text };
  }

  /** Imports and exports that are no declarations; true when the statement is one of them. */
  private module_statement(statement: ts.Statement): boolean {
    if (ts.isExportAssignment(statement)) {
      if (this.input.kind === 'plugin' && statement.isExportEquals !== true) this.plugin_result(statement);
      else this.context.report(statement, 'export-default');
      return true;
    }
    if (!ts.isExportDeclaration(statement)) return false;
    const clause = statement.exportClause;
    if (statement.isTypeOnly) return true;
    if (statement.moduleSpecifier !== undefined || clause === undefined || !ts.isNamedExports(clause)) {
      this.context.report(statement, 're-export');
      return true;
    }
    for (const element of clause.elements) {
      if (element.isTypeOnly) continue;
      const local = element.propertyName ?? element.name;
      const symbol = ts.isIdentifier(local) ? this.context.symbol(local) : undefined;
      if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Alias) !== 0) {
        this.context.report(element, 're-export');
        continue;
      }
      this.add_export(statement, this.context.name_of(symbol), element.name.text);
    }
    return true;
  }

  /** rpcd takes what the file returns. */
  private plugin_return(statement: ts.ExportAssignment): string {
    this.context.hoisted = [];
    this.context.used_here = new Set();
    const text = `return ${at(this.context.expression(statement.expression), Level.Comma)};`;
    this.runtime_uses.set(statement, this.context.used_here);
    return [...this.context.hoisted, text].join('\n');
  }

  private plugin_result(statement: ts.ExportAssignment): void {
    if (this.result !== undefined) this.context.report(statement, 'plugin-exports');
    this.result = statement;
  }

  private note_exports(statement: ts.Statement): void {
    if (!ts.canHaveModifiers(statement)) return;
    const modifiers = ts.getModifiers(statement) ?? [];
    if (!modifiers.some(modifier => modifier.kind === ts.SyntaxKind.ExportKeyword)) return;
    if (modifiers.some(modifier => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
      this.context.report(statement, 'export-default');
    }
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined && statement.body !== undefined) {
      this.add_export(statement, this.context.name(statement.name), statement.name.text);
    }
    if (!ts.isVariableStatement(statement)) return;
    for (const { name } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name)) this.add_export(statement, this.context.name(name), name.text);
      else this.context.report(name, 'unsupported-syntax', 'an exported pattern');
    }
  }

  private add_export(node: ts.Node, local: string, name: string): void {
    if (this.input.kind === 'program') this.context.report(node, 'export-in-entry');
    if (this.input.kind === 'plugin') this.context.report(node, 'plugin-exports');
    this.exports.push(local === name ? name : `${local} as ${name}`);
  }

  private footer(): string {
    if (this.input.kind === 'plugin') {
      if (this.result === undefined) this.context.report(this.input.file, 'plugin-exports');
      return this.result === undefined ? '' : this.plugin_return(this.result);
    }
    if (this.exports.length === 0) return '';
    return wrapped('export', this.exports, '');
  }
}

/** The lines that tell where a file comes from. */
export function file_header(kind: FileKind, source: string): string {
  const lines = kind === 'program' ? ['#!/usr/bin/ucode'] : [];
  lines.push(`// Generated from ${source}: change that file, not this one.`);
  // modules are strict anyway
  if (kind !== 'module') lines.push("'use strict';");
  return lines.join('\n');
}

/** A list of names on one line, or one per line; ucode takes no trailing comma there. */
function wrapped(word: string, names: readonly string[], rest: string): string {
  const line = `${word} { ${names.join(', ')} }${rest};`;
  return line.length <= MAX_LINE ? line : `${word} {\n\t${names.join(',\n\t')}\n}${rest};`;
}

/** Functions moved to another place still stand apart. */
function is_spaced(statement: ts.Statement): boolean {
  return ts.isFunctionDeclaration(statement);
}
