import { describe, expect, it } from 'vitest'
import type { RecordChange } from '../../../src/adapter.ts'
import { WatcherError } from '../../../src/index.ts'
import { concludes, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

type Refused = (change: RecordChange) => boolean

/** A ledger whose endpoint never looks into some transactions. */
function refusing(isRefused: Refused) {
  const chain = modelChain()
  const recoverStates: typeof chain.recoverStates = async (log, options) => {
    if (isRefused(log)) throw new WatcherError('TRACING_UNSUPPORTED', 'no traces')
    return await chain.recoverStates(log, options)
  }
  return { chain, chainOverrides: { recoverStates } }
}

describe('a registered state behind a transaction that no node looks into', () => {
  it('D5: is found in the registration, though a conclusion came after it', async () => {
    await using s = await setup(refusing(({ phase }) => phase === 'concluded'))
    const root = testChannel({ duration: 6_000n })
    const sub = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
    const own = testChannel({ duration: 0n }).signed(0n, { locks: [sub] })
    await s.mine({ calls: [registers(own, [sub.signed(7n)])] })
    await s.mine({ calls: [concludes(own, [sub.signed(7n)])] })
    for (let block = 0; block < 20; block++) await s.mine()
    const watch = await s.watch(root.signed(1n))
    await watch.publish(root.signed(2n, { locks: [sub] }))
    await s.watch(sub.signed(1n), root)
    await s.mine({ calls: [registers(root.signed(1n))] })
    for (let block = 0; block < 100; block++) await s.mine({ seconds: 50n })
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D5: is found in the registration of what locks it, though that of its own is hidden', async () => {
    const sub = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
    await using s = await setup(refusing(({ channelId }) => channelId === sub.id))
    const root = testChannel({ duration: 6_000n })
    const locks = { locks: [sub] }
    const own = testChannel({ duration: 0n }).signed(0n, locks)
    await s.mine({ calls: [registers(own, [sub.signed(7n)], true)] })
    await s.mine({ seconds: 100n })
    await s.mine({ calls: [registers(root.signed(1n, locks), [sub.signed(7n)])] })
    for (let block = 0; block < 20; block++) await s.mine()
    await s.watch(root.signed(2n, locks))
    await s.watch(sub.signed(1n), root)
    for (let block = 0; block < 90; block++) await s.mine({ seconds: 50n })
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })
})
