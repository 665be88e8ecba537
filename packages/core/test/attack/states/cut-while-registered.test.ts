import { describe, expect, it } from 'vitest'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'
import { closes } from '../support.ts'

describe('a history that outgrows its bound', () => {
  it.each([2n, 7n, 20n])('D4: does not lose the state that the ledger holds, v%i', async (closedAt) => {
    await using s = await setup({ historyBytes: 20_000 })
    const root = testChannel()
    const sub = testChannel({ kind: 'sub', funds: 50n })
    const rootWatch = await s.watch(root.signed(1n))
    await rootWatch.publish(root.signed(2n, { locks: [sub] }))
    const watch = await s.watch(sub.signed(1n), root)
    for (let version = 2n; version <= 20n; version++) await watch.publish(sub.signed(version))
    // In one block, and nothing of it can be recovered from the chain.
    await s.mine({ calls: closes(sub, closedAt) })
    await s.mine()
    for (let version = 21n; version <= 200n; version++) await watch.publish(sub.signed(version))
    expect(watch.told.join()).toContain('history-cut')
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 10; block++) await s.mine()
    expect([s.chain.dispute(root.id)?.version, s.chain.dispute(sub.id)?.version]).toEqual([2n, closedAt])
  })
})
