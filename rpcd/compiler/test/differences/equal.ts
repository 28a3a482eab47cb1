/** Probes of the table in `table.ts` whose results must be Node's. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export function negative_read(list: string[], i: number): string | null {
  return list[i] ?? null;
}

export function negative_write(list: number[], i: number): number[] {
  list[i] = 9;
  return list;
}

export function text_length(text: string): number {
  return text.length;
}

export function text_slice(text: string): string[] {
  return [text.slice(1, 3), text.substring(1), text.slice(-1)];
}

export function text_code(text: string): number {
  return text.charCodeAt(1);
}

export function text_split(text: string): string[] {
  return text.split('');
}

export function upper(text: string): string {
  return text.toUpperCase();
}

export function any_run(text: string): boolean {
  return /^=.+=$/.test(text);
}

export function key_order(table: Record<string, number>): string {
  table['3'] = 0;
  return `${Object.keys(table).join()} ${JSON.stringify(table)} ${Object.entries(table).length}`;
}

export function default_of_missing(n: number): number[] {
  const f = (a: number, b = 5): number => a + b;
  return [f(n), f(n, undefined), f(n, 0)];
}

export function is_undefined(table: Record<string, number>): boolean[] {
  return [table['a'] === undefined, table['b'] === undefined];
}

export function stringified(note: string | null): string {
  const value: { name: string; note?: string } = { name: 'a' };
  if (note !== null) value.note = note;
  return JSON.stringify(value);
}

export function half_switch(n: number): string {
  switch (n * 2) {
    case 3:
      return 'three';
    default:
      return 'other';
  }
}

export function half_equal(n: number, other: Json): boolean[] {
  return [n * 2 === 3, other === n * 2];
}

export function half_json(n: number): string {
  return JSON.stringify([n * 2, n / 2, n + n]);
}

export function beyond_53(a: number, b: number): string[] {
  return [`${a + b}`, `${a * b}`, `${a - b * 2}`, JSON.stringify(a * a * a)];
}

export function parsed_64_bit(text: string): string {
  return JSON.stringify(JSON.parse(text) as Json);
}

export function alternation_tested(text: string): boolean {
  return /^(foo|foobar)x?$/.test(text);
}

export function line_ends(text: string): boolean[] {
  return [/^[a-z]+$/.test(text), /b.+d/.test(text), /[^x]+d$/.test(text)];
}

export function split_by_expression(text: string): string[] {
  return text.split(/[0-9]+/);
}

export function case_blind(text: string): boolean[] {
  return [/^wan[a-z]$/i.test(text), /K/i.test(text)];
}

export function accepted(text: string): boolean {
  try {
    return (JSON.parse(text) as Json) !== 'x';
  } catch {
    return false;
  }
}

export function deep(levels: number): string {
  let text = '1';
  for (let i = 0; i < levels; i++) text = `[${text}]`;
  return JSON.stringify(JSON.parse(text) as Json);
}

export function converted(text: string): string {
  return `${Number(text)}`;
}

export function fixed(value: number): string {
  return `${Math.round(value * 100) / 100}`;
}

export function truncated(n: number): string {
  return `${Math.trunc(n)} ${Math.floor(n)} ${Math.round(-n)}`;
}

export function delete_absent(table: Record<string, number>): Record<string, number> {
  delete table['absent'];
  return table;
}

export function own_keys_only(key: string): boolean {
  return Object.hasOwn({ a: 1 } as Record<string, number>, key);
}

export function depth(n: number): number {
  return n === 0 ? 0 : 1 + depth(n - 1);
}

export function odd_comparator(list: number[]): number[] {
  return list.sort((a, b) => (a === b ? NaN : (a - b) / 1000));
}

export function changed_in_loop(table: Record<string, number>): Record<string, number> {
  for (const key of Object.keys(table)) {
    delete table[key];
    table[`new_${key}`] = 1;
  }
  return table;
}

export function last_index(text: string): number[] {
  return [text.lastIndexOf('a'), text.lastIndexOf('ab'), text.lastIndexOf('')];
}

export function stable(list: { key: number; at: number }[]): number[] {
  return list.sort((a, b) => a.key - b.key).map(item => item.at);
}

export function split_limit(text: string): string[] {
  return text.split(',', 2);
}

export function spliced(list: number[]): number[][] {
  const removed = list.splice(1, 1, 7, 8);
  return [removed, list];
}

export function reversed_in_place(list: number[]): boolean {
  const result = list.reverse();
  return result === list && list[0] === 3;
}

export function replaced_once(text: string): string {
  return text.replace('a', 'b');
}

export function minus_zero(n: number): string[] {
  const zero = n * 0;
  return [
    `${zero}`,
    JSON.stringify(zero),
    `${-zero}`,
    `${Math.round(-0.2)}`,
    `${zero === 0}`,
    `${Math.max(zero, 0)}`,
  ];
}

export function joined_null(list: (string | null)[]): string {
  return list.join('-');
}

export function spread_null(extra: { b: number } | null): Record<string, number> {
  return { a: 1, ...extra };
}

export function rethrown(): string {
  try {
    try {
      throw new Error('first');
    } catch (error) {
      throw error;
    }
  } catch (error) {
    return (error as Error).message;
  }
}

export function whole_division(a: number, b: number): number {
  return a / b;
}

export function remainder_of_zero(a: number): string {
  const zero = a - a;
  return `${a % zero} ${a / zero}`;
}

export function bits_32(a: number): number[] {
  return [~a, a << 31, a >>> 0, a | 0, a ^ -1];
}

export function chain_stops(on: boolean): string | null {
  const table: { a?: { b: { c: string } } } = on ? { a: { b: { c: 'x' } } } : {};
  return table.a?.b.c ?? null;
}

export function loop_bindings(): number[] {
  const calls: (() => number)[] = [];
  for (let i = 0; i < 3; i++) calls.push(() => i);
  return calls.map(call => call());
}

export function half_index(i: number): (string | null)[] {
  const list = ['a', 'b'];
  return [list[i] ?? null, list[i * 2] ?? null];
}

export function found_half(list: number[]): boolean[] {
  return [list.map(n => n * 2).includes(3), list.map(n => n * 2).indexOf(1) === 0];
}

export function printed_double(a: number): string {
  return `${a + 0.2} ${a / 3} ${a * 1e-8}`;
}

export function mapped_with_index(list: string[]): number[] {
  return list.map(text => parseInt(text, 10));
}

export function json_error(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text) as Json);
  } catch (error) {
    return (error as Error).message;
  }
}

export function inherited_by_key(key: string): boolean {
  const table: Record<string, number> = {};
  return table[key] === undefined;
}

export function zero_divisor(n: number): string {
  return `${1 / (n * 0)}`;
}

export function sum_chain(n: number): string {
  return `${n + 1 + 1 + 1}`;
}

export function space_between(text: string): boolean {
  return /a\s+b/.test(text);
}
