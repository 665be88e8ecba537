import type { Hex } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { type EvmClient, parseAddress } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)
const ether = 10n ** 18n

async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function newWorld(accounts = 1) {
  const node = new FakeNode()
  const clock = manualClock()
  const asked: string[] = []
  const client: EvmClient = {
    request(method, params, options) {
      asked.push(method)
      return node.client.request(method, params, options)
    },
  }
  const manager = transactionManager({
    ...managerOptions,
    client,
    signers: Array.from({ length: accounts }, (_, index) => fakeSigner(index)),
    journal: faultyJournal(),
    clock,
    finalityDepth: 5,
  })
  await manager.start()
  let serial = 0
  const outcomes: string[] = []
  const send = async (amount: number): Promise<void> => {
    const deadline = node.head.timestamp + 3_600n
    for (let each = 0; each < amount; each++) {
      const data: Hex = `0x${(++serial).toString(16).padStart(8, '0')}`
      manager.send({ to, data, deadline, gas: 50_000n }).then(
        () => outcomes.push('included'),
        () => outcomes.push('failed'),
      )
    }
    await settled()
  }
  /** Mines a block, and tells the manager of it. */
  const mine = async (room: number): Promise<void> => {
    node.mine(room)
    await manager.onHead(node.head)
    await settled()
  }
  /** How often each was asked for by what is done. */
  const callsOf = async (work: () => Promise<void>): Promise<Readonly<Record<'balance' | 'count', number>>> => {
    asked.length = 0
    await work()
    const of = (method: string): number => asked.filter((each) => each === method).length
    return { balance: of('eth_getBalance'), count: of('eth_getTransactionCount') }
  }
  return { node, clock, manager, outcomes, send, mine, callsOf }
}

describe('what is read of an account before something is sent', () => {
  it('is read once for all who send at the same head, for each account', async () => {
    const { manager, send, mine, callsOf } = await newWorld(2)
    await mine(0)
    // Of the count once more, to see what was mined as of this head.
    expect(await callsOf(() => send(16))).toEqual({ balance: 2, count: 2 * 2 })
    expect(await callsOf(() => send(8))).toEqual({ balance: 0, count: 0 })
    await manager.close()
  })

  it('is read again at the next head, and after a while without one', async () => {
    const { manager, clock, send, mine, callsOf } = await newWorld()
    await mine(0)
    await send(2)
    // Of the count once more, to see what was mined.
    expect(await callsOf(() => mine(2))).toEqual({ balance: 0, count: 1 })
    expect(await callsOf(() => send(2))).toEqual({ balance: 1, count: 1 })
    clock.advance(3_000)
    expect(await callsOf(() => send(2))).toEqual({ balance: 1, count: 1 })
    await manager.close()
  })

  it('counts what was signed since: nobody is offered what is promised already', async () => {
    const { node, manager, outcomes, send, mine, callsOf } = await newWorld()
    node.balance = ether / 10n
    await mine(0)
    await send(1)
    const [{ call, fees } = { call: { gas: 0n }, fees: { maxFeePerGas: 0n } }] = node.pool
    // For three as comfortable as the first one.
    node.balance = 3n * call.gas * fees.maxFeePerGas
    await mine(1)
    await send(8)
    const promised = node.pool.reduce((sum, each) => sum + each.call.gas * each.fees.maxFeePerGas, 0n)
    expect(promised <= node.balance).toBe(true)
    // Each of those who would be offered less looks for themselves.
    expect((await callsOf(() => send(2))).balance).toBeGreaterThanOrEqual(2)
    await mine(16)
    expect(outcomes.filter((outcome) => outcome === 'included').length).toBeGreaterThan(1)
    await manager.close()
  })

  it('is read again once a node refused for want of money what the balance would have paid for', async () => {
    const { node, manager, send, mine, callsOf } = await newWorld()
    node.balance = 21_000n
    node.lies.set('eth_getBalance', () => toQuantity(100n * ether))
    await mine(0)
    await send(1)
    node.lies.clear()
    node.balance = 10n ** 20n
    // Once more for the transaction that was refused.
    expect((await callsOf(() => send(1))).balance).toBe(2)
    expect(node.pool.length).toBeGreaterThan(0)
    await manager.close()
  })

  it('is read again once a nonce turns out to be spent that was free by the count', async () => {
    const { node, manager, outcomes, send, mine } = await newWorld()
    await mine(0)
    await send(1)
    await mine(1)
    expect(outcomes).toEqual(['included'])
    // Somebody else sends from the account, and the count is as it was.
    const { signTransaction } = fakeSigner(0)
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n }
    const raw = await signTransaction({ chainId: 1n, nonce: 1n, to, value: 0n, data: '0x', gas: 21_000n, ...fees })
    await node.client.request('eth_sendRawTransaction', [raw])
    await mine(1)
    node.lies.set('eth_getTransactionCount', () => '0x1')
    await send(1)
    node.lies.clear()
    await send(1)
    await mine(16)
    await mine(16)
    expect(outcomes).toEqual(['included', 'included', 'included'])
    await manager.close()
  })
})
