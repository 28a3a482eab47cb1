/**
 * UCI packages as text files: what libuci does with /etc/config, for Node.
 *
 * Follows libuci's file.c in its default, strict mode. Where libuci would drop a change without an error
 * (names with other characters, control characters in values) the edit is refused instead.
 */

import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { UciEdit, UciSection } from '../platform.ts';

/** Thrown by `parse_uci`: where the text is not UCI. */
export class UciSyntaxError extends Error {
  constructor(line: number, what: string) {
    super(`line ${line}: ${what}`);
  }
}

/** All sections of one package in file order. */
export function parse_uci(text: string): UciSection[] {
  const sections: UciSection[] = [];
  // Keyed maps instead of objects: an option may be called `__proto__` or `constructor`.
  let options: Map<string, string | string[]> | null = null;
  const options_of = new Map<string, Map<string, string | string[]>>();
  let section_count = 0;
  const reader = line_reader(text);

  while (reader.next_line()) {
    for (let word = reader.keyword(); word !== ''; word = reader.keyword()) {
      switch (word) {
        case 'p':
        case 'package':
          reader.name_argument('package');
          reader.end_of_command();
          break;
        case 'c':
        case 'config': {
          const type = reader.argument();
          if (!is_type(type))
            throw reader.error(type === '' ? 'config without type' : 'invalid section type');
          const given = reader.argument();
          if (given !== '' && !is_name(given)) throw reader.error('invalid section name');
          reader.end_of_command();

          const known = given === '' ? undefined : sections.find(section => section.name === given);
          if (known !== undefined) {
            if (known.type !== type) throw reader.error(`section ${given} was of type ${known.type} before`);
            options = options_of.get(given) ?? null;
          } else {
            section_count += 1;
            const name = given === '' ? generated_name(section_count, type) : given;
            options = new Map();
            options_of.set(name, options);
            sections.push({ name, type, anonymous: given === '', options: {} });
          }
          break;
        }
        case 'o':
        case 'option':
        case 'l':
        case 'list': {
          if (options === null) throw reader.error('option before the first section');
          const name = reader.name_argument('option');
          const value = reader.argument();
          reader.end_of_command();
          const before = options.get(name);
          if (word.startsWith('l')) {
            options.set(name, before === undefined ? [value] : [before, value].flat());
          } else if (value !== '') {
            // An empty value in a file says nothing; it does not take back an earlier one.
            options.set(name, value);
          }
          break;
        }
        default:
          throw reader.error('invalid command');
      }
    }
  }

  for (const section of sections) section.options = Object.fromEntries(options_of.get(section.name) ?? []);
  return sections;
}

/** The text libuci writes for these sections. Comments of the old file are gone, as on the router. */
export function format_uci(sections: UciSection[]): string {
  let text = '';
  for (const section of sections) {
    text += section.anonymous ? `\nconfig ${section.type}\n` : `\nconfig ${section.type} '${section.name}'\n`;
    for (const [name, value] of Object.entries(section.options)) {
      if (typeof value === 'string') text += `\toption ${name} '${quoted(value)}'\n`;
      else for (const item of value) text += `\tlist ${name} '${quoted(item)}'\n`;
    }
  }
  return `${text}\n`;
}

/** The sections after the edits, or what is wrong with an edit. The input is left as it is. */
export function edit_uci(sections: UciSection[], edits: UciEdit[]): UciSection[] | string {
  const result = sections.map(section => ({ ...section, options: { ...section.options } }));
  for (const edit of edits) {
    if (!is_name(edit.section)) return `${edit.section}: section names are letters, digits and _`;
    const index = result.findIndex(section => section.name === edit.section);
    const section = result[index];

    if (edit.kind === 'create') {
      if (!/^[A-Za-z0-9_-]+$/.test(edit.type))
        return `${edit.type}: section types are letters, digits, _ and -`;
      if (section === undefined) {
        result.push({ name: edit.section, type: edit.type, anonymous: false, options: {} });
      } else {
        section.type = edit.type;
      }
    } else if (section === undefined) {
      return `section ${edit.section} does not exist`;
    } else if (edit.kind === 'remove') {
      result.splice(index, 1);
    } else {
      if (!is_name(edit.option)) return `${edit.option}: option names are letters, digits and _`;
      if (Array.isArray(edit.value) && edit.value.length === 0)
        return `${edit.option}: a list cannot be empty`;
      if ([edit.value ?? ''].flat().some(text => !is_value(text))) {
        return `${section.name}.${edit.option}: control characters cannot be stored`;
      }
      // Rebuilt so that `__proto__` becomes an ordinary key; a changed option keeps its place.
      const options = new Map(Object.entries(section.options));
      if (edit.value === null || edit.value === '') options.delete(edit.option);
      else options.set(edit.option, edit.value);
      section.options = Object.fromEntries(options);
    }
  }
  return result;
}

