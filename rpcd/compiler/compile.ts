/**
 * The compiler's door: TypeScript sources in, ucode files or diagnostics out. See README.md for the language.
 */
import { posix, relative, resolve, sep } from 'node:path';
import ts from 'typescript';
import { type Diagnostic, diagnostic_at } from './diagnostics.ts';
import { join } from './join.ts';
import { type Emitted, emit_module, type FileKind } from './module.ts';
import { runtime_file } from './names.ts';
import { DEFAULT_MAPPING, dotted_import, type Mapping, module_path, relative_import } from './paths.ts';

/** A file that is not imported but run or loaded, with its installed path below the output folder. */
export interface Entry {
  readonly source: string;
  readonly kind: 'program' | 'plugin';
  /** e.g. `usr/sbin/linkaggd`; outside the module folder imports use the dotted form. */
  readonly out: string;
}

export interface CompileOptions {
  /** Folder all other paths are relative to. */
  readonly source_root: string;
  /** Modules to compile; what they import comes along. */
  readonly roots?: readonly string[];
  readonly entries?: readonly Entry[];
  /** Declaration files of the `ucode:` modules. */
  readonly ambient?: readonly string[];
  readonly mapping?: Mapping;
  /** Folder of the modules below the output folder, e.g. `usr/share/ucode/linkagg`. */
  readonly module_dir?: string;
  /** First part of a dotted import: the module folder below ucode's search path. */
  readonly module_prefix?: string;
  /** The runtime's sources; below the source root unless it is installed elsewhere. */
  readonly runtime_dir?: string;
  /** One file for each entry and root and one for what several of them need, in the shortest form; see join.ts. */
  readonly join?: boolean;
}

export interface OutputFile {
  /** Relative to the output folder. */
  readonly path: string;
  readonly text: string;
  /** Relative to the source root. */
  readonly source: string;
  readonly kind: FileKind;
}

export interface CompileResult {
  /** Empty when there are diagnostics. */
  readonly files: readonly OutputFile[];
  /** Of a joined form: what stands where, one statement a line. */
  readonly places: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What several files of a joined form need, below the module folder. */
const COMMON = 'common';

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts'],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
  noEmit: true,
};

export function compile(options: CompileOptions): CompileResult {
  return new Compilation(options).run();
}

/** Parsed library files, kept between compilations in one process. */
const library_files = new Map<string, ts.SourceFile>();

function compiler_host(): ts.CompilerHost {
  const host = ts.createCompilerHost(COMPILER_OPTIONS);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target, on_error, fresh) => {
    if (!/[/\\]lib\.[^/\\]*\.d\.ts$/.test(name)) return read(name, target, on_error, fresh);
    const known = library_files.get(name) ?? read(name, target, on_error, fresh);
    if (known !== undefined) library_files.set(name, known);
    return known;
  };
  return host;
}

/** A file that will be written, with what is known after its first emission. */
interface Unit extends Omit<OutputFile, 'text'> {
  readonly emitted: Emitted;
}

class Compilation {
  private readonly root: string;
  private readonly runtime: string;
  private readonly mapping: Mapping;
  private readonly program: ts.Program;
  private readonly diagnostics: Diagnostic[] = [];
  private readonly units = new Map<string, Unit>();
  /** Modules being emitted, to find cycles. */
  private readonly path: string[] = [];
  private readonly done = new Set<string>();

  constructor(private readonly options: CompileOptions) {
    this.root = resolve(options.source_root);
    this.runtime = resolve(this.root, options.runtime_dir ?? 'rpcd/compiler/runtime');
    this.mapping = { ...(options.mapping ?? DEFAULT_MAPPING), [this.source_name(this.runtime)]: 'rt' };
    const sources = [...(options.roots ?? []), ...(options.entries ?? []).map(entry => entry.source)];
    const names = [...sources, ...(options.ambient ?? [])].map(name => resolve(this.root, name));
    const runtime = ['array', 'json', 'number', 'object', 'regexp', 'string', 'value'].map(
      name => `${name}.ts`,
    );
    this.program = ts.createProgram({
      rootNames: [...names, ...[...runtime, 'builtins.d.ts'].map(name => resolve(this.runtime, name))],
      options: COMPILER_OPTIONS,
      host: compiler_host(),
    });
  }

