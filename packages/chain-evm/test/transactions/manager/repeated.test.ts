import { describe, expect, it } from 'vitest'
import { failoverClient, parseAddress } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a call that was sent again with another nonce, because endpoints differed about the first one', () => {
  it.each([1, 2, 3])('is told by the transaction that did it, where receipts come %s blocks late', async (late) => {
    const node = new FakeNode()
    const clock = manualClock()
    const takenAt = new Map<unknown, bigint>()
    // Whoever reads the contract sees what it did at once; the receipts are indexed later.
    const lateReceipts = {
      request: async (method: string, params: readonly unknown[]) => {
        const answer = await node.client.request(method, params)
        if (method !== 'eth_getTransactionReceipt' || answer === null) return answer
        const [hash] = params
        if (!takenAt.has(hash)) takenAt.set(hash, node.head.number)
        return node.head.number - (takenAt.get(hash) ?? 0n) >= BigInt(late) ? answer : null
      },
    }
    const behind = {
      request: async (method: string, params: readonly unknown[]) => {
        if (method === 'eth_getTransactionCount') return toQuantity(0n)
        return lateReceipts.request(method, params)
      },
    }
    const endpoints = [
      { name: 'behind', client: behind },
      { name: 'honest', client: lateReceipts },
    ]
    const client = failoverClient({ endpoints, clock })
    const own = { client, clock, signers: [fakeSigner(0)], journal: faultyJournal(), finalityDepth: 5 }
    const manager = transactionManager({ ...managerOptions, ...own })
    await manager.start()
    const sent = manager.send({ to, data: '0xaa', deadline: node.head.timestamp + 3_000n, gas: 100_000n })
    for (let block = 0; block < 10; block++) {
      await settle()
      node.mine(4)
      clock.advance(12_000)
      await Promise.race([manager.onHead(node.head), settle()])
    }
    const [first, ...repetitions] = node.included().filter(({ call }) => call.data === '0xaa')
    expect(repetitions.length).toBeGreaterThan(0)
    expect((await sent).transactionHash).toBe(first?.hash)
    void manager.close()
  })
})
