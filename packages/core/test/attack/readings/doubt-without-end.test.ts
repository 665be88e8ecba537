import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { settle, setup, type Watched } from '../../support/setup.ts'

/** Answers nobody, until it is told to stop. */
function hangs(...args: readonly unknown[]): Promise<never> {
  const options = args.at(-1)
  return new Promise((_, reject) => {
    if (typeof options !== 'object' || options === null || !('signal' in options)) return
    const { signal } = options
    if (signal instanceof AbortSignal) signal.addEventListener('abort', () => reject(signal.reason))
  })
}

function publishing(channel: TestChannel, watch: Watched): () => Promise<void> {
  let version = 5n
  return async () => {
    version += 1n
    await watch.publish(channel.signed(version))
  }
}

describe('a record that cannot be read again after a restart, while its client goes on publishing', () => {
  it.each([0, 1, 4])(
    'D7: is answered all the same: %d states a second',
    async (rate) => {
      const [chain, store] = [modelChain(), memoryStore()]
      const channel = testChannel({ duration: 600n })
      {
        await using s = await setup({ chain, store, chainOverrides: { register: hangs } })
        const watch = await s.watch(channel.signed(1n))
        await watch.publish(channel.signed(5n))
        await s.mine({ calls: [registers(channel.signed(1n))] })
        await s.mine()
      }
      await using s = await setup({ chain, store, chainOverrides: { readRecord: hangs, readRecords: hangs } })
      const watching = s.watch(channel.signed(5n))
      for (let second = 0; second < 60; second++) await s.clock.pass(1000)
      const watch = await watching
      const publishes = publishing(channel, watch)
      for (let block = 0; block < 25; block++) {
        for (let step = 0; step < 12 * Math.max(1, rate); step++) {
          await s.clock.pass(1000 / Math.max(1, rate))
          if (rate > 0) await publishes()
        }
        chain.mine({ seconds: 12n })
        await settle()
      }
      // Half of the window is over.
      expect(chain.dispute(channel.id)?.version).toBeGreaterThanOrEqual(5n)
    },
    120_000,
  )
})