  run(): CompileResult {
    for (const name of this.options.roots ?? []) this.emit_file(resolve(this.root, name), 'module');
    for (const entry of this.options.entries ?? []) {
      this.emit_file(resolve(this.root, entry.source), entry.kind, entry.out);
    }
    const diagnostics = this.diagnostics.sort(
      (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
    );
    if (diagnostics.length > 0) return { files: [], places: [], diagnostics };
    const places: string[] = [];
    const files = this.options.join === true ? this.joined(places) : [...this.units.values()].map(as_file);
    return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), places, diagnostics };
  }

  private joined(places: string[]): OutputFile[] {
    const roots = new Set((this.options.roots ?? []).map(name => resolve(this.root, name)));
    const units = [...this.units.values()];
    const targets = units
      .filter(unit => unit.kind !== 'module' || roots.has(resolve(unit.emitted.context.file.fileName)))
      .map(unit => ({ ...unit, module: unit.emitted, common_import: this.import_of(unit.path, COMMON) }));
    const { files, common } = join(
      units.map(unit => unit.emitted),
      targets,
      name => this.runtime_symbol(name),
    );
    const path = posix.join(this.options.module_dir ?? '', `${COMMON}.uc`);
    if (targets.some(target => target.path === path)) throw new Error(`${path} has to stay free`);
    const all = [...files].map(([target, file]) => ({
      path: target.path,
      source: target.source,
      kind: target.kind,
      ...file,
    }));
    if (common !== null) all.push({ path, source: '', kind: 'module', ...common });
    for (const file of all) {
      for (const { line, statement } of file.pieces)
        places.push(`${file.path}:${line} ${this.place_of(statement)}`);
    }
    return all.map(({ path, source, kind, text }) => ({ path, source, kind, text }));
  }

  /** `rpcd/src/plan/plan.ts:12 export function plan(`… */
  private place_of(statement: ts.Statement): string {
    const file = statement.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(statement.getStart(file));
    const [first = ''] = statement.getText(file).split('\n');
    return `${this.source_name(file.fileName)}:${line + 1} ${first}`;
  }

  private runtime_symbol(name: string): ts.Symbol | undefined {
    const file = this.program.getSourceFile(resolve(this.runtime, `${runtime_file(name)}.ts`));
    const module = file && this.program.getTypeChecker().getSymbolAtLocation(file);
    return module?.exports?.get(ts.escapeLeadingUnderscores(name));
  }

  /** Path relative to the source root, with forward slashes; the runtime has one name wherever it lies. */
  private source_name(file: string): string {
    if (file === this.runtime || file.startsWith(this.runtime + sep)) {
      return `rpcd/compiler/runtime${file.slice(this.runtime.length).split(sep).join(posix.sep)}`;
    }
    return relative(this.root, file).split(sep).join(posix.sep);
  }

  private emit_file(name: string, kind: FileKind, out?: string): void {
    const file = this.program.getSourceFile(name);
    if (file === undefined) throw new Error(`cannot read ${name}`);
    if (this.done.has(name)) return;
    this.done.add(name);
    this.report_typescript(file);

    const source = this.source_name(name);
    const path = out ?? this.installed_path(file, source);
    if (path === undefined) return;
    this.path.push(name);
    const native = name.startsWith(this.runtime + sep);
    const emitted = emit_module(
      {
        program: this.program,
        file,
        source,
        kind,
        native,
        import_name: target => this.import_name(path, target),
        resolve: specifier => this.resolve_import(file, specifier),
      },
      this.diagnostics,
    );
    for (const runtime of emitted.runtime_files)
      this.emit_file(resolve(this.runtime, `${runtime}.ts`), 'module');
    this.path.pop();
    if (emitted.is_empty && kind === 'module') return;

    const other = this.units.get(path);
    if (other !== undefined) this.diagnostics.push(diagnostic_at(file, source, 0, 'output-collision', path));
    this.units.set(path, { path, source, kind, emitted });
  }

  private installed_path(file: ts.SourceFile, source: string): string | undefined {
    const path = module_path(this.mapping, source);
    if (path !== undefined) return posix.join(this.options.module_dir ?? '', `${path}.uc`);
    this.diagnostics.push(diagnostic_at(file, source, 0, 'import-unmapped', source));
    return undefined;
  }

  private import_name(from: string, target: ts.SourceFile | string): string {
    const source =
      typeof target === 'string'
        ? `${this.source_name(this.runtime)}/${target}.ts`
        : this.source_name(target.fileName);
    return this.import_of(from, module_path(this.mapping, source) ?? source);
  }

  private import_of(from: string, to: string): string {
    const folder = this.options.module_dir ?? '';
    const is_inside = folder === '' || from.startsWith(`${folder}/`);
    if (!is_inside) return dotted_import(this.options.module_prefix ?? posix.basename(folder), to);
    return relative_import(from, posix.join(folder, to));
  }

  /** Emits the imported module first, so that a cycle shows as a module that is still open. */
  private resolve_import(file: ts.SourceFile, specifier: ts.StringLiteral): ts.SourceFile | undefined {
    const symbol = this.program.getTypeChecker().getSymbolAtLocation(specifier);
    const target = symbol?.declarations?.find(ts.isSourceFile);
    if (target === undefined || target.isDeclarationFile) return undefined;
    const name = resolve(target.fileName);
    const open = this.path.indexOf(name);
    if (open >= 0) {
      const cycle = [...this.path.slice(open), name].map(part => this.source_name(part)).join(' → ');
      const place = specifier.getStart(file);
      if (!this.diagnostics.some(d => d.name === 'import-cycle' && d.message.includes(cycle))) {
        this.diagnostics.push(
          diagnostic_at(file, this.source_name(file.fileName), place, 'import-cycle', cycle),
        );
      }
    } else {
      this.emit_file(name, 'module');
    }
    return target;
  }

  private report_typescript(file: ts.SourceFile): void {
    const found = [
      ...this.program.getSyntacticDiagnostics(file),
      ...this.program.getSemanticDiagnostics(file),
    ];
    for (const problem of found) {
      const text = ts.flattenDiagnosticMessageText(problem.messageText, ' ');
      const source = this.source_name(file.fileName);
      this.diagnostics.push(diagnostic_at(file, source, problem.start ?? 0, 'typescript', text));
    }
  }
}

function as_file({ path, source, kind, emitted }: Unit): OutputFile {
  return { path, text: emitted.text, source, kind };
}
