/**
 * Takes the white space out of emitted ucode that its lexer does not need, and commas behind the last element. Each
 * statement keeps its line, strings stay as they are.
 */

/** A string, a run of letters and digits (a number's point included), white space, or one other character. */
const TOKEN = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\w.]+|\s+|./y;
/** As ucode's lexer reads it: up to the first slash that is not escaped. */
const PATTERN = /\/(?:[^/\\]|\\.)+\//y;

/** Emitted text without its header, so that it has no comments. */
export function compact(text: string): string {
  let out = '';
  for (let at = 0; at < text.length; ) {
    if (text[at] === '`') {
      const end = template_end(text, at);
      out += compact_template(text.slice(at, end));
      at = end;
      continue;
    }
    const token = token_at(text, at);
    at += token.length;
    if (/^\s/.test(token)) out += white_space(token, out.at(-1) ?? '', text[at] ?? '');
    else if (/^[)\]}]$/.test(token) && /,\n?$/.test(out)) out = out.slice(0, out.lastIndexOf(',')) + token;
    else out += token;
  }
  return out;
}

function token_at(text: string, at: number): string {
  const is_pattern = text[at] === '/' && !follows_operand(text, at);
  const token = is_pattern ? PATTERN : TOKEN;
  token.lastIndex = at;
  return token.exec(text)?.[0] ?? text.charAt(at);
}

/** Then a slash divides; anywhere else it begins a regular expression. */
function follows_operand(text: string, at: number): boolean {
  const before = text.slice(0, at).trimEnd();
  return /[\w)\]'"`}]$/.test(before) && !/\b(return|case|in)$/.test(before);
}

function white_space(blanks: string, before: string, after: string): string {
  if (blanks.includes('\n')) return /^$|[\n([,]/.test(before) || /[)\]]/.test(after) ? '' : '\n';
  const are_words = /\w/.test(before) && /[\w.]/.test(after);
  // `a - -b` would become another operator, and `/` behind `<` or in front of `*` something else altogether
  const are_signs = /[-+&|<>=/*?]/.test(before) && /[-+&|<>=/*.]/.test(after) && is_joined(before + after);
  return are_words || are_signs ? ' ' : '';
}

/** ucode reads the two characters as one operator or as the start of a comment. */
function is_joined(pair: string): boolean {
  return /^(--|\+\+|&&|\|\||<<|>>|==|=>|->|\/\/|\/\*|\?\.)$/.test(pair) || /^[-+&|<>=/*]=$/.test(pair);
}

/** Position behind the back quote that closes the one at `start`. */
function template_end(text: string, start: number): number {
  for (let at = start + 1; at < text.length; ) {
    if (text[at] === '`') return at + 1;
    if (text[at] === '\\') at += 2;
    else if (text.startsWith('${', at)) at = span_end(text, at + 2);
    else at++;
  }
  return text.length;
}

/** Position behind the brace that closes the span whose expression begins at `start`. */
function span_end(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; ) {
    if (text[at] === '`') {
      at = template_end(text, at);
      continue;
    }
    const token = token_at(text, at);
    at += token.length;
    if (token === '{') depth++;
    if (token === '}' && --depth === 0) return at;
  }
  return text.length;
}

function compact_template(text: string): string {
  let out = '`';
  for (let at = 1; at < text.length; ) {
    if (text[at] === '\\') {
      out += text.slice(at, at + 2);
      at += 2;
    } else if (text.startsWith('${', at)) {
      const end = span_end(text, at + 2);
      out += `\${${compact(text.slice(at + 2, end - 1))}}`;
      at = end;
    } else {
      out += text.charAt(at);
      at++;
    }
  }
  return out;
}
