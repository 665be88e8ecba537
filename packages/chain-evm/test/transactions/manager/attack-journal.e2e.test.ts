import { describe, expect, it } from 'vitest'
import { bench, gwei, until, waiting } from '../support/rig.ts'

const { rig: newRig } = bench()

describe('D11: what an earlier run left at the node', () => {
  it('holds nobody up where no block can include it: on a quiet chain none would ever come', async () => {
    const rig = await newRig()
    await rig.send()
    await waiting(rig, 1)
    await rig.manager.close()
    // Nothing that waits offers as much, and blocks come with transactions only.
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.anvil.mine()
    // geth counts what waits in its pool, whether the next block could include it or not; anvil does not.
    rig.client.inject('eth_getTransactionCount', async (next, [, block]) => (block === 'pending' ? '0x1' : next()))
    const manager = rig.again()
    await manager.start()
    const sent = await rig.send({ manager, data: '0x12345678' })
    await until(() => rig.journal.entries.length >= 2)
    const head = await rig.head()
    // As polled: the head stays what it is.
    for (let pass = 0; pass < 5; pass++) await manager.onHead(head)
    await rig.anvil.setNextBaseFee(60n * gwei)
    await rig.anvil.mine()
    await manager.onHead(await rig.head())
    expect(await rig.nonce()).toBe(2n)
    await sent.result
    await manager.close()
  })
})
