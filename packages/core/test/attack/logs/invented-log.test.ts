import { describe, expect, it } from 'vitest'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseTransactionHash } from '../../../src/validation/parse-hex.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

describe('one invented log', () => {
  it.each(['dispute', 'forceExec', 'concluded'] as const)(
    'D7: of a newer version, %s, does not end a dispute',
    async (phase) => {
      const chain = modelChain({ finalityDepth: 64n })
      let isLie = false
      const channel = testChannel({ duration: 600n })
      const change: Change = (step) => {
        const [log] = step.added
        if (!isLie || log === undefined) return step
        return { ...step, added: [log, { ...log, phase, version: 1_000n, logIndex: log.logIndex + 1 }] }
      }
      await using s = await setup({ chain, chainOverrides: changed(chain, change) })
      const watch = await s.watch(channel.signed(1n))
      await watch.publish(channel.signed(5n))
      isLie = true
      await s.mine({ calls: [registers(channel.signed(1n))] })
      isLie = false
      for (let block = 0; block < 50; block++) await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
    },
  )

  it.each(['dispute', 'forceExec', 'concluded'] as const)(
    'D7: of a newer version, %s, that is denied once the record before it was read, leaves that to be answered',
    async (phase) => {
      const chain = modelChain({ finalityDepth: 64n })
      let isLie = false
      const channel = testChannel({ duration: 600n })
      const change: Change = (step) => {
        const { number, hash, timestamp } = step.head
        const transactionHash = parseTransactionHash(`0x${'cc'.repeat(32)}`)
        const made = { channelId: channel.id, version: 1_000n, phase, timeout: timestamp, transactionHash, logIndex: 0 }
        return isLie ? { ...step, added: [{ ...made, block: { number, hash, timestamp } }] } : step
      }
      await using s = await setup({ chain, chainOverrides: changed(chain, change) })
      const watch = await s.watch(channel.signed(1n))
      await watch.publish(channel.signed(5n))
      chain.faults.send = () => {
        throw new WatcherError('CHAIN_UNREACHABLE', 'Not now.')
      }
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      isLie = true
      await s.mine()
      isLie = false
      delete chain.faults.send
      for (let block = 0; block < 40; block++) await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
    },
  )
})
