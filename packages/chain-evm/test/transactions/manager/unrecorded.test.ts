import { type Hex, isWatcherError, parseChannelId, WatcherError } from '@perun-watcher/core'
import type { TransactionAttempt, TransactionJournal } from '@perun-watcher/core/adapter'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)
const data: Hex = '0xc0ffee'
const noFamily = parseChannelId(`0x${'11'.repeat(32)}`)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const failures = {
  fails: async () => {
    throw new WatcherError('STORE_FULL', 'The disk is full.')
  },
  hangs: () => new Promise<never>(() => undefined),
} satisfies Record<string, () => Promise<never>>

/** A manager whose journal does not write, as long as `fault` is set. */
async function withBrokenJournal(how: keyof typeof failures) {
  const node = new FakeNode()
  const clock = manualClock()
  const entries: TransactionAttempt[] = []
  const state: { fault: (() => Promise<never>) | undefined } = { fault: failures[how] }
  const journal: TransactionJournal = {
    attempts: async () => [...entries],
    putAttempt: async (attempt) => {
      if (state.fault !== undefined) await state.fault()
      entries.push(attempt)
    },
    forgetAttempts: async () => undefined,
  }
  const manager = transactionManager({
    ...managerOptions,
    client: node.client,
    signers: [fakeSigner(0)],
    journal,
    clock,
    finalityDepth: 5,
  })
  await manager.start()
  return {
    node,
    manager,
    entries,
    mend: () => {
      state.fault = undefined
    },
    async mine(room: number): Promise<void> {
      node.mine(room)
      const told = manager.onHead(node.head)
      await settled()
      clock.advance(2_000)
      await Promise.all([told, settled()])
    },
    async send(secondsLeft: bigint, window: bigint, call = data): Promise<{ outcome: unknown }> {
      const sent: { outcome: unknown } = { outcome: 'waiting' }
      const deadline = node.head.timestamp + secondsLeft
      const purpose = {
        call: 'register',
        rank: 'first-answer',
        family: noFamily,
        clients: [],
        opened: deadline - window,
      } as const
      manager.send({ to, data: call, deadline, purpose }).then(
        () => {
          sent.outcome = 'included'
        },
        (error: unknown) => {
          sent.outcome = isWatcherError(error) ? error.code : error
        },
      )
      await settled()
      clock.advance(2_000)
      await settled()
      return sent
    },
  }
}

describe('a journal that cannot be written', () => {
  it('keeps an answer with time to spare from being sent, and says why', async () => {
    const { node, manager, send } = await withBrokenJournal('fails')
    expect((await send(3_000n, 3_600n)).outcome).toBe('STORE_FULL')
    expect(node.sent).toEqual([])
    await manager.close()
  })

  for (const how of ['fails', 'hangs'] as const) {
    it.each([
      [60n, 60n],
      [30n, 600n],
      [800n, 3_600n],
    ])(`keeps no answer with %d s of %d s left: it ${how}`, async (secondsLeft, window) => {
      const { manager, send, mine } = await withBrokenJournal(how)
      const sent = await send(secondsLeft, window)
      await mine(1)
      expect(sent.outcome).toBe('included')
      await manager.close()
    })
  }

  for (const how of ['fails', 'hangs'] as const) {
    it.each([
      ['little time left', 120n],
      ['time to spare', 400n],
    ])(`keeps nothing back behind what a reorg took out and the network lost, with %s: it ${how}`, async (_, left) => {
      const { node, manager, send, mend, mine } = await withBrokenJournal(how)
      const first = await send(100n, 600n)
      await mine(1)
      expect(first.outcome).toBe('included')
      // Before the lane hears of it: the next one gets the next nonce.
      node.reorg(1, false)
      if (left > 150n) mend()
      const second = await send(left, 600n, '0xdecade')
      await mine(10)
      await mine(10)
      expect(second.outcome).toBe('included')
      await manager.close()
    })
  }

  it('is given what was sent without it as soon as it can be written', async () => {
    const { node, manager, entries, send, mend, mine } = await withBrokenJournal('fails')
    await send(60n, 600n)
    expect(node.pool).toHaveLength(1)
    expect(entries).toEqual([])
    mend()
    await mine(0)
    expect(entries.map(({ hash }) => hash)).toContain(node.pool[0]?.hash)
    await manager.close()
  })
})
