import type { SignedState } from '@perun-watcher/core'
import type { Publisher } from './publisher.ts'

/** Every channel has exactly one publish in flight, all the time. @returns how long each publish took, in milliseconds */
export async function fullLoad(
  publishers: readonly Publisher[],
  states: readonly (readonly SignedState[])[],
): Promise<readonly number[]> {
  const latencies: number[] = []
  await Promise.all(
    publishers.map(async ({ publish }, index) => {
      for (const state of states[index] ?? []) {
        const began = performance.now()
        await publish(state)
        latencies.push(performance.now() - began)
      }
    }),
  )
  return latencies
}
