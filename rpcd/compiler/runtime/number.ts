/**
 * Numbers as JavaScript has them. ucode keeps 64-bit integers and doubles apart; here an integral value up to 2^53
 * is an int and everything else a double, so that both languages see the same number.
 */
import { die, double, hex, int, lc, length, match, sprintf, substr, type } from 'ucode:builtins';
import { regex } from './regexp.ts';
import { str_trim } from './string.ts';

/** 2^53, the largest value up to which doubles hold every integer. */
const EXACT = 9007199254740992;
const INFINITE = double(1) / 0;
const NOT_A_NUMBER = INFINITE - INFINITE;

/** The number in its one form: int when integral and exact, else double. */
export function norm(x: number): number {
  if (type(x) == 'int') return x > EXACT || x < -EXACT ? double(x) : x;
  if (type(x) != 'double' || x != x || x > EXACT || x < -EXACT) return x;
  return int(x) == x ? int(x) : x;
}

/** a === b where either may be something else than a number: the int 1 equals the double 1.0. */
export function same(a: unknown, b: unknown): boolean {
  if (type(a) == 'double' || type(b) == 'double') {
    return norm(a as number) === norm(b as number);
  }
  return a === b;
}

export function mul(a: number, b: number): number {
  const product = double(a) * b;
  return product > EXACT || product < -EXACT || product != product ? product : norm(a * b);
}

export function div(a: number, b: number): number {
  if (b == 0) return a > 0 ? INFINITE : a < 0 ? -INFINITE : NOT_A_NUMBER;
  return norm(double(a) / b);
}

/** A zero divisor kills ucode before 24.10.x. */
export function mod(a: number, b: number): number {
  if (b == 0 || a != a || a == INFINITE || a == -INFINITE) return NOT_A_NUMBER;
  return b == INFINITE || b == -INFINITE ? a : norm(a % b);
}

/** The low 32 bits as a signed number, as `x | 0` does. */
export function int32(x: number): number {
  const low = x & 0xffffffff;
  return low > 0x7fffffff ? low - 0x100000000 : low;
}

/** Text of a number, boolean, null or string. */
export function str(x: unknown): string {
  if (type(x) == 'int')
    return (x as number) > EXACT || (x as number) < -EXACT ? double_text(double(x as number)) : `${x}`;
  return type(x) == 'double' ? double_text(x as number) : `${x}`;
}

const EXPONENT_FORM = regex('^([0-9])[.]?([0-9]*)e([-+][0-9]+)$');

/** Shortest digits that read back as the same double (ECMA-262, Number::toString). */
function double_text(x: number): string {
  if (x != x) return 'NaN';
  if (x < 0) return '-' + double_text(-x);
  if (x == INFINITE) return 'Infinity';
  if (x == 0) return '0';
  // 15 digits suffice for most; denormal numbers have fewer
  let text = '';
  for (let digits = x < 1e-300 ? 0 : 14; digits <= 16; digits++) {
    text = sprintf(`%.${digits}e`, x);
    if (+text == x) break;
  }
  const parts = match(text, EXPONENT_FORM) as string[];
  const [, head, tail, power] = parts as [string, string, string, string];
  let fraction = tail;
  while (length(fraction) > 0 && substr(fraction, -1) == '0')
    fraction = substr(fraction, 0, length(fraction) - 1);
  return place_point(head + fraction, int(power) + 1);
}

/** Digits with the decimal point after `point` of them. */
function place_point(digits: string, point: number): string {
  const count = length(digits);
  if (count <= point && point <= 21) return digits + zeros(point - count);
  if (point > 0 && point <= 21) return `${substr(digits, 0, point)}.${substr(digits, point)}`;
  if (point > -6 && point <= 0) return `0.${zeros(-point)}${digits}`;
  const exponent = point > 0 ? `e+${point - 1}` : `e-${1 - point}`;
  return count == 1 ? digits + exponent : `${substr(digits, 0, 1)}.${substr(digits, 1)}${exponent}`;
}

