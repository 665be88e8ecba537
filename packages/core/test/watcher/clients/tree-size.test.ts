import { describe, expect, it } from 'vitest'
import { modelBackend, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

const maxTreeSize = modelBackend.limits.channels

describe('the room below a ledger channel', () => {
  it('is what one registration can hold; more is refused before anything is promised', async () => {
    await using s = await setup()
    const bottom = Array.from({ length: maxTreeSize - 2 }, () => testChannel({ kind: 'sub', funds: 1n }))
    const middle = testChannel({ kind: 'sub', funds: BigInt(maxTreeSize) })
    const late = testChannel({ kind: 'sub', funds: 1n })
    const ledger = testChannel({ funds: BigInt(2 * maxTreeSize) })
    const ledgerWatch = await s.watch(ledger.signed(1n, { locks: [middle] }))
    await s.watch(middle.signed(1n, { locks: bottom }), ledger)
    for (const channel of bottom) await s.watch(channel.signed(1n), middle)
    // Also before anybody watches what is locked: it takes room, whatever its state will be.
    await expect(ledgerWatch.publish(ledger.signed(2n, { locks: [middle, late] }))).rejects.toMatchObject({
      code: 'TREE_TOO_LARGE',
    })
    await expect(s.watch(late.signed(1n), ledger)).rejects.toMatchObject({ code: 'TREE_TOO_LARGE' })
    await expect(s.watch(middle.signed(1n, { locks: bottom }), ledger)).resolves.toBeDefined()
  })
})
