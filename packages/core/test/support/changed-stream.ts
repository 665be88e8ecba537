import type { AdjudicatorSubscription, BlockStep, ChainStep, RegistererSubscriber } from '../../src/adapter.ts'
import type { ModelChain } from '../../src/testing/index.ts'

export type Change = (step: BlockStep) => BlockStep

/** The same stream with other steps. */
export function changed(chain: ModelChain, change: Change): Pick<RegistererSubscriber, 'subscribe'> {
  return {
    subscribe(options): AdjudicatorSubscription {
      const stream = chain.subscribe(options)
      async function* steps(): AsyncGenerator<ChainStep> {
        for await (const step of stream) yield step.type === 'block' ? change(step) : step
      }
      const iterator = steps()
      return { ...stream, [Symbol.asyncIterator]: () => iterator }
    },
  }
}
