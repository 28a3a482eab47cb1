/** Numbers: the operators, and the bits. */

export function basic(a: number, b: number): number[] {
  return [a + b, a - b, a * b, a / b, a % b, -a, a ** 2];
}

export function by_constants(a: number): number[] {
  return [a * 1000, a / 8, a % 7, a + 0.5, a * 0.25, 2 ** 10, a - 1e3, 1_000 * a, 0x10 + a];
}

export function compound(a: number): number[] {
  const seen: number[] = [];
  let n = a;
  n += 3;
  seen.push(n);
  n -= 1;
  n *= 2.5;
  seen.push(n);
  n /= 4;
  seen.push(n);
  n %= 3;
  seen.push(n);
  n **= 2;
  seen.push(n++, n--, ++n, --n);
  return seen;
}

export function rounding(a: number): number[] {
  return [Math.floor(a), Math.ceil(a), Math.round(a), Math.trunc(a), Math.abs(a), Math.sign(a)];
}

export function whole_division(a: number, b: number): number[] {
  return [Math.floor(a / b), Math.ceil(a / b), Math.round((a * 100) / b)];
}

export function extremes(list: number[]): (number | null)[] {
  const most = Math.max(...list);
  return [most > 1e6 ? null : most, Math.min(0, ...list), Math.max(1, 2.5), Math.min(3, -1)];
}

export function average(list: number[]): number {
  let sum = 0;
  for (const item of list) sum += item;
  return list.length === 0 ? 0 : sum / list.length;
}

export function smoothed(samples: number[]): string[] {
  let value = 0;
  return samples.map(sample => {
    value += (sample - value) * 0.125;
    return `${value}`;
  });
}

export function bits(a: number, b: number): number[] {
  return [a & b, a | b, a ^ b, ~a, a << 3, a >> 2, a >>> 2, a >>> 0, a | 0];
}

export function shifted(a: number, n: number): number[] {
  return [a << n, a >> n, a >>> n, (1 << n) - 1, (~0 << n) >>> 0];
}

export function netmask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

export function address(a: number, b: number, c: number, d: number): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

export function octets(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash;
}

export function flags(mask: number): number {
  let all = mask;
  all |= 0x80;
  all &= ~0x01;
  all ^= 0xff00;
  all <<= 1;
  all >>= 1;
  all >>>= 1;
  return all;
}

export function order_of_operators(a: number, b: number, c: number): number[] {
  return [
    a + b * c,
    (a + b) * c,
    a - (b - c),
    a - b - c,
    a - -b,
    -(a + b),
    (a & 0xff) + 1,
    a + (b & 1),
    (a + b) & 7,
  ];
}
