import { type Hex, isWatcherError } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import type { EvmClient } from '../../../src/rpc/evm-client.ts'
import { parseAddress } from '../../../src/rpc/parse-rpc.ts'
import { chainUnreachable } from '../../../src/rpc/rpc-errors.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const secondsPerBlock = 12n
const call = { to: parseAddress(`0x${'c0'.repeat(20)}`), data: '0xc0ffee' as Hex }

/** A manager with one transaction at the node, which has two minutes; no block takes it unless told to. */
async function waitingManager() {
  const node = new FakeNode()
  const refused = new Set<string>()
  const client: EvmClient = {
    async request(method, params, options) {
      if (refused.has(method)) throw chainUnreachable(method, 'down')
      return await node.client.request(method, params, options)
    },
  }
  const manager = transactionManager({
    ...managerOptions,
    client,
    signers: [fakeSigner(0)],
    journal: faultyJournal(),
    clock: manualClock(),
    finalityDepth: 5,
  })
  await manager.start()
  const deadline = node.head.timestamp + 10n * secondsPerBlock
  let outcome: unknown = 'waiting'
  const sent = manager.send({ ...call, deadline }).then(
    () => {
      outcome = 'included'
    },
    (error: unknown) => {
      outcome = isWatcherError(error) ? error.code : error
    },
  )
  while (node.pool.length === 0) await new Promise((resolve) => setImmediate(resolve))
  return {
    node,
    refused,
    manager,
    /** Mines until the chain's time is so many seconds past the deadline. */
    async mineUntil(secondsPast: bigint) {
      while (node.head.timestamp < deadline + secondsPast) {
        node.mine(0)
        await manager.onHead(node.head)
      }
      return outcome
    },
    async mineTransaction() {
      node.mine(1)
      await manager.onHead(node.head)
      await sent
      return outcome
    },
  }
}

describe('a transaction whose deadline has passed', () => {
  it('has expired as soon as the chain says so', async () => {
    const { mineUntil, manager } = await waitingManager()
    expect(await mineUntil(-secondsPerBlock)).toBe('waiting')
    expect(await mineUntil(0n)).toBe('DEADLINE_PASSED')
    await manager.close()
  })

  it('is given a minute more while the node does not tell the count of nonces', async () => {
    const { refused, mineUntil, manager } = await waitingManager()
    refused.add('eth_getTransactionCount')
    expect(await mineUntil(48n)).toBe('waiting')
    expect(await mineUntil(60n)).toBe('DEADLINE_PASSED')
    await manager.close()
  })

  it('is told as included where the count comes back within that minute', async () => {
    const { refused, mineUntil, mineTransaction, manager } = await waitingManager()
    refused.add('eth_getTransactionCount')
    expect(await mineUntil(36n)).toBe('waiting')
    refused.clear()
    expect(await mineTransaction()).toBe('included')
    await manager.close()
  })

  it('is told as included where only its receipt says so', async () => {
    const { refused, node, mineUntil, manager } = await waitingManager()
    refused.add('eth_getTransactionCount')
    node.mine(1)
    expect(await mineUntil(48n)).toBe('waiting')
    expect(await mineUntil(60n)).toBe('included')
    await manager.close()
  })
})
