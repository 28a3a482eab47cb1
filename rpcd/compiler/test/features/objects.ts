/** Object literals, keys and the functions of Object. */

interface Options {
  name: string;
  weight?: number;
  note?: string;
}

export function literal(name: string, key: string): Record<string, number | string | boolean> {
  return { name, size: name.length, 'dashed-key': true, [key]: 1, [`${key}2`]: 2, 7: 'seven', if: 'keyword' };
}

export function multi_line(on: boolean): { on: boolean; list: number[]; inner: { deep: number } } {
  return {
    // whether it is on
    on,
    list: [1, 2],

    inner: { deep: 1 }, // nested
  };
}

export function spread(base: Options, extra: Partial<Options> | null): Options {
  return { note: 'none', ...base, ...extra, ...(base.weight === undefined ? { weight: 1 } : {}) };
}

export function keys(table: Record<string, number>): string[] {
  return Object.keys(table);
}

export function values(table: Record<string, number>): number[] {
  return Object.values(table);
}

export function entries(table: Record<string, number>): [string, number][] {
  return Object.entries(table).sort(([, a], [, b]) => a - b);
}

export function from_entries(list: [string, number][]): Record<string, number> {
  return Object.fromEntries(list.map(([key, value]) => [key.toUpperCase(), value]));
}

export function assigned(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  return Object.assign({}, a, b);
}

export function own(table: Record<string, number>, key: string): boolean[] {
  return [Object.hasOwn(table, key), Object.hasOwn(table, 'toString'), 'a' in table];
}

export function deleted(table: Record<string, number>, key: string): Record<string, number> {
  delete table[key];
  delete table['gone'];
  return table;
}

export function counted(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

export function by_number(n: number): Record<number, string> {
  const table: Record<number, string> = { 4: 'four' };
  table[n] = 'given';
  table[n * 2] = 'doubled';
  return table;
}

export function changed(options: Options): Options {
  options.weight = (options.weight ?? 0) + 1;
  options.weight += 2;
  options['name'] = 'new';
  options.weight++;
  return options;
}

export function optional(options: Options): boolean[] {
  return [options.weight === undefined, 'weight' in options, Object.keys(options).includes('weight')];
}

export function functions(kind: string, n: number): number {
  const operations: Record<string, (n: number) => number> = {
    double: x => x * 2,
    negate: x => -x,
  };
  return operations[kind]?.(n) ?? 0;
}

export function shared(): number[] {
  const inner = { n: 1 };
  const copy = { ...{ inner } };
  copy.inner.n = 2;
  return [inner.n, copy.inner.n];
}
