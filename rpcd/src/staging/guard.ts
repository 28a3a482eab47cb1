/**
 * A second watch over a change that was applied through rpcd and waits for its confirmation.
 *
 * rpcd undoes such a change by itself, unless it is sent SIGHUP meanwhile (any package's installation may do that) or
 * another session applies without rollback: both make it forget what it has to restore. So the daemon keeps the
 * files as they were, looks a little later than rpcd, and restores what rpcd did not.
 */

import type { DaemonPlatform, Timer } from '../../platform/platform.ts';
import { GUARD_FILE } from './pending.ts';

/** rpcd goes first. */
const GRACE_MS = 5000;
/** While a change is watched, somebody may undo it. */
const LOOK_INTERVAL_MS = 500;

/** How the files are: `before` the change, `after` it, or as somebody else has made them since. */
export type Files = 'before' | 'after' | 'other';

export interface GuardState {
  /** That session has applied a change, and it is watched. */
  own: boolean;
  files: Files;
  left_s: number;
}

export interface Guard {
  /** Before the change is applied. */
  begin(session: string, packages: string[], timeout_s: number): void;
  /** When it has been. */
  applied(): void;
  /** It is confirmed, undone, or was not applied. */
  end(): void;
  /** Restores the files now. False when somebody else has changed them. */
  undo(): boolean;
  /** For a session: ids of others, which are as good as passwords, are not told. */
  state(session: string): GuardState;
}

interface Watched {
  session: string;
  packages: string[];
  before: (string | null)[];
  after: (string | null)[];
  deadline_ms: number;
  applied: boolean;
  timer: Timer;
}

export function start_guard(platform: DaemonPlatform): Guard {
  let watched: Watched | null = null;
  platform.remove_file(GUARD_FILE);

  function texts(packages: string[]): (string | null)[] {
    return packages.map(config => platform.config_text(config));
  }

  function files_of({ packages, before, after }: Watched): Files {
    const now = texts(packages);
    const same = (then: (string | null)[]) => now.every((text, index) => text === (then[index] ?? null));
    if (same(before)) return 'before';
    return same(after) ? 'after' : 'other';
  }

  function end(): void {
    if (watched !== null) watched.timer.cancel();
    watched = null;
    platform.remove_file(GUARD_FILE);
  }

  function undo(): boolean {
    const change = watched;
    if (change === null) return true;
    const files = files_of(change);
    end();
    if (files === 'other') {
      const list = change.packages.join(', ');
      platform.log(
        'error',
        `a change of ${list} was not confirmed, but cannot be undone: somebody changed it`,
      );
      return false;
    }
    if (files === 'before') return true;
    platform.log('warning', 'a change was not confirmed and rpcd has not undone it: linkagg does');
    for (const [index, config] of change.packages.entries()) {
      const text = change.before[index] ?? null;
      if (text === null || text === (change.after[index] ?? null)) continue;
      platform.restore_config(config, text);
    }
    for (const [index, config] of change.packages.entries()) {
      if ((change.before[index] ?? null) === (change.after[index] ?? null)) continue;
      platform.ubus_call('service', 'event', { type: 'config.change', data: { package: config } });
    }
    return true;
  }

  function look(): void {
    if (watched === null) return;
    if (platform.now_ms() >= watched.deadline_ms + GRACE_MS) undo();
    else if (watched.applied && files_of(watched) === 'before') end();
    else watched.timer = platform.timer(LOOK_INTERVAL_MS, look);
  }

  return {
    begin: (session, packages, timeout_s) => {
      end();
      const before = texts(packages);
      watched = {
        session,
        packages,
        before,
        after: before,
        deadline_ms: platform.now_ms() + timeout_s * 1000,
        applied: false,
        timer: platform.timer(LOOK_INTERVAL_MS, look),
      };
      platform.write_file(GUARD_FILE, '\n');
    },
    applied: () => {
      if (watched === null) return;
      watched.after = texts(watched.packages);
      watched.applied = true;
    },
    end,
    undo,
    state: session => {
      if (watched === null) return { own: false, files: 'before', left_s: 0 };
      const left_ms = Math.max(0, watched.deadline_ms - platform.now_ms());
      return {
        own: watched.session === session,
        files: files_of(watched),
        left_s: Math.floor(left_ms / 1000),
      };
    },
  };
}
