import { isWatcherError, type WatcherError } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainUnreachable, type EvmClient, parseAddress, rpcRefused } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import type { TransactionRequest } from '../../../src/transactions/lane/job.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { quickClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)
const computed = 250_000n

type Answer = (params: readonly unknown[]) => unknown

const refusal = (message: string, code = -32000): WatcherError =>
  rpcRefused('eth_estimateGas', { code, message, data: undefined })
const says =
  (message: string, code?: number): Answer =>
  () => {
    throw refusal(message, code)
  }
const hangs: Answer = () => new Promise(() => undefined)
const gone: Answer = () => {
  throw chainUnreachable('eth_estimateGas', 'socket hang up')
}

/** Sends one call at a node with these manners: the gas of what it was sent, or the code of the error. */
async function gasOf(
  manners: { readonly estimate?: Answer; readonly call?: Answer },
  request: Partial<TransactionRequest> = {},
): Promise<bigint | string> {
  const node = new FakeNode()
  const client: EvmClient = {
    async request(method, params) {
      if (method === 'eth_estimateGas' && manners.estimate !== undefined) return await manners.estimate(params)
      if (method === 'eth_call') return await (manners.call ?? gone)(params)
      return await node.client.request(method, params)
    },
  }
  const manager = transactionManager({
    ...managerOptions,
    client,
    signers: [fakeSigner(0)],
    journal: faultyJournal(),
    clock: quickClock(),
    finalityDepth: 5,
  })
  await manager.start()
  const deadline = node.head.timestamp + 300n
  const sent = manager.send({ to, data: '0xc0ffee', deadline, gas: computed, ...request })
  const failure = sent.then(
    () => 'included',
    (error: unknown) => (isWatcherError(error) ? error.code : String(error)),
  )
  const pooled = async (): Promise<bigint> => {
    while (node.pool.length === 0) await new Promise((resolve) => setImmediate(resolve))
    return node.pool[0]?.call.gas ?? 0n
  }
  const gas = await Promise.race([failure, pooled()])
  await manager.close()
  node.mine(10)
  return gas
}

/** Ways of a node to be of no help. */
const useless: readonly (readonly [string, Answer])[] = [
  ['hangs', hangs],
  ['does not answer', gone],
  ['lacks the method', says('the method eth_estimateGas does not exist/is not available', -32601)],
  ['gives up', says('execution aborted (timeout = 5s)')],
  ['has an error of its own', says('internal error', -32603)],
  ['counts calls', says('daily request count exceeded, request rate limited', -32005)],
  ['lacks the state', says('missing trie node 1234')],
  ['gives less gas than is needed', says('gas required exceeds allowance (200000)')],
  ['answers nonsense', () => 'many'],
  ['answers nothing', () => null],
]

describe('the gas of a call', () => {
  it('is estimated without saying as of when, where a node takes one argument', async () => {
    const estimate: Answer = ({ length }) =>
      length > 1 ? says('too many arguments, want at most 1', -32602)([]) : '0x30d40'
    expect(await gasOf({ estimate })).toBe(300_000n)
  })

  for (const [manner, estimate] of useless) {
    it(`is what was computed where the node ${manner}`, async () => {
      expect(await gasOf({ estimate })).toBe(computed)
    })

    it(`is what was computed where the node ${manner}, and can simulate`, async () => {
      expect(await gasOf({ estimate, call: () => '0x' })).toBe(computed)
    })

    it(`is of no interest where the node ${manner}, but says that the contract refuses`, async () => {
      expect(await gasOf({ estimate, call: says('execution reverted: too old', 3) })).toBe('REGISTER_REVERTED')
    })
  }

  it('is never below what was computed, nor above what a transaction may take, whatever a node estimates', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt(0n, 2n ** 40n), async (told) => {
        const gas = await gasOf({ estimate: () => toQuantity(told) })
        expect(typeof gas === 'bigint' && gas >= computed && gas <= managerOptions.maxGas).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('is needed from a node where nothing was computed', async () => {
    expect(await gasOf({ estimate: gone }, { gas: undefined })).toBe('CHAIN_UNREACHABLE')
  })

  it.each([
    ['estimate', { estimate: () => toQuantity(600_000n) }],
    ['refusal', { estimate: says('gas required exceeds allowance (30000000)') }],
  ])('is refused above what the call may take: by %s', async (_, manners) => {
    expect(await gasOf(manners, { maxGas: 500_000n })).toBe('REGISTER_REVERTED')
  })

  it('ends at what the call may take', async () => {
    expect(await gasOf({ estimate: () => toQuantity(450_000n) }, { maxGas: 500_000n })).toBe(500_000n)
  })
})
