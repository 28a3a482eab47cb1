/** Functions of all forms, and the order ucode needs them in. */

// used before it is declared: ucode has no hoisting
export function first_user(n: number): number {
  return helper(n) + OFFSET;
}

function helper(n: number): number {
  return n * 2;
}

const OFFSET = 100;

// mutual recursion needs a forward declaration
export function is_even(n: number): boolean {
  return n === 0 ? true : is_odd(n - 1);
}

function is_odd(n: number): boolean {
  return n === 0 ? false : is_even(n - 1);
}

// a constant that is computed cannot move up
export function report(): string {
  return describe(TABLE.size);
}

const TABLE = make_table(3);

function make_table(size: number): { size: number } {
  return { size };
}

function describe(size: number): string {
  return `size ${size}`;
}

// two functions need a computed constant whose own computation needs them: it must stand ahead of both
export function shared_ahead(n: number): number {
  const outer = (m: number): number => (m <= 0 ? source.step : inner(m - 1) + source.step);
  const source = make_source(() => outer(0));
  return outer(n) + source.look();

  function inner(m: number): number {
    return m <= 0 ? source.step : outer(m - 1);
  }
}

function make_source(look: () => number): { step: number; look: () => number } {
  return { step: 3, look };
}

// names itself in its own initialiser
const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));

export function factorial_of(n: number): number {
  return factorial(n);
}

export function defaults(a: number, b = 10, c = a + b): number[] {
  return [a, b, c];
}

export function call_defaults(): number[][] {
  return [defaults(1), defaults(1, 2), defaults(1, 2, 3), defaults(1, undefined, 3)];
}

export function rest(first: string, ...others: string[]): string {
  return `${first}:${others.join(',')}`;
}

export function spread_call(list: string[]): string {
  return rest('x', ...list, 'end');
}

export function counter(steps: number): number[] {
  let count = 0;
  const next = (): number => {
    count++;
    return count;
  };
  const seen: number[] = [];
  for (let i = 0; i < steps; i++) seen.push(next());
  return seen;
}

export function closures_in_loops(): number[] {
  const callbacks: (() => number)[] = [];
  for (let i = 0; i < 3; i++) {
    callbacks.push(() => i);
  }
  for (const value of [10, 20]) callbacks.push(() => value);
  for (const [i, value] of ['a', 'b'].entries()) {
    if (value === 'z') continue;
    callbacks.push(() => i + 1000);
  }
  return callbacks.map(callback => callback());
}

export function inner_functions(n: number): number {
  return twice(n) + offset();

  function twice(m: number): number {
    return m * 2;
  }
  function offset(): number {
    return 1;
  }
}

export function function_expression(n: number): number {
  const f = (m: number): number => m + 1;
  return f(n);
}

export function compose(n: number): number {
  const pipe =
    (...steps: ((value: number) => number)[]) =>
    (value: number): number =>
      steps.reduce((result, step) => step(result), value);
  return pipe(
    x => x + 1,
    x => x * 10,
  )(n);
}

export function object_from_arrow(names: string[]): { name: string; size: number }[] {
  return names.map(name => ({ name, size: name.length }));
}

export function methods(n: number): number {
  const account = {
    total: n,
    add(amount: number): number {
      return n + amount;
    },
    twice: (amount: number): number => amount * 2,
  };
  return account.add(5) + account.twice(account.total);
}

export function immediately(n: number): number {
  return ((x: number) => x * x)(n);
}

export function early(list: number[]): string {
  if (list.length === 0) return 'empty';
  for (const item of list) if (item < 0) return 'negative';
  return 'fine';
}

export function sum_deep(n: number): number {
  return n === 0 ? 0 : n + sum_deep(n - 1);
}
