/**
 * The nft table `inet linkagg`: it pins connections to links, and proposes a link for new ones.
 *
 * A connection's link is written to the conntrack mark where it leaves (postrouting, by device), whoever chose
 * it: on the hook of source NAT, where the kernel asks once for each connection, not for each packet. Packets of a
 * pinned connection get the mark back before they are routed. A connection that came in on a link is pinned to that
 * link, so its answers leave there. One that is older than the table is recognised by the router address it already
 * uses.
 *
 * Marks are changed under our mask only. The kernel (6.12) has no bitwise operation with two registers, so the
 * conntrack mark is copied by a verdict map into one chain per link, each with a constant; or as it is, to a packet that
 * nobody else has marked.
 */

import type { Config } from '../config/schema.gen.ts';
import { FAMILIES, type Family, HEADERS, LONG_NAMES } from '../net/address.ts';
import { answer_chains } from './answers.ts';
import {
  type BalanceChains,
  balance_chains,
  CHOICES_PER_S,
  IS_LARGE,
  IS_SMALL,
  NO_CHAINS,
} from './balance.ts';
import { DEFAULT_GROUP, NFT_TABLE } from './constants.ts';
import { dns_chains } from './dns.ts';
import type { Group } from './groups.ts';
import { heir_of, use_in } from './links.ts';
import { keep_text, type MarkLayout, main_mark, mark_text, pinned_mark } from './marks.ts';
import { nat_chains, nat_first } from './nat.ts';
import { chain, distinct, one_of, quoted, vmap } from './nft_text.ts';
import { own_address } from './rules.ts';
import { sticky_declarations } from './sticky.ts';
import { is_target, TARGET_MAIN } from './targets.ts';
import { own_chain, translate_chains } from './translate.ts';
import type { Ended, InterfaceState, Leaving, RoutableLink } from './types.ts';

/** Named counter of the connections from the LAN that were pinned to a link. */
export function counter_name(link_name: string): string {
  return `new_${link_name}`;
}

export interface TableInput {
  config: Config;
  links: RoutableLink[];
  /** The default one first. */
  groups: Group[];
  /** Families in which any link can be routed over; without a link all. */
  families: Family[];
  /** By netifd interface. */
  lan_devices: Record<string, string>;
  layout: MarkLayout;
  /** Source address of the router's own balanced connections before they have a link; see `plan`. */
  router_source: string | null;
  /** See `Observed`. */
  leaving: Leaving;
  ended: Ended;
  /** Rules about tunnels' own packets. */
  tunnel_pins: string[];
  /** Of all links, those that cannot be routed over included, by name. */
  slots: Record<string, number>;
  /** By netifd interface. */
  interfaces: Record<string, InterfaceState>;
}

export interface PlannedTable {
  /** As `nft -f` reads it. */
  text: string;
  /** New connections get a proposal in the packet mark. */
  proposes: boolean;
}

/** Null when there is nothing to do. Without links only NAT rules and refusals are left. */
export function planned_table(input: TableInput): PlannedTable | null {
  const { config, links, interfaces } = input;
  const lan_devices = distinct(Object.values(input.lan_devices));
  const balance = lan_devices.length === 0 ? NO_CHAINS : balance_chains(input);
  const lines = links.length > 0 ? link_chains(input, lan_devices, balance) : balance.chains;
  if (links.length === 0 && balance.proposes) {
    lines.push(
      ...chain('prerouting', [PREROUTING, `iifname ${one_of(lan_devices)} ct state new goto balance`]),
    );
  }
  lines.push(...nat_chains(config, interfaces));
  if (lines.length === 0) return null;
  return {
    text: [`table inet ${NFT_TABLE} {`, ...lines.map(line => `\t${line}`), '}', ''].join('\n'),
    proposes: balance.proposes,
  };
}

/** Also one that ends its side of a connection: the other side's end comes by itself. */
const IS_END = 'tcp flags & (fin | rst) != 0';

const PREROUTING = 'type filter hook prerouting priority mangle + 1; policy accept;';

