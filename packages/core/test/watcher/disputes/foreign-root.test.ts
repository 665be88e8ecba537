import { describe, expect, it } from 'vitest'
import { progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

/** An app sub-channel of ours, registered by the cheater below a ledger channel that we never heard of. */
async function registeredElsewhere() {
  const s = await setup({ refuteDepth: 2n })
  const sub = testChannel({ kind: 'sub', funds: 10n, duration: 600n, hasApp: true })
  const root = testChannel({ duration: 600n })
  const foreign = testChannel({ duration: 600n })
  const rootWatch = await s.watch(root.signed(9n, { locks: [sub] }))
  await s.watch(sub.signed(4n), root)
  const registered = registers(foreign.signed(1n, { locks: [sub] }), [sub.signed(4n)])
  return { s, sub, root, rootWatch, registered }
}

describe('an app sub-channel registered below a foreign root', () => {
  it('makes us register our root before the app can be played, though nothing older is on the chain', async () => {
    const { s, sub, root, registered } = await registeredElsewhere()
    await using _ = s
    await s.mine({ calls: [registered] })
    for (let block = 0; block < 5; block++) await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(9n)
    await s.mine({ seconds: 601n, calls: [progresses(sub.signed(4n), sub.signed(5n))] })
    await expect(s.mine({ calls: [registers(root.signed(2n))] })).rejects.toThrow('invalid version')
  })

  it('is answered at once when its window is over already', async () => {
    const { s, root, registered } = await registeredElsewhere()
    await using _ = s
    await s.mine({ calls: [registered] })
    await s.mine({ seconds: 601n, withPending: false })
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(9n)
  })

  it('is reported when it was played before we could act', async () => {
    const { s, sub, rootWatch, registered } = await registeredElsewhere()
    await using _ = s
    await s.mine({ calls: [registered], withPending: false })
    await s.mine({ seconds: 601n, calls: [progresses(sub.signed(4n), sub.signed(5n))], withPending: false })
    await s.mine()
    expect(rootWatch.told).toContain('endangered state-unknown')
  })
})
