import { type Hex, parseTransactionHash } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { type EvmSigner, parseAddress } from '../../../src/index.ts'
import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { fakeSigner } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'
import { startedManager } from '../support/started-manager.ts'

const to = parseAddress(`0x${'c0'.repeat(20)}`)
const data: Hex = '0xc0ffee'
const finalityDepth = 5

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function sentWith(signer: EvmSigner = fakeSigner(0)) {
  const journal = faultyJournal()
  const { node, manager } = await startedManager({ journal, signers: [signer], finalityDepth })
  manager.send({ to, data, deadline: node.head.timestamp + 3_600n }).catch(() => undefined)
  await settled()
  const [sent] = node.pool
  if (sent === undefined) throw new Error('nothing was sent')
  const mine = async (): Promise<void> => {
    node.mine(1)
    await manager.onHead(node.head)
    await settled()
  }
  return { node, manager, journal, hash: sent.hash, mine }
}

describe('what a transaction of ours does', () => {
  it('is known from when it is sent until it is final, and of no other one', async () => {
    const { manager, hash, mine } = await sentWith()
    expect(manager.callOf(hash)).toMatchObject({ to, data })
    expect(manager.callOf(parseTransactionHash(`0x${'77'.repeat(32)}`))).toBeUndefined()
    await mine()
    expect(manager.callOf(hash)).toMatchObject({ to, data })
    for (let block = 0; block <= finalityDepth; block++) await mine()
    expect(manager.callOf(hash)).toBeUndefined()
    await manager.close()
  })

  it('is known to the next run', async () => {
    const { node, manager, journal, hash } = await sentWith()
    await manager.close()
    const next = transactionManager({
      ...managerOptions,
      client: node.client,
      signers: [fakeSigner(0)],
      journal,
      clock: manualClock(),
      finalityDepth,
    })
    expect(next.callOf(hash)).toBeUndefined()
    await next.start()
    expect(next.callOf(hash)).toMatchObject({ to, data })
    await next.close()
  })

  it('is what the signed bytes say, whatever the signer was asked to sign', async () => {
    const { address, signTransaction } = fakeSigner(0)
    const { manager, hash } = await sentWith({
      address,
      signTransaction: (transaction) => signTransaction({ ...transaction, data: '0xdead' }),
    })
    expect(manager.callOf(hash)).toMatchObject({ to, data: '0xdead' })
    await manager.close()
  })
})
