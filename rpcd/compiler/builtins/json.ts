/** JSON: texts exactly as JavaScript writes and accepts them. */
import ts from 'typescript';
import type { Code } from '../code.ts';
import type { Context } from '../context.ts';
import { Kind, only } from '../kinds.ts';
import type { Builtin, LibraryCall } from './builtin.ts';

const parse: Builtin = c => {
  if (c.count !== 1 || !only(c.kinds(0), Kind.String)) return c.refuse('takes one string');
  if (!is_declared(c)) return c.context.refuse(c.node, 'json-parse');
  return c.runtime('json_parse', c.value(0));
};

/** The result has a type that makes its reader look before use: `as Json`, `as unknown`, `const x: Json = …`. */
function is_declared(c: LibraryCall): boolean {
  let node: ts.Node = c.node;
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const parent = node.parent;
  const declared = ts.isAsExpression(parent)
    ? parent.type
    : ts.isVariableDeclaration(parent)
      ? parent.type
      : ts.isReturnStatement(parent)
        ? enclosing_return_type(parent)
        : undefined;
  if (declared === undefined) return false;
  const kinds = c.context.kinds(declared);
  const json = Kind.Null | Kind.Boolean | Kind.Number | Kind.String | Kind.Array | Kind.Object;
  return (kinds & json) === json;
}

function enclosing_return_type(node: ts.Node): ts.TypeNode | undefined {
  let up = node;
  while (up.parent !== undefined && !ts.isFunctionLike(up)) up = up.parent;
  return ts.isFunctionLike(up) ? up.type : undefined;
}

const stringify: Builtin = c => {
  const problem = json_problem(
    c.context,
    c.context.type(c.argument(0)),
    c.argument(0),
    'the value',
    new Set(),
  );
  if (problem !== undefined) return problem;
  if (!c.has(1)) return c.runtime('json_stringify', c.value(0));
  const [, replacer, indent] = c.node.arguments;
  if (replacer?.kind !== ts.SyntaxKind.NullKeyword || indent === undefined)
    return c.refuse('a replacer is not known');
  if (!only(c.kinds(2), Kind.Number)) return c.refuse('the indentation must be a number');
  return c.at_most(3).runtime('json_stringify', c.value(0), c.value(2));
};

/** Reports the first part of a type for which the two texts could differ. */
function json_problem(
  context: Context,
  type: ts.Type,
  place: ts.Expression,
  path: string,
  seen: Set<ts.Type>,
): Code | undefined {
  if (seen.has(type)) return undefined;
  seen.add(type);
  if (type.isUnion()) return first(type.types, part => json_problem(context, part, place, path, seen));
  const kinds = context.kinds_of_type(type);
  if (kinds & Kind.Undefined && kinds !== Kind.Unknown) return context.refuse(place, 'json-undefined', path);
  if (kinds & ~(Kind.Null | Kind.Boolean | Kind.Number | Kind.String | Kind.Array | Kind.Object)) {
    return context.refuse(place, 'json-type', path);
  }
  if (only(kinds, Kind.Array)) {
    const element = context.checker.getIndexTypeOfType(type, ts.IndexKind.Number);
    return element && json_problem(context, element, place, `an element of ${path}`, seen);
  }
  if (!only(kinds, Kind.Object)) return undefined;
  const index = context.checker.getIndexTypeOfType(type, ts.IndexKind.String);
  const problem = index && json_problem(context, index, place, `a property of ${path}`, seen);
  return (
    problem ??
    first(context.checker.getPropertiesOfType(type), property => {
      const is_optional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      if (is_optional && names_undefined(property))
        return context.refuse(place, 'json-undefined', property.name);
      const declared = context.checker.getTypeOfSymbol(property);
      // an absent optional property is absent in both languages
      const present = is_optional ? without_undefined(context, declared) : [declared];
      return first(present, part => json_problem(context, part, place, property.name, seen));
    })
  );
}

function without_undefined(context: Context, type: ts.Type): readonly ts.Type[] {
  const parts = type.isUnion() ? type.types : [type];
  return parts.filter(part => context.kinds_of_type(part) !== Kind.Undefined);
}

/** `x?: T | undefined` may be present and undefined. */
function names_undefined(property: ts.Symbol): boolean {
  return (property.declarations ?? []).some(
    declaration =>
      ts.isPropertySignature(declaration) &&
      declaration.type !== undefined &&
      ts.isUnionTypeNode(declaration.type) &&
      declaration.type.types.some(part => part.kind === ts.SyntaxKind.UndefinedKeyword),
  );
}

function first<T>(items: readonly T[], test: (item: T) => Code | undefined): Code | undefined {
  for (const item of items) {
    const found = test(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

export const JSON_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['parse', parse],
  ['stringify', stringify],
]);
