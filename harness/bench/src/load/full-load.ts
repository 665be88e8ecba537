import { type Cost, costOf } from '../measure/cost.ts'
import type { Publish } from './publisher.ts'

/**
 * Every channel has exactly one publish in flight, all the time.
 *
 * @param publishes of each channel, in their order
 * @returns how long each took, in milliseconds
 */
export async function fullLoad(publishes: readonly (readonly Publish[])[]): Promise<readonly number[]> {
  const latencies: number[] = []
  await Promise.all(
    publishes.map(async (ofChannel) => {
      for (const publish of ofChannel) {
        const began = performance.now()
        await publish()
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

export async function underFullLoad(publishes: readonly (readonly Publish[])[]): Promise<Loaded> {
  let latencies: readonly number[] = []
  const cost = await costOf(async () => {
    latencies = await fullLoad(publishes)
  })
  return { cost, latencies }
}