function link_chains(input: TableInput, lan_devices: string[], balance: BalanceChains): string[] {
  const { config, links, groups, families, layout, router_source } = input;
  const mask = mark_text(layout.mask);
  const keep = keep_text(layout);
  const by_main = is_target(config, TARGET_MAIN);
  const main = mark_text(main_mark(layout));
  const by_device = (chain_of: string) =>
    vmap(links, link => `"${link.device}" : goto ${chain_of}_${link.name}`);
  const pinned = families.map(family => pinned_to(input, family));
  const restore = restore_rules(input, pinned, balance.counts_load);
  const devices = `{ ${quoted(links.map(link => link.device))} }`;
  // What leaves by no link stays within the LAN, whatever address of the router it was sent to or comes from.
  const adopt_in = families.flatMap(family =>
    adopt_rules(links, family, mask, `fib daddr oifname ${devices}`),
  );
  const adopt_out = families.flatMap(family => adopt_rules(links, family, mask, `oifname ${devices}`));
  const pin = (link: RoutableLink) =>
    `ct mark set ct mark & ${keep} | ${mark_text(pinned_mark(layout, link.slot))}`;
  const owns = links.flatMap(link => {
    const own = own_chain(link, links, router_source, nat_first(config));
    return own === null ? [] : [{ link, ...own }];
  });
  const leave = (link: RoutableLink) => {
    const own = owns.find(each => each.link === link);
    const others = own === undefined ? 'return' : `goto ${own.name}`;
    return [
      pin(link),
      ...(lan_devices.length === 0
        ? [others]
        : [`iifname != ${one_of(lan_devices)} ${others}`, `counter name ${counter_name(link.name)}`]),
      ...(balance.counts_load ? load_rules(link) : []),
    ];
  };

  const lines: string[] = [];
  for (const link of links) lines.push(`counter ${counter_name(link.name)} { }`);
  lines.push(...balance.sets);
  // Also while nobody asks them: a LAN interface or a group's links may be away for a moment only.
  for (const group of groups) lines.push(...sticky_declarations(group, families));
  for (const { lines: own } of owns) lines.push(...own);
  for (const link of links) {
    lines.push(...chain(`pin_${link.name}`, [pin(link)]));
    lines.push(...chain(`leave_${link.name}`, leave(link)));
  }
  lines.push(...balance.chains);
  for (const link of links) {
    const mark = mark_text(pinned_mark(layout, link.slot));
    lines.push(
      ...chain(`route_${link.name}`, [
        `meta mark set meta mark & ${keep} | ${mark}`,
        ...(balance.counts_load
          ? [`${IS_LARGE} goto load_${link.name}`, `${IS_END} goto end_${link.name}`]
          : []),
      ]),
    );
    lines.push(...chain(`adopt_${link.name}`, [`jump pin_${link.name}`, `goto route_${link.name}`]));
  }
  if (balance.counts_load && keep_links(pinned)) {
    const by_mark = vmap(
      links,
      link => `${mark_text(pinned_mark(layout, link.slot))} : goto end_${link.name}`,
    );
    lines.push(...chain('small', [`${IS_END} ct mark & ${mask} ${by_mark}`]));
  }
  if (by_main) lines.push(...chain('route_main', [`meta mark set meta mark & ${keep} | ${main}`]));
  lines.push(
    ...answer_chains(links, families),
    ...chain('prerouting', [
      PREROUTING,
      ...restore,
      // None of the rest concerns these, and floods of them are what costs most.
      ...(lan_devices.length > 0
        ? [`iifname ${one_of(lan_devices)} ct state new ${balance.proposes ? 'goto balance' : 'accept'}`]
        : []),
      `ct mark & ${mask} == 0 ct direction original iifname ${by_device('pin')}`,
      ...adopt_in,
    ]),
    ...chain('output', [
      'type route hook output priority mangle + 1; policy accept;',
      ...input.tunnel_pins,
      ...restore,
      ...adopt_out,
      ...(balance.proposes && router_source !== null
        ? [
            `ip saddr ${router_source} oifname ${devices} ct state new ct direction original goto choose_${DEFAULT_GROUP}`,
          ]
        : []),
    ]),
    ...chain('postrouting', [
      // First of all: after a chain that translates the source, none is asked any more.
      'type nat hook postrouting priority -199; policy accept;',
      `ct mark & ${mask} == 0 oifname ${by_device('leave')}`,
      // What a policy leaves to the main table, and that leaves by no link.
      ...(by_main
        ? [`ct mark & ${mask} == 0 meta mark & ${mask} == ${main} ct mark set ct mark & ${keep} | ${main}`]
        : []),
      // Those that had a link before they left.
      ...(owns.length === 0
        ? []
        : [`meta iif 0 oifname ${vmap(owns, ({ link, name }) => `"${link.device}" : goto ${name}`)}`]),
    ]),
    ...translate_chains(links),
    ...dns_chains(links, families, layout),
    ...reset_chains(input, lan_devices),
    ...end_chains(input),
  );
  return lines;
}

