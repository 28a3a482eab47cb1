/**
 * What a value of a TypeScript type can be at run time, as a set of bits. The lowering of an operator or method
 * depends on this set alone.
 */
import ts from 'typescript';

export const Kind = {
  Null: 1,
  Undefined: 2,
  Boolean: 4,
  Number: 8,
  String: 16,
  Array: 32,
  Object: 64,
  Function: 128,
  RegExp: 256,
  /** Resources of native modules and everything else declared in a `ucode:` module. */
  Native: 512,
  /** Classes of the JavaScript library which do not exist in ucode. */
  Foreign: 1024,
  /** Contradicts the closed world. */
  Any: 2048,
  Unknown: 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256,
} as const;

export const NULLISH = Kind.Null | Kind.Undefined;

/** True when the set holds something and nothing outside `allowed`. */
export function only(kinds: number, allowed: number): boolean {
  return kinds !== 0 && (kinds & ~allowed) === 0;
}

const ARRAY_LIKE = new Set(['Array', 'ReadonlyArray', 'RegExpMatchArray', 'RegExpExecArray']);
const PLAIN_LIBRARY_TYPES = new Set([
  'Object',
  'Record',
  'Error',
  'Readonly',
  'Partial',
  'Pick',
  'Omit',
  'Required',
]);

export function kinds_of(checker: ts.TypeChecker, program: ts.Program, type: ts.Type): number {
  const flags = type.flags;
  if (flags & ts.TypeFlags.Any) return Kind.Any;
  if (flags & ts.TypeFlags.Unknown) return Kind.Unknown;
  if (flags & ts.TypeFlags.Never) return 0;
  if (flags & ts.TypeFlags.Null) return Kind.Null;
  if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return Kind.Undefined;
  if (flags & ts.TypeFlags.BooleanLike) return Kind.Boolean;
  if (flags & ts.TypeFlags.NumberLike) return Kind.Number;
  if (flags & ts.TypeFlags.StringLike) return Kind.String;
  if (type.isUnion()) return type.types.reduce((all, part) => all | kinds_of(checker, program, part), 0);
  if (type.isIntersection()) {
    const parts = type.types.map(part => kinds_of(checker, program, part));
    return parts.find(part => only(part, Kind.String | Kind.Number | Kind.Boolean)) ?? Math.max(0, ...parts);
  }
  if (flags & (ts.TypeFlags.TypeParameter | ts.TypeFlags.IndexedAccess | ts.TypeFlags.Conditional)) {
    const constraint = checker.getBaseConstraintOfType(type);
    return constraint === undefined ? Kind.Unknown : kinds_of(checker, program, constraint);
  }
  if (flags & ts.TypeFlags.Index) return Kind.String;
  if (checker.isArrayType(type) || checker.isTupleType(type)) return Kind.Array;
  if ((flags & (ts.TypeFlags.Object | ts.TypeFlags.NonPrimitive)) === 0) return Kind.Foreign;

  const symbol = type.getSymbol();
  if (symbol !== undefined && is_native(symbol)) {
    return type.getCallSignatures().length > 0 ? Kind.Function : Kind.Native;
  }
  if (symbol !== undefined && is_library(program, symbol)) {
    if (ARRAY_LIKE.has(symbol.name)) return Kind.Array;
    if (symbol.name === 'RegExp') return Kind.RegExp;
    // mapped types such as Record carry the library's symbol `__type`
    if (!PLAIN_LIBRARY_TYPES.has(symbol.name) && symbol.name !== '__type') return Kind.Foreign;
  }
  return type.getCallSignatures().length > 0 ? Kind.Function : Kind.Object;
}

/** Declared inside `declare module 'ucode:…'`. */
export function is_native(symbol: ts.Symbol): boolean {
  return native_module(symbol) !== undefined;
}

export function native_module(symbol: ts.Symbol): string | undefined {
  for (const declaration of symbol.declarations ?? []) {
    for (let node: ts.Node | undefined = declaration; node !== undefined; node = node.parent) {
      if (
        ts.isModuleDeclaration(node) &&
        ts.isStringLiteral(node.name) &&
        node.name.text.startsWith('ucode:')
      ) {
        return node.name.text;
      }
    }
  }
  return undefined;
}

export function is_library(program: ts.Program, symbol: ts.Symbol): boolean {
  const declarations = symbol.declarations ?? [];
  return (
    declarations.length > 0 &&
    declarations.every(declaration => program.isSourceFileDefaultLibrary(declaration.getSourceFile()))
  );
}

const KIND_NAMES: [number, string][] = [
  [Kind.Null, 'null'],
  [Kind.Undefined, 'undefined'],
  [Kind.Boolean, 'a boolean'],
  [Kind.Number, 'a number'],
  [Kind.String, 'a string'],
  [Kind.Array, 'an array'],
  [Kind.Object, 'an object'],
  [Kind.Function, 'a function'],
  [Kind.RegExp, 'a regular expression'],
  [Kind.Native, 'a native value'],
  [Kind.Foreign, 'a value that does not exist in ucode'],
  [Kind.Any, 'any'],
];

/** For messages: `a string or null`. */
export function describe_kinds(kinds: number): string {
  if ((kinds & Kind.Unknown) === Kind.Unknown) return 'unknown';
  const names = KIND_NAMES.filter(([bit]) => (kinds & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? 'never' : names.join(' or ');
}
