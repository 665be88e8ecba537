import type { AbortOptions, Clock } from '@perun-watcher/core'
import type { ClientTransport } from '../listen/client-transport.ts'

/** How old the answer of a health check may be. */
const pauseMs = 1_000

/** Tells the transports over which that can be asked whether the watcher is ready, now and whenever it changes, until the signal aborts. */
export async function tellReadiness(
  transports: readonly Pick<ClientTransport, 'tellReady'>[],
  isReady: () => boolean,
  clock: Clock,
  { signal }: AbortOptions,
): Promise<void> {
  const asked = transports.filter(({ tellReady }) => tellReady !== undefined)
  while (asked.length > 0 && !signal?.aborted) {
    const now = isReady()
    for (const transport of asked) transport.tellReady?.(now)
    await clock.sleep(pauseMs, { signal })
  }
}
