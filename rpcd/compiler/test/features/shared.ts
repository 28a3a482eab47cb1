/** What `modules.ts` imports. */
export interface Limit {
  name: string;
  most: number;
}

export const LIMITS: readonly Limit[] = [
  { name: 'a', most: 1 },
  { name: 'b', most: 2 },
];

export let count = 0;

export function bump(): void {
  count++;
}

export function scale(n: number): number {
  return n * 2;
}

export function str(n: number): string {
  return `<${n}>`;
}
