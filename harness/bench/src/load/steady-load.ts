import { setTimeout } from 'node:timers/promises'
import type { Publish } from './publisher.ts'

/**
 * Publishes at a steady rate, whether or not the earlier ones were answered, one channel after the other.
 *
 * @param publishes of each channel, in their order
 * @returns how long each took from the moment at which it was due, in milliseconds
 */
export async function steadyLoad(
  publishes: readonly (readonly Publish[])[],
  perSecond: number,
): Promise<readonly number[]> {
  const due = inTurns(publishes)
  const latencies: number[] = []
  const running: Promise<void>[] = []
  const began = performance.now()

  async function publishAt(dueAt: number, publish: Publish): Promise<void> {
    await publish()
    latencies.push(performance.now() - dueAt)
  }

  for (let next = 0; next < due.length; ) {
    const elapsed = performance.now() - began
    const target = Math.min(due.length, Math.floor((elapsed * perSecond) / 1_000) + 1)
    for (const publish of due.slice(next, target)) {
      running.push(publishAt(began + (running.length * 1_000) / perSecond, publish))
    }
    next = target
    await setTimeout(1)
  }
  await Promise.all(running)
  return latencies
}

/** Version by version through all channels. */
function inTurns(publishes: readonly (readonly Publish[])[]): readonly Publish[] {
  const versions = Math.max(...publishes.map(({ length }) => length))
  return Array.from({ length: versions }).flatMap((_, version) =>
    publishes.flatMap((ofChannel) => ofChannel[version] ?? []),
  )
}
