/** Why values are refused, as all replies say it. */

import type { JsonObject } from '../platform/platform.ts';
import type { ConfigError } from './rpc.ts';

export function refusal(section: string, option: string, reason: string): ConfigError {
  return { section, option, reason };
}

export function errors_json(errors: ConfigError[]): JsonObject[] {
  return errors.map(error => ({ ...error }));
}
