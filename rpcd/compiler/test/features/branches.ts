/** if, switch, conditional and logical operators. */

export function grade(n: number): string {
  if (n < 0) {
    return 'negative';
  } else if (n === 0) {
    return 'zero';
  } else if (n < 10) return 'small';
  else return 'large';
}

export function fall_through(kind: string): string[] {
  const out: string[] = [];
  switch (kind) {
    case 'a': // both
    case 'b':
      out.push('ab');
      break;
    // alone
    case 'c': {
      const text = 'c';
      out.push(text);
      break;
    }
    default:
      out.push('other');
  }
  return out;
}

export function on_number(n: number): string {
  switch (n * 2) {
    case 3:
      return 'three';
    case 4:
      return 'four';
    default:
      return 'else';
  }
}

export function on_family(family: 4 | 6): string {
  switch (family) {
    case 4:
      return 'inet';
    case 6:
      return 'inet6';
  }
}

export function on_null(state: string | null): string {
  switch (state) {
    case null:
      return 'none';
    case 'up':
      return 'up';
    default:
      return `is ${state}`;
  }
}

export function on_true(n: number): string {
  switch (true) {
    case n > 10:
      return 'big';
    case n > 5:
      return 'medium';
    default:
      return 'small';
  }
}

export function in_loop(list: string[]): string {
  let text = '';
  for (const item of list) {
    switch (item) {
      case 'skip':
        continue;
      case 'stop':
        return text;
      default:
        text += item;
    }
  }
  return `${text}.`;
}

export function logic(a: number, b: string, c: boolean | null): (number | string | boolean | null)[] {
  return [a || 5, a && b, b || 'empty', c ?? 'unknown', !a, !!b, (a && c) || b, a > 1 && b !== ''];
}

export function chosen(n: number): string {
  return n > 2 ? 'many' : n > 1 ? 'two' : 'one';
}

export function assignments(start: number | null): (number | null | string)[] {
  let a = start;
  a ??= 7;
  let b = 0;
  b ||= 3;
  let c = 'x';
  c &&= 'y';
  const table: { list?: string[] } = {};
  table.list ??= [];
  table.list.push('z');
  return [a, b, c, table.list.join()];
}

export function long_condition(a: boolean, b: boolean, c: boolean): boolean {
  return (
    (a && b) ||
    // otherwise
    (b && c) ||
    (a && !c)
  );
}
