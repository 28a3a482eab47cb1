/** Brings the kernel to a plan: observe, compare, and only what differs in one `nft -f` and one `ip -batch`. */

import { type DaemonPlatform, RUN_DIR } from '../../platform/platform.ts';
import { FAMILIES, type Family, LONG_NAMES } from '../net/address.ts';
import { distinct } from '../plan/nft_text.ts';
import { empty_plan } from '../plan/plan.ts';
import type { Plan } from '../plan/types.ts';
import { ip_commands, nft_fresh_script, nft_script } from './diff.ts';
import {
  FAMILY_OPTIONS,
  first_line,
  type KernelState,
  nft_listing,
  read_kernel,
  run_batch,
} from './kernel.ts';
import { forget_table, type Memory, recall, recall_table, remember, remember_table } from './memory.ts';

export interface ApplyResult {
  /** What was changed, as commands; empty when all was as planned. */
  changed: string[];
  /** What went wrong, empty when nothing did. The next reconcile tries again. */
  failure: string;
}

export interface UnlistedResult extends ApplyResult {
  /** Text of a table that was written and not listed since: for `note_table`, or for the next `apply_unlisted`. */
  unlisted: string | null;
}

/** Make the kernel hold exactly `plan` of ours. Twice the same is no operation. */
export function apply(platform: DaemonPlatform, plan: Plan): ApplyResult {
  const { changed, failure, unlisted } = apply_unlisted(platform, plan, null);
  if (unlisted !== null) note_table(platform, unlisted);
  return { changed, failure };
}

/** The same, without what can wait. `unlisted`: what the last one left, if nobody has noted it since. */
export function apply_unlisted(
  platform: DaemonPlatform,
  plan: Plan,
  unlisted: string | null,
): UnlistedResult {
  platform.make_dir(RUN_DIR);
  const memory = recall(platform);
  const { state, failure } = read_kernel(platform);
  if (state === null) return { changed: [], failure, unlisted };

  const failures: string[] = [];
  const sysctls_changed = apply_sysctls(platform, plan, memory, failures);
  const made = made_of(platform, state, unlisted);

  // The slots are on disk before any mark can carry them.
  memory.slots = plan.slots;
  if (!remember(platform, memory)) failures.push(`cannot write to ${RUN_DIR}`);

  // The table first: a connection that leaves by a new route is pinned from its first packet on.
  const table_changed = plan.nft !== made || (plan.nft === null && state.nft_listing !== null);
  let written: string | null = null;
  if (table_changed) {
    // Whoever finds the table without a memory of it writes it anew.
    forget_table(platform);
    const script = nft_script(plan.nft, state.nft_listing, made);
    let result = run_batch(platform, ['nft', '-f'], script);
    // An object of ours that somebody replaced by another of its name cannot be reused.
    if (result.code !== 0) result = run_batch(platform, ['nft', '-f'], nft_fresh_script(plan.nft));
    if (result.code !== 0) failures.push(`nft: ${first_line(result.stderr)}`);
    else written = plan.nft;
  } else if (unlisted !== null && made !== null && state.nft_listing !== null) {
    remember_table(platform, made, state.nft_listing);
  }
  const ip_changed: string[] = [];
  for (const family of FAMILIES) {
    const commands = ip_commands(plan[family], state[family]);
    if (commands.length === 0) continue;
    ip_changed.push(...commands);
    const option = FAMILY_OPTIONS[family];
    const result = run_batch(platform, ['ip', option, '-force', '-batch'], `${commands.join('\n')}\n`);
    if (result.code !== 0 || commands.some(command => policy_of(plan, command) !== null)) {
      failures.push(...ip_failures(platform, plan, family, result.stderr));
    }
  }
  return {
    changed: [...sysctls_changed, ...(table_changed ? ['nft table'] : []), ...ip_changed],
    failure: failures.join('; '),
    unlisted: written,
  };
}

/**
 * Remember how `nft` lists the table that was written with this text, so that changes by others are noticed. To be
 * done right after `apply_unlisted`, apart from it because nobody who waits for the change needs it.
 */
export function note_table(platform: DaemonPlatform, text: string): void {
  const listing = nft_listing(platform);
  if (listing !== null) remember_table(platform, text, listing);
}

