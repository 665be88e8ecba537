import type { Hex } from '@perun-watcher/core'
import { expect, test } from 'vitest'
import { parseAddress } from '../../../src/rpc/parse-rpc.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner, parseFakeTransaction } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

test('a transaction is taken back with the gas that a transfer costs on this chain, whatever it costs elsewhere', async () => {
  const node = new FakeNode()
  const signer = fakeSigner(0)
  const manager = transactionManager({
    ...managerOptions,
    client: node.client,
    signers: [signer],
    journal: faultyJournal(),
    clock: manualClock(),
    finalityDepth: 5,
  })
  await manager.start()
  const sentUpTo = async (count: number): Promise<Hex | undefined> => {
    while (node.sent.length < count) await new Promise((resolve) => setImmediate(resolve))
    return node.sent.at(-1)
  }
  const stop = new AbortController()
  const call = { to: parseAddress(`0x${'c0'.repeat(20)}`), data: '0xc0ffee' } as const
  const deadline = node.head.timestamp + 3_600n
  const sending = manager.send({ ...call, deadline }, { signal: stop.signal })
  await sentUpTo(1)
  stop.abort('enough')
  await expect(sending).rejects.toBe('enough')
  const takenBack = parseFakeTransaction(await sentUpTo(2))
  expect(takenBack.call).toEqual({ to: signer.address, data: '0x', gas: 150_000n })
  await manager.close()
})
