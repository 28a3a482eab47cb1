type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const any_value = (a: any): string => `${a}`; // refused: any, text-of
export const unknown_property = (a: Date): number => a.getTime(); // refused: method
export const function_name = (f: () => void): string => f.name; // refused: property
export const clock = (): number => Date.now(); // refused: global-method
export const global = (): unknown => globalThis; // refused: global-value
export const number_callback = (list: string[]): number[] => list.map(Number); // refused: global-value
export const no_method = (list: number[]): number[] => list.copyWithin(0, 1); // refused: method
export const no_static = (): number => Math.random(); // refused: global-method
export const radix = (text: string): number => parseInt(text); // refused: method-arguments
export const initial = (list: number[]): number => list.reduce((a, b) => a + b); // refused: method-arguments
export const both = (a: string | null | undefined): boolean => a === null; // refused: nullish-comparison
export const pair = (a: string | null, b: string | undefined): boolean => a === b; // refused: nullish-comparison
export const null_of = (a?: string): boolean => a !== null; // refused: null-comparison
export const undefined_of = (a: string | null): boolean => a === undefined; // refused: undefined-comparison
export const parameter = (a: string | null = 'x'): string | null => a; // refused: nullish-default
export const type_of_unknown = (a: unknown): string => typeof a; // refused: typeof-nullish
export const type_name = (a: string): boolean => typeof a === 'symbol'; // refused: typeof-name
export const text_of_object = (a: { b: number }): string => `${a}`; // refused: text-of
export const text_of_list = (a: number[]): string => 'list ' + a; // refused: text-of
export const ordered = (a: boolean, b: boolean): boolean => a < b; // refused: comparison
export const product = (a: number, b: boolean): number => a * Number(b); // refused: method-arguments
export const minus = (a: number | string): number => -a; // refused: arithmetic
export const spread_text = (a: string): string[] => [...a]; // refused: spread-source
export const spread_list = (a: number[]): object => ({ ...a }); // refused: spread-source
export function letters(a: string): void {
  for (const _ of a) letters(a); // refused: iterate-source
}
export const in_list = (a: string[]): boolean => 'length' in a; // refused: in-array
export const in_object = (a: Record<string, number>, k: string): boolean => k in a; // refused: in-dynamic
export const inherited = (a: Record<string, number>): unknown => a['toString']; // refused: inherited-name
export const proto = { ['a']: 1, __proto__: null }; // refused: inherited-name
export const item_of_either = (a: string | string[]): unknown => a[0]; // refused: element-access
export const add_at = (a: number[], i: number): void => {
  a[i]! += 1; // refused: index-write
};
export const shorten = (a: number[]): void => {
  a.length = 0; // refused: array-length
};
export const remove = (a: number[]): void => {
  delete a[0]; // refused: array-delete
};
export const large = 12345678901234567890; // refused: number-range
export const minus_zero = -0; // refused: negative-zero
export const nul = 'a\0'; // refused: string-nul
export const maybe = (a: { b: number | undefined }): string => JSON.stringify(a); // refused: json-undefined
export const with_function = (a: { b: () => void }): string => JSON.stringify(a); // refused: json-type
export const unchecked = (text: string): { a: number } => JSON.parse(text); // refused: json-parse
export const new_error = (n: number): Error => new RangeError(`${n}`); // refused: new
export const wrong: number = 'text'; // refused: typescript
export const fixed = (a: number): string => a.toFixed(2); // refused: method
export const is_json = (a: Json): boolean => a === undefined; // refused: undefined-comparison
