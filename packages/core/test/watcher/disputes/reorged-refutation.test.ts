import { expect, it } from 'vitest'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

it('keeps the registered state until the refutation is final: a reorg may bring it back for good', async () => {
  await using s = await setup()
  const child = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
  const parent = testChannel({ duration: 6000n })
  const locks = { locks: [child] }
  const watch = await s.watch(parent.signed(1n, locks))
  await s.watch(child.signed(5n), parent)
  await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
  await s.mine()
  expect(s.chain.dispute(child.id)?.version).toBe(5n)
  s.chain.faults.send = () => {
    throw new Error('down')
  }
  await s.reorg(1)
  expect(s.chain.dispute(child.id)?.version).toBe(0n)
  await s.mine({ seconds: 100n })
  delete s.chain.faults.send
  await watch.publish(parent.signed(2n, locks))
  await s.mine()
  await s.mine()
  expect(s.chain.dispute(parent.id)?.version).toBe(2n)
})
