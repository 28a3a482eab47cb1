/**
 * Strings. ucode's are bytes (UTF-8), JavaScript's UTF-16 units. Plain ASCII takes the short way; other text is
 * taken apart into units where positions matter.
 */
import {
  chr,
  die,
  index,
  join,
  lc,
  length,
  ltrim,
  match,
  ord,
  push,
  regexp,
  replace,
  rtrim,
  slice,
  split,
  substr,
  type,
  uc,
} from 'ucode:builtins';
import { regex, WIDE_SPACE } from './regexp.ts';

/** `[^…]` with a positive range reads alike on glibc and musl, a range of high bytes might not. */
const WIDE = regexp(`[^${chr(1)}-${chr(127)}]`);

function is_wide(text: string): boolean {
  return match(text, WIDE) != null;
}

/** UTF-16 units of UTF-8 text. */
function units(text: string): number[] {
  const list: number[] = [];
  const size = length(text);
  for (let i = 0; i < size; i++) {
    const lead = ord(text, i);
    if (lead < 0xc0) {
      push(list, lead);
      continue;
    }
    let code = lead < 0xe0 ? lead & 0x1f : lead < 0xf0 ? lead & 0x0f : lead & 0x07;
    for (let more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3; more > 0; more--)
      code = (code << 6) | (ord(text, ++i) & 0x3f);
    if (code < 0x10000) push(list, code);
    else push(list, 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
  }
  return list;
}

/** UTF-8 of UTF-16 units; half a pair has none. */
function text_of(list: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < length(list); i++) {
    let code = list[i] as number;
    if (code >= 0xd800 && code < 0xe000) {
      const low = (list[i + 1] ?? 0) as number;
      if (code >= 0xdc00 || low < 0xdc00 || low >= 0xe000) die('half of a character');
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      i++;
    }
    push(parts, utf8(code));
  }
  return join('', parts);
}

function utf8(code: number): string {
  if (code < 0x80) return chr(code);
  const last = 0x80 | (code & 0x3f);
  if (code < 0x800) return chr(0xc0 | (code >> 6), last);
  const middle = 0x80 | ((code >> 6) & 0x3f);
  if (code < 0x10000) return chr(0xe0 | (code >> 12), middle, last);
  return chr(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), middle, last);
}

export function str_from_codes(...codes: number[]): string {
  return text_of(codes);
}

export function str_length(text: string): number {
  return is_wide(text) ? length(units(text)) : length(text);
}

/** One unit as text, null outside. */
export function str_item(text: string, i: number): string | null {
  if (!(i >= 0 && i < length(text))) return null;
  if (!is_wide(text)) return substr(text, i, 1);
  const unit = units(text)[i];
  return unit == null ? null : text_of([unit]);
}

export function str_char(text: string, i: number): string {
  return str_item(text, i) ?? '';
}

export function str_at(text: string, i: number): string | null {
  return str_item(text, i < 0 ? i + str_length(text) : i);
}

/** NaN outside. */
export function str_code(text: string, i: number): number {
  if (!(i >= 0 && i < length(text))) return +'x';
  return (is_wide(text) ? units(text)[i] : ord(text, i)) ?? +'x';
}

function part(text: string, from: number, to: number): string {
  if (from >= to) return '';
  return is_wide(text) ? text_of(slice(units(text), from, to)) : substr(text, from, to - from);
}

function within(i: number, size: number): number {
  return i < 0 ? 0 : i > size ? size : i;
}

export function str_slice(text: string, start?: number, end?: number): string {
  const size = str_length(text);
  const from = start ?? 0;
  const to = end ?? size;
  return part(text, within(from < 0 ? from + size : from, size), within(to < 0 ? to + size : to, size));
}

export function str_substring(text: string, start: number, end?: number): string {
  const size = str_length(text);
  const from = within(start, size);
  const to = within(end ?? size, size);
  return from < to ? part(text, from, to) : part(text, to, from);
}

export function str_starts(text: string, prefix: string): boolean {
  return substr(text, 0, length(prefix)) == prefix;
}

export function str_ends(text: string, suffix: string): boolean {
  const from = length(text) - length(suffix);
  return from >= 0 && substr(text, from) == suffix;
}

/** Byte position to unit position. */
function unit_position(text: string, at: number): number {
  return at <= 0 || !is_wide(text) ? at : length(units(substr(text, 0, at)));
}

