/**
 * Bit operators. JavaScript's work on 32 signed bits, ucode's on 64 and unsigned unless an operand is negative.
 * The low 32 bits of `| & ^ ~ <<` come out alike, so chains of them stay as written and only the outermost
 * result is brought back to 32 bits: masked for `>>> 0`, through `int32()` otherwise.
 */
import ts from 'typescript';
import { at, type Code, call, code, Level } from '../code.ts';
import type { Context } from '../context.ts';

const K = ts.SyntaxKind;

const LEVELS = new Map<ts.SyntaxKind, number>([
  [K.AmpersandToken, Level.BitAnd],
  [K.BarToken, Level.BitOr],
  [K.CaretToken, Level.BitXor],
  [K.LessThanLessThanToken, Level.Shift],
]);

export function is_bitwise(operator: ts.SyntaxKind): boolean {
  return (
    LEVELS.has(operator) ||
    operator === K.GreaterThanGreaterThanToken ||
    operator === K.GreaterThanGreaterThanGreaterThanToken
  );
}

export function bitwise(context: Context, left: Code, right: ts.Expression, operator: ts.SyntaxKind): Code {
  if (operator === K.GreaterThanGreaterThanGreaterThanToken) {
    const low = code(`${at(without_int32(left), Level.Unary)} & 0xffffffff`, Level.BitAnd);
    const count = shift_count(context, right);
    return count === '0' ? low : code(`(${low.text}) >> ${count}`, Level.Shift);
  }
  if (operator === K.GreaterThanGreaterThanToken) {
    return code(
      `${at(call(context.runtime('int32'), without_int32(left)), Level.Shift)} >> ${shift_count(context, right)}`,
      Level.Shift,
    );
  }
  const low = low_bits(context, left, right, operator);
  // a mask below 2^31 leaves a number that is the same in 32 signed bits
  if (operator === K.AmpersandToken && is_mask(context, right)) return low;
  return { ...call(context.runtime('int32'), low), low };
}

/** The operation without the step back to 32 bits. */
function low_bits(context: Context, left: Code, right: ts.Expression, operator: ts.SyntaxKind): Code {
  const level = LEVELS.get(operator) ?? Level.BitAnd;
  const text = ts.tokenToString(operator) ?? '';
  const operand =
    operator === K.LessThanLessThanToken
      ? shift_count(context, right)
      : at(without_int32(context.expression(right)), Level.Unary);
  // the two languages mean the same here, but few readers know how shifts and masks bind
  return code(`${at(without_int32(left), Level.Unary)} ${text} ${operand}`, level);
}

/** `int32(a | b) | c` needs only one int32. */
function without_int32(piece: Code): Code {
  return piece.low ?? piece;
}

/** JavaScript counts shifts modulo 32. */
function shift_count(context: Context, node: ts.Expression): string {
  const type = context.type(node);
  if (type.isNumberLiteral() && Number.isInteger(type.value)) return String(((type.value % 32) + 32) % 32);
  return `(${at(context.expression(node), Level.BitAnd)} & 31)`;
}

function is_mask(context: Context, node: ts.Expression): boolean {
  const type = context.type(node);
  return (
    type.isNumberLiteral() && Number.isInteger(type.value) && type.value >= 0 && type.value <= 0x7fffffff
  );
}
