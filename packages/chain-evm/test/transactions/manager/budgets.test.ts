import { type Hex, isWatcherError } from '@perun-watcher/core'
import {
  memorySpendingLog,
  type SpendingBook,
  type SpendingBudgets,
  type SpendingCause,
  type SpendingLog,
  silentLogger,
  spendingBook,
} from '@perun-watcher/core/adapter'
import { systemClock } from '@perun-watcher/core/system'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner, gasUsed } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'
import { purposeOf } from '../support/purposes.ts'

const gwei = 1_000_000_000n
const ether = 10n ** 18n
const to = parseAddress(`0x${'c0'.repeat(20)}`)
/** What a call is allowed by the margin on the node's estimate. */
const gas = 150_000n

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** A manager with one account at a node in memory. */
async function tower(budgets: SpendingBudgets, log: SpendingLog = memorySpendingLog()) {
  const node = new FakeNode()
  const spending: SpendingBook = spendingBook({ budgets, clock: systemClock, logger: silentLogger })
  await spending.open(log)
  const journal = faultyJournal()
  const manager = transactionManager({
    ...managerOptions,
    spending,
    client: node.client,
    signers: [fakeSigner(0)],
    journal,
    clock: manualClock(),
    finalityDepth: 5,
  })
  await manager.start()
  let serial = 0
  return {
    node,
    spending,
    journal,
    mine: async (blocks: number, room: number) => {
      for (let block = 0; block < blocks; block++) {
        node.mine(room)
        await manager.onHead(node.head)
        await settled()
      }
    },
    send: async (purpose: SpendingCause, { value }: { readonly value?: bigint | undefined } = {}) => {
      const data: Hex = `0x${(++serial).toString(16).padStart(8, '0')}`
      let outcome: unknown = 'waiting'
      manager.send({ to, data, deadline: node.head.timestamp + 3_600n, purpose, value, gas: 140_000n }).then(
        () => {
          outcome = 'included'
        },
        (error: unknown) => {
          outcome = isWatcherError(error) ? error.code : error
        },
      )
      await settled()
      return () => outcome
    },
  }
}

describe('budgets', () => {
  it.each<[string, SpendingBudgets, bigint | undefined]>([
    ['of a client', { perClientAndDay: 0n }, undefined],
    ['of a dispute', { perDispute: 1n }, undefined],
    ['of all', { perDay: 0n }, undefined],
    ['by the value at stake', { percentOfValue: 100 }, 0n],
    ['by some percent of it', { percentOfValue: 1 }, ether / 100_000n],
  ])('%s keep an improvement and a settlement from being sent, and never a first answer', async (_, budgets, value) => {
    const { node, send, mine, spending } = await tower(budgets)
    const improvement = await send(purposeOf('improvement'), { value })
    const settlement = await send(purposeOf('settlement'), { value })
    expect([improvement(), settlement()]).toEqual(['BUDGET_EXCEEDED', 'BUDGET_EXCEEDED'])
    expect(node.sent).toEqual([])
    const first = await send(purposeOf('first-answer'), { value })
    await mine(1, 10)
    expect(first()).toBe('included')
    expect([...spending.refusals.values()].reduce((sum, each) => sum + each)).toBe(2)
  })

  it('let through what they have room for, until that is used up', async () => {
    const { node, send, mine } = await tower({ perClientAndDay: gas * 5n * gwei })
    const outcomes = []
    for (let round = 0; round < 40; round++) {
      outcomes.push(await send(purposeOf('improvement')))
      await mine(1, 10)
    }
    const paid = [...node.paid().values()].reduce((sum, each) => sum + each, 0n)
    expect(outcomes[0]?.()).toBe('included')
    expect(outcomes.at(-1)?.()).toBe('BUDGET_EXCEEDED')
    expect(paid <= gas * 5n * gwei).toBe(true)
    // As much as may be promised for one more is left at most.
    expect(paid + gas * 3n * gwei >= gas * 5n * gwei).toBe(true)
  })

  it('begin anew with the next day of the chain', async () => {
    const { send, mine, node } = await tower({ perClientAndDay: gas * 3n * gwei })
    for (let round = 0; round < 10; round++) {
      await send(purposeOf('improvement'))
      await mine(1, 10)
    }
    expect((await send(purposeOf('improvement')))()).toBe('BUDGET_EXCEEDED')
    // 7 200 blocks of 12 seconds.
    while (node.head.timestamp % 86_400n > 12n || node.head.timestamp < 86_400n) node.mine(0)
    await mine(1, 0)
    const next = await send(purposeOf('improvement'))
    await mine(1, 10)
    expect(next()).toBe('included')
  })

  it('hold up no first answer behind an improvement that they have no room to raise', async () => {
    const { node, send, mine } = await tower({ perDispute: gas * 4n * gwei })
    const improvement = await send(purposeOf('improvement'))
    expect(node.pool).toHaveLength(1)
    node.baseFee = 50n * gwei
    await mine(3, 10)
    expect(improvement()).toBe('waiting')
    const first = await send(purposeOf('first-answer'))
    await mine(4, 10)
    expect([improvement(), first()]).toEqual(['included', 'included'])
  })

  it('are not blamed for a base fee above the cap on fees', async () => {
    const { node, send, mine } = await tower({ perDispute: ether })
    node.baseFee = managerOptions.fees.maxFeePerGasCap + gwei
    await mine(1, 0)
    const improvement = await send(purposeOf('improvement'))
    expect(improvement()).toBe('waiting')
    node.baseFee = gwei
    await mine(3, 10)
    expect(improvement()).toBe('included')
  })

  it('count what was promised: two that wait do not both get what is left', async () => {
    const { send, node } = await tower({ perDay: gas * 4n * gwei })
    const outcomes = await Promise.all(
      [1, 2, 3].map((digit) => send(purposeOf('improvement', { clients: [], opened: BigInt(digit) }))),
    )
    const most = node.pool.reduce((sum, { call, fees }) => sum + call.gas * fees.maxFeePerGas, 0n)
    expect(outcomes.map((outcome) => outcome()).filter((code) => code === 'BUDGET_EXCEEDED').length).toBeGreaterThan(0)
    expect(most <= gas * 4n * gwei).toBe(true)
  })
})

