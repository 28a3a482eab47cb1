/** Small pure functions for random inputs. */
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export function text_parts(text: string, from: number, to: number): (string | number)[] {
  return [
    text.length,
    text.slice(from, to),
    text.substring(from, to),
    text.charAt(from),
    text.padStart(to, '*-'),
    text.padEnd(to),
  ];
}

export function text_search(text: string, part: string): (string | number | boolean | string[])[] {
  return [
    text.indexOf(part),
    text.lastIndexOf(part),
    text.includes(part),
    text.startsWith(part),
    text.endsWith(part),
    text.split(part),
    text.split(part, 2),
    text.replace(part, '[$&]'),
    text.trim(),
    text.trimStart(),
    text.trimEnd(),
    text < part,
    text === part,
  ];
}

export function text_of_codes(text: string): string {
  const codes: number[] = [];
  for (let i = 0; i < text.length; i++) codes.push(text.charCodeAt(i));
  return String.fromCharCode(...codes);
}

export function numbers(a: number, b: number): string[] {
  return [
    `${a + b}`,
    `${a - b}`,
    `${a * b}`,
    `${a / b}`,
    `${a % b}`,
    `${Math.floor(a)} ${Math.ceil(a)} ${Math.round(a)} ${Math.trunc(a)} ${Math.abs(a)} ${Math.sign(a)}`,
    `${Math.max(a, b)} ${Math.min(a, b)} ${a < b} ${a === b} ${a <= b}`,
    `${Number.isInteger(a)} ${Number.isSafeInteger(a)}`,
    JSON.stringify([a, b, a / 7]),
  ];
}

export function bits(a: number, b: number): number[] {
  return [
    a & b,
    a | b,
    a ^ b,
    ~a,
    a << b,
    a >> b,
    a >>> b,
    Math.imul(a, b),
    (a | b) >>> 0,
    ((a << 3) ^ (b >>> 2)) | 0,
  ];
}

export function to_number(text: string): string[] {
  return [`${Number(text)}`, `${parseInt(text, 10)}`];
}

export function sorted(list: { key: number; at: number }[]): number[] {
  return list.sort((a, b) => a.key - b.key).map(item => item.at);
}

export function sorted_text(list: string[]): string[] {
  return list.sort();
}

export function json_text(value: Json): string[] {
  return [JSON.stringify(value), JSON.stringify(value, null, 2)];
}

export function json_read(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text) as Json);
  } catch {
    return 'refused';
  }
}

export function spliced(list: number[], start: number, count: number, items: number[]): number[][] {
  const removed = list.splice(start, count, ...items);
  return [list, removed, list.slice(start, count), list.slice(-count)];
}

export function table(keys: string[]): string {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  for (const key of keys.slice(0, 2)) delete counts[key];
  return `${JSON.stringify(counts)} ${Object.keys(counts).join()} ${JSON.stringify({ ...counts, z: 1 })}`;
}

export function matches(text: string): Json {
  const address = /^(\d{1,3})\.(\d{1,3})(\/(\d+))?$/.exec(text);
  const option = text.match(/^\s*([a-z_]+)\s*=\s*(.*)$/);
  return [
    address === null ? null : [address[1] ?? null, address[2] ?? null, address[4] ?? null],
    option === null ? null : [option[1] ?? null, option[2] ?? null],
    /^(ab|a|b)*$/.test(text),
    /a+b|b+a/.test(text),
    text.replace(/[0-9]+/g, '#'),
    text.replace(/([a-z])=([0-9])/g, '$2-$1'),
    text.split(/[=./]/),
    text.split(/ +/),
    /^[^=]+=$/.test(text),
  ];
}
