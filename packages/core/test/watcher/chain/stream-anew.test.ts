import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, BlockStep, ChainStep, SubscribeOptions } from '../../../src/adapter.ts'
import { deferred } from '../../../src/async/deferred.ts'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { changed } from '../../support/changed-stream.ts'
import { settle, setup } from '../../support/setup.ts'
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

  it('does not conclude again what it left out, however long the reading of the record takes', async () => {
    const chain = modelChain({ finalityDepth: 2n })
    const { subscribe, breakOff } = breaking(chain, false)
    const reading = { delay: undefined as Promise<void> | undefined }
    const store = testStore()
    await using s = await setup({
      chain,
      store,
      chainOverrides: {
        subscribe,
        async readRecord(id, options) {
          await reading.delay
          return await chain.readRecord(id, options)
        },
      },
    })
    store.beforeCommit = (changes) => {
      if (changes.some(({ type }) => type === 'putCursor')) throw new WatcherError('STORE_FAILED', 'The disk is full.')
    }
    let attempts = 0
    chain.faults.send = () => {
      attempts += 1
    }
    const channel = testChannel()
    await s.watch(channel.signed(5n, { isFinal: true }))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(chain.sent.map(({ type }) => type)).toEqual(['concludeFinal'])
    expect(attempts).toBe(1)
    const answered = deferred<void>()
    reading.delay = answered.promise
    breakOff()
    await s.mine()
    await s.clock.pass(1_000)
    await settle()
    reading.delay = undefined
    answered.resolve()
    for (let block = 0; block < 6; block++) await s.mine()
    // Not even tried: a node that has not seen the conclusion would take it.
    expect(attempts).toBe(1)
  })
})

describe('an endpoint whose head stands still', () => {
  it.each([
    ['singly', true],
    ['in bulk', false],
  ] as const)('takes back nothing after a restart that is final, read %s', async (_, isSingle) => {
    const chain = modelChain({ finalityDepth: 2n })
    const store = testStore()
    const channel = testChannel({ duration: 3_600n })
    let frozen: BlockStep | undefined
    const first = await setup({
      chain,
      store,
      chainOverrides: changed(chain, (step) => {
        frozen ??= step.added.length > 0 ? { ...step, added: [], isCurrent: true } : undefined
        return step
      }),
    })
    const before = await first.watch(channel.signed(1n))
    await before.publish(channel.signed(2n))
    await first.mine({ calls: [registers(channel.signed(1n))] })
    const old = await chain.readRecord(channel.id)
    for (let block = 0; block < 40; block++) await first.mine()
    await first[Symbol.asyncDispose]()
    expect(old.record?.version).toBe(1n)
    expect(chain.dispute(channel.id)?.version).toBe(2n)
    const { length } = chain.sent

    const readRecords = async (ids: readonly unknown[]) => ({ readings: ids.map(() => old), calls: 1, way: 'old' })
    await using s = await setup({
      chain,
      store,
      chainOverrides: {
        ...changed(chain, (step) => frozen ?? step),
        readRecord: async () => old,
        readRecords: isSingle ? undefined : readRecords,
      },
    })
    await s.watch(channel.signed(2n))
    for (let block = 0; block < 40; block++) await s.mine()
    expect(chain.sent).toHaveLength(length)
    expect((await store.load(channel.id))?.records.map(({ record }) => record?.version)).toEqual([2n])
  })
})
