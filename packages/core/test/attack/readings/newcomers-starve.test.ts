import { describe, expect, it } from 'vitest'
import { parseClientName } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { settle, setup } from '../../support/setup.ts'

const withoutLogs: Change = (step) => ({ ...step, removed: [], added: [] })

describe('a client who begins and ends watches without pause', () => {
  it.each([1, 4])(
    'D10: does not keep the sweep from a dispute whose log is hidden: %d watches a second',
    async (rate) => {
      const chain = modelChain()
      let swept = 0
      const channel = testChannel({ duration: 600n })
      await using s = await setup({
        chain,
        chainOverrides: {
          ...changed(chain, withoutLogs),
          async readRecords(ids, options) {
            const answer = await chain.readRecords?.(ids, options)
            if (answer === undefined) throw new Error('cannot be read')
            if (ids.includes(channel.id)) swept += 1
            // As long as a real endpoint takes.
            await s.clock.sleep(300, options)
            return answer
          },
        },
      })
      const watch = await s.watch(channel.signed(1n))
      await watch.publish(channel.signed(5n))
      const client = parseClientName('mallory')
      async function pass(options: Parameters<typeof s.mine>[0] = {}): Promise<void> {
        for (let second = 0; second < 12; second++) {
          if (rate === 0) await s.clock.pass(1000)
          for (let each = 0; each < rate; each++) {
            await s.clock.pass(1000 / rate)
            const other = testChannel()
            await s.watch(other.signed(1n), undefined, 'mallory')
            await s.engine.stopWatching(other.id, { client })
          }
        }
        chain.mine({ seconds: 12n, ...options })
        await settle()
      }
      for (let block = 0; block < 20; block++) await pass()
      const before = swept
      await pass({ calls: [registers(channel.signed(1n))] })
      for (let block = 0; block < 50; block++) await pass()
      expect(swept - before).toBeGreaterThan(0)
      expect(chain.dispute(channel.id)?.version).toBe(5n)
    },
    120_000,
  )
})
