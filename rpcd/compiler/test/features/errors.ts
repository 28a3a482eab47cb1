/** throw, try and catch. */

export function checked(n: number): number {
  if (n < 0) throw new Error(`negative: ${n}`);
  return n;
}

export function caught(n: number): string {
  try {
    return `fine ${checked(n)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

export function ignored(n: number): number {
  try {
    return checked(n);
  } catch {
    return 0;
  }
}

export function passed_on(n: number): string {
  try {
    try {
      checked(n);
    } catch (error) {
      if (n < -5) throw error;
      return 'inner';
    }
    return 'none';
  } catch (error) {
    return `outer: ${(error as Error).message}`;
  }
}

function attempt(n: number): { value: number } | Error {
  return n < 0 ? new Error('attempt failed') : { value: n };
}

export function as_value(n: number): string {
  const result = attempt(n);
  return 'value' in result ? `${result.value}` : result.message;
}

export function in_loop(list: number[]): number[] {
  const out: number[] = [];
  for (const n of list) {
    try {
      out.push(checked(n));
    } catch {}
  }
  return out;
}
