/** Text to number and back. */

export function parsed(text: string): (number | null)[] {
  return [Number(text), parseInt(text, 10), Number.parseInt(text, 10)].map(n => (Number.isNaN(n) ? null : n));
}

export function parsed_hex(text: string): number | null {
  const n = parseInt(text, 16);
  return Number.isNaN(n) ? null : n;
}

export function printed(n: number): string {
  return `${n}`;
}

export function printed_everywhere(n: number): string[] {
  return [String(n), `${n}`, '' + n, n.toString(), [n].join(), JSON.stringify(n), JSON.stringify({ n })];
}

export function in_radix(n: number): string[] {
  return [n.toString(16), n.toString(2), n.toString(10), n.toString(36)];
}

export function hex_byte(n: number): string {
  return n.toString(16).padStart(2, '0');
}

export function kinds(n: number): boolean[] {
  return [Number.isInteger(n), Number.isSafeInteger(n), Number.isNaN(n)];
}

export function is_count(value: string | number | null): boolean {
  return Number.isInteger(value);
}

export function limits(): number[] {
  return [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e15, 0x7fffffff, 0.5, 1e-7];
}

export function infinite(text: string): string[] {
  const n = Number(text);
  return [`${n}`, `${n === Infinity}`, `${Number.isInteger(n)}`, JSON.stringify([n]), `${Boolean(n)}`];
}

export function sums(a: number, b: number): string[] {
  return [`${a + b}`, `${a - b}`, `${a * b}`, `${a / b}`];
}
