/** The page's calls of a lab's router, for scenarios that change its network. */

import { expect } from 'vitest';
import type { JsonObject } from '../../rpcd/platform/platform.ts';
import type { Lab } from '../lab/lab.ts';

/** Shortest time that `apply_staged` takes. */
export const TIMEOUT_S = 10;

/** The reply must be there. */
export async function call(lab: Lab, method: string, args: JsonObject = {}): Promise<JsonObject> {
  const { reply, error, status } = await lab.rpc(method, args);
  if (reply === null) throw new Error(`${method}: error ${error}, status ${status}`);
  return reply;
}

/** The router must do it. */
export async function done(lab: Lab, method: string, args: JsonObject = {}): Promise<JsonObject> {
  const reply = await call(lab, method, args);
  expect(reply).toMatchObject({ ok: true, errors: [] });
  return reply;
}

export async function apply_and_confirm(lab: Lab): Promise<void> {
  expect(await done(lab, 'apply_staged', { timeout_s: TIMEOUT_S })).toMatchObject({ pending: 'own' });
  await done(lab, 'confirm_applied');
}
