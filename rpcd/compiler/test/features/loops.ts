/** Every kind of loop. */

export function over_values(list: string[]): string {
  let text = '';
  for (const item of list) text += item;
  return text;
}

export function over_entries(list: string[]): string[] {
  const out: string[] = [];
  for (const [i, item] of list.entries()) out.push(`${i}:${item}`);
  for (const [i] of list.entries()) out.push(`${i}`);
  for (const [, item] of list.entries()) out.push(item);
  return out;
}

export function over_object(table: Record<string, number>): string[] {
  const out: string[] = [];
  for (const [key, value] of Object.entries(table)) out.push(`${key}=${value}`);
  for (const key of Object.keys(table)) {
    out.push(key);
  }
  for (const value of Object.values(table)) out.push(String(value));
  return out;
}

export function changed_while_looping(table: Record<string, number>): Record<string, number> {
  for (const [key, value] of Object.entries(table)) {
    delete table[key];
    table[`${key}${key}`] = value;
  }
  return table;
}

export function growing(list: number[]): number[] {
  for (const item of list) {
    if (list.length < 6) list.push(item + 10);
  }
  return list;
}

export function counted(n: number): number[] {
  const out: number[] = [];
  for (let i = 0, j = n; i < j; i++, j--) out.push(i * j);
  return out;
}

export function backwards(list: string[]): string {
  let text = '';
  for (let i = list.length - 1; i >= 0; i--) text += list[i] ?? '';
  return text;
}

export function stepped(list: string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const item = list[i + 1];
    if (item === undefined) break;
    out.push(item);
  }
  return out;
}

export function while_loop(n: number): number {
  let steps = 0;
  while (n > 1) {
    n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    steps++;
  }
  return steps;
}

export function do_while(n: number): number[] {
  const out: number[] = [];
  let i = 0;
  do {
    i++;
    if (i % 2 === 0) continue;
    out.push(i);
  } while (i < n);
  return out;
}

export function nested(n: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < n; i++) {
    let j = 0;
    do {
      if (j === i) break;
      out.push(i * 10 + j);
      j++;
    } while (true);
  }
  return out;
}

export function skipping(list: number[]): number {
  let sum = 0;
  for (const item of list) {
    if (item < 0) continue;
    if (item > 100) break;
    sum += item;
  }
  return sum;
}

export function forever(): number {
  let n = 0;
  for (;;) {
    if (++n > 5) return n;
  }
}

export function assigned_condition(text: string): string[] {
  const out: string[] = [];
  let rest = text;
  let found: RegExpExecArray | null;
  while ((found = /^([a-z]+);(.*)$/.exec(rest)) !== null) {
    out.push(found[1] ?? '');
    rest = found[2] ?? '';
  }
  return out;
}
