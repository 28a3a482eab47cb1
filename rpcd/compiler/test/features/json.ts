/** JSON in both directions. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Status {
  name: string;
  up: boolean;
  rate_bps: number;
  note?: string;
  peers: { host: string; seen: number | null }[];
}

export function round_trip(text: string): string {
  return JSON.stringify(JSON.parse(text) as Json);
}

export function parse(text: string): Json {
  return JSON.parse(text);
}

export function pretty(value: Json): string[] {
  return [JSON.stringify(value, null, 2), JSON.stringify(value, null, 0)];
}

export function status(name: string, note: string | null): string {
  const state: Status = { name, up: true, rate_bps: 1500000.5, peers: [{ host: 'h', seen: null }] };
  if (note !== null) state.note = note;
  return JSON.stringify(state);
}

export function accepts(text: string): boolean {
  try {
    const value: Json = JSON.parse(text);
    return value !== 'never';
  } catch {
    return false;
  }
}

export function doubled(text: string): Json {
  const value = JSON.parse(text) as Json;
  if (typeof value !== 'number') return null;
  return [value * 2, value * 2 === 3, `${value * 2}`];
}
