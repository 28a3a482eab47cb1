class Link {} // refused: class
const thing = new Map(); // refused: new
enum Color { // refused: enum
  Red,
}
namespace Inner { // refused: namespace
  export const x = 1;
}
var old = 1; // refused: var
const big = 10n; // refused: bigint
async function later(): Promise<void> {} // refused: async
function* steps(): Generator<number> {} // refused: generator
function own(): unknown {
  return this; // refused: this, typescript
}
function labelled(list: number[]): void {
  outer: for (const a of list) { // refused: label
    if (a > 1) continue outer;
  }
}
function cleaned(): void {
  try {
    own();
  } finally { // refused: finally
    own();
  }
}
const accessors = {
  get size(): number { // refused: accessor
    return 1;
  },
};
function keys_of(o: Record<string, number>): void {
  for (const key in o) own(); // refused: for-in
}
const loose = (a: string): boolean => a == 'x'; // refused: loose-equality
const is_error = (a: unknown): boolean => a instanceof Error; // refused: instanceof
const tagged = String.raw`a`; // refused: tagged-template
const nothing = void 0; // refused: void
const { first, ...others } = { first: 1, second: 2 }; // refused: object-rest
function chosen(n: number): number {
  switch (n) {
    case 1:
      const one = 1; // refused: case-declaration
      return one;
    default:
      return 0;
  }
}
const recursive = function me(n: number): number { // refused: named-function-expression
  return n === 0 ? 0 : me(n - 1);
};
const swap_value = (a: number, b: number): number[] => ([a, b] = [b, a]); // refused: destructuring-value
const [letter] = 'text'; // refused: destructuring-source
function captured(): (() => number)[] {
  const out: (() => number)[] = [];
  for (let i = 0; i < 3; i++) { // refused: loop-capture-write
    out.push(() => i);
    i++;
  }
  return out;
}
const lazily = (): unknown => import('./values.ts'); // refused: dynamic-import
const pushed = (list: number[]): number => list.push(1); // refused: statement-value
function caught(): void {
  try {
    own();
  } catch ({ message }) { // refused: destructured-catch, typescript
    own();
  }
}
const größe = 1; // refused: identifier-characters
const plus = (s: string): number => +s; // refused: unsupported-syntax
const holes = [1, , 2]; // refused: unsupported-syntax
function thrower(): void {
  throw 'text'; // refused: throw-value
}

export {
  accessors,
  big,
  Color,
  captured,
  caught,
  chosen,
  cleaned,
  first,
  größe,
  holes,
  Inner,
  is_error,
  keys_of,
  Link,
  labelled,
  later,
  lazily,
  letter,
  loose,
  nothing,
  old,
  others,
  own,
  plus,
  pushed,
  recursive,
  steps,
  swap_value,
  tagged,
  thing,
  thrower,
};
