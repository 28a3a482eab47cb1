/** The second watch over an applied change: what it restores, and when it keeps its hands off. */

import { describe, expect, test, vi } from 'vitest';
import type { DaemonPlatform, JsonObject } from '../platform/platform.ts';
import { type Guard, start_guard } from '../src/staging/guard.ts';

const SESSION = 'a'.repeat(32);

interface Router {
  files: Record<string, string>;
  events: JsonObject[];
  guard: Guard;
  /** Whether writers are refused. */
  pending(): boolean;
}

/** A router whose files are these texts; time passes with the fake timers. */
function router(files: Record<string, string>): Router {
  const events: JsonObject[] = [];
  const marks = new Set<string>();
  const platform = {
    now_ms: () => performance.now(),
    timer: (delay_ms: number, callback: () => void) => {
      const timeout = setTimeout(callback, delay_ms);
      return { cancel: () => clearTimeout(timeout) };
    },
    write_file: (path: string) => marks.add(path) !== null,
    remove_file: (path: string) => marks.delete(path),
    config_text: (config: string) => files[config] ?? null,
    restore_config: (config: string, text: string) => {
      files[config] = text;
      return true;
    },
    ubus_call: (_object: string, _method: string, args: JsonObject) => {
      events.push(args);
      return null;
    },
    log: () => {},
  } as unknown as DaemonPlatform;
  return { files, events, guard: start_guard(platform), pending: () => marks.size > 0 };
}

/** Applied with ten seconds to confirm it. */
function applied(): Router {
  const made = router({ network: 'old', firewall: 'same' });
  made.guard.begin(SESSION, ['firewall', 'network'], 10);
  made.files.network = 'new';
  made.guard.applied();
  return made;
}

describe('a change that was applied', () => {
  vi.useFakeTimers();

  test('is restored a little after rpcd should have done it, and services are told', () => {
    const { files, events, guard, pending } = applied();
    expect(guard.state(SESSION)).toEqual({ own: true, files: 'after', left_s: 10 });
    expect(guard.state('b'.repeat(32)).own).toBe(false);
    vi.advanceTimersByTime(14_000);
    expect([files.network, pending()]).toEqual(['new', true]);
    vi.advanceTimersByTime(2000);
    expect([files.network, pending()]).toEqual(['old', false]);
    expect(events).toEqual([{ type: 'config.change', data: { package: 'network' } }]);
  });

  test('is left alone once it is confirmed', () => {
    const { files, guard, pending } = applied();
    guard.end();
    vi.advanceTimersByTime(60_000);
    expect([files.network, pending()]).toEqual(['new', false]);
  });

  test('that rpcd has undone is pending no more', () => {
    const { files, events, pending } = applied();
    files.network = 'old';
    vi.advanceTimersByTime(1000);
    expect([pending(), events]).toEqual([false, []]);
  });

  test('is not undone over what somebody else has written since', () => {
    const { files, guard } = applied();
    files.network = 'theirs';
    expect(guard.undo()).toBe(false);
    expect(files.network).toBe('theirs');
  });
});
