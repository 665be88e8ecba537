import { expect, it } from 'vitest'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

/** An answer whose log fell into a gap, so that its record is known by a reading; and a reorg that takes it out. */
async function play(finalityDepth: bigint, depth: number): Promise<bigint | undefined> {
  const chain = modelChain({ finalityDepth })
  const change: Change = (step) => {
    const isSeen = ({ version }: { readonly version: bigint }): boolean => version === 1n
    const added = step.added.filter(isSeen)
    return { ...step, added, removed: step.removed.filter(isSeen), gap: step.gap || added.length < step.added.length }
  }
  await using s = await setup({ chain, chainOverrides: changed(chain, change) })
  const channel = testChannel({ duration: 6_000n })
  await s.watch(channel.signed(5n))
  await s.mine({ calls: [registers(channel.signed(1n))] })
  await s.mine()
  // What a reading says instead of what was known is read again and again at first.
  for (let block = 0; block < 35; block++) await s.mine()
  expect(chain.dispute(channel.id)?.version).toBe(5n)
  await s.reorg(depth)
  expect(chain.dispute(channel.id)?.version).toBe(1n)
  // Much sooner than the sweep, which reads it after 1 500 seconds.
  for (let block = 0; block < 6; block++) await s.mine()
  return chain.dispute(channel.id)?.version
}

it('D7: a reorg puts what was read in its blocks in doubt, though no log of that was ever told', async () => {
  expect(await play(64n, 36)).toBe(5n)
})

it('D7: so does one that goes below what is final', async () => {
  expect(await play(2n, 36)).toBe(5n)
})
