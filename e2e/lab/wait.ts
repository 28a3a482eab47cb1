/** Waiting for what happens in its own time. */

const TIMEOUT_MS = 10_000;

/** Poll until `condition` gives something true, and return that. Throws when `timeout_ms` are over. */
export async function wait_for<T>(
  condition: () => T | Promise<T>,
  {
    what,
    timeout_ms = TIMEOUT_MS,
    interval_ms = 20,
  }: { what?: string; timeout_ms?: number; interval_ms?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout_ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeout_ms} ms in vain for ${what ?? condition.toString()}`);
    }
    await new Promise(resolve => setTimeout(resolve, interval_ms));
  }
}
