/**
 * Numbers linkagg reserves on the router. Everything of ours lies in these ranges and carries our protocol
 * number, so that it can be told from everybody else's and removed without a trace.
 *
 * Taken elsewhere: mwan3 uses tables 1–63 and rules 1001–3063, netifd's ip4table rules 10000, 20000 and 90000,
 * pbr tables from 256 and rules from 30000 downwards, Tailscale table 52 and rules 5210–5270.
 */

/** `rtm_protocol` of our routes and rules; unassigned in rtnetlink.h and OpenWrt's rt_protos. */
export const PROTOCOL = 108;

/** Multipath table; link in slot n has table `TABLE_ECMP + n`. */
export const TABLE_ECMP = 5200;

/** Most links at a time: what six mark bits can tell apart. */
export const LINKS_MAX = 62;

/** The multipath table of group n, for the router's own connections: `TABLE_GROUP + n`. */
export const TABLE_GROUP = 5263;

/** Most groups besides the default one, most policies, and most NAT rules. */
export const GROUPS_MAX = 16;
export const POLICIES_MAX = 1000;
export const NAT_RULES_MAX = 64;
/** Most policies for the router itself, and most rules of one of them in a family: the kernel walks over them. */
export const ROUTER_POLICIES_MAX = 98;
export const ROUTER_RULES_MAX = 64;

/** A tunnel's own packets: `PREF_TUNNEL + 2n` and one more for the tunnel in slot n, before everything else of ours. */
export const PREF_TUNNEL = 5800;
/** Past the rules that cannot concern a packet: one without a pin to `PREF_BOUND`, a proposal to `PREF_BOUND_END`. */
export const PREF_UNPINNED = 5998;
export const PREF_UNDECIDED = 5999;
/** Pinned connections: specific routes of the main table win, then slot n has `PREF_PINNED + n`. */
export const PREF_PINNED_MAIN = 6000;
export const PREF_PINNED = 6000;
/** Packets that are not the router's own go on at `PREF_BOUND_END`, past all sockets. */
export const PREF_BOUND = 6100;
/** Sockets bound to the device of slot n, or to its address, and answers from it: on at `PREF_BOUND_MAIN`. */
export const PREF_TO_DEVICE = 6100;
export const PREF_FROM_ADDRESS = 6200;
/** All others of the router's own: on at `PREF_BOUND_END`. */
export const PREF_UNBOUND = 6299;
/** Bound sockets: specific routes of main win, then `PREF_BOUND_DEVICE + n` and `PREF_BOUND_ADDRESS + n` for slot n. */
export const PREF_BOUND_MAIN = 6300;
export const PREF_BOUND_DEVICE = 6300;
export const PREF_BOUND_ADDRESS = 6400;
export const PREF_BOUND_END = 6499;
/** What comes from the networks behind the link of slot n: `PREF_NETWORK + 2n` and one more. */
export const PREF_NETWORK = 6500;
/** New connections that nobody decided about: specific routes of main, … */
export const PREF_BALANCE_MAIN = 32000;
/** … (what the balancer says nothing about goes on at `PREF_NOBODY`), … */
export const PREF_UNPROPOSED = 32001;
/** … the link that the balancer proposes, `PREF_PROPOSED + n` for slot n, or the main table in place of a slot, … */
export const PREF_PROPOSED = 32100;
/** … the answer «nobody» to the balancer's question; then the policies for the router itself, in their order, … */
export const PREF_NOBODY = 32199;
export const PREF_POLICY = 32200;
export const PREF_POLICY_END = 32299;
/** … a name server that came with the link of slot n, `PREF_DNS + n`, … */
export const PREF_DNS = 32300;
/** … the link chosen for the router's own connections, … */
export const PREF_ROUTER = 32400;
/** … then the multipath table, for the router itself and for one LAN device each. */
export const PREF_ECMP = 32500;

/** The group of all links, which takes what no policy sends elsewhere; a policy can name it, too. */
export const DEFAULT_GROUP = 'default';

/** The nft table that holds everything of ours. */
export const NFT_TABLE = 'linkagg';
