/**
 * What the kernel holds of ours, in the same lines that a plan is made of.
 *
 * Read as JSON with numeric names (`ip -N -j`): the text form differs between releases and with the router's
 * rt_tables, and breaks on flags nobody expected.
 */

import {
  type CommandResult,
  type DaemonPlatform,
  type FilePlatform,
  type Json,
  type JsonObject,
  RUN_DIR,
} from '../../platform/platform.ts';
import { array_at, is_object, number_at, text_at } from '../json.ts';
import type { Family } from '../net/address.ts';
import { network_of, network_text } from '../net/network.ts';
import { protocol_number } from '../net/protocol.ts';
import { NFT_TABLE, PROTOCOL } from '../plan/constants.ts';
import { mark_text } from '../plan/marks.ts';
import type { PlannedFamily } from '../plan/types.ts';

export interface KernelState {
  ip4: PlannedFamily;
  ip6: PlannedFamily;
  /** `nft -s list table` of ours, null when there is no table. */
  nft_listing: string | null;
}

/** Options of `ip` for a family. */
export const FAMILY_OPTIONS = { ip4: '-4', ip6: '-6' };

/** Numbers that `ip` also knows by name; from linux/rtnetlink.h. */
const TABLE_MAIN = '254';
const SCOPE_LINK = '253';
/** FR_ACT_UNREACHABLE in linux/fib_rules.h. */
const ACTION_UNREACHABLE = '7';

/** Null when `ip` could not be run or answered something else than its JSON; the text says why. */
export function read_kernel(platform: DaemonPlatform): { state: KernelState | null; failure: string } {
  const ip4 = read_family(platform, 'ip4');
  const ip6 = has_ipv6(platform) ? read_family(platform, 'ip6') : { family: NOTHING, failure: '' };
  if (ip4.family === null || ip6.family === null) {
    return { state: null, failure: ip4.family === null ? ip4.failure : ip6.failure };
  }
  return {
    state: { ip4: ip4.family, ip6: ip6.family, nft_listing: nft_listing(platform) },
    failure: '',
  };
}

const NOTHING: PlannedFamily = { routes: [], rules: [] };

/** The kernel has IPv6, switched on. */
export function has_ipv6(platform: FilePlatform): boolean {
  const disabled = platform.read_file('/proc/sys/net/ipv6/conf/all/disable_ipv6');
  return disabled !== null && disabled.trim() !== '1';
}

function read_family(
  platform: DaemonPlatform,
  name: Family,
): { family: PlannedFamily | null; failure: string } {
  const queries = `route show table all proto ${PROTOCOL}\nrule show\n`;
  const result = run_batch(platform, ['ip', '-N', FAMILY_OPTIONS[name], '-j', '-force', '-batch'], queries);
  const answers = json_lines(result.stdout);
  if (answers.length !== 2) {
    return {
      family: null,
      failure: `ip answered ${answers.length} of 2 questions: ${first_line(result.stderr)}`,
    };
  }
  const routes = objects(answers[0] ?? null).map(route_text);
  const rules = objects(answers[1] ?? null).filter(rule => text_at(rule, 'protocol') === `${PROTOCOL}`);
  return { family: { routes, rules: rules.map(rule_text) }, failure: '' };
}

/** Our table without counter values and set elements, which change all the time; null when there is none. */
export function nft_listing(platform: DaemonPlatform): string | null {
  const result = platform.run(['nft', '-s', '-t', 'list', 'table', 'inet', NFT_TABLE]);
  return result.code === 0 ? result.stdout : null;
}

/** Runs a batch from a file in the runtime folder: the same on every platform, and readable afterwards. */
export function run_batch(platform: DaemonPlatform, command: string[], batch: string): CommandResult {
  const file = `${RUN_DIR}/batch`;
  if (!platform.write_file(file, batch)) return { code: -1, stdout: '', stderr: `cannot write ${file}` };
  return platform.run(command.concat([file]));
}

/** First line of an error output, for a message. */
export function first_line(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line === '' ? 'no message' : line;
}