function zeros(count: number): string {
  return substr('000000000000000000000', 0, count);
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** x.toString(radix) of an integer. */
export function str_radix(x: number, radix: number): string {
  let rest = norm(x);
  if (type(rest) != 'int') die('toString: not an integer');
  if (rest < 0) return '-' + str_radix(-rest, radix);
  let text = '';
  do {
    text = substr(DIGITS, rest % radix, 1) + text;
    rest = rest / radix;
  } while (rest > 0);
  return text;
}

/** Decimal digits as a number; long ones through a double, which rounds as JavaScript does. */
function decimal(digits: string): number {
  return length(digits) <= 15 ? int(digits) : norm(+(digits + 'e0'));
}

function hexadecimal(digits: string): number {
  if (length(digits) > 13) die('hexadecimal number above 2^52');
  return hex(digits);
}

const DECIMAL_START = regex('^([-+]?)([0-9]+)');
/** The prefix counts even when no digit follows it, and then there is no number. */
const HEXADECIMAL_START = regex('^([-+]?)(0[xX])?([0-9a-fA-F]*)');

/** As nearly always. */
const DIGITS_ALONE = regex('^[0-9]{1,15}$');

/** parseInt(text, 10) and parseInt(text, 16). */
export function parse_int(text: string, radix: number): number {
  if (radix == 10 && match(text, DIGITS_ALONE) != null) return int(text);
  const trimmed = str_trim(text);
  const parts = match(trimmed, radix == 10 ? DECIMAL_START : HEXADECIMAL_START);
  const digits = parts?.[radix == 10 ? 2 : 3] ?? '';
  if (parts == null || digits == '') return NOT_A_NUMBER;
  const value = radix == 10 ? decimal(digits) : hexadecimal(digits);
  return parts[1] == '-' ? -value : value;
}

const DECIMAL = regex('^([-+]?)([0-9]*)([.]?)([0-9]*)([eE][-+]?[0-9]+)?$');
const PREFIXED = regex('^0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$');

/** Number(text). */
export function to_number(text: string): number {
  const trimmed = str_trim(text);
  if (trimmed == '') return 0;
  const parts = match(trimmed, DECIMAL);
  if (parts != null && (parts[2] != '' || parts[4] != '')) {
    const value =
      parts[3] == '' && parts[5] == null
        ? decimal(parts[2] as string)
        : norm(+`${parts[2] == '' ? '0' : parts[2]}.${parts[4] == '' ? '0' : parts[4]}${parts[5] ?? 'e0'}`);
    return parts[1] == '-' ? -value : value;
  }
  if (trimmed == 'Infinity' || trimmed == '+Infinity') return INFINITE;
  if (trimmed == '-Infinity') return -INFINITE;
  if (match(trimmed, PREFIXED) == null) return NOT_A_NUMBER;
  if (length(trimmed) > 15) die('number with a radix prefix above 2^52');
  const prefix = lc(substr(trimmed, 1, 1));
  return int(substr(trimmed, 2), prefix == 'x' ? 16 : prefix == 'o' ? 8 : 2);
}

export function is_integer(x: unknown): boolean {
  if (type(x) == 'int') return true;
  if (type(x) != 'double') return false;
  const value = x as number;
  if (value > EXACT || value < -EXACT) return value != INFINITE && value != -INFINITE;
  return value == value && int(value) == value;
}

export function is_safe_integer(x: unknown): boolean {
  return is_integer(x) && (x as number) < EXACT && (x as number) > -EXACT;
}

/** Doubles beyond 2^53 are whole already. */
function is_whole(x: number): boolean {
  return type(x) == 'int' || x != x || x > EXACT || x < -EXACT;
}

export function math_floor(x: number): number {
  if (is_whole(x)) return x;
  const whole = int(x);
  return whole > x ? whole - 1 : whole;
}

/** math_floor(a / b). Below 2^53 no quotient is so near a whole number that its double is that number. */
export function math_floor_div(a: number, b: number): number {
  const quotient = a >= 0 && b > 0 ? a / b : div(a, b);
  return type(quotient) == 'int' ? quotient : math_floor(quotient);
}

export function math_ceil(x: number): number {
  if (is_whole(x)) return x;
  const whole = int(x);
  return whole < x ? whole + 1 : whole;
}

/** Halves go up, also the negative ones. */
export function math_round(x: number): number {
  if (is_whole(x)) return x;
  const below = math_floor(x);
  return x - below >= 0.5 ? below + 1 : below;
}

export function math_trunc(x: number): number {
  return is_whole(x) ? x : int(x);
}

export function math_abs(x: number): number {
  return x < 0 ? -x : x;
}

export function math_sign(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

export function math_max(...values: number[]): number {
  let most = -INFINITE;
  for (const value of values) {
    if (value != value) return value;
    if (value > most) most = value;
  }
  return most;
}

export function math_min(...values: number[]): number {
  let least = INFINITE;
  for (const value of values) {
    if (value != value) return value;
    if (value < least) least = value;
  }
  return least;
}

export function math_max_of(a: number, b: number): number {
  return b > a || b != b ? b : a;
}

export function math_min_of(a: number, b: number): number {
  return b < a || b != b ? b : a;
}

/** Squares, and powers with a whole, not negative exponent and an exact result: nothing else is needed. */
export function math_pow(base: number, exponent: number): number {
  if (exponent == 2) return mul(base, base);
  if (type(norm(exponent)) != 'int' || exponent < 0) die('power with a negative or fractional exponent');
  let result = 1;
  for (let i = 0; i < exponent; i++) {
    result = mul(result, base);
    if (result >= EXACT || result <= -EXACT) die('power beyond 2^53');
  }
  return result;
}

/** 32-bit product; each half fits 64 bits. */
export function math_imul(a: number, b: number): number {
  const low = (a & 0xffffffff) * (b & 0xffff);
  const high = (((a & 0xffffffff) * ((b >> 16) & 0xffff)) & 0xffff) << 16;
  return int32((low & 0xffffffff) + high);
}
