/**
 * A piece of ucode text together with how tightly it binds, so that parentheses appear only where ucode's
 * own precedence needs them (compiler.h of ucode; `??` and `||` are one level there).
 */
export interface Code {
  readonly text: string;
  readonly level: number;
  /** The same value before it was brought back to 32 signed bits, for an operator that looks at these bits only. */
  readonly low?: Code;
  /** What stands in the parentheses of `(a ?? b)`, for places that need none. */
  readonly inner?: Code;
  /** `a == null ? null : value`, which merges with a `?? fallback` after it. */
  readonly guarded?: { readonly test: string; readonly value: Code };
  /** The opposite, where it has a form of its own: `a == null` for `a != null`. */
  readonly opposite?: Code;
}

export const Level = {
  Comma: 0,
  Assign: 1,
  Ternary: 2,
  Or: 3,
  And: 4,
  BitOr: 5,
  BitXor: 6,
  BitAnd: 7,
  Equal: 8,
  Compare: 9,
  Shift: 10,
  Add: 11,
  Multiply: 12,
  Unary: 14,
  Postfix: 15,
  Call: 16,
  Primary: 17,
} as const;

export function code(text: string, level: number): Code {
  return { text, level };
}

export function primary(text: string): Code {
  return { text, level: Level.Primary };
}

/** `a == b`, which knows its opposite. */
export function equals(left: string, right: string, negated = false): Code {
  const plain = code(`${left} == ${right}`, Level.Equal);
  const other = code(`${left} != ${right}`, Level.Equal);
  return negated ? { ...other, opposite: plain } : { ...plain, opposite: other };
}

/** A position that is not -1. */
export function found(position: Code): Code {
  return {
    ...code(`${position.text} >= 0`, Level.Compare),
    opposite: code(`${position.text} < 0`, Level.Compare),
  };
}

/** The text, in parentheses when it binds less tightly than its place asks for. */
export function at(piece: Code, level: number): string {
  return piece.level >= level ? piece.text : `(${piece.text})`;
}

/** A call of a named function. */
export function call(name: string, ...args: Code[]): Code {
  return {
    text: `${name}(${args.map(arg => at(arg.inner ?? arg, Level.Assign)).join(', ')})`,
    level: Level.Call,
  };
}

/** A ucode string literal; the quote character is kept as written in the source. */
export function quote(value: string, mark: '"' | "'" = "'"): string {
  let text = '';
  for (const char of value) {
    const unit = char.codePointAt(0) ?? 0;
    if (char === '\\' || char === mark) text += `\\${char}`;
    else if (char === '\n') text += '\\n';
    else if (char === '\r') text += '\\r';
    else if (char === '\t') text += '\\t';
    else if (unit < 0x20 || unit === 0x7f || unit === 0x2028 || unit === 0x2029) {
      text += `\\u${unit.toString(16).padStart(4, '0')}`;
    } else text += char;
  }
  return mark + text + mark;
}