/** Sections of package file `config` in `folder`; null when there is none or it is not UCI. */
export function read_uci_file(folder: string, config: string): UciSection[] | null {
  if (!is_package(config)) return null;
  try {
    return parse_uci(readFileSync(join(folder, config), 'utf8'));
  } catch {
    return null;
  }
}

/** Edit a package file in one atomic step. Null on success, else what went wrong. */
export function write_uci_file(folder: string, config: string, edits: UciEdit[]): string | null {
  if (!is_package(config)) return `${config}: not a package name`;
  try {
    const path = realpathSync(join(folder, config));
    const edited = edit_uci(parse_uci(readFileSync(path, 'utf8')), edits);
    if (typeof edited === 'string') return `${config}: ${edited}`;
    replace_file(path, format_uci(edited));
    return null;
  } catch (error) {
    return `${config}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Write beside the file and rename, so that a reader sees the old text or the new one. Throws. */
export function replace_file(path: string, text: string): void {
  const temporary = join(dirname(path), `.${basename(path)}.new-${process.pid}`);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o644;
  try {
    const file = openSync(temporary, 'w', mode & 0o777);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function is_name(text: string): boolean {
  return /^[A-Za-z0-9_]+$/.test(text);
}

function is_package(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text);
}

function is_type(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function is_value(text: string): boolean {
  return !/[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text);
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''");
}

/** Name of the n-th section of a file when the file gives none: counter and a hash of the type (list.c). */
function generated_name(nth: number, type: string): string {
  let hash = 5381;
  for (const byte of Buffer.from(type)) hash = (Math.imul(hash, 33) + byte) >>> 0;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `cfg${hex(nth, 2)}${hex(hash % 0x10000, 4)}`;
}

/** Arguments line by line. Quotes and a trailing backslash pull the next line in. */
function line_reader(text: string) {
  let position = 0;
  let line_end = 0;
  let line = 0;

  const current = () => (position < line_end ? (text[position] ?? '') : '');
  const is_space = (character: string) => character !== '' && ' \t\n\v\f\r'.includes(character);
  const error = (what: string) => new UciSyntaxError(line, what);

  function extend_line(): boolean {
    if (line_end >= text.length) return false;
    const newline = text.indexOf('\n', line_end);
    line_end = newline < 0 ? text.length : newline + 1;
    line += 1;
    return true;
  }

  function skip_space(): void {
    while (is_space(current())) position += 1;
  }

  /** At a backslash: step over it; false when it ended the line and the next line follows. */
  function step_over_backslash(): boolean {
    position += 1;
    const rest = text.slice(position, line_end);
    if (rest !== '' && rest !== '\n' && rest !== '\r\n') return true;
    position = line_end;
    extend_line();
    return false;
  }

  function quoted_part(quote: string): string {
    let part = '';
    position += 1;
    for (;;) {
      const character = current();
      if (character === quote) {
        position += 1;
        return part;
      }
      if (character === '') {
        if (!extend_line()) throw error(`end of file inside ${quote}`);
        continue;
      }
      if (character === '\\' && quote === '"') {
        if (!step_over_backslash()) continue;
      }
      part += current();
      position += 1;
    }
  }

  function argument(): string {
    skip_space();
    if (current() === ';') {
      position += 1;
      return '';
    }
    let value = '';
    const start = position;
    do {
      const character = current();
      if (character === "'" || character === '"') {
        value += quoted_part(character);
      } else if (character === '#') {
        position = line_end;
        return value;
      } else if (character === '' || character === ';') {
        // libuci ends the word in place: after one without quotes that wipes out the `;` and hides the line's rest.
        if (value.length === position - start) position = line_end;
        return value;
      } else if (character === '\\' && !step_over_backslash()) {
        // The token goes on in the next line, unless that starts with a blank.
      } else {
        value += current();
        position += 1;
      }
    } while (current() !== '' && !is_space(current()));
    if (current() !== '') position += 1;
    return value;
  }

  return {
    error,
    argument,
    next_line(): boolean {
      position = line_end;
      if (!extend_line()) return false;
      skip_space();
      return true;
    },
    /** First word of a command, '' at the end of the line or at a comment. */
    keyword(): string {
      while (current() === ' ' || current() === '\t') position += 1;
      if (current() === '#') position = line_end;
      const start = position;
      while (current() !== '' && current() !== ' ' && current() !== '\t') position += 1;
      return text.slice(start, position);
    },
    name_argument(what: string): string {
      const name = argument();
      if (name === '') throw error(`${what} without name`);
      if (!is_name(name) && !(what === 'package' && is_package(name))) throw error(`invalid ${what} name`);
      return name;
    },
    end_of_command(): void {
      if (argument() !== '') throw error('too many arguments');
    },
  };
}
