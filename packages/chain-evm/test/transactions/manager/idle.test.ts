import { describe, expect, it } from 'vitest'
import type { EvmClient } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { type ManualClock, manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const minuteMs = 60_000

/** A manager with two accounts that has nothing to send, and what it asks the node from its start on. */
async function idleManager() {
  const node = new FakeNode()
  const clock = manualClock()
  const asked: string[] = []
  const low: unknown[] = []
  let balance = 10n ** 20n
  const client: EvmClient = {
    async request(method, params, options) {
      asked.push(method)
      return method === 'eth_getBalance' ? toQuantity(balance) : await node.client.request(method, params, options)
    },
  }
  const manager = transactionManager({
    ...managerOptions,
    client,
    signers: [fakeSigner(0), fakeSigner(1)],
    journal: faultyJournal(),
    clock,
    finalityDepth: 5,
    onLowBalance: (report) => low.push(report),
  })
  await manager.start()
  asked.length = 0
  return {
    node,
    clock,
    manager,
    asked,
    low,
    drain: () => {
      balance = 1n
    },
    refill: () => {
      balance = 10n ** 20n
    },
  }
}

async function pass(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

describe('a manager with nothing to send', () => {
  it('asks the node nothing for a new head', async () => {
    const { node, manager, asked } = await idleManager()
    for (let heads = 0; heads < 1_000; heads++) {
      node.mine(0)
      await manager.onHead(node.head)
    }
    expect(asked).toEqual([])
    await manager.close()
  })

  it('looks at every balance once in five minutes, and warns where one is low', async () => {
    const { clock, manager, asked, low, drain } = await idleManager()
    const reads = (): number => asked.filter((method) => method === 'eth_getBalance').length
    drain()
    await pass(clock, 4 * minuteMs)
    expect(reads()).toBe(0)
    await pass(clock, minuteMs)
    // A low one is asked of another endpoint as well.
    expect(reads()).toBe(4)
    expect(low).toHaveLength(2)
    await manager.close()
  })

  it('looks at accounts that cannot pay more often, and counts on them only once they can', async () => {
    const { clock, manager, asked, drain, refill } = await idleManager()
    const reads = (): number => asked.filter((method) => method === 'eth_getBalance').length
    expect(manager.places).toBe(32)
    // Of 100 ether each, 300 000 gas at a little more than one gwei.
    expect(manager.payable).toBe(2n * 333_333n)
    drain()
    await pass(clock, 5 * minuteMs)
    expect(manager.places).toBe(0)
    expect(manager.payable).toBe(0n)
    const before = reads()
    for (let minutes = 0; minutes < 5; minutes++) await pass(clock, minuteMs)
    expect(reads() - before).toBeGreaterThanOrEqual(2 * 4)
    refill()
    for (let minutes = 0; minutes < 2; minutes++) await pass(clock, minuteMs)
    expect(manager.places).toBe(32)
    const after = reads()
    for (let minutes = 0; minutes < 3; minutes++) await pass(clock, minuteMs)
    expect(reads()).toBe(after)
    await manager.close()
  })
})