/**
 * Leave nothing of ours in the kernel, whatever state it is in. Needs no running daemon. Tries again after a
 * failure, because a stopping daemon and `linkaggd stop` may remove the same things at the same time.
 */
export function remove_all(platform: DaemonPlatform): ApplyResult {
  const plan = empty_plan(recall(platform).slots);
  const first = apply(platform, plan);
  return first.failure === '' ? first : apply(platform, plan);
}

/** Name of the policy whose rule a command of `ip` is about; null: none. */
function policy_of(plan: Plan, command: string): string | null {
  const [object = '', , , preference = ''] = command.split(' ');
  return object === 'rule' && Object.hasOwn(plan.policies, preference)
    ? (plan.policies[preference] ?? null)
    : null;
}

/**
 * What is not in the kernel as it was just put there. What somebody else did meanwhile (netifd, a second `linkaggd
 * stop`) is not a failure, nor that the kernel takes a new rule for one that was about to go and said more
 * (fib4_rule_compare): that works the second time. Where `ip` or the kernel do not know a part of a policy's rule,
 * what came of it could match more than was asked for, and goes at once.
 */
function ip_failures(platform: DaemonPlatform, plan: Plan, family: Family, stderr: string): string[] {
  const run = (commands: string[]) =>
    run_batch(platform, ['ip', FAMILY_OPTIONS[family], '-force', '-batch'], `${commands.join('\n')}\n`);
  const wrong = () => {
    const { state } = read_kernel(platform);
    return state === null ? [] : ip_commands(plan[family], state[family]);
  };
  const again = wrong();
  if (again.length === 0) return [];
  if (run(again).code === 0 && again.every(command => policy_of(plan, command) === null)) return [];
  const left = wrong();
  if (left.length === 0) return [];
  const widened = left.filter(
    command => command.startsWith('rule del ') && policy_of(plan, command) !== null,
  );
  if (widened.length > 0) run(widened);
  const missing = left
    .filter(command => command.startsWith('rule add '))
    .flatMap(command => {
      const name = policy_of(plan, command);
      return name === null ? [] : [name];
    });
  const reason = stderr === '' ? 'it made another one of it' : first_line(stderr);
  return missing.length === 0
    ? [`ip: ${first_line(stderr)}`]
    : distinct(missing).map(
        name =>
          `policy ${name} does not hold for the router itself: the kernel has not taken its ${LONG_NAMES[family]} rule (${reason})`,
      );
}

/** The plan's text from which the kernel's table was made; null without a table, or when it was changed since. */
function made_of(platform: DaemonPlatform, kernel: KernelState, unlisted: string | null): string | null {
  if (kernel.nft_listing === null) return null;
  if (unlisted !== null) return unlisted;
  const made = recall_table(platform);
  return made.listed === kernel.nft_listing ? made.planned : null;
}

/** No sysctl needs to be set. */
export function sysctls_hold(platform: DaemonPlatform, plan: Plan): boolean {
  return plan.sysctls.every(({ path, value }) => (read_sysctl(platform, path) ?? value) === value);
}

/** Sets what is planned, restores what is no longer, and notes in `memory` what was there before. */
function apply_sysctls(platform: DaemonPlatform, plan: Plan, memory: Memory, failures: string[]): string[] {
  const changed: string[] = [];
  for (const { path, value } of plan.sysctls) {
    const current = read_sysctl(platform, path);
    if (current === null || current === value) continue;
    if (!Object.hasOwn(memory.sysctls, path)) {
      memory.sysctls[path] = current;
      remember(platform, memory);
    }
    if (!platform.write_proc(`/proc/sys/${path}`, value)) failures.push(`cannot set sysctl ${path}`);
    changed.push(`sysctl ${path}=${value}`);
  }
  for (const path of Object.keys(memory.sysctls)) {
    if (plan.sysctls.some(sysctl => sysctl.path === path)) continue;
    const before = memory.sysctls[path] ?? '';
    // The device may be gone, and its sysctls with it.
    if (read_sysctl(platform, path) !== null) {
      platform.write_proc(`/proc/sys/${path}`, before);
      changed.push(`sysctl ${path}=${before}`);
    }
    delete memory.sysctls[path];
  }
  return changed;
}

function read_sysctl(platform: DaemonPlatform, path: string): string | null {
  const text = platform.read_file(`/proc/sys/${path}`);
  return text === null ? null : text.trim();
}
