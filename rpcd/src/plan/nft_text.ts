/** Pieces of nft syntax. */

/** Lines of a chain. */
export function chain(name: string, rules: string[]): string[] {
  return [`chain ${name} {`, ...rules.map(rule => `\t${rule}`), '}'];
}

/** An anonymous verdict map with one element per item. */
export function vmap<T>(items: T[], element: (item: T, index: number) => string): string {
  return `vmap { ${items.map(element).join(', ')} }`;
}

/** Each name once: interfaces can share a device. */
export function distinct(names: string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) === index);
}

/** What is equal to one of these; a set costs a lookup. */
export function one_of(names: string[]): string {
  return names.length === 1 ? quoted(names) : `{ ${quoted(names)} }`;
}

export function quoted(names: string[]): string {
  return names.map(name => `"${name}"`).join(', ');
}
