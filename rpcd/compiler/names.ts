/**
 * Names that mean something to ucode. A variable of the source keeps its name unless it would hide a built-in
 * that the emitted module calls; then it gets a trailing underscore.
 */

/** Reserved in ucode but not in TypeScript (lexer.c). */
export const RESERVED = new Set(['elif', 'endif', 'endfor', 'endwhile', 'endfunction']);

/** JavaScript's inherited names: own properties only in ucode, inherited ones too in JavaScript. */
export const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

export const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Which runtime file holds which function. Emitted modules import only what they call. */
export const RUNTIME: Record<string, readonly string[]> = {
  array: [
    'arr_at',
    'arr_every',
    'arr_fill',
    'arr_find',
    'arr_find_index',
    'arr_find_last',
    'arr_flat',
    'arr_flat_map',
    'arr_index_of',
    'arr_item',
    'arr_join',
    'arr_of_length',
    'arr_reduce',
    'arr_reverse',
    'arr_set',
    'arr_some',
    'arr_sort',
    'arr_splice',
    'for_each',
  ],
  json: ['json_parse', 'json_stringify'],
  number: [
    'div',
    'int32',
    'is_integer',
    'is_safe_integer',
    'math_abs',
    'math_ceil',
    'math_floor',
    'math_floor_div',
    'math_imul',
    'math_max',
    'math_max_of',
    'math_min',
    'math_min_of',
    'math_pow',
    'math_round',
    'math_sign',
    'math_trunc',
    'mod',
    'mul',
    'norm',
    'parse_int',
    'same',
    'str',
    'str_radix',
    'to_number',
  ],
  object: ['obj_assign', 'obj_entries', 'obj_from_entries', 'obj_keys', 'obj_values'],
  value: ['is_number', 'is_object', 'opt', 'type_of'],
  regexp: ['re_match', 're_subject', 'regex'],
  string: [
    'str_at',
    'str_char',
    'str_code',
    'str_ends',
    'str_from_codes',
    'str_index_of',
    'str_item',
    'str_last_index_of',
    'str_length',
    'str_lower',
    'str_pad_end',
    'str_pad_start',
    'str_repeat',
    'str_replace',
    'str_replace_all',
    'str_slice',
    'str_split',
    'str_starts',
    'str_substring',
    'str_trim',
    'str_trim_end',
    'str_trim_start',
    'str_upper',
  ],
};

export function runtime_file(name: string): string {
  for (const [file, names] of Object.entries(RUNTIME)) if (names.includes(name)) return file;
  throw new Error(`no runtime file has ${name}`);
}
