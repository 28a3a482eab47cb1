/**
 * Whether somebody is trying a change out: it has been applied and not confirmed, and may be undone any moment.
 *
 * rpcd keeps that in its memory (uci.c, `apply_sid`); its snapshot folders tell too little, because an apply
 * without rollback leaves them behind and a second one removes them. But it tells everybody who tries to confirm:
 * with somebody else's session it does nothing, and says «permission denied» when a change is pending and «no
 * data» when none is.
 */

import {
  type Deferred,
  type JsonObject,
  type PluginPlatform,
  RUN_DIR,
  UBUS_STATUS_PERMISSION_DENIED,
} from '../../platform/platform.ts';

/** Session of those who have not logged in; it can apply nothing. */
const NOBODY = '00000000000000000000000000000000';

/** There while our own daemon watches a change that was applied; see guard.ts. */
export const GUARD_FILE = `${RUN_DIR}/applied`;

export const PENDING_REASON =
  'somebody is trying out a change of the network: wait until it is confirmed or undone, then repeat yours';

/** Goes on with `next`, which learns whether a change is pending. */
export function with_pending(
  platform: PluginPlatform,
  next: (pending: boolean) => JsonObject | Deferred,
): Deferred {
  return platform.defer('uci', 'confirm', { ubus_rpc_session: NOBODY }, status =>
    next(status === UBUS_STATUS_PERMISSION_DENIED || platform.read_file(GUARD_FILE) !== null),
  );
}

/** 32 hexadecimal digits; null when the caller gave none, because it did not come through uhttpd. */
export function session_of(args: JsonObject): string | null {
  const session = args.ubus_rpc_session ?? null;
  return typeof session === 'string' && /^[0-9a-f]{32}$/.test(session) ? session : null;
}
