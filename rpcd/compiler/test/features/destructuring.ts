/** Patterns in declarations, parameters, loops and assignments. */

interface Link {
  name: string;
  weight: number;
  tags: string[];
  peer?: { host: string; port: number };
}

export function fields(link: Link): string {
  const { name, weight: share, tags } = link;
  return `${name} ${share} ${tags.length}`;
}

export function single(link: Link): string {
  const { name } = make(link.name);
  return name;
}

function make(name: string): Link {
  return { name: `${name}!`, weight: 2, tags: ['a', 'b'] };
}

export function computed_source(name: string): string {
  const { name: made, weight } = make(name);
  return `${made}${weight}`;
}

export function nested(): string {
  const {
    peer: { host, port },
    tags: [first, second],
  } = { peer: { host: 'h', port: 51820 }, tags: ['t1', 't2'] };
  return `${host}:${port} ${first} ${second}`;
}

export function with_defaults({ name, weight = 5 }: { name: string; weight?: number }): string {
  return `${name} ${weight}`;
}

export function options({ retries = 3, wait_ms = 100 }: { retries?: number; wait_ms?: number } = {}): number {
  return retries * wait_ms;
}

export function no_options(): number {
  return options();
}

export function items(list: number[]): number[] {
  const [first = -1, , third = -3, ...others] = list;
  return [first, third, ...others];
}

export function pairs(list: [string, number][]): string[] {
  return list.map(([name, size]) => `${name}=${size}`);
}

export function loop(list: Link[]): string[] {
  const out: string[] = [];
  for (const { name, peer } of list) {
    out.push(`${name} ${peer?.host ?? 'none'}`);
  }
  return out;
}

export function swap(a: number, b: number): number[] {
  [a, b] = [b, a];
  return [a, b];
}

export function swap_items(list: string[]): string[] {
  const last = list.length - 1;
  [list[0], list[last]] = [list[last] ?? '', list[0] ?? ''];
  return list;
}

export function assign(link: Link): string {
  let name: string;
  let weight = 0;
  ({ name, weight } = link);
  return `${name}${weight}`;
}

export function captured(text: string): string[] {
  const [, key = '', value = ''] = /^([a-z]+)=(.*)$/.exec(text) ?? [];
  return [key, value];
}

export function keyed(table: Record<string, number>): string {
  const { a = 1, 'x-y': xy = 2 } = table;
  return `${a} ${xy}`;
}
