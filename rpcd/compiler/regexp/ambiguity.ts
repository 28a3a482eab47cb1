/**
 * Where the two engines can disagree on *what* was matched (never on whether it matches).
 *
 * POSIX wants the leftmost longest match, JavaScript the first one its order of trying finds. They agree when the
 * next character alone decides every choice (the expression is deterministic: Brüggemann-Klein, "Regular
 * expressions into finite automata", 1993), or when the whole text must match and nothing but plain repetition
 * is in it. Counts are unrolled, so `[0-9]{1,3}[.]` is seen to be deterministic.
 */
import { BEYOND_ASCII, type CharSet, type Pattern } from './parse.ts';

interface Position {
  readonly chars: CharSet;
  readonly source: string;
  /** Matches single bytes of a longer character. */
  readonly is_byte: boolean;
  /** Repeated by its own `*` or `+`. */
  readonly is_looped: boolean;
  readonly follow: Set<Position>;
}

interface Part {
  readonly nullable: boolean;
  readonly first: readonly Position[];
  readonly last: readonly Position[];
}

export interface Analysis {
  /** What the match depends on, or undefined when both engines agree on it. */
  readonly ambiguity: string | undefined;
  readonly matches_empty: boolean;
  /** An element that would see the bytes of a character one by one. */
  readonly byte_element: string | undefined;
  readonly has_repeated_captures: boolean;
}

const MAX_POSITIONS = 2000;

export function analyse(pattern: Pattern): Analysis {
  const positions: Position[] = [];
  const whole = positions_of(pattern, positions);
  const ambiguity = has_plain_group(pattern)
    ? '(?:…) has no counterpart'
    : is_flat_anchored(pattern)
      ? undefined
      : conflict(whole, positions);
  return {
    ambiguity,
    matches_empty: whole.nullable,
    byte_element: byte_element(positions),
    has_repeated_captures: has_repeated_captures(pattern, false),
  };
}

function positions_of(pattern: Pattern, positions: Position[], looped = false): Part {
  switch (pattern.kind) {
    case 'anchor':
      return { nullable: true, first: [], last: [] };
    case 'set': {
      const position: Position = {
        chars: pattern.chars,
        source: pattern.source,
        is_byte: pattern.chars[BEYOND_ASCII] === true && pattern.exact === undefined,
        is_looped: looped,
        follow: new Set(),
      };
      if (positions.length < MAX_POSITIONS) positions.push(position);
      return { nullable: false, first: [position], last: [position] };
    }
    case 'group':
      return positions_of(pattern.body, positions);
    case 'sequence':
      return pattern.items.map(item => () => positions_of(item, positions)).reduce(concatenate, empty());
    case 'choice': {
      const parts = pattern.options.map(option => positions_of(option, positions));
      return {
        nullable: parts.some(part => part.nullable),
        first: parts.flatMap(part => part.first),
        last: parts.flatMap(part => part.last),
      };
    }
    case 'repeat':
      return repeat(pattern, positions);
  }
}

function empty(): Part {
  return { nullable: true, first: [], last: [] };
}

function concatenate(left: Part, next: () => Part): Part {
  const right = next();
  for (const from of left.last) for (const to of right.first) from.follow.add(to);
  return {
    nullable: left.nullable && right.nullable,
    first: left.nullable ? [...left.first, ...right.first] : left.first,
    last: right.nullable ? [...left.last, ...right.last] : right.last,
  };
}

/** `x{2,4}` as `x x (x (x)?)?`, `x{2,}` as `x x+`. */
function repeat(pattern: Extract<Pattern, { kind: 'repeat' }>, positions: Position[]): Part {
  const { body, min, max } = pattern;
  const once = (looped: boolean) => (): Part => positions_of(body, positions, looped);
  if (max === Infinity) {
    const loop = positions_of(body, positions, true);
    for (const from of loop.last) for (const to of loop.first) from.follow.add(to);
    const tail = { ...loop, nullable: min === 0 || loop.nullable };
    let head = empty();
    for (let i = 1; i < min; i++) head = concatenate(head, once(false));
    return concatenate(head, () => tail);
  }
  let optional = empty();
  for (let i = min; i < max; i++) {
    const inner = optional;
    optional = { ...concatenate(once(false)(), () => inner), nullable: true };
  }
  let all = empty();
  for (let i = 0; i < min; i++) all = concatenate(all, once(false));
  return concatenate(all, () => optional);
}

/** Two elements that can both take the next character. */
function conflict(whole: Part, positions: readonly Position[]): string | undefined {
  if (positions.length >= MAX_POSITIONS) return 'the expression is too large to check';
  for (const next of [whole.first, ...positions.map(position => [...position.follow])]) {
    const taken: (Position | undefined)[] = [];
    for (const position of next) {
      for (let code = 1; code <= BEYOND_ASCII; code++) {
        if (position.chars[code] !== true) continue;
        const other = taken[code];
        if (other !== undefined && other !== position) {
          return other.source === position.source
            ? `${position.source} may go on or begin anew`
            : `${other.source} or ${position.source} may match next`;
        }
        taken[code] = position;
      }
    }
  }
  return undefined;
}

/** `^…$` around a sequence of repeated characters and groups of such, without alternatives. */
function is_flat_anchored(pattern: Pattern): boolean {
  if (pattern.kind !== 'sequence') return false;
  const [start, ...rest] = pattern.items;
  const end = rest.pop();
  return is_anchor(start, '^') && is_anchor(end, '$') && rest.every(is_flat);
}

function is_anchor(pattern: Pattern | undefined, which: string): boolean {
  return pattern?.kind === 'anchor' && pattern.which === which;
}

function is_flat(pattern: Pattern): boolean {
  if (pattern.kind === 'set') return true;
  if (pattern.kind === 'repeat') return pattern.body.kind === 'set';
  if (pattern.kind === 'group') return is_flat(pattern.body);
  return pattern.kind === 'sequence' && pattern.items.every(is_flat);
}

/** Bytes are as good as characters only where a run of any length is taken as a whole. */
function byte_element(positions: readonly Position[]): string | undefined {
  for (const position of positions) {
    if (!position.is_byte) continue;
    if (!position.is_looped) return position.source;
    for (const next of position.follow) if (next !== position && next.is_byte) return next.source;
  }
  return undefined;
}

function has_plain_group(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'group':
      return !pattern.capture || has_plain_group(pattern.body);
    case 'repeat':
      return has_plain_group(pattern.body);
    case 'sequence':
      return pattern.items.some(has_plain_group);
    case 'choice':
      return pattern.options.some(has_plain_group);
    default:
      return false;
  }
}

/**
 * A capture inside a repeated group keeps old text in POSIX and is reset in JavaScript; an optional group that
 * matched nothing is empty in POSIX and absent in JavaScript.
 */
function has_repeated_captures(pattern: Pattern, repeated: boolean): boolean {
  switch (pattern.kind) {
    case 'group':
      return (repeated && pattern.capture) || has_repeated_captures(pattern.body, repeated);
    case 'repeat':
      if (pattern.body.kind === 'group' && positions_of(pattern.body, []).nullable) return true;
      if (pattern.body.kind === 'group' && !repeated)
        return has_repeated_captures(pattern.body.body, pattern.max > 1);
      return has_repeated_captures(pattern.body, repeated || pattern.max > 1);
    case 'sequence':
      return pattern.items.some(item => has_repeated_captures(item, repeated));
    case 'choice':
      return pattern.options.some(option => has_repeated_captures(option, repeated));
    default:
      return false;
  }
}
