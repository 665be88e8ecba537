import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

describe('a watch that begins in a dispute while an endpoint says for some seconds that there is none', () => {
  it.each([
    ['alone', undefined],
    ['when another client began one a moment before', 11],
    ['when another client began one half a block before', 6],
  ])('D10: its newest state is registered: %s', async (_, secondsBefore) => {
    const chain = modelChain()
    const [other, channel] = [testChannel(), testChannel({ duration: 1200n })]
    let lies = 0
    let liesUntilMs = Number.POSITIVE_INFINITY
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          return isLie(id) ? { ...reading, record: undefined } : reading
        },
        async readRecords(ids, options) {
          const answer = await chain.readRecords?.(ids, options)
          if (answer === undefined) throw new Error('cannot be read')
          const readings = answer.readings.map((each, at) => (isLie(ids[at]) ? { ...each, record: undefined } : each))
          return { ...answer, readings }
        },
      },
    })
    function isLie(id: string | undefined): boolean {
      const is = id === channel.id && s.clock.now() < liesUntilMs
      if (is) lies += 1
      return is
    }
    const guard = testChannel()
    await s.watch(guard.signed(1n))
    for (let block = 0; block < 19; block++) await s.mine()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    // In the last quarter of the window no sweep comes in time.
    await s.mine({ seconds: 1_040n })
    if (secondsBefore !== undefined) {
      await s.watch(other.signed(1n), undefined, 'mallory')
      await s.clock.pass(secondsBefore * 1000)
    }
    liesUntilMs = s.clock.now() + 8_000
    await s.watch(channel.signed(5n))
    for (let second = 0; second < 12; second++) await s.clock.pass(1000)
    chain.mine({ seconds: 24n })
    await settle()
    for (let block = 0; block < 4; block++) await s.mine()
    expect(lies).toBeGreaterThan(0)
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })
})
