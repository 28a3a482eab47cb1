/** The connections of a link: which there are, and making the kernel forget them. */

import { type DaemonPlatform, RUN_DIR } from '../../platform/platform.ts';
import { address_family, address_words, decimal, type Family, LONG_NAMES } from '../net/address.ts';
import { type MarkLayout, mark_text, pinned_mark } from '../plan/marks.ts';
import { own_address } from '../plan/rules.ts';
import type { RoutableLink } from '../plan/types.ts';

/** The kernel's table of connections. OpenWrt's forgets those of an address that is written here. */
export const TABLE_FILE = '/proc/net/nf_conntrack';
/** What `note_connections` has written, in turn: one is whole while the other is being written. */
const NOTES = [`${RUN_DIR}/connections.0`, `${RUN_DIR}/connections.1`];

/** In awk: the addresses and ports of whoever began, as a pattern. */
const TUPLE = '/src=[^ ]* dst=[^ ]* sport=[^ ]* dport=[^ ]* /';
/** Of `note`: family and protocol as in the table, the tuple, and the mark. The reply's destination tells of a translation. */
const NOTE = `BEGIN { printf "" > note }
/ESTABLISHED|OFFLOAD/ && $3 == "tcp" && match($0, ${TUPLE}) {
	tuple = substr($0, RSTART, RLENGTH)
	rest = substr($0, RSTART + RLENGTH)
	split(tuple, word, /[= ]/)
	if (index(rest, " dst=" word[2] " ") || !match(rest, /mark=[1-9][0-9]* /)) next
	print $1, $2, $3, tuple substr(rest, RSTART, RLENGTH) > note
	if (++count == max) exit
}`;
/** Lines of the table, and then noted tuples that the table has not. What is cut off lacks its last blank. */
const LIST = `$1 == family && $3 == "tcp" && match($0, ${TUPLE}) {
	tuple = substr($0, RSTART, RLENGTH)
	pinned = index($0, " mark=" mark " ")
	if (FILENAME != table) {
		if (pinned) gone[tuple] = 1
		next
	}
	delete gone[tuple]
	if (pinned && /ESTABLISHED/ && ++count <= max) print
}
END { for (tuple in gone) if (++count <= max) print tuple tuple }`;

/**
 * Their next packets start new connections, on links of their own. With `conntrack` (not a dependency) exactly
 * those pinned to the link; otherwise all with an address of the router on the link, unless one of `others` has it, too.
 * `which`: of those pinned to the link, perhaps only those that left with its address. Connections that came in go on
 * then: forgotten, they would have to be begun anew from outside before the LAN says anything.
 */
export function forget_connections(
  platform: DaemonPlatform,
  link: RoutableLink,
  family: Family,
  layout: MarkLayout,
  others: RoutableLink[],
  which: 'all' | 'outgoing',
): void {
  const path = link[family];
  if (path === null) return;
  const mark = `${mark_text(pinned_mark(layout, link.slot))}/${mark_text(layout.mask)}`;
  const command = ['conntrack', '-D', '-f', LONG_NAMES[family], '-m', mark];
  const is_masqueraded = family === 'ip4' || link.nat6 === 'masquerade';
  if (which === 'outgoing' && is_masqueraded && path.address !== null)
    command.push('--reply-dst', path.address);
  const { code } = platform.run(command);
  // 1: there was none.
  if (code === 0 || code === 1) return;
  const address = own_address(link, others, family);
  if (address !== null) platform.write_proc(TABLE_FILE, `${address}\n`);
}

/** A TCP connection of a LAN host, or of the router itself. */
export interface TcpConnection {
  /** Of this side. */
  address: string;
  port: number;
  /** What it talks to. */
  peer: string;
  peer_port: number;
}

/**
 * Notes those that the kernel forgets by itself with the address or device of their link: established TCP
 * connections with a translated source, of all links, `max` at most; the router's own from there cannot be told anything
 * then. `turn`: 0 and 1 alternately.
 */
export function note_connections(
  platform: DaemonPlatform,
  turn: number,
  max: number,
  done: () => void,
): void {
  platform.spawn(
    ['awk', '-v', `max=${max}`, '-v', `note=${NOTES[turn] ?? ''}`, NOTE, TABLE_FILE],
    () => {},
    done,
  );
}

/** So that there are two notes to be read. */
export function forget_notes(platform: DaemonPlatform): void {
  for (const note of NOTES) platform.write_file(note, '');
}

/**
 * Established TCP connections over a link, and those of the notes that the kernel knows no more: neither over this link
 * nor, begun anew, over another. `done` is called once, later. Those whose mark has bits of other packages, too, are not
 * found.
 */
export function list_connections(
  platform: DaemonPlatform,
  link: RoutableLink,
  family: Family,
  layout: MarkLayout,
  max: number,
  done: (connections: TcpConnection[]) => void,
): void {
  const own = link[family]?.address ?? '';
  const given = {
    family: LONG_NAMES[family],
    mark: pinned_mark(layout, link.slot),
    max,
    table: TABLE_FILE,
  };
  const found: TcpConnection[] = [];
  platform.spawn(
    ['awk'].concat(
      Object.entries(given).flatMap(([name, value]) => ['-v', `${name}=${value}`]),
      [LIST],
      NOTES,
      [TABLE_FILE],
    ),
    line => {
      const connection = tcp_connection(line, own);
      if (connection !== null) found.push(connection);
    },
    () => done(found),
  );
}

/**
 * This side of a line of the connection table. A connection that came in at the router's address `own` was begun by the
 * other side. Null for what cannot be read.
 */
export function tcp_connection(line: string, own: string): TcpConnection | null {
  const values: Record<string, string[]> = { src: [], dst: [], sport: [], dport: [] };
  for (const word of line.split(' ')) {
    const [key = '', value = ''] = word.split('=');
    if (Object.hasOwn(values, key)) values[key]?.push(value);
  }
  const at = (key: string, index: number) => values[key]?.[index] ?? '';
  // The kernel writes IPv6 addresses with all their zeros.
  const is_own = (text: string) =>
    own !== '' && address_words(text).join(' ') === address_words(own).join(' ');
  if (
    ![0, 1].every(index => [at('src', index), at('dst', index)].every(text => address_family(text) !== null))
  )
    return null;
  const came_in = is_own(at('dst', 0));
  const address = came_in ? at('src', 1) : at('src', 0);
  const port = came_in ? at('sport', 1) : at('sport', 0);
  const peer = came_in ? at('src', 0) : at('dst', 0);
  const peer_port = came_in ? at('sport', 0) : at('dport', 0);
  if (![port, peer_port].every(text => /^[1-9][0-9]{0,4}$/.test(text))) return null;
  return { address, port: decimal(port), peer, peer_port: decimal(peer_port) };
}