/**
 * New connections that are going to be busy, as far as one can tell: TCP, and what begins with a large packet as
 * QUIC does. A question to a name server is not worth a seat.
 */
function load_rules(link: RoutableLink): string[] {
  return [
    `meta l4proto tcp limit rate ${CHOICES_PER_S}/second burst ${CHOICES_PER_S} packets goto sit_${link.name}`,
    `${IS_LARGE} goto sit_${link.name}`,
  ];
}

interface Adopted {
  /** An address of the router, or a prefix. */
  key: string;
  link: RoutableLink;
}

/**
 * A connection that is older than the table is known by the router's address that it uses already. `leaves`: matches
 * packets that will leave by a link; looked at last, because it costs most.
 */
function adopt_rules(links: RoutableLink[], family: Family, mask: string, leaves: string): string[] {
  const protocol = HEADERS[family];
  const addresses: Adopted[] = [];
  const networks: Adopted[] = [];
  for (const link of links) {
    if (link[family] === null) continue;
    const address = own_address(link, links, family);
    if (address !== null) addresses.push({ key: address, link });
    if (family === 'ip4') continue;
    for (const prefix of link.own_prefixes) networks.push({ key: prefix, link });
  }
  const maps = [addresses, networks].filter(each => each.length > 0);
  return maps.flatMap(adopted => {
    const keys = adopted.map(({ key }) => key).join(', ');
    const to_link = vmap(adopted, ({ key, link }) => `${key} : goto adopt_${link.name}`);
    const adopt = (direction: string, used: string) =>
      `ct mark & ${mask} == 0 ct direction ${direction} ${used} { ${keys} } ${leaves} ${used} ${to_link}`;
    return [adopt('original', `ct reply ${protocol} daddr`), adopt('reply', `ct original ${protocol} daddr`)];
  });
}

interface PinnedTo {
  slot: number;
  /** Where connections pinned to the slot go. */
  link: RoutableLink;
}

/** Each link's connections go over itself, those of a dead one over another that leads to the same exit. */
function pinned_to({ config, links, slots }: TableInput, family: Family): PinnedTo[] {
  const pinned: PinnedTo[] = [];
  for (const { name, enabled, exit } of config.link) {
    const link = links.find(each => each.name === name) ?? null;
    const slot = slots[name] ?? 0;
    const dead = enabled && slot > 0 && (link === null || use_in(link, family) === 'no');
    const heir = dead ? heir_of(exit, links, family) : null;
    if (heir !== null) pinned.push({ slot, link: heir });
    else if (link !== null) pinned.push({ slot: link.slot, link });
  }
  return pinned;
}

/**
 * Gives packets of pinned connections their mark: one rule, or one for each family when they differ. Where each link
 * has its own, the mark of a packet without anybody's is copied, which costs less; large ones go by link at once when
 * their load is counted.
 */
function restore_rules(input: TableInput, pinned: PinnedTo[][], counts_load: boolean): string[] {
  const { config, families, layout } = input;
  const marked = `ct mark & ${mark_text(layout.mask)}`;
  const by_main = is_target(config, TARGET_MAIN) ? [`${mark_text(main_mark(layout))} : goto route_main`] : [];
  const unmarked = `meta mark 0x00000000 ${marked} != 0x00000000 meta mark set ${marked}`;
  let copy: string[] = [];
  let others = '';
  if (keep_links(pinned)) {
    copy = [counts_load ? `${IS_SMALL} ${unmarked} goto small` : `${unmarked} accept`];
    others = counts_load ? '' : 'meta mark != 0x00000000 ';
  }
  const rules = pinned.map(each => {
    const by_mark = each.map(
      ({ slot, link }) => `${mark_text(pinned_mark(layout, slot))} : goto route_${link.name}`,
    );
    return `${others}${marked} ${vmap(by_mark.concat(by_main), element => element)}`;
  });
  const alike = distinct(rules);
  return copy.concat(
    alike.length === 1
      ? alike
      : families.map((family, index) => `meta nfproto ${LONG_NAMES[family]} ${rules[index] ?? ''}`),
  );
}

/** No link's connections go over another one. */
function keep_links(pinned: PinnedTo[][]): boolean {
  return pinned.every(each => each.every(({ slot, link }) => link.slot === slot));
}

/**
 * Ends the TCP connections of dead links as soon as their client sends anything: it gets a reset, and connects anew
 * over another link. Those that the kernel has been made to forget meanwhile are known by beginning in their middle.
 * A connection request that is sent again is none of these: forgotten, it gets another link.
 */
