import { describe, expect, it } from 'vitest'
import { type AdjudicatorLog, WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseTransactionHash } from '../../../src/validation/parse-hex.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { setup } from '../../support/setup.ts'

/** A registration is told, nothing can be sent for a while, and meanwhile a log is taken back that was never told. */
async function play(finalityDepth: bigint): Promise<bigint | undefined> {
  const chain = modelChain({ finalityDepth })
  const channel = testChannel({ duration: 1_200n })
  const faults = { isMute: false, isRefusing: true }
  let told: AdjudicatorLog | undefined
  let isNext = false
  const change: Change = (step) => {
    told ??= step.added[0]
    if (told === undefined || !isNext) return step
    isNext = false
    const log = { ...told, version: 9n, logIndex: 77, transactionHash: parseTransactionHash(`0x${'12'.repeat(32)}`) }
    return { ...step, removed: [log] }
  }
  await using s = await setup({
    chain,
    chainOverrides: {
      ...changed(chain, change),
      async readRecord(...args) {
        if (faults.isMute) throw new Error('no answer')
        return await chain.readRecord(...args)
      },
      async readRecords(...args) {
        const answer = await chain.readRecords?.(...args)
        if (faults.isMute || answer === undefined) throw new Error('no answer')
        return answer
      },
      async register(...args) {
        if (faults.isRefusing) throw new WatcherError('CHAIN_UNREACHABLE', 'no answer')
        return await chain.register(...args)
      },
    },
  })
  const watch = await s.watch(channel.signed(1n))
  await watch.publish(channel.signed(5n))
  await s.mine({ calls: [registers(channel.signed(1n))] })
  for (let block = 0; block < 5; block++) await s.mine()
  faults.isMute = true
  isNext = true
  await s.mine()
  expect(isNext).toBe(false)
  faults.isRefusing = false
  for (let block = 0; block < 60; block++) await s.mine()
  return chain.dispute(channel.id)?.version
}

describe('a log taken back that nobody told, and readings that fail from then on', () => {
  it.each([
    ['that is final', 2n],
    ['that is not final', 64n],
  ])('D7: does not take back the registration %s', async (_, depth) => {
    expect(await play(depth)).toBe(5n)
  })
})
