import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

const withoutLogs: Change = (step) => ({ ...step, removed: [], added: [] })

/** A ledger that reads each record by a call of its own. */
const singly = { readRecords: undefined }

describe('a registration of which no log is ever given', () => {
  it.each([
    [120n, 'in bulk', {}],
    [600n, 'in bulk', {}],
    [3_600n, 'in bulk', {}],
    [600n, 'singly', singly],
  ])(
    'is found within a quarter of a window of %i s, read %s, and refuted',
    async (duration, _, overrides) => {
      const chain = modelChain()
      await using s = await setup({ chain, chainOverrides: { ...changed(chain, withoutLogs), ...overrides } })
      const channel = testChannel({ duration })
      const others = [testChannel({ duration: 86_400n }), testChannel({ duration: 60n })]
      for (const other of others) await s.watch(other.signed(1n))
      const watch = await s.watch(channel.signed(1n))
      await watch.publish(channel.signed(2n))
      await s.mine()
      await s.mine({ calls: [registers(channel.signed(1n))] })
      const registeredAt = s.chain.now
      const isKnown = (): boolean => watch.told.some((told) => told.startsWith('registered'))
      while (!isKnown() && s.chain.now < registeredAt + duration) await s.mine()
      // One block later than by the clock at most, since both move in blocks here.
      expect(s.chain.now - registeredAt).toBeLessThanOrEqual(duration / 4n + 24n)
      while ((s.chain.dispute(channel.id)?.version ?? 0n) < 2n && s.chain.now < registeredAt + duration) await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(2n)
      expect(s.engine.stats.foundBySweep).toBeGreaterThanOrEqual(1)
    },
    60_000,
  )

  it('while the watcher was away is found at the start', async () => {
    const chain = modelChain()
    const channel = testChannel({ duration: 36_000n })
    const first = await setup({ chain })
    const watch = await first.watch(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    await first.mine()
    await first[Symbol.asyncDispose]()
    chain.mine({ calls: [registers(channel.signed(1n))] })
    await using s = await setup({ chain, store: first.store, chainOverrides: changed(chain, withoutLogs) })
    for (let block = 0; block < 6; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(2n)
  })

  it('in a gap is found after it', async () => {
    const chain = modelChain()
    let isGap = false
    const change: Change = (step) => ({ ...withoutLogs(step), gap: isGap })
    await using s = await setup({ chain, chainOverrides: changed(chain, change) })
    const channel = testChannel({ duration: 360_000n })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 6; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(1n)
    isGap = true
    for (let block = 0; block < 6; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(2n)
  })
})

describe('the cursor', () => {
  it.each([
    ['in bulk', {}],
    ['singly', singly],
  ])('passes a gap only after every record was read, %s', async (_, overrides) => {
    const chain = modelChain()
    let isGap = false
    let isBlind = false
    const blind = async (): Promise<never> => {
      throw new Error('no records at the moment')
    }
    const change: Change = (step) => ({ ...withoutLogs(step), gap: isGap })
    const bulk = 'readRecords' in overrides ? overrides : { readRecords: whileSeeing(chain.readRecords) }
    function whileSeeing<Args extends readonly unknown[], Result>(
      read: ((...args: Args) => Promise<Result>) | undefined,
    ): ((...args: Args) => Promise<Result>) | undefined {
      return read && ((...args) => (isBlind ? blind() : read(...args)))
    }
    await using s = await setup({
      chain,
      chainOverrides: {
        ...changed(chain, change),
        ...bulk,
        readRecord: whileSeeing(chain.readRecord) ?? chain.readRecord,
      },
    })
    const cursor = async (): Promise<bigint> => (await s.store.cursor(chain.ledgerId)) ?? -1n
    const channel = testChannel({ duration: 360_000n })
    await s.watch(channel.signed(1n))
    for (let block = 0; block < 40; block++) await s.mine()
    isBlind = true
    isGap = true
    await s.mine()
    isGap = false
    const before = await cursor()
    for (let block = 0; block < 40; block++) await s.mine()
    expect(await cursor()).toBe(before)
    isBlind = false
    for (let block = 0; block < 40; block++) await s.mine()
    expect(await cursor()).toBeGreaterThan(before + 32n)
  })
})

describe('what many records read at once say', () => {
  it('takes no known record back by itself, nor stands against a single reading', async () => {
    const chain = modelChain()
    let lies = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecords(ids) {
          const { readings } = (await chain.readRecords?.(ids)) ?? { readings: [] }
          lies += readings.filter(({ record }) => record !== undefined).length
          return { readings: readings.map(({ block }) => ({ record: undefined, block })), calls: 1, way: 'lies' }
        },
      },
    })
    const channel = testChannel({ duration: 600n })
    const watch = await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 50; block++) await s.mine()
    expect(lies).toBeGreaterThan(2)
    expect(watch.told.filter((told) => told.startsWith('removed'))).toEqual([])
    expect(s.engine.stats.foundBySweep).toBe(0)
  })

  it('counts nothing as found that a log had told', async () => {
    await using s = await setup()
    const channel = testChannel({ duration: 600n })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 60; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(2n)
    expect(s.engine.stats.foundBySweep).toBe(0)
    expect(s.engine.stats.sweepCalls).toBeGreaterThan(2)
  })
})
