import { type ChannelId, isWatcherError, parseBytes, parseChannelId, parseClientName } from '@perun-watcher/core'
import type { SendRank, SpendingCause } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'
import { startedManager } from '../support/started-manager.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** One manager, blocks of 12 seconds with room for so many transactions, and clients who send. */
async function newWorld({ accounts, room }: { readonly accounts: number; readonly room: number }) {
  const node = new FakeNode()
  const manager = transactionManager({
    ...managerOptions,
    client: node.client,
    signers: Array.from({ length: accounts }, (_, index) => fakeSigner(index)),
    journal: faultyJournal(),
    clock: manualClock(),
    finalityDepth: 5,
  })
  await manager.start()
  let serial = 0
  const family: ChannelId = parseChannelId(`0x${'11'.repeat(32)}`)
  return {
    node,
    manager,
    /** Sends something, and tells in the end in which block it was included, or the code of the error. */
    send(client: string, rank: SendRank, seconds: bigint): { outcome: bigint | string | undefined } {
      const sent: { outcome: bigint | string | undefined } = { outcome: undefined }
      const opened = node.head.timestamp
      const purpose: SpendingCause = { call: 'register', rank, family, clients: [parseClientName(client)], opened }
      const data = parseBytes(`0x${(++serial).toString(16).padStart(8, '0')}`)
      manager.send({ to, data, deadline: opened + seconds, purpose }).then(
        ({ block }) => {
          sent.outcome = block.number
        },
        (error: unknown) => {
          sent.outcome = isWatcherError(error) ? error.code : String(error)
        },
      )
      return sent
    },
    async block(): Promise<void> {
      await settled()
      node.mine(room)
      await manager.onHead(node.head)
      await settled()
    },
  }
}

describe('a flood of one client', () => {
  it.each<{ readonly rank: SendRank; readonly lead: bigint }>([
    { rank: 'improvement', lead: 1n },
    { rank: 'first-answer', lead: 1n },
    { rank: 'improvement', lead: 200n },
    { rank: 'first-answer', lead: 200n },
    { rank: 'settlement', lead: 1n },
  ])('of each $rank, due $lead s before, keeps another from no first answer', async ({ rank, lead }) => {
    const { manager, send, block } = await newWorld({ accounts: 1, room: 2 })
    for (let job = 0; job < 48; job++) send('attacker', rank, 300n - lead)
    await block()
    const victim = send('victim', 'first-answer', 300n)
    for (let blocks = 0; blocks < 24; blocks++) {
      for (let job = 0; job < 4; job++) send('attacker', rank, 290n - BigInt(blocks * 12))
      await block()
    }
    expect(victim.outcome).toBeTypeOf('bigint')
    await manager.close()
  })

  it('of 200 channels leaves room for the only one of each of ten others, whatever the order of deadlines', async () => {
    const { manager, send, block } = await newWorld({ accounts: 2, room: 4 })
    for (let job = 0; job < 200; job++) send('crowd', 'first-answer', 280n + BigInt(job % 10))
    await block()
    const others = Array.from({ length: 10 }, (_, index) => send(`single${index}`, 'first-answer', 300n))
    for (let blocks = 0; blocks < 24; blocks++) await block()
    expect(others.map(({ outcome }) => typeof outcome)).toEqual(others.map(() => 'bigint'))
    await manager.close()
  })
})

describe('a mass exit', () => {
  it.each([1, 4])('of one client alone fills the blocks of %d accounts', async (accounts) => {
    const { node, manager, send, block } = await newWorld({ accounts, room: 100 })
    const jobs = Array.from({ length: 24 * accounts * 7 }, () => send('only', 'first-answer', 3_600n))
    for (let blocks = 0; blocks < 14; blocks++) await block()
    expect(jobs.every(({ outcome }) => typeof outcome === 'bigint')).toBe(true)
    expect(node.included()).toHaveLength(jobs.length)
    await manager.close()
  })

  it('of several clients is shared out evenly', async () => {
    const { manager, send, block } = await newWorld({ accounts: 1, room: 16 })
    const clients = ['a', 'b', 'c', 'd'].map((client, index) =>
      Array.from({ length: 40 }, () => send(client, 'first-answer', 1_000n + BigInt(index) * 100n)),
    )
    for (let blocks = 0; blocks < 4; blocks++) await block()
    const done = clients.map((jobs) => jobs.filter(({ outcome }) => outcome !== undefined).length)
    // Whoever came first found all places empty.
    expect(Math.max(...done) - Math.min(...done)).toBeLessThanOrEqual(16 + 1)
    await manager.close()
  })
})

describe('what waits for a place', () => {
  it('is not said to be sent before a node has taken it, nor twice', async () => {
    const { node, manager } = await startedManager()
    const sent: number[] = []
    const deadline = node.head.timestamp + 1_200n
    const sends = Array.from({ length: 20 }, (_, index) =>
      manager.send({
        to,
        data: parseBytes(`0x${(index + 1).toString(16).padStart(8, '0')}`),
        deadline,
        onSent() {
          sent.push(index)
          throw new Error('a listener that throws')
        },
      }),
    )
    await settled()
    await settled()
    expect(sent).toHaveLength(16)
    for (let blocks = 0; blocks < 4; blocks++) {
      node.mine(16)
      await manager.onHead(node.head)
      await settled()
    }
    await Promise.all(sends)
    expect(sent.toSorted((a, b) => a - b)).toEqual([...sends.keys()])
    await manager.close()
  })
})
