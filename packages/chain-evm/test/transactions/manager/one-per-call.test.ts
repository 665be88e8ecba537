import { type Hex, isWatcherError } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)
const data: Hex = '0xc0ffee'

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function newWorld() {
  const node = new FakeNode()
  const manager = transactionManager({
    ...managerOptions,
    client: node.client,
    signers: [fakeSigner(0), fakeSigner(1)],
    journal: faultyJournal(),
    clock: manualClock(),
    finalityDepth: 5,
  })
  await manager.start()
  const outcomes: unknown[] = []
  return {
    node,
    manager,
    outcomes,
    async send(seconds: bigint, signal?: AbortSignal): Promise<void> {
      manager.send({ to, data, deadline: node.head.timestamp + seconds }, { signal }).then(
        () => outcomes.push('included'),
        (error: unknown) => outcomes.push(isWatcherError(error) ? error.code : error),
      )
      await settled()
    },
    async mine(blocks: number, room = 0): Promise<void> {
      for (let block = 0; block < blocks; block++) {
        node.mine(room)
        await manager.onHead(node.head)
        await settled()
      }
    },
    /** Nonces that were ever used for the call. */
    nonces: () =>
      new Set(node.pool.filter(({ call }) => call.data === data).map(({ account, nonce }) => `${account} ${nonce}`)),
  }
}

describe('the same call, asked for again and again', () => {
  it('waits once at the node while no block takes it, past one deadline after another', async () => {
    const { node, manager, outcomes, send, mine, nonces } = await newWorld()
    for (let time = 0; time < 16; time++) {
      await send(120n)
      await mine(11)
    }
    expect(outcomes.every((outcome) => outcome === 'DEADLINE_PASSED')).toBe(true)
    expect(nonces().size).toBe(1)
    await send(120n)
    await mine(1, 10)
    expect(outcomes.at(-1)).toBe('included')
    expect(node.included().filter(({ call }) => call.data === data)).toHaveLength(1)
    await manager.close()
  })
})