function end_chains({ links, families, layout, ended }: TableInput): string[] {
  const devices = quoted(links.map(link => link.device));
  const established = 'meta l4proto tcp tcp flags & (syn | rst) == 0';
  const forward: string[] = [];
  const output: string[] = [];
  for (const family of families) {
    const { slots, forgotten } = ended[family];
    const clients = `meta nfproto ${LONG_NAMES[family]} iifname != { ${devices} } ${established}`;
    const router = `meta nfproto ${LONG_NAMES[family]} oifname { ${devices} } ${established}`;
    if (slots.length > 0) {
      const marks = slots.map(slot => mark_text(pinned_mark(layout, slot))).join(', ');
      forward.push(`${clients} ct mark & ${mark_text(layout.mask)} { ${marks} } reject with tcp reset`);
    }
    if (forgotten) {
      forward.push(`${clients} oifname { ${devices} } ct state new reject with tcp reset`);
      output.push(`${router} ct state new reject with tcp reset`);
    }
  }
  if (forward.length === 0) return [];
  const hook = (name: string, priority: string) =>
    `type filter hook ${name} priority ${priority}; policy accept;`;
  return [
    ...chain('end_forward', [hook('forward', 'mangle + 1'), ...forward]),
    ...(output.length === 0 ? [] : chain('end_output', [hook('output', 'mangle + 2'), ...output])),
    // Segments of ours in the other side's name (`ends.ts`), which nobody else sends like that.
    ...chain('end_foreign', [
      hook('output', 'raw'),
      'tcp flags == ack tcp ackseq 0 tcp window 0 fib saddr type != local notrack',
    ]),
  ];
}

/** Connections that are ended at a time; what is more is ended for one side only. */
const ENDED_MAX = 65535;
/** Longer than the daemon lets connections be ended. */
const ENDED_TIMEOUT = '1m';

/**
 * Ends the TCP connections that LAN clients have over links of a worse tier, now that better ones are back, for
 * both sides: the first data of either side becomes a reset for the other one, and when it is sent again, its
 * sender gets a reset, too. Acknowledgements vanish until then, so that there is something to send again. A side that
 * lacks data from before does not believe that reset, says so (RFC 5961), and gets one with the number it expects.
 * Connections that start meanwhile (a policy sends them here) are not meant.
 */
function reset_chains({ links, layout, leaving }: TableInput, lan_devices: string[]): string[] {
  if (lan_devices.length === 0) return [];
  const lan = quoted(lan_devices);
  const rules = FAMILIES.flatMap(family => {
    const left = links.filter(link => leaving[family].includes(link.name));
    if (left.length === 0) return [];
    const marks = left.map(link => mark_text(pinned_mark(layout, link.slot))).join(', ');
    const nfproto = `meta nfproto ${LONG_NAMES[family]}`;
    const pinned = `${nfproto} ct mark & ${mark_text(layout.mask)} { ${marks} } meta l4proto tcp`;
    return [
      `${pinned} ct direction original iifname { ${lan} } goto reset_original`,
      `${pinned} ct direction reply oifname { ${lan} } goto reset_reply`,
    ];
  });
  if (rules.length === 0) return [];
  const set = (name: string) =>
    `set ${name} { typeof ct id; size ${ENDED_MAX}; flags dynamic,timeout; timeout ${ENDED_TIMEOUT}; }`;
  const reset = (direction: string, other: string) =>
    chain(`reset_${direction}`, [
      'tcp flags & rst != 0 accept',
      'tcp flags & (syn | ack) == syn update @started { ct id } accept',
      'ct id @started accept',
      `ct id @ended_${other} reject with tcp reset`,
      'tcp flags & (syn | fin) == 0 jump reset_silent',
      `ct id @ended_${direction} reject with tcp reset`,
      `update @ended_${direction} { ct id } tcp flags set rst accept`,
      'reject with tcp reset',
    ]);
  return [
    ...['started', 'ended_original', 'ended_reply'].map(set),
    ...chain('reset_silent', HEADER_WORDS.flatMap(no_payload)),
    ...reset('original', 'reply'),
    ...reset('reply', 'original'),
    ...chain('resets', ['type filter hook forward priority mangle + 1; policy accept;', ...rules]),
  ];
}

/** Lengths of a TCP header, in words of four bytes. */
const HEADER_WORDS = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** With this header and nothing behind it. The length of IPv4 includes its own header, that of IPv6 does not. */
function no_payload(words: number): string[] {
  return [
    `tcp doff ${words} ip length ${20 + 4 * words} drop`,
    `tcp doff ${words} ip6 length ${4 * words} drop`,
  ];
}
