import { transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, fakeSigner } from './fake-node.ts'
import { faultyJournal } from './faulty-journal.ts'
import { managerOptions } from './manager-options.ts'

/** A manager with one account at a node of its own, whose time stands still. */
export async function startedManager(more: Partial<Parameters<typeof transactionManager>[0]> = {}) {
  const node = new FakeNode()
  const manager = transactionManager({
    ...managerOptions,
    client: node.client,
    signers: [fakeSigner(0)],
    journal: faultyJournal(),
    clock: manualClock(),
    finalityDepth: 5,
    ...more,
  })
  await manager.start()
  return { node, manager }
}
