import { withScope } from './with-scope.ts'

/**
 * Resolves or rejects with the first of several waits, and aborts the others. To sleep until woken:
 * `firstOf(signal, [(options) => clock.sleep(ms, options), (options) => wake.after(seen, options)])`.
 */
export function firstOf(
  signal: AbortSignal,
  waits: readonly ((options: { readonly signal: AbortSignal }) => Promise<void>)[],
): Promise<void> {
  return withScope(signal, async ({ signal: ending }) => {
    const running = waits.map((wait) => wait({ signal: ending }))
    try {
      await Promise.race(running)
    } finally {
      // Not waited for: one that hears no signal must not hold up the first.
      void Promise.allSettled(running)
    }
  })
}
