import { describe, expect, it } from 'vitest'
import type { RegistererSubscriber } from '../../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseBlockHash } from '../../../src/validation/parse-hex.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

const withoutLogs: Change = (step) => ({ ...step, removed: [], added: [] })

describe('one reading of a record at a block far ahead that does not exist', () => {
  it.each([
    ['dispute', 999n, false],
    ['concluded', 999n, false],
    ['concluded', 999n, true],
    ['dispute', 1n, true],
  ] as const)(
    'D7: %s, version %i, does not end the readings of the channel; a restart after it: %s',
    async (phase, version, isRestarted) => {
      const chain = modelChain()
      let isLie = true
      const chainOverrides: Partial<RegistererSubscriber> = {
        ...changed(chain, withoutLogs),
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          if (!isLie) return reading
          const block = { ...reading.block, number: 1_000_000_000n, hash: parseBlockHash(`0x${'ee'.repeat(32)}`) }
          const timeout = chain.now + 600n
          return { block, record: { version, phase, timeout, stateHash: undefined, blockNumber: block.number } }
        },
      }
      const channel = testChannel({ duration: 600n })
      const first = await setup({ chain, chainOverrides })
      const watch = await first.watch(channel.signed(1n))
      await watch.publish(channel.signed(5n))
      isLie = false
      if (isRestarted) await first[Symbol.asyncDispose]()
      await using s = isRestarted ? await setup({ chain, store: first.store, chainOverrides }) : first
      for (let block = 0; block < 15; block++) await s.mine()
      expect(chain.sent).toHaveLength(0)
      await s.mine({ calls: [registers(channel.signed(1n))] })
      for (let block = 0; block < 48; block++) await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
    },
    60_000,
  )
})
