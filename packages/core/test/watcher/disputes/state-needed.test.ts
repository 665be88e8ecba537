import { describe, expect, it } from 'vitest'
import type { StateNeeded } from '../../../src/index.ts'
import { concludes, modelStateHash, progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { type Setup, setup, type Watched } from '../../support/setup.ts'

const [root, sub] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
const locks = { locks: [sub] }

/** Closes the sub-channel, below a ledger channel of the adversary's own, at a state that cannot be recovered. */
function closes(version: bigint) {
  const [own, at] = [testChannel({ duration: 0n }), sub.signed(version)]
  const above = own.signed(0n, locks)
  return [registers(above, [at], true), concludes(above, [at])]
}

const asked = ({ events }: Watched): readonly StateNeeded[] => events.filter((event) => event.type === 'stateNeeded')

/** An old state of the root is registered, and a state of the sub-channel stands that nobody gave us. */
async function hiddenState(): Promise<{ s: Setup; above: Watched; below: Watched; other: Watched }> {
  const s = await setup()
  const above = await s.watch(root.signed(1n, locks), undefined, 'alice')
  const below = await s.watch(sub.signed(1n), root, 'alice')
  await s.watch(root.signed(1n, locks), undefined, 'bob')
  const other = await s.watch(sub.signed(1n), root, 'bob')
  await above.publish(root.signed(2n, locks))
  await s.mine({ calls: [registers(root.signed(1n, locks), [sub.signed(1n)], true), ...closes(4n)] })
  await s.mine()
  expect(s.chain.sent).toEqual([])
  return { s, above, below, other }
}

describe('a registered state that nobody gave us', () => {
  it('is asked for, and whoever of the clients publishes it brings the answer', async () => {
    const { s, above, below, other } = await hiddenState()
    await using _ = s
    expect(above.told).toContain('endangered state-unknown')
    const deadline = s.chain.dispute(root.id)?.timeout
    const needed = {
      type: 'stateNeeded',
      channelId: sub.id,
      version: 4n,
      stateHash: modelStateHash(sub.signed(4n).state),
      deadline,
      secondsLeft: expect.any(BigInt),
    }
    for (const watch of [below, other]) expect(asked(watch)).toEqual([needed])
    expect(asked(above)).toEqual([])
    await other.publish(sub.signed(4n))
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
    expect(asked(other)).toHaveLength(1)
  })

  it('is asked for once, however long it takes, and again where the client comes anew', async () => {
    const { s, below, other } = await hiddenState()
    await using _ = s
    for (let block = 0; block < 4; block++) await s.mine()
    for (const watch of [below, other]) expect(asked(watch)).toHaveLength(1)
    await s.watch(root.signed(2n, locks), undefined, 'carol')
    await s.watch(sub.signed(1n), root, 'carol').then(async (late) => {
      await s.mine()
      expect(asked(late)).toHaveLength(1)
    })
  })

  it('is asked of the clients that cannot be defended, too, in the only watch that they have', async () => {
    await using s = await setup()
    const above = await s.watch(root.signed(1n, locks), undefined, 'alice')
    const below = await s.watch(sub.signed(1n), root, 'alice')
    await above.publish(root.signed(2n, locks))
    await below.stop()
    await s.mine({ calls: [registers(root.signed(1n, locks), [sub.signed(1n)], true), ...closes(4n)] })
    await s.mine()
    expect(asked(above)).toMatchObject([{ channelId: sub.id, version: 4n }])
    // It outlives the connection as any event does.
    above.detach()
    const again = await s.watch(root.signed(2n, locks), undefined, 'alice')
    expect(asked(again)).toHaveLength(1)
    await s.watch(sub.signed(4n), root, 'alice')
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('of a channel with a final state is taken though it follows that one', async () => {
    await using s = await setup()
    const above = await s.watch(root.signed(1n, locks))
    const below = await s.watch(sub.signed(3n, { isFinal: true }), root)
    await above.publish(root.signed(2n, locks))
    await s.mine({ calls: [registers(root.signed(1n, locks), [sub.signed(1n)], true), ...closes(4n)] })
    await s.mine()
    expect(asked(below)).toMatchObject([{ version: 4n }])
    await expect(below.publish(sub.signed(5n))).rejects.toMatchObject({ code: 'STATE_AFTER_FINAL' })
    await below.publish(sub.signed(4n))
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('is not asked for where one participant alone made it', async () => {
    await using s = await setup()
    const played = testChannel({ kind: 'sub', funds: 10n, duration: 60n, hasApp: true })
    const parent = testChannel({ duration: 6000n })
    const above = await s.watch(parent.signed(1n, { locks: [played] }))
    const below = await s.watch(played.signed(0n), parent)
    await s.mine({ calls: [registers(parent.signed(1n, { locks: [played] }), [played.signed(0n)])] })
    await s.mine({ seconds: 100n, calls: [progresses(played.signed(0n), played.signed(1n))] })
    await above.publish(parent.signed(2n, { locks: [played] }))
    await s.mine()
    expect(above.told).toContain('endangered state-unknown')
    for (const watch of [above, below]) expect(asked(watch)).toEqual([])
  })
})
