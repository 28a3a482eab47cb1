/** Array methods. */

interface Link {
  name: string;
  weight: number;
}

export function searching(list: number[], wanted: number): (number | boolean | null)[] {
  return [
    list.find(n => n > wanted) ?? null,
    list.findIndex(n => n === wanted),
    list.findLast(n => n < wanted) ?? null,
    list.indexOf(wanted),
    list.includes(wanted),
    list.some(n => n > wanted),
    list.every(n => n > wanted),
  ];
}

export function searching_text(list: string[], wanted: string): (number | boolean)[] {
  return [list.indexOf(wanted), list.includes(wanted), !list.includes(wanted)];
}

export function halves(list: number[]): boolean[] {
  const doubled = list.map(n => n * 2);
  return [doubled.includes(3), doubled.indexOf(3) === 0, doubled.includes(1)];
}

export function mapping(list: string[]): string[] {
  return list.map((item, i) => `${i}${item}`).filter((item, i) => i > 0 && item !== '2skip');
}

export function chained(list: number[]): number {
  return list
    .filter(n => n > 0)
    .map(n => n + 1)
    .reduce((sum, n) => sum + n, 0);
}

export function ends(list: number[]): (number | null)[] {
  const last = list.pop() ?? null;
  const first = list.shift() ?? null;
  list.unshift(100, 200);
  list.push(300, 400);
  return [last, first, ...list, list.length];
}

export function slices(list: number[]): number[][] {
  return [
    list.slice(),
    list.slice(1),
    list.slice(-2),
    list.slice(1, -1),
    list.slice(0, 99),
    list.slice(5),
    list.slice(-99, 1),
  ];
}

export function spliced(list: number[], start: number, count: number): number[][] {
  const removed = list.splice(start, count, 77, 88);
  const rest = list.splice(4);
  return [list, removed, rest];
}

export function joined(list: string[], numbers: number[]): string[] {
  return [list.join(), list.join(' '), numbers.join('-'), [1, null, 'x', true].join('|')];
}

export function together(a: number[], b: number[]): number[] {
  return a.concat(b, [5], 6).concat([...b, ...a]);
}

export function reversed(list: string[]): string[][] {
  const copy = [...list];
  const same = copy.reverse();
  return [list, copy, same];
}

export function flattened(list: number[][]): number[] {
  return [
    ...list.flat(),
    ...list.flatMap((inner, i) => [i, ...inner]),
    ...list.flatMap(inner => inner.length),
  ];
}

export function made(n: number): number[][] {
  return [
    Array.from({ length: n }, (_, i) => i * i),
    Array.from([1, 2, 3]),
    Array.from([1, 2], x => x + 1),
    Array.from({ length: n }, () => 0).fill(9),
  ];
}

export function by_index(list: string[], i: number): (string | null)[] {
  return [
    list[i] ?? null,
    list[0] ?? null,
    list[list.length - 1] ?? null,
    list.at(-1) ?? null,
    list.at(i) ?? null,
  ];
}

export function written(list: number[], i: number): number[] {
  list[0] = 10;
  list[i] = 20;
  list[list.length] = 30;
  return list;
}

export function counted(words: string[]): number[] {
  const counts = [0, 0, 0];
  for (let i = 0; i < words.length; i++) {
    const slot = i % 3;
    counts[slot]! += 1;
    counts[slot]!++;
  }
  return counts;
}

export function each(list: string[]): string[] {
  const out: string[] = [];
  list.forEach((item, i) => out.push(`${i}=${item}`));
  list.forEach(item => {
    out.push(item);
  });
  return out;
}

export function by_weight(links: Link[]): string[] {
  return links.sort((a, b) => b.weight - a.weight).map(link => link.name);
}

export function by_name(links: Link[]): string[] {
  const compare = (a: Link, b: Link): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  return links.toSorted(compare).map(link => `${link.name}${link.weight}`);
}

export function sorted_text(list: string[]): string[] {
  return [...list].sort();
}

export function sorted_fractions(list: number[]): number[] {
  return list.sort((a, b) => (a - b) / 10);
}

export function total(links: Link[]): number {
  return links.reduce((sum, link) => sum + link.weight, 0);
}

export function grouped(links: Link[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const { name, weight } of links) {
    const key = `w${weight}`;
    groups[key] ??= [];
    groups[key].push(name);
  }
  return groups;
}

export function nested(): number[][] {
  const grid = [
    [1, 2],
    // second row
    [3, 4], // odd and even
  ];
  for (const row of grid) row.push(0);
  return grid;
}
