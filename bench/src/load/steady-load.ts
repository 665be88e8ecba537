import { setTimeout } from 'node:timers/promises'
import type { SignedState } from '@perun-watcher/core'
import type { Publisher } from './publisher.ts'

/**
 * Publishes at a steady rate, whether or not the earlier ones were answered, one channel after the other.
 *
 * @returns how long each took from the moment at which it was due, in milliseconds
 */
export async function steadyLoad(
  publishers: readonly Publisher[],
  states: readonly (readonly SignedState[])[],
  perSecond: number,
): Promise<readonly number[]> {
  const due = inTurns(publishers, states)
  const latencies: number[] = []
  const running: Promise<void>[] = []
  const began = performance.now()

  async function publishAt(dueAt: number, publish: () => Promise<void>): Promise<void> {
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
function inTurns(
  publishers: readonly Publisher[],
  states: readonly (readonly SignedState[])[],
): readonly (() => Promise<void>)[] {
  const versions = Math.max(...states.map(({ length }) => length))
  return Array.from({ length: versions }).flatMap((_, version) =>
    publishers.flatMap(({ publish }, index) => {
      const state = states[index]?.[version]
      return state === undefined ? [] : [() => publish(state)]
    }),
  )
}
