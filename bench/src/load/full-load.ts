import type { SignedState } from '@perun-watcher/core'
import { type Cost, costOf } from '../measure/cost.ts'
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

export interface Loaded {
  /** To this process. */
  readonly cost: Cost
  /** Milliseconds. */
  readonly latencies: readonly number[]
}

export async function underFullLoad(...args: Parameters<typeof fullLoad>): Promise<Loaded> {
  let latencies: readonly number[] = []
  const cost = await costOf(async () => {
    latencies = await fullLoad(...args)
  })
  return { cost, latencies }
}
