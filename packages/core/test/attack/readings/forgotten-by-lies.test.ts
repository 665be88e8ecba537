import { describe, expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseStateHash } from '../../../src/validation/parse-hex.ts'
import { setup } from '../../support/setup.ts'
import { closes } from '../support.ts'

const ofNoState = { stateHash: parseStateHash(`0x${'ee'.repeat(32)}`) }

describe('readings that tell something else until the record is final', () => {
  it.each([
    [2n, 'hash', ofNoState],
    [3n, 'hash', ofNoState],
    [3n, 'version', { version: 0n }],
    [3n, 'version', { version: 4n }],
    [3n, 'version and hash', { ...ofNoState, version: 9n }],
  ])('D4, D7: do not make us forget the state that the ledger holds, v%i: another %s', async (closedAt, _, lie) => {
    const chain = modelChain()
    let isLie = false
    const sub = testChannel({ kind: 'sub', funds: 50n, duration: 3_600n })
    await using s = await setup({
      chain,
      chainOverrides: {
        async readRecord(id, options) {
          const reading = await chain.readRecord(id, options)
          if (id !== sub.id || reading.record === undefined || !isLie) return reading
          return { ...reading, record: { ...reading.record, ...lie } }
        },
      },
    })
    const root = testChannel()
    const rootWatch = await s.watch(root.signed(1n))
    await rootWatch.publish(root.signed(2n, { locks: [sub] }))
    const watch = await s.watch(sub.signed(1n), root)
    for (let version = 2n; version <= 5n; version++) await watch.publish(sub.signed(version))
    isLie = true
    // In one block, and nothing of it can be recovered from the chain.
    await s.mine({ calls: closes(sub, closedAt) })
    for (let block = 0; block < 20; block++) await s.mine()
    isLie = false
    for (let block = 0; block < 80; block++) await s.mine()
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 10; block++) await s.mine()
    expect([s.chain.dispute(root.id)?.version, s.chain.dispute(sub.id)?.version]).toEqual([2n, closedAt])
  })
})
