import { describe, expect, it } from 'vitest'
import type { RegistererSubscriber } from '../../../src/adapter.ts'
import type { ChannelId } from '../../../src/index.ts'
import { concludes, modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { type Setup, setup } from '../../support/setup.ts'

/** A ledger channel that locks these, which the client does not watch any more. */
async function leave(s: Setup, subs: readonly TestChannel[], client: string): Promise<void> {
  const root = testChannel()
  const watch = await s.watch(root.signed(1n), undefined, client)
  await watch.publish(root.signed(2n, { locks: subs }))
  const watches = []
  for (const sub of subs) watches.push(await s.watch(sub.signed(1n), root, client))
  for (const each of watches) await each.stop()
}

type Slow = 'readRecord' | 'recoverStates'

/** @returns what is asked about, in order. */
function slowly(call: Slow, sleep: () => Promise<void>) {
  const chain = modelChain()
  const asked: ChannelId[] = []
  const overrides: Record<Slow, Partial<RegistererSubscriber>> = {
    readRecord: {
      async readRecord(id, options) {
        asked.push(id)
        await sleep()
        return await chain.readRecord(id, options)
      },
    },
    recoverStates: {
      async recoverStates(log, options) {
        asked.push(log.channelId)
        await sleep()
        return await chain.recoverStates(log, options)
      },
    },
  }
  return { chain, asked, chainOverrides: overrides[call] }
}

describe('many channels that another client has left, and that its ledger channel locks', () => {
  it.each([
    ['readRecord', 32],
    ['recoverStates', 4],
  ] as const)('D10: %s: ours, left as well, does not wait for all of them', async (call, atOnce) => {
    const faults = { isSlow: false }
    let sleep = async (): Promise<void> => {}
    const { chain, asked, chainOverrides } = slowly(call, () => (faults.isSlow ? sleep() : Promise.resolve()))
    await using s = await setup({ chain, chainOverrides })
    sleep = () => s.clock.sleep(250)
    const theirs = Array.from({ length: 50 }, () => testChannel({ kind: 'sub', funds: 1n }))
    const ours = testChannel({ kind: 'sub', funds: 1n })
    await leave(s, theirs, 'mallory')
    await leave(s, [ours], 'alice')
    await s.mine()
    asked.length = 0
    faults.isSlow = true
    const calls = [...theirs, ours].flatMap((sub) => {
      const own = testChannel({ duration: 0n }).signed(0n, { locks: [sub] })
      return [registers(own, [sub.signed(1n)]), concludes(own, [sub.signed(1n)])]
    })
    await s.mine({ calls })
    await s.mine()
    expect(asked).toContain(ours.id)
    expect(asked.indexOf(ours.id)).toBeLessThan(atOnce + 4)
  })
})
