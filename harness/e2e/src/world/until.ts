import { setTimeout as pause } from 'node:timers/promises'

/** Longer than any answer takes on the busiest machine. */
const usualPatienceMs = 40_000
const lookMs = 50

/**
 * Looks again and again until there is something to be found.
 *
 * @param what is waited for, for the error of a wait that is in vain.
 * @param patienceMs after which it is in vain.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  patienceMs = usualPatienceMs,
): Promise<T> {
  const begun = performance.now()
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() - begun > patienceMs) throw new Error(`In vain for ${patienceMs} ms: ${what}.`)
    await pause(lookMs)
  }
}
