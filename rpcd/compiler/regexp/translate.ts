/**
 * The tree as a POSIX extended expression for ucode's `regexp()`. Only what glibc and musl read alike is written:
 * bracket expressions for every class, no backslash macros, and `[.]` rather than an escape.
 */
import { BEYOND_ASCII, type CharSet, is_counted, type Pattern } from './parse.ts';

/**
 * musl miscounts where counts and repeated groups meet (`(a|b{2}c)+`): there the counts of single characters are
 * written out (`(a|bbc)+`). Counted groups within counted groups the parser has refused.
 */
export function to_posix(pattern: Pattern): string {
  return text_of(pattern, has_repeated_group(pattern));
}

function has_repeated_group(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'repeat':
      return pattern.body.kind === 'group';
    case 'group':
      return has_repeated_group(pattern.body);
    case 'sequence':
      return pattern.items.some(has_repeated_group);
    case 'choice':
      return pattern.options.some(has_repeated_group);
    default:
      return false;
  }
}

function text_of(pattern: Pattern, written_out: boolean): string {
  switch (pattern.kind) {
    case 'set':
      return pattern.exact ?? set_text(pattern.written);
    case 'anchor':
      return pattern.which;
    case 'group':
      return `(${text_of(pattern.body, written_out)})`;
    case 'repeat':
      return repeat_text(pattern, written_out);
    case 'sequence':
      return pattern.items.map(item => text_of(item, written_out)).join('');
    case 'choice':
      return pattern.options.map(option => text_of(option, written_out)).join('|');
  }
}

function repeat_text({ body, min, max }: Extract<Pattern, { kind: 'repeat' }>, written_out: boolean): string {
  const once = text_of(body, written_out);
  if (!written_out || body.kind === 'group' || !is_counted(min, max)) return once + count_text(min, max);
  if (max === Infinity) return `${once.repeat(min - 1)}${once}+`;
  return once.repeat(min) + `${once}?`.repeat(max - min);
}

function count_text(min: number, max: number): string {
  if (max === Infinity && min < 2) return min === 0 ? '*' : '+';
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max === Infinity ? '' : max}}`;
}

function set_text(chars: CharSet): string {
  const codes = [...chars.keys()].filter(code => chars[code] === true && code < BEYOND_ASCII);
  const missing = [...chars.keys()].filter(code => chars[code] !== true && code !== 0 && code < BEYOND_ASCII);
  if (same_codes(codes, SPACES)) return '[[:space:]]';
  if (chars[BEYOND_ASCII] === true) {
    if (same_codes(missing, SPACES)) return '[^[:space:]]';
    return missing.length === 0 ? '.' : bracket_text(missing, true);
  }
  const [only] = codes;
  if (codes.length === 1 && only !== undefined) return literal_text(String.fromCharCode(only));
  return bracket_text(codes, false);
}

const SPACES: readonly number[] = [...'\t\n\v\f\r '].map(char => char.charCodeAt(0));

function same_codes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((code, i) => code === b[i]);
}

function literal_text(char: string): string {
  if (char === '^' || char === '\\') return `\\${char}`;
  return /[.[\]{}()*+?$|]/.test(char) ? `[${char}]` : char;
}

/** Letters before digits before signs, as people write it. */
function rank(run: string): number {
  return /^[a-z]/.test(run) ? 0 : /^[A-Z]/.test(run) ? 1 : /^[0-9]/.test(run) ? 2 : 3;
}

/** `]` comes first, `^` never, `-` last, and `[` where no `:`, `.` or `=` can follow it. */
function bracket_text(codes: readonly number[], negated: boolean): string {
  const special = new Set([...']^-['].map(char => char.charCodeAt(0)));
  const plain = codes.filter(code => !special.has(code));
  const runs: string[] = [];
  for (let i = 0; i < plain.length; i++) {
    const start = plain[i] as number;
    let end = i;
    while (plain[end + 1] === (plain[end] as number) + 1) end++;
    // short runs are written out: `[ab]`, `[a-c]`
    const run = plain.slice(i, end + 1);
    const [first, last] = [String.fromCharCode(start), String.fromCharCode(plain[end] as number)];
    runs.push(run.length > 2 ? `${first}-${last}` : String.fromCharCode(...run));
    i = end;
  }
  let text = codes.includes(93) ? ']' : '';
  text += runs.sort((a, b) => rank(a) - rank(b)).join('');
  if (codes.includes(91)) text += '[';
  if (codes.includes(94)) text = text === '' && !negated ? '' : `${text}^`;
  if (codes.includes(45)) text += '-';
  if (text === '-' || text === '') return codes.includes(45) ? '[-^]' : '\\^';
  return `[${negated ? '^' : ''}${text}]`;
}

/**
 * Expressions that read differently once `^`, `$`, `.` and `[^…]` stop at line breaks, which newer ucode does by
 * default; these must be made by the runtime's `regex()`.
 */
export function is_newline_sensitive(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'set':
      return pattern.exact === undefined && pattern.chars[BEYOND_ASCII] === true;
    case 'anchor':
      return pattern.which !== '\\b';
    case 'group':
    case 'repeat':
      return is_newline_sensitive(pattern.body);
    case 'sequence':
      return pattern.items.some(is_newline_sensitive);
    case 'choice':
      return pattern.options.some(is_newline_sensitive);
  }
}

/** `\s` and `.` mean more than ASCII in JavaScript: no-break space, line separator and such. */
export function has_unicode_class(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'set':
      return /\\s|\\S|^\.$/.test(pattern.source);
    case 'anchor':
      return false;
    case 'group':
    case 'repeat':
      return has_unicode_class(pattern.body);
    case 'sequence':
      return pattern.items.some(has_unicode_class);
    case 'choice':
      return pattern.options.some(has_unicode_class);
  }
}
