import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, ChainStep, SubscribeOptions } from '../../../src/adapter.ts'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

/** A stream that breaks off when it is told to; the next one may leave conclusions out. */
function breaking(chain: ReturnType<typeof modelChain>, isComplete: boolean) {
  let hasBroken = false
  const omitting = (step: ChainStep): ChainStep =>
    step.type === 'block' ? { ...step, added: step.added.filter(({ phase }) => phase !== 'concluded') } : step

  function subscribe(options: SubscribeOptions): AdjudicatorSubscription {
    const subscription = chain.subscribe(options)
    const isFirst = !hasBroken
    async function* steps() {
      for await (const step of subscription) {
        if (isFirst && hasBroken) throw new Error('connection reset')
        yield isFirst || isComplete ? step : omitting(step)
      }
    }
    return { ...subscription, [Symbol.asyncIterator]: steps }
  }

  return {
    subscribe,
    breakOff(): void {
      hasBroken = true
    },
  }
}

describe('D11: a stream that begins anew', () => {
  for (const isComplete of [true, false]) {
    it(`${isComplete ? 'and' : 'but does not'} tell all logs again repeats neither a fact that is final nor a conclusion`, async () => {
      const chain = modelChain({ finalityDepth: 2n })
      const { subscribe, breakOff } = breaking(chain, isComplete)
      const store = testStore()
      await using s = await setup({ chain, store, chainOverrides: { subscribe } })
      // The cursor stays behind: the new stream begins before what was told as final.
      store.beforeCommit = (changes) => {
        if (changes.some(({ type }) => type === 'putCursor'))
          throw new WatcherError('STORE_FAILED', 'The disk is full.')
      }
      const channel = testChannel()
      const watch = await s.watch(channel.signed(5n, { isFinal: true }))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      await s.mine()
      expect(watch.told).toEqual(['registered 1', 'concluded 5', 'refuted 5', 'registered 1 final'])
      breakOff()
      for (let block = 0; block < 6; block++) await s.mine()
      expect(chain.sent.map(({ type }) => type)).toEqual(['concludeFinal'])
      expect(watch.told.filter((event) => event === 'registered 1 final')).toHaveLength(1)
      expect(watch.told.filter((event) => event === 'registered 1')).toHaveLength(1)
    })
  }
})
