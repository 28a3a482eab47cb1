/** Everything that exists for the type checker only disappears. */

interface Shape {
  readonly kind: 'circle' | 'square';
  readonly size: number;
}

type Event =
  | { kind: 'up'; link: string }
  | { kind: 'down'; link: string; reason: string }
  | { kind: 'tick'; at_ms: number };

const LEVELS = ['error', 'warning', 'info'] as const;
type Level = (typeof LEVELS)[number];

const DEFAULTS = { mode: 'hash', weight: 1 } satisfies { mode: string; weight: number };

declare const nowhere: string;

export function describe(event: Event): string {
  switch (event.kind) {
    case 'up':
      return `${event.link} is up`;
    case 'down':
      return `${event.link} is down: ${event.reason}`;
    case 'tick':
      return `tick ${event.at_ms}`;
  }
}

export function is_level(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}

export function level_index(text: string): number {
  return is_level(text) ? LEVELS.indexOf(text) : -1;
}

export function first_of<T>(list: readonly T[], fallback: T): T {
  return list[0] ?? fallback;
}

export function identity<T extends Shape>(shape: T): T {
  return shape;
}

function area(kind: 'circle', size: number): string;
function area(kind: 'square', size: number): string;
function area(kind: string, size: number): string {
  return `${kind} of ${size}`;
}

export function areas(): string[] {
  return [area('circle', 1), area('square', 2)];
}

export function forced(list: string[]): string {
  const last = list[list.length - 1]!;
  return (last as string).toUpperCase();
}

export function settings(): { mode: string; weight: number } {
  return { ...DEFAULTS };
}

export function narrowed(value: string | number | boolean | null): string {
  if (value === null) return 'nothing';
  if (typeof value === 'string') return `text ${value}`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return `number ${value}`;
}

export function has_reason(event: Event): boolean {
  return 'reason' in event;
}

export type { Event, Level, Shape };
export type Nowhere = typeof nowhere;
