import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('an endpoint that says once more that our state stands', () => {
  it.each([
    ['for the first time', []],
    ['while the channel is still read again and again because of the last time', [840n]],
  ])('D7: is asked again a block later: %s', async (_, before) => {
    const chain = modelChain()
    const channel = testChannel({ duration: 1_200n })
    const ours = chain.stateHash(channel.signed(5n).state)
    /** Seconds after the registration: each answer after such an instant is wrong, once. */
    const lies = [...before, 1_055n]
    const told: bigint[] = []
    let openedAt = 0n
    const since = (): bigint => chain.now - openedAt
    await using s = await setup({
      chain,
      chainOverrides: {
        async register(...args) {
          if (told.length <= before.length) throw new WatcherError('REGISTER_REVERTED', 'others were faster')
          return await chain.register(...args)
        },
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          const [at] = lies
          if (reading.record === undefined || at === undefined || since() < at) return reading
          told.push(since())
          lies.shift()
          return { ...reading, record: { ...reading.record, version: 5n, stateHash: ours } }
        },
      },
    })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(5n))
    // So that no sweep comes in the last minutes of the window.
    for (let block = 0; block < 34; block++) await s.mine()
    openedAt = chain.now
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 98; block++) await s.mine()
    expect(lies).toEqual([])
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })
})
