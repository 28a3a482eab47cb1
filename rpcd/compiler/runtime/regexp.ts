/** Regular expressions, alike on all releases. */
import { chr, die, match, regexp } from 'ucode:builtins';

/** The meaning of the s flag and of its absence were swapped in 2026; without line-break mode both agree. */
const STOPS_AT_LINES = match('a\nb', regexp('^b')) != null;

/** An expression for which `^`, `$`, `.` and `[^…]` know no lines. */
export function regex(source: string, flags?: string): RegExp {
  const given = flags ?? '';
  return regexp(source, STOPS_AT_LINES ? given + 's' : given);
}

/** UTF-8 of the white space and line ends beyond ASCII, which `\s`, `.` and trim() know in JavaScript. */
export const WIDE_SPACE =
  `${chr(0xc2, 0xa0)}|${chr(0xe1, 0x9a, 0x80)}|${chr(0xe2, 0x80)}[${chr(0x80)}-${chr(0x8a)}${chr(0xa8, 0xa9, 0xaf)}]|` +
  `${chr(0xe2, 0x81, 0x9f)}|${chr(0xe3, 0x80, 0x80)}|${chr(0xef, 0xbb, 0xbf)}`;

const HAS_WIDE_SPACE = regex(WIDE_SPACE);

/** The text, unless it has white space that the expression could not see as such. */
export function re_subject(text: string): string {
  if (match(text, HAS_WIDE_SPACE) != null) die('regular expression on text with white space beyond ASCII');
  return text;
}

export function re_match(text: string, pattern: RegExp): string[] | null {
  return match(re_subject(text), pattern);
}
