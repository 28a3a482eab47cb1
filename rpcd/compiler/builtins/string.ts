/**
 * String. ucode's strings are bytes; the runtime answers in UTF-16 units as JavaScript does whenever a string is
 * not plain ASCII.
 */
import ts from 'typescript';
import { type Code, call, found } from '../code.ts';
import type { Context } from '../context.ts';
import { Kind, only } from '../kinds.ts';
import type { Builtin, LibraryCall } from './builtin.ts';
import { match, regex_replace, regex_split } from './regexp.ts';

/** `s.length === 0` needs no counting of characters. */
export function string_length(context: Context, node: ts.PropertyAccessExpression): Code {
  const value = context.expression(node.expression);
  return call(is_compared_with_zero(node) ? context.builtin('length') : context.runtime('str_length'), value);
}

function is_compared_with_zero(node: ts.Expression): boolean {
  const parent = node.parent;
  if (!ts.isBinaryExpression(parent)) return false;
  const other = parent.left === node ? parent.right : parent.left;
  const operator = parent.operatorToken.kind;
  return (
    ts.isNumericLiteral(other) &&
    other.text === '0' &&
    operator >= ts.SyntaxKind.LessThanToken &&
    operator <= ts.SyntaxKind.ExclamationEqualsEqualsToken
  );
}

const runtime =
  (name: string, least: number, most: number): Builtin =>
  c =>
    c.count < least
      ? c.refuse(`needs ${least} arguments`)
      : c.at_most(most).runtime(name, c.self(), ...c.all());

/** Bytes are enough to find out whether a text occurs. */
const includes: Builtin = c => found(c.at_most(1).builtin('index', c.self(), c.value(0)));

function literal_text(c: LibraryCall, i: number): string | undefined {
  const argument = c.node.arguments[i];
  if (argument === undefined) return undefined;
  return ts.isStringLiteral(argument) || ts.isNoSubstitutionTemplateLiteral(argument)
    ? argument.text
    : undefined;
}

const split: Builtin = c => {
  if (only(c.kinds(0), Kind.RegExp)) return regex_split(c);
  if (c.has(1) || !literal_text(c, 0)) return c.at_most(2).runtime('str_split', c.self(), ...c.all());
  return c.builtin('split', c.self(), c.value(0));
};

const replace =
  (every: boolean): Builtin =>
  c => {
    if (c.count !== 2) return c.refuse('needs two arguments');
    if (only(c.kinds(0), Kind.RegExp)) return regex_replace(c, every);
    if (!only(c.kinds(0), Kind.String))
      return c.refuse('the first argument must be a string or regular expression');
    // ucode replaces all occurrences of a text, and expands $ only for expressions
    const replacement = literal_text(c, 1);
    if (every && literal_text(c, 0) && replacement !== undefined && !replacement.includes('$')) {
      return c.builtin('replace', c.self(), c.value(0), c.value(1));
    }
    return c.runtime(every ? 'str_replace_all' : 'str_replace', c.self(), c.value(0), c.value(1));
  };

export const STRING_METHODS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['at', runtime('str_at', 1, 1)],
  ['charAt', runtime('str_char', 1, 1)],
  ['charCodeAt', runtime('str_code', 1, 1)],
  ['endsWith', runtime('str_ends', 1, 1)],
  ['includes', includes],
  ['indexOf', runtime('str_index_of', 1, 2)],
  ['lastIndexOf', runtime('str_last_index_of', 1, 1)],
  ['match', match],
  ['padEnd', runtime('str_pad_end', 1, 2)],
  ['padStart', runtime('str_pad_start', 1, 2)],
  ['repeat', runtime('str_repeat', 1, 1)],
  ['replace', replace(false)],
  ['replaceAll', replace(true)],
  ['slice', runtime('str_slice', 0, 2)],
  ['split', split],
  ['startsWith', runtime('str_starts', 1, 1)],
  ['substring', runtime('str_substring', 1, 2)],
  ['toLowerCase', runtime('str_lower', 0, 0)],
  ['toString', c => c.self()],
  ['toUpperCase', runtime('str_upper', 0, 0)],
  ['trim', runtime('str_trim', 0, 0)],
  ['trimEnd', runtime('str_trim_end', 0, 0)],
  ['trimStart', runtime('str_trim_start', 0, 0)],
]);

export const STRING_STATICS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['fromCharCode', c => c.runtime('str_from_codes', ...c.all())],
]);
