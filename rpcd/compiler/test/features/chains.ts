/** Optional chains. */

interface Peer {
  host: string;
  ports: number[];
  probe?: { target: string; send?: (text: string) => string };
}

interface Link {
  name: string;
  peer?: Peer;
}

export function properties(link: Link | null): (string | number | null)[] {
  return [
    link?.name ?? null,
    link?.peer?.host ?? null,
    link?.peer?.probe?.target ?? null,
    link?.peer?.ports[0] ?? null,
    link?.peer?.ports.length ?? null,
  ];
}

export function methods(link: Link | null): (string | boolean | null)[] {
  return [
    link?.name.toUpperCase() ?? null,
    link?.peer?.host.trim().slice(0, 2) ?? null,
    link?.peer?.ports.map(port => `p${port}`).join() ?? null,
    link?.peer?.ports.includes(1) ?? null,
  ];
}

export function found(links: Link[], name: string): (string | null)[] {
  return [
    links.find(link => link.name === name)?.peer?.host ?? null,
    links.find(link => link.name === name)?.name.padEnd(4, '.') ?? null,
    links.find(link => link.name === name)?.peer?.host.split('.')[0] ?? null,
  ];
}

export function calls(link: Link, text: string): (string | null)[] {
  return [link.peer?.probe?.send?.(text) ?? null];
}

export function with_calls(on: boolean): string[] {
  const probe = on ? { target: 't', send: (text: string) => `sent ${text}` } : { target: 'u' };
  const peer: Peer = { host: 'h', ports: [], probe };
  return [peer.probe?.send?.('x') ?? 'none', peer.probe?.send?.('y').toUpperCase() ?? 'none'];
}

export function elements(table: Record<string, string[]>, key: string, i: number): (string | null)[] {
  return [table[key]?.[0] ?? null, table[key]?.[i] ?? null, table[key]?.at(-1)?.trim() ?? null];
}

export function in_condition(link: Link | null): string {
  if (link?.peer?.ports.length) return 'ports';
  return link?.peer ? 'peer' : 'nothing';
}

export function absent(link: Link): boolean[] {
  return [
    link.peer?.host === undefined,
    link.peer?.host !== 'h',
    link.peer?.host === 'h',
    link.peer?.ports.length === 2,
  ];
}
