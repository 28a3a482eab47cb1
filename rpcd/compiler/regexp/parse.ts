/** JavaScript regular expressions, as far as POSIX can express them, into a tree. */

/** Characters a place can match: one flag per ASCII code, and one for everything beyond. */
export type CharSet = readonly boolean[];
export const BEYOND_ASCII = 128;

export type Pattern =
  /** One character. `written` leaves the i flag to the engine; `exact` is a non-ASCII character standing for itself. */
  | { kind: 'set'; chars: CharSet; written: CharSet; source: string; exact?: string }
  | { kind: 'anchor'; which: '^' | '$' | '\\b' }
  | { kind: 'group'; capture: boolean; body: Pattern }
  | { kind: 'repeat'; body: Pattern; min: number; max: number }
  | { kind: 'sequence'; items: Pattern[] }
  | { kind: 'choice'; options: Pattern[] };

/** Names the construct that is not in the subset. */
export class PatternError extends Error {}

/** RE_DUP_MAX of musl. */
const MAX_COUNT = 255;

export function char_set(test: (code: number) => boolean): boolean[] {
  return Array.from({ length: BEYOND_ASCII + 1 }, (_, code) => test(code));
}

function of_text(text: string): boolean[] {
  return char_set(code => text.includes(String.fromCharCode(code)) && code < BEYOND_ASCII);
}

const DIGITS = of_text('0123456789');
const WORD = char_set(code => code < BEYOND_ASCII && /\w/.test(String.fromCharCode(code)));
const SPACE = of_text(' \t\n\v\f\r');
const CLASSES: Record<string, boolean[]> = { d: DIGITS, w: WORD, s: SPACE };
const CONTROLS: Record<string, string> = { n: '\n', r: '\r', t: '\t', v: '\v', f: '\f' };

function inverted(chars: CharSet): boolean[] {
  return chars.map((has, code) => !has && code !== 0);
}

/** `{m,n}`, as opposed to `*`, `+` and `?`. */
export function is_counted(min: number, max: number): boolean {
  return max === Infinity ? min > 1 : max > 1;
}

function has_counted_group(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'repeat':
      return (
        (pattern.body.kind === 'group' && is_counted(pattern.min, pattern.max)) ||
        has_counted_group(pattern.body)
      );
    case 'group':
      return has_counted_group(pattern.body);
    case 'sequence':
      return pattern.items.some(has_counted_group);
    case 'choice':
      return pattern.options.some(has_counted_group);
    default:
      return false;
  }
}

