/** What a policy can send connections to, besides links and groups of the configuration. */

import type { Config } from '../config/schema.gen.ts';
import { DEFAULT_GROUP } from './constants.ts';

/** As without linkagg. */
export const TARGET_MAIN = 'main';
/** Refused. */
export const TARGET_UNREACHABLE = 'unreachable';

/** 1 to 9 of `tier1` to `tier9`, 0 of anything else. */
export function tier_of(name: string): number {
  return /^tier[1-9]$/.test(name) ? name.charCodeAt(4) - 48 : 0;
}

/** A target of its own: no link or group can have this name. */
export function is_target_word(name: string): boolean {
  return [DEFAULT_GROUP, TARGET_MAIN, TARGET_UNREACHABLE].includes(name) || tier_of(name) > 0;
}

/** A policy that is switched on sends connections there. */
export function is_target(config: Config, name: string): boolean {
  return config.policy.some(policy => policy.enabled && policy.target === name);
}

/** The tiers that are targets, `tier1` first. */
export function target_tiers(config: Config): string[] {
  return ['1', '2', '3', '4', '5', '6', '7', '8', '9']
    .map(tier => `tier${tier}`)
    .filter(name => is_target(config, name));
}