export function str_index_of(text: string, wanted: string, start?: number): number {
  if (start == null || start <= 0) return unit_position(text, index(text, wanted));
  const size = str_length(text);
  const from = within(start, size);
  const found = index(part(text, from, size), wanted);
  return found < 0 ? -1 : from + unit_position(part(text, from, size), found);
}

/** ucode's rindex() misses a match at the very beginning before 25.12. */
export function str_last_index_of(text: string, wanted: string): number {
  for (let at = length(text) - length(wanted); at >= 0; at--) {
    if (substr(text, at, length(wanted)) == wanted) return unit_position(text, at);
  }
  return -1;
}

/** ucode keeps the rest of the text in the last part, JavaScript drops it. */
export function str_split(text: string, separator?: string, limit?: number): string[] {
  if (separator == null) return [text];
  const parts = separator == '' ? characters(text) : split(text, separator);
  return limit == null ? parts : slice(parts, 0, limit);
}

function characters(text: string): string[] {
  const list: string[] = [];
  if (is_wide(text)) for (const unit of units(text)) push(list, text_of([unit]));
  else for (let i = 0; i < length(text); i++) push(list, substr(text, i, 1));
  return list;
}

const SPACE = ' \t\n\r\v\f';
const WIDE_START = regex(`^(${WIDE_SPACE}|[${SPACE}])+`);
const WIDE_END = regex(`(${WIDE_SPACE}|[${SPACE}])+$`);

export function str_trim_start(text: string): string {
  return is_wide(text) ? replace(text, WIDE_START, '') : ltrim(text, SPACE);
}

export function str_trim_end(text: string): string {
  return is_wide(text) ? replace(text, WIDE_END, '') : rtrim(text, SPACE);
}

export function str_trim(text: string): string {
  return str_trim_end(str_trim_start(text));
}

export function str_lower(text: string): string {
  if (is_wide(text)) die('toLowerCase: not ASCII');
  return lc(text);
}

export function str_upper(text: string): string {
  if (is_wide(text)) die('toUpperCase: not ASCII');
  return uc(text);
}

export function str_repeat(text: string, count: number): string {
  if (!(count >= 0)) die('repeat: negative count');
  const parts: string[] = [];
  for (let i = 1; i <= count; i++) push(parts, text);
  return join('', parts);
}

function padding(text: string, size: number, filler: string | null): string {
  const unit = filler ?? ' ';
  const missing = size - str_length(text);
  if (missing <= 0 || unit == '') return '';
  return part(str_repeat(unit, missing), 0, missing);
}

export function str_pad_start(text: string, size: number, filler?: string): string {
  return padding(text, size, filler ?? null) + text;
}

export function str_pad_end(text: string, size: number, filler?: string): string {
  return text + padding(text, size, filler ?? null);
}

/** The replacement with $$, $&, $` and $' filled in. */
function expanded(by: string, wanted: string, before: string, after: string): string {
  if (index(by, '$') < 0) return by;
  let text = '';
  for (let i = 0; i < length(by); i++) {
    const pair = substr(by, i, 2);
    if (pair == '$$') text += '$';
    else if (pair == '$&') text += wanted;
    else if (pair == '$`') text += before;
    else if (pair == "$'") text += after;
    else {
      text += substr(by, i, 1);
      continue;
    }
    i++;
  }
  return text;
}

type Replacement = string | ((wanted: string) => string);

function replacement(by: Replacement, wanted: string, before: string, after: string): string {
  return type(by) == 'function'
    ? (by as (wanted: string) => string)(wanted)
    : expanded(by as string, wanted, before, after);
}

export function str_replace(text: string, wanted: string, by: Replacement): string {
  const at = index(text, wanted);
  if (at < 0) return text;
  const before = substr(text, 0, at);
  const after = substr(text, at + length(wanted));
  return before + replacement(by, wanted, before, after) + after;
}

export function str_replace_all(text: string, wanted: string, by: Replacement): string {
  if (wanted == '') die('replaceAll: empty text');
  let done = '';
  let rest = text;
  for (let at = index(rest, wanted); at >= 0; at = index(rest, wanted)) {
    const before = substr(rest, 0, at);
    const after = substr(rest, at + length(wanted));
    done += before;
    done += replacement(by, wanted, substr(text, 0, length(text) - length(rest) + at), after);
    rest = after;
  }
  return done + rest;
}
