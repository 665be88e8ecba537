import { hasCode } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { bench, finalityDepth, gwei, sendForeign, until, waiting } from '../support/rig.ts'

const { chain, rig: newRig } = bench()

const never = (): Promise<never> => new Promise(() => undefined)

describe('somebody else with the same account', () => {
  it('does no harm while nothing is on its way', async () => {
    const rig = await newRig()
    await sendForeign(rig, chain(), { nonce: 0n })
    await rig.mine()
    const sent = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await sent.result
    expect(await rig.count()).toBe(2n)
    expect(rig.journal.entries).toHaveLength(1)
  })

  it('who spends a nonce is told as a replacement, and the next transaction passes', async () => {
    const rig = await newRig()
    const sent = await rig.send()
    await waiting(rig, 1)
    await sendForeign(rig, chain(), { nonce: 0n, tip: 50n * gwei })
    await rig.mine()
    expect(sent.state(), 'a receipt may only be late').toBe('waiting')
    await rig.mine(4)
    await expect(sent.result).rejects.toSatisfy((error) => hasCode(error, 'TRANSACTION_REPLACED'))
    const next = await rig.send()
    await waiting(rig, 1)
    await rig.mine()
    await next.result
    await rig.mine(finalityDepth)
    expect(rig.journal.entries).toHaveLength(0)
  })
})

describe('a nonce that the node calls spent', () => {
  it('is given up for another one at once, not at the next head', async () => {
    const rig = await newRig()
    await sendForeign(rig, chain(), { nonce: 0n })
    await rig.mine()
    // A node that is behind answers the preparation.
    rig.client.injectOnce('eth_getTransactionCount', async () => '0x0')
    const sent = await rig.send()
    await waiting(rig, 1)
    expect(Object.keys(await rig.mempool())).toEqual(['1'])
    await rig.mine()
    await sent.result
    expect(await rig.count()).toBe(2n)
  })
})

describe('lanes', () => {
  it('go on while another one hangs', async () => {
    const rig = await newRig({ lanes: 2 })
    const [first, second] = await Promise.all([rig.send(), rig.send()])
    await Promise.all([waiting(rig, 1, 0), waiting(rig, 1, 1)])
    const stuck = rig.signers[0]?.address
    rig.client.inject('eth_getTransactionCount', (next, [account]) => (account === stuck ? never() : next()))
    await rig.anvil.mine()
    const ticked = rig.tick()
    await until(() => first.state() !== 'waiting' || second.state() !== 'waiting')
    expect([first.state(), second.state()].toSorted()).toEqual(['included', 'waiting'])
    rig.client.heal()
    rig.clock.advance(10_000)
    await ticked
    await rig.tick()
    await rig.mine()
    await Promise.all([first.result, second.result])
  })
})
