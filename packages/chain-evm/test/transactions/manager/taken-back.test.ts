import { type Hex, isWatcherError, parseBytes } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import type { EvmClient } from '../../../src/index.ts'
import { parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)
const finalityDepth = 5

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function newWorld(secondsPerBlock = 12n) {
  let node = new FakeNode(secondsPerBlock)
  const lost = { receipts: false, counts: false }
  const errors: string[] = []
  const client: EvmClient = {
    async request(method, params, options) {
      if (lost.receipts && method === 'eth_getTransactionReceipt') return null
      if (lost.counts && method === 'eth_getTransactionCount') return '0x0'
      return await node.client.request(method, params, options)
    },
  }
  const manager = transactionManager({
    ...managerOptions,
    logger: { ...managerOptions.logger, error: (message) => errors.push(message) },
    client,
    signers: [fakeSigner(0)],
    journal: faultyJournal(),
    clock: manualClock(),
    finalityDepth,
  })
  await manager.start()
  const mine = async (blocks: number, room = 10): Promise<void> => {
    for (let block = 0; block < blocks; block++) {
      node.mine(room)
      await manager.onHead(node.head)
      await settled()
    }
  }
  const send = async (data: Hex): Promise<{ outcome: unknown }> => {
    const sent: { outcome: unknown } = { outcome: 'waiting' }
    manager.send({ to, data, deadline: node.head.timestamp + 3_600n }).then(
      () => {
        sent.outcome = 'included'
      },
      (error: unknown) => {
        sent.outcome = isWatcherError(error) ? error.code : error
      },
    )
    await settled()
    return sent
  }
  return {
    manager,
    errors,
    lost,
    mine,
    send,
    /** Sends so many transactions, until all of them are final and forgotten. */
    async settle(transactions: number): Promise<void> {
      for (let serial = 0; serial < transactions; serial++) {
        const sent = await send(parseBytes(`0x${(serial + 1).toString(16).padStart(8, '0')}`))
        await mine(1)
        expect(sent.outcome).toBe('included')
      }
      await mine(finalityDepth + 2)
    },
    reorg: async (depth: number): Promise<void> => {
      node.reorg(depth, false)
      await manager.onHead(node.head)
      await settled()
    },
    /** Another chain behind the same address. */
    reset: (): void => {
      node = new FakeNode(secondsPerBlock)
    },
  }
}

describe('nonces that were final and are free again', () => {
  it.each([1n, 2n])('are not believed of a node that is behind for moments, with blocks of %d s', async (seconds) => {
    const { manager, errors, settle, send, mine, lost } = await newWorld(seconds)
    await settle(3)
    const sent = await send('0xc0ffee')
    lost.counts = true
    await mine(6, 0)
    lost.counts = false
    await mine(8)
    expect(sent.outcome).toBe('included')
    expect(errors).toEqual([])
    await manager.close()
  })

  it.each([1, 3])('after a deep reorg (%d) hold up nothing for long, and are told', async (transactions) => {
    const { manager, errors, settle, reorg, send, mine } = await newWorld()
    await settle(transactions)
    await reorg(transactions + finalityDepth + 2)
    const sent = await send('0xc0ffee')
    await mine(8)
    expect(sent.outcome).toBe('included')
    expect(errors).toContain('The chain took back transactions that were final')
    await manager.close()
  })

  it.each([2, 70])(
    'after a reset of the chain (%d) hold up nothing for long',
    async (transactions) => {
      const { manager, settle, reset, send, mine } = await newWorld()
      await settle(transactions)
      reset()
      const first = await send('0xc0ffee')
      await mine(12)
      const outcome = first.outcome === 'included' ? first : await send('0xc0ffee')
      await mine(2)
      expect(outcome.outcome).toBe('included')
      await manager.close()
    },
    20_000,
  )
})

describe('receipts that come late', () => {
  it.each([1n, 2n, 12n])('by 15 seconds, with blocks of %d s, are waited for', async (secondsPerBlock) => {
    const { manager, errors, lost, send, mine } = await newWorld(secondsPerBlock)
    const sent = await send('0xc0ffee')
    lost.receipts = true
    await mine(Number(15n / secondsPerBlock))
    expect(sent.outcome).toBe('waiting')
    lost.receipts = false
    await mine(1)
    expect(sent.outcome).toBe('included')
    expect(errors).toEqual([])
    await manager.close()
  })

  it.each([2n, 12n, 30n])('by three blocks of %d s are waited for', async (secondsPerBlock) => {
    const { manager, errors, lost, send, mine } = await newWorld(secondsPerBlock)
    const sent = await send('0xc0ffee')
    lost.receipts = true
    await mine(3)
    lost.receipts = false
    await mine(1)
    expect(sent.outcome).toBe('included')
    expect(errors).toEqual([])
    await manager.close()
  })
})
