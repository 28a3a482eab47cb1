/** String methods, on ASCII and on other text. */

export function parts(text: string): (string | number | null)[] {
  return [
    text.length,
    text.slice(1),
    text.slice(-2),
    text.slice(1, -1),
    text.substring(2, 1),
    text.substring(0, 2),
    text[0] ?? null,
    text[text.length - 1] ?? null,
    text[-1] ?? null,
    text.charAt(1),
    text.charAt(99),
    text.at(-1) ?? null,
  ];
}

export function codes(text: string): number[] {
  const list: number[] = [];
  for (let i = 0; i < text.length; i++) list.push(text.charCodeAt(i));
  return list;
}

export function from_codes(list: number[]): string {
  return String.fromCharCode(...list);
}

export function finding(text: string, part: string): (number | boolean)[] {
  return [
    text.includes(part),
    text.startsWith(part),
    text.endsWith(part),
    text.indexOf(part),
    text.indexOf(part, 1),
    text.lastIndexOf(part),
    !text.includes(part),
  ];
}

export function splitting(text: string, separator: string): string[][] {
  return [text.split(','), text.split(separator), text.split(separator, 2), text.split('\n')];
}

export function characters(text: string): string[] {
  return text.split('');
}

export function trimming(text: string): string[] {
  return [text.trim(), text.trimStart(), text.trimEnd()];
}

export function cases(text: string): string[] {
  return [text.toUpperCase(), text.toLowerCase()];
}

export function replacing(text: string): string[] {
  return [
    text.replace('a', 'x'),
    text.replaceAll('a', 'x'),
    text.replace('a', '<$&>'),
    text.replaceAll('a', '$$'),
    text.replace('', '-'),
    text.replace('a', found => found.toUpperCase()),
    text.replace('b', "[$`|$']"),
  ];
}

export function replacing_by(text: string, wanted: string, by: string): string {
  return text.replace(wanted, by);
}

export function padding(text: string): string[] {
  return [
    text.padStart(6),
    text.padEnd(6, '.'),
    text.padStart(8, 'ab'),
    text.padStart(1, 'x'),
    'ab'.repeat(3),
    text.repeat(0),
  ];
}

export function empty(text: string): boolean[] {
  return [text.length === 0, text.length > 0, text === '', !text];
}

export function building(names: string[], n: number): string {
  let text = '';
  for (const name of names) {
    text += name;
    text += n;
  }
  return 'n=' + n + ', ' + text + (n > 1 ? 's' : '') + null + true;
}

export function multi_line(name: string, n: number): string {
  return `first ${name}
  second \`quoted\` \${not a span} \\ ${n + 1}\tend${n > 1 ? `s (${n})` : ''}$`;
}

export function escapes(): string[] {
  return [
    "it's",
    'say "hi"',
    'tab\there',
    'line\nbreak',
    'back\\slash',
    '\x41\u00e9\u{1F600}',
    '\u2028',
    `\u0007$`,
  ];
}

export function spans(a: number, b: boolean, c: string | null): string {
  return `${a} ${b} ${c} ${a / 4} ${[a].length} ${a | 0}`;
}

export function of_values(a: number, b: boolean, c: null, d: string): string[] {
  return [String(a), String(b), String(c), String(d), a.toString(), String(a * 0.1)];
}

export function quoted(argument: string): string {
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
