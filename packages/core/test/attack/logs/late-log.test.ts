import { describe, expect, it } from 'vitest'
import type { AdjudicatorLog } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

describe('a log that an endpoint gives long after what it tells of was answered', () => {
  it.each([
    ['while the answer may still be reorged away', 1],
    ['once the answer is final', 12],
    ['once nobody remembers the log of the answer', 100],
  ])('is told, and nothing else: %s', async (_, blocks) => {
    const chain = modelChain({ finalityDepth: 4n })
    const channel = testChannel({ duration: 6_000n })
    const withheld: AdjudicatorLog[] = []
    let isGivenNow = false
    const change: Change = (step) => {
      const isOld = (log: AdjudicatorLog): boolean => log.channelId === channel.id && log.version === 1n
      withheld.push(...step.added.filter(isOld))
      const late = isGivenNow ? withheld.splice(0) : []
      return { ...step, added: [...late, ...step.added.filter((log) => !isOld(log))] }
    }
    let isSilent = false
    await using s = await setup({
      chain,
      chainOverrides: {
        ...changed(chain, change),
        async readRecord(id, options) {
          if (isSilent) throw new Error('no answer')
          return await chain.readRecord(id, options)
        },
      },
    })
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(4n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    // The sweep finds it, and the answer is told by its log.
    for (let block = 0; block < 200 && chain.dispute(channel.id)?.version !== 4n; block++) await s.mine()
    for (let block = 0; block < blocks; block++) await s.mine()
    const [sent, told] = [chain.sent.length, watch.events.length]
    isGivenNow = true
    isSilent = true
    for (let block = 0; block < 3; block++) await s.mine()
    isSilent = false
    for (let block = 0; block < 10; block++) await s.mine()
    expect(withheld).toEqual([])
    expect(chain.sent.length).toBe(sent)
    const since = watch.events.slice(told)
    expect(since.map(({ type }) => type)).not.toContain('endangered')
    const [stored] = (await s.store.load(channel.id))?.records ?? []
    expect(stored?.record?.version).toBe(4n)
    expect(chain.dispute(channel.id)?.version).toBe(4n)
  })
})