export function parse_pattern(source: string, flags: string): Pattern {
  let position = 0;
  const peek = (): string => source.charAt(position);
  const take = (): string => source.charAt(position++);
  const fail = (what: string): never => {
    throw new PatternError(what);
  };

  const choice = (): Pattern => {
    const options = [sequence()];
    while (peek() === '|') {
      position++;
      options.push(sequence());
    }
    if (options.some(option => option.kind === 'sequence' && option.items.length === 0))
      fail('an empty alternative');
    return options.length === 1 ? (options[0] as Pattern) : { kind: 'choice', options };
  };

  const sequence = (): Pattern => {
    const items: Pattern[] = [];
    while (position < source.length && peek() !== '|' && peek() !== ')') items.push(quantified(atom()));
    return { kind: 'sequence', items };
  };

  const quantified = (body: Pattern): Pattern => {
    const range = quantifier();
    if (range === undefined) return body;
    if (peek() === '?') fail('a lazy quantifier');
    if (body.kind === 'anchor') fail('a repeated anchor');
    if (body.kind === 'set' && body.exact !== undefined) fail(`repeated ${body.exact}`);
    if (quantifier() !== undefined) fail('a repeated quantifier');
    if (is_counted(range.min, range.max) && has_counted_group(body))
      fail('a counted group in a counted group');
    return { kind: 'repeat', body, ...range };
  };

  const quantifier = (): { min: number; max: number } | undefined => {
    const short = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] }[peek()];
    if (short !== undefined) {
      position++;
      return { min: short[0] as number, max: short[1] as number };
    }
    const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(source.slice(position));
    if (counted === null) return undefined;
    position += counted[0].length;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3]);
    if (min > MAX_COUNT || (max > MAX_COUNT && max !== Infinity)) fail(`a count above ${MAX_COUNT}`);
    return { min, max };
  };

  const atom = (): Pattern => {
    const char = take();
    switch (char) {
      case '^':
      case '$':
        return { kind: 'anchor', which: char };
      case '.':
        return set_of(dot(flags), '.');
      case '[':
        return bracket();
      case '(':
        return group();
      case '\\':
        return escaped_atom();
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        return fail(`an unescaped ${char}`);
      default:
        return single(char);
    }
  };

  const set_of = (chars: boolean[], text: string): Extract<Pattern, { kind: 'set' }> => {
    return { kind: 'set', chars: folded(chars, flags), written: chars, source: text };
  };

  const single = (char: string): Pattern => {
    const code = char.charCodeAt(0);
    if (code === 0) fail('NUL');
    if (code < BEYOND_ASCII) return set_of(of_text(char), char);
    if (flags.includes('i')) fail(`${char} with the i flag`);
    const whole = String.fromCodePoint(source.codePointAt(position - 1) ?? code);
    position += whole.length - 1;
    return {
      ...set_of(
        char_set(c => c === BEYOND_ASCII),
        whole,
      ),
      exact: whole,
    };
  };

  const group = (): Pattern => {
    let capture = true;
    if (peek() === '?') {
      if (!source.startsWith('?:', position)) fail('lookaround or a named group');
      position += 2;
      capture = false;
    }
    const body = choice();
    if (take() !== ')') fail('an unclosed group');
    if (body.kind === 'sequence' && body.items.length === 0) fail('an empty group');
    return { kind: 'group', capture, body };
  };

  const escaped_atom = (): Pattern => {
    const char = take();
    if (char === 'b') return { kind: 'anchor', which: '\\b' };
    const set = class_escape(char);
    if (set !== undefined) return set_of(set, `\\${char}`);
    return single_escaped(char);
  };

  const single_escaped = (char: string): Pattern => {
    const code = char_escape(char);
    return set_of(of_text(String.fromCharCode(code)), `\\${char}`);
  };

  const class_escape = (char: string): boolean[] | undefined => {
    const set = CLASSES[char.toLowerCase()];
    return set === undefined || char === char.toLowerCase() ? set : inverted(set);
  };

  /** Code of the character a backslash stands for. */
  const char_escape = (char: string): number => {
    const control = CONTROLS[char];
    if (control !== undefined) return control.charCodeAt(0);
    if (char === 'x' || char === 'u') {
      const digits = source.slice(position, position + (char === 'x' ? 2 : 4));
      if (!/^[0-9a-f]+$/i.test(digits)) fail(`\\${char}`);
      position += digits.length;
      const code = Number.parseInt(digits, 16);
      if (code === 0 || code >= BEYOND_ASCII) fail(`\\${char}${digits}`);
      return code;
    }
    if (/[0-9]/.test(char)) fail('a backreference');
    if (/[A-Za-z]/.test(char) || char.charCodeAt(0) >= BEYOND_ASCII || char === '') fail(`\\${char}`);
    return char.charCodeAt(0);
  };

  const bracket = (): Pattern => {
    const start = position;
    const negated = peek() === '^';
    if (negated) position++;
    const chars = char_set(() => false);
    while (peek() !== ']') {
      if (position >= source.length) fail('an unclosed class');
      class_item(chars);
    }
    position++;
    const text = `[${source.slice(start, position)}`;
    if (!chars.includes(true)) fail('an empty class');
    const set = folded(chars, flags);
    const finish = (one: CharSet): CharSet => (negated ? inverted(one) : one);
    return { kind: 'set', chars: finish(set), written: finish(chars), source: text };
  };

  const class_item = (chars: boolean[]): void => {
    const low = class_char(chars);
    if (low === undefined) return;
    let high = low;
    if (peek() === '-' && source.charAt(position + 1) !== ']') {
      position++;
      high = class_char(chars) ?? fail('a range with a class');
    }
    for (let code = low; code <= high; code++) chars[code] = true;
  };

  /** A character in brackets; undefined when it was a class, which is added at once. */
  const class_char = (chars: boolean[]): number | undefined => {
    const char = take();
    if (char !== '\\') {
      const code = char.charCodeAt(0);
      if (code === 0 || code >= BEYOND_ASCII) fail(`${char} in brackets`);
      return code;
    }
    const escaped = take();
    const set = class_escape(escaped);
    if (set === undefined) return char_escape(escaped === 'b' ? fail('\\b in brackets') : escaped);
    set.forEach((has, code) => {
      if (has) chars[code] = true;
    });
    return undefined;
  };

  const pattern = choice();
  if (position < source.length) fail('an unopened group');
  return pattern;
}

function dot(flags: string): boolean[] {
  return char_set(code => code !== 0 && (flags.includes('s') || (code !== 10 && code !== 13)));
}

/** Both cases of every letter under the i flag. */
function folded(chars: boolean[], flags: string): boolean[] {
  if (!flags.includes('i')) return chars;
  return chars.map((has, code) => {
    const char = String.fromCharCode(code);
    const other = char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
    return has || (code < BEYOND_ASCII && /[A-Za-z]/.test(char) && chars[other.charCodeAt(0)] === true);
  });
}