describe('what is written down', () => {
  it('has the fee for data that the receipt tells', async () => {
    const { node, send, mine, spending } = await tower({})
    node.dataFee = ether / 1_000n
    await send(purposeOf('first-answer'))
    await mine(1, 10)
    expect(spending.total.cost).toBe([...node.paid().values()][0])
    expect(spending.total.cost > node.dataFee).toBe(true)
    expect(spending.total.work).toBe(gasUsed)
  })

  it.each<[string, Record<string, unknown>]>([
    ['a fee for data that the account never had', { l1Fee: `0x${'ff'.repeat(20)}` }],
    ['a price above what was offered', { effectiveGasPrice: `0x${'ff'.repeat(20)}` }],
    ['more gas than the transaction could take', { gasUsed: `0x${'ff'.repeat(20)}` }],
    ['nonsense in place of a price', { effectiveGasPrice: 'much', l1Fee: [] }],
    ['no price', { effectiveGasPrice: undefined }],
  ])('is never more than could be paid, whatever a receipt says: %s', async (_, lie) => {
    const { node, send, mine, spending } = await tower({})
    const answer = await send(purposeOf('first-answer'))
    const [waiting] = node.pool
    node.lies.set('eth_getTransactionReceipt', ([hash]) =>
      node.paid().size === 0
        ? null
        : {
            transactionHash: hash,
            blockNumber: `0x${node.head.number.toString(16)}`,
            blockHash: node.head.hash,
            status: '0x1',
            gasUsed: '0x5208',
            effectiveGasPrice: '0x1',
            ...lie,
          },
    )
    await mine(1, 10)
    expect(answer()).toBe('included')
    expect(spending.total.cost > 0n).toBe(true)
    expect(spending.total.cost <= (waiting?.fees.maxFeePerGas ?? 0n) * gas).toBe(true)
  })

  it('is kept in the journal until it is written, and a log that hangs holds up nothing else', async () => {
    const hanging: SpendingLog = { ...memorySpendingLog(), write: () => new Promise(() => undefined) }
    const { send, mine, journal } = await tower({}, hanging)
    const first = await send(purposeOf('first-answer'))
    await mine(10, 10)
    const second = await send(purposeOf('first-answer'))
    await mine(10, 10)
    expect([first(), second()]).toEqual(['included', 'included'])
    expect(journal.entries.map(({ sequence }) => sequence)).toEqual([0n, 1n])
  })

  it('says that a transaction failed, and what it cost all the same', async () => {
    const { node, send, mine, spending } = await tower({})
    node.lies.set('eth_getTransactionReceipt', ([hash]) => ({
      transactionHash: hash,
      blockNumber: `0x${node.head.number.toString(16)}`,
      blockHash: node.head.hash,
      status: '0x0',
      gasUsed: '0x5208',
      effectiveGasPrice: '0x2',
    }))
    await send(purposeOf('improvement'))
    await mine(1, 10)
    expect([...spending.entries()]).toMatchObject([
      { cause: purposeOf('improvement'), outcome: { type: 'failed', cost: 42_000n, work: gasUsed } },
    ])
  })
})