/** A route as `planned_routes` words it. */
export function route_text(route: JsonObject): string {
  const table = text_at(route, 'table');
  const source = text_at(route, 'prefsrc');
  const tail = `table ${table === '' ? TABLE_MAIN : table} proto ${PROTOCOL}${source === '' ? '' : ` src ${source}`}`;
  const destination = text_at(route, 'dst');
  const nexthops = array_at(route, 'nexthops');
  if (nexthops.length > 0) {
    const hops = objects(nexthops).map(hop => `nexthop ${via_text(hop)} weight ${number_at(hop, 'weight')}`);
    return `${destination} ${tail} ${hops.join(' ')}`;
  }
  const type = text_at(route, 'type');
  return `${type === '' ? '' : `${type} `}${destination} ${via_text(route)} ${tail}${extra_scope(route)}`;
}

/** On-link routes have link scope by themselves; any other scope was not set by us. */
function extra_scope(route: JsonObject): string {
  const scope = text_at(route, 'scope');
  return scope === '' || scope === SCOPE_LINK ? '' : ` scope ${scope}`;
}

function via_text(hop: JsonObject): string {
  const device = text_at(hop, 'dev');
  const gateway = text_at(hop, 'gateway');
  if (gateway === '') return `dev ${device}`;
  return `via ${gateway} dev ${device}${array_at(hop, 'flags').includes('onlink') ? ' onlink' : ''}`;
}

/** A rule as `planned_rules` words it. */
export function rule_text(rule: JsonObject): string {
  const parts = [`pref ${number_at(rule, 'priority')}`];
  if ('not' in rule) parts.push('not');
  parts.push(`from ${network_at(rule, 'src')}`);
  const destination = network_at(rule, 'dst');
  if (destination !== '') parts.push(`to ${destination}`);
  const mark = text_at(rule, 'fwmark');
  if (mark !== '') parts.push(`fwmark ${wide(mark)}/${wide(text_at(rule, 'fwmask'))}`);
  for (const key of ['iif', 'oif']) {
    const device = text_at(rule, key);
    if (device !== '') parts.push(`${key} ${device}`);
  }
  const protocol = text_at(rule, 'ipproto');
  // With `-N` it is `ipproto-17`, and a name where the release knows no numeric form.
  if (protocol !== '') {
    parts.push(`ipproto ${protocol_number(protocol.replace('ipproto-', '')) ?? protocol}`);
  }
  for (const key of ['sport', 'dport']) {
    const port = text_at(rule, key);
    const first = text_at(rule, `${key}_start`);
    if (port !== '') parts.push(`${key} ${port}`);
    else if (first !== '') parts.push(`${key} ${first}-${text_at(rule, `${key}_end`)}`);
  }
  const action = text_at(rule, 'action');
  const table = text_at(rule, 'table');
  if ('goto' in rule) parts.push(`goto ${number_at(rule, 'goto')}`);
  else if ('nop' in rule) parts.push('nop');
  else if (action === '') parts.push(`lookup ${table === TABLE_MAIN ? 'main' : table}`);
  else parts.push(action === ACTION_UNREACHABLE ? 'unreachable' : `action ${action}`);
  if ('suppress_prefixlen' in rule)
    parts.push(`suppress_prefixlength ${number_at(rule, 'suppress_prefixlen')}`);
  parts.push(`protocol ${PROTOCOL}`);
  return parts.join(' ');
}

/** Worded as the plan does it, whatever `ip` makes of an IPv6 address. */
function network_at(rule: JsonObject, key: string): string {
  const address = text_at(rule, key);
  const length = number_at(rule, `${key}len`);
  const text = length === 0 ? address : `${address}/${length}`;
  const network = network_of(text);
  return network === null ? text : network_text(network);
}

/** `ip` prints marks as short as they go, `0` and `0x1000000`; the plan has eight digits. */
function wide(mark: string): string {
  const digits = mark.startsWith('0x') ? mark.slice(2) : mark;
  return mark_text(Number.parseInt(digits, 16));
}

function json_lines(output: string): Json[] {
  const values: Json[] = [];
  for (const line of output.split('\n')) {
    if (line.trim() === '') continue;
    try {
      values.push(JSON.parse(line) as Json);
    } catch {
      return [];
    }
  }
  return values;
}

function objects(value: Json): JsonObject[] {
  return Array.isArray(value) ? value.filter(is_object) : [];
}
