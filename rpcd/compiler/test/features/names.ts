/** Variables named like ucode's built-ins, or with words reserved there, step aside where they would be in the way. */

export function index(list: string[], keys: string): number {
  const length = list.length;
  const type = list.indexOf(keys);
  return length * 10 + type;
}

export function match(filter: string[], map: string): string[] {
  const join = filter.filter(item => item !== map);
  const elif = join.map(item => `${item}!`);
  return [elif.join(' '), /^a/.test(map) ? 'a' : 'b'];
}

export function print(str: number): { str: number; text: string } {
  const print = str / 2;
  return { str, text: `${print}` };
}

export function system(values: number[]): number {
  let sort = 0;
  for (const min of values) sort += min;
  return sort;
}
