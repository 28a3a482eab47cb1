/** JSON as JavaScript reads and writes it. ucode's own parser is lenient and its writer adds spaces. */
import {
  die,
  index,
  join,
  json,
  length,
  map,
  match,
  push,
  regexp,
  replace,
  sprintf,
  type,
} from 'ucode:builtins';
import { norm, str } from './number.ts';
import { obj_keys } from './object.ts';

export function json_stringify(value: unknown, indent?: number): string {
  return indent == null || indent <= 0
    ? compact(value)
    : indented(value, sprintf(`%${indent > 10 ? 10 : indent}s`, ''), '\n');
}

function compact(value: unknown): string {
  const name = type(value);
  if (name == 'array')
    return `[${join(
      ',',
      map(value as unknown[], item => compact(item)),
    )}]`;
  if (name == 'object') {
    const parts: string[] = [];
    for (const key of obj_keys(value as object)) {
      push(parts, `${sprintf('%J', key)}:${compact((value as Record<string, unknown>)[key])}`);
    }
    return `{${join(',', parts)}}`;
  }
  return scalar(value, name);
}

/** `step` more blanks on each level; `line` is the line break with the current indentation. */
function indented(value: unknown, step: string, line: string): string {
  const name = type(value);
  if (name != 'array' && name != 'object') return scalar(value, name);
  const inner = line + step;
  const parts: string[] = [];
  if (name == 'array') {
    for (const item of value as unknown[]) push(parts, indented(item, step, inner));
  } else {
    for (const key of obj_keys(value as object)) {
      push(parts, `${sprintf('%J', key)}: ${indented((value as Record<string, unknown>)[key], step, inner)}`);
    }
  }
  const [open, close] = name == 'array' ? ['[', ']'] : ['{', '}'];
  if (length(parts) == 0) return `${open}${close}`;
  return `${open}${inner}${join(`,${inner}`, parts)}${line}${close}`;
}

function scalar(value: unknown, name: string | null): string {
  if (name == 'string') return sprintf('%J', value);
  if (name != 'int' && name != 'double') return `${value}`;
  const text = str(value);
  return text == 'NaN' || text == 'Infinity' || text == '-Infinity' ? 'null' : text;
}

// written out, as musl miscounts {4} within a repeated group
const STRING = regexp(
  '"([^"\\\\\x01-\x1f]|\\\\["\\\\/bfnrt]|\\\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*"',
  'g',
);
const NUMBER = regexp('-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?', 'g');
const WORD = regexp('true|false|null', 'g');
const SPACE = regexp('[ \t\n\r]+', 'g');
/** Numbers that ucode reads as double or as more than 53 bits. */
const INEXACT = regexp('[0-9][.eE]|[0-9]{16}');
const BLANKS = regexp(' +', 'g');
const FOREIGN = regexp('[^]sv{}:, []');
const SIDE_BY_SIDE = regexp('[sv] *[sv]');
const FLAT_ARRAY = regexp('\\[([sv](,[sv])*)?\\]', 'g');
const FLAT_OBJECT = regexp('\\{(s:[sv](,s:[sv])*)?\\}', 'g');

/** ucode's parser stops counting at 2^64. */
const LONG = regexp('[0-9]{16}');
const STRING_OR_LONG = regexp('"([^"\\\\]|\\\\.)*"|[0-9.]+([eE][-+]?[0-9]+)?', 'g');

function as_double(token: string): string {
  return match(token, regexp('^[0-9]+$')) == null ? token : `${token}e0`;
}

/** Throws on everything JSON.parse throws on, and beyond that on NUL, halves of characters and 32 levels. */
export function json_parse(text: string): unknown {
  let shape = text;
  if (index(text, '\\u') >= 0 && match(text, regexp('\\\\u(0000|[dD][89a-fA-F])')) != null)
    check_escapes(text);
  shape = replace(shape, STRING, 's');
  const inexact = match(shape, INEXACT) != null;
  shape = replace(replace(replace(shape, SPACE, ' '), WORD, 'v'), NUMBER, 'v');
  if (match(shape, FOREIGN) != null) die('JSON.parse: unexpected character');
  check_grammar(shape);
  if (!inexact) return json(text);
  return normalised(json(match(text, LONG) == null ? text : replace(text, STRING_OR_LONG, as_double)));
}

/** Reduces arrays and objects of finished values to values until one is left. */
function check_grammar(shape: string): void {
  // two values side by side stay apart until all other blanks are gone
  if (match(shape, SIDE_BY_SIDE) != null) die('JSON.parse: comma expected');
  let rest = replace(shape, BLANKS, '');
  for (let before = ''; rest != before; ) {
    before = rest;
    rest = replace(replace(rest, FLAT_ARRAY, 'v'), FLAT_OBJECT, 'v');
  }
  if (rest != 'v' && rest != 's') die('JSON.parse: not JSON');
}

/** Whole surrogate pairs are fine, halves and NUL cannot be kept in a ucode string. */
function check_escapes(text: string): void {
  const pair = regexp('\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}', 'g');
  // an escaped backslash before a u is no escape
  const rest = replace(replace(text, regexp('\\\\\\\\', 'g'), ''), pair, '');
  if (match(rest, regexp('\\\\u(0000|[dD][89a-fA-F])')) != null) die('JSON.parse: NUL or half a character');
}

function normalised(value: unknown): unknown {
  const name = type(value);
  if (name == 'int' || name == 'double') return norm(value as number);
  if (name == 'array') return map(value as unknown[], item => normalised(item));
  if (name != 'object') return value;
  const object = value as Record<string, unknown>;
  for (const key of obj_keys(object)) object[key] = normalised(object[key]);
  return object;
}
