import { describe, expect, it } from 'vitest'
import type { Params, SignedState } from '../../../src/index.ts'
import { modelChannelId, modelSigned, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

/** A channel that is funded on the ledger and may be locked below another one as well. */
function ledgerAndVirtual(): TestChannel {
  const plain = testChannel({ kind: 'ledger', funds: 1_000n })
  const params: Params = { ...plain.params, virtualChannel: true }
  const id = modelChannelId(params)
  return {
    ...plain,
    id,
    params,
    signed: (version, options): SignedState =>
      modelSigned(params, { ...plain.signed(version, options).state, channelId: id }),
  }
}

describe('a parent that another client names', () => {
  it('D6: does not take away that a ledger channel is its own root', { timeout: 60_000 }, async () => {
    await using s = await setup()
    const [ours, theirs] = [ledgerAndVirtual(), testChannel()]
    const watch = await s.watch(ours.signed(1n), undefined, 'hub')
    await watch.publish(ours.signed(2n))
    await s.watch(theirs.signed(1n), undefined, 'hostile')
    const hostile = await s.watch(ours.signed(2n), theirs, 'hostile')
    await hostile.stop()
    await s.mine({ calls: [registers(ours.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(ours.id)?.version).toBe(2n)
  })
})
