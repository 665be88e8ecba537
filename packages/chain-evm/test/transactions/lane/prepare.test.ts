import { describe, expect, it } from 'vitest'
import { chainUnreachable, type EvmClient, parseAddress, rpcRefused } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { quickClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)

/** What is good to know before something is sent, and not needed for it. */
const unneeded = [
  'eth_getBalance',
  'eth_getTransactionCount',
  'eth_maxPriorityFeePerGas',
  'eth_gasPrice',
  'eth_feeHistory',
]

const manners: readonly (readonly [string, (method: string) => Promise<unknown>])[] = [
  ['hangs', () => new Promise(() => undefined)],
  ['is not answered', async (method) => Promise.reject(chainUnreachable(method, 'socket hang up'))],
  [
    'is refused',
    async (method) =>
      Promise.reject(rpcRefused(method, { code: -32_005, message: 'rate limit exceeded', data: undefined })),
  ],
  ['is answered with nonsense', async () => 'soon'],
]

describe('a transaction', () => {
  for (const method of unneeded) {
    it.each(manners)(`is sent though ${method} %s once the account is known`, async (_, answer) => {
      const node = new FakeNode()
      let isWell = true
      const client: EvmClient = {
        request: (asked, params) => (asked === method && !isWell ? answer(asked) : node.client.request(asked, params)),
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
      isWell = false
      const sent = manager.send({ to, data: '0xc0ffee', deadline: node.head.timestamp + 300n, gas: 250_000n })
      sent.catch(() => {})
      const taken = async (): Promise<string> => {
        while (node.pool.length === 0) await new Promise((resolve) => setImmediate(resolve))
        return 'sent'
      }
      const failed = sent.then(() => 'included', String)
      expect(await Promise.race([taken(), failed])).toBe('sent')
      await manager.close()
    })
  }
})
