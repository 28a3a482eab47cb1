/** RegExp methods, and the string methods that take an expression. */
import ts from 'typescript';
import { type Code, equals } from '../code.ts';
import { group_count, needs_guard } from '../visitors/regexp.ts';
import type { Builtin, LibraryCall } from './builtin.ts';

/** `match(text, re)`; guarded when white space beyond ASCII could make a difference. */
function matched(c: LibraryCall, text: Code, regex: ts.Expression): Code {
  const pattern = c.context.expression(regex);
  return needs_guard(c.context, regex)
    ? c.runtime('re_match', text, pattern)
    : c.builtin('match', text, pattern);
}

const test: Builtin = c => {
  if (c.receiver === undefined) return c.refuse('needs an expression');
  return equals(matched(c.at_most(1), c.value(0), c.receiver).text, 'null', true);
};

const exec: Builtin = c => {
  if (c.receiver === undefined) return c.refuse('needs an expression');
  return matched(c.at_most(1), c.value(0), c.receiver);
};

export const REGEXP_METHODS: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  ['exec', exec],
  ['test', test],
]);

export const match: Builtin = c => matched(c.at_most(1), c.self(), c.argument(0));

export const regex_split: Builtin = c => {
  c.at_most(1);
  return c.builtin('split', subject(c, c.argument(0)), c.value(0));
};

/** The text to be searched, guarded likewise. */
function subject(c: LibraryCall, regex: ts.Expression): Code {
  return needs_guard(c.context, regex) ? c.runtime('re_subject', c.self()) : c.self();
}

/** ucode expands $1…$9, $& and $$ like JavaScript; other forms are refused. */
export function regex_replace(c: LibraryCall, every: boolean): Code {
  const regex = c.argument(0);
  const by = c.argument(1);
  if (every && !/g[is]*$/.test(regex.getText())) return c.refuse('replaceAll needs the g flag');
  const is_function = ts.isArrowFunction(by) || ts.isFunctionExpression(by);
  const is_text = ts.isStringLiteral(by) || ts.isNoSubstitutionTemplateLiteral(by);
  if (!is_function && !(is_text && !/\$(?![1-9$&])|\$[1-9][0-9]/.test(by.text))) {
    return c.context.refuse(by, 'regex-replacement');
  }
  if (is_function) {
    // after the groups JavaScript passes the offset and the whole text, ucode nothing
    const groups = group_count(c.context, regex) ?? 0;
    const has_rest = by.parameters.some(parameter => parameter.dotDotDotToken !== undefined);
    if (has_rest || by.parameters.length > groups + 1)
      return c.refuse('the function takes the match and the groups only');
  }
  return c.builtin('replace', subject(c, regex), c.value(0), c.value(1));
}
