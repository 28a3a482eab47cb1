/**
 * QR codes (ISO/IEC 18004) of bytes, with error correction level L and mask 0: enough for a file on a screen, in a
 * third of the room that libraries for all modes and levels take.
 */

/** By version, from 1 on: codewords for error correction in each block, and the number of blocks (table 9). */
const CHECKS = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8];
/** Level L and mask 0, with their error correction (table C.1). */
const FORMAT = 0b111011111000100;
/** Generators of the field of 256 elements, and of the error correction of the version. */
const FIELD = 0x11d;
const VERSION_CHECK = 0x1f25;

/** Rows of modules, true for dark, without a margin; null when it would be too large for the camera of a phone. */
export function qr_code(text: string): boolean[][] | null {
  const bytes = [...new TextEncoder().encode(text)];
  const version = 1 + BLOCKS.findIndex((_blocks, index) => bytes.length <= capacity(index + 1));
  if (version === 0) return null;
  const size = 17 + 4 * version;
  const rows: (boolean | undefined)[][] = Array.from({ length: size }, () => Array(size));
  const set = (x: number, y: number, dark: boolean) => {
    const row = rows[y];
    if (row !== undefined && x >= 0 && x < size) row[x] = dark;
  };

  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  const rings = (x: number, y: number, radius: number, light: number[]) => {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  };
  const places = alignment(version);
  const is_corner = (x: number, y: number) =>
    (x === 6 && (y === 6 || y === size - 7)) || (y === 6 && x === size - 7);
  for (const x of places) {
    // None where the three large ones are.
    for (const y of places) if (!is_corner(x, y)) rings(x, y, 2, [1]);
  }
  rings(3, 3, 4, [2, 4]);
  rings(size - 4, 3, 4, [2, 4]);
  rings(3, size - 4, 4, [2, 4]);
  for (let i = 0; i < 15; i++) {
    const dark = is_set(FORMAT, i);
    if (i < 8) {
      set(size - 1 - i, 8, dark);
      set(8, i < 6 ? i : i + 1, dark);
    } else {
      set(8, size - 15 + i, dark);
      set(i === 8 ? 7 : 14 - i, 8, dark);
    }
  }
  set(8, size - 8, true);
  if (version >= 7) {
    let check = version;
    for (let i = 0; i < 12; i++) check = (check << 1) ^ ((check >> 11) * VERSION_CHECK);
    for (let i = 0; i < 18; i++) {
      const [near, far] = [Math.floor(i / 3), size - 11 + (i % 3)];
      const dark = is_set((version << 12) | check, i);
      set(far, near, dark);
      set(near, far, dark);
    }
  }

  // Up and down through pairs of columns, from the right, past the timing pattern.
  const stream = codewords(bytes, version);
  let bit = 0;
  let up = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (rows[y]?.[x] !== undefined) continue;
        set(x, y, is_set(stream[bit >> 3] ?? 0, 7 - (bit & 7)) !== ((x + y) % 2 === 0));
        bit++;
      }
    }
    up = !up;
  }
  return rows as boolean[][];
}

function is_set(bits: number, place: number): boolean {
  return ((bits >> place) & 1) === 1;
}

/** Centres of the alignment patterns, on both axes. */
function alignment(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((4 * version + 4) / (2 * count - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_none, i) => 10 + 4 * version - i * step).reverse()];
}

/** All codewords of a symbol. */
function total(version: number): number {
  const count = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const patterns = count === 0 ? 0 : (25 * count - 10) * count - 55;
  return ((16 * version + 128) * version + 64 - patterns - (version < 7 ? 0 : 36)) >> 3;
}

/** Bytes of text. */
function capacity(version: number): number {
  const checks = (CHECKS[version - 1] ?? 0) * (BLOCKS[version - 1] ?? 0);
  return total(version) - checks - (version < 10 ? 2 : 3);
}

/** The text in its blocks, taken in turn, then their error correction. */
function codewords(bytes: number[], version: number): number[] {
  const count = bytes.length;
  const length = version < 10 ? [count] : [count >> 8, count & 255];
  // Mode 4 (bytes) takes half a codeword, as does the end: everything in between is shifted by that.
  const parts = [0x40, ...length, ...bytes, 0].map((byte, i, all) =>
    i === 0 ? 0x40 | ((all[1] ?? 0) >> 4) : ((byte & 15) << 4) | ((all[i + 1] ?? 0) >> 4),
  );
  const data = parts.slice(0, -1);
  for (let pad = 0xec; data.length < capacity(version) + (version < 10 ? 2 : 3); pad ^= 0xec ^ 0x11)
    data.push(pad);

  const blocks = BLOCKS[version - 1] ?? 1;
  const generator = generator_of(CHECKS[version - 1] ?? 0);
  const short = Math.floor(data.length / blocks);
  const short_blocks = blocks - (data.length % blocks);
  const [texts, checks]: [number[][], number[][]] = [[], []];
  for (let i = 0, at = 0; i < blocks; i++) {
    const text = data.slice(at, at + short + (i < short_blocks ? 0 : 1));
    at += text.length;
    texts.push(text);
    checks.push(remainder(text, generator));
  }
  return [...in_turn(texts), ...in_turn(checks)];
}

function in_turn(lists: number[][]): number[] {
  const longest = lists.at(-1) ?? [];
  return longest.flatMap((_item, i) => lists.flatMap(list => list.slice(i, i + 1)));
}

function product(a: number, b: number): number {
  let result = 0;
  for (let i = 7; i >= 0; i--) result = (result << 1) ^ ((result >> 7) * FIELD) ^ (is_set(b, i) ? a : 0);
  return result;
}

/** Of the Reed-Solomon code of that degree, without the leading 1. */
function generator_of(degree: number): number[] {
  let result = [...Array(degree - 1).fill(0), 1];
  let root = 1;
  for (let i = 0; i < degree; i++) {
    result = result.map((factor, j) => product(factor, root) ^ (result[j + 1] ?? 0));
    root = product(root, 2);
  }
  return result;
}

function remainder(text: number[], generator: number[]): number[] {
  return text.reduce<number[]>(
    (rest, byte) => {
      const factor = byte ^ (rest[0] ?? 0);
      return generator.map((each, i) => (rest[i + 1] ?? 0) ^ product(each, factor));
    },
    generator.map(() => 0),
  );
}
