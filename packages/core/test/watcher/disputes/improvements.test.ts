import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SendPurpose } from '../../../src/adapter.ts'
import { improvableAt, mostImprovements } from '../../../src/dispute/improvement.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { isPending, type Setup, setup } from '../../support/setup.ts'

const secondsPerBlock = 12n

/** A setup that keeps what each transaction was for. */
async function withPurposes(): Promise<{ readonly s: Setup; readonly purposes: SendPurpose[] }> {
  const chain = modelChain()
  const purposes: SendPurpose[] = []
  const s = await setup({
    chain,
    chainOverrides: {
      register(channel, subChannels, options) {
        if (options.purpose !== undefined) purposes.push(options.purpose)
        return chain.register(channel, subChannels, options)
      },
    },
  })
  return { s, purposes }
}

/** What the tower sent in a window in which a client publishes with every block, and what stood in the end. */
async function published(duration: bigint): Promise<{ sent: number; behind: bigint; ranks: readonly string[] }> {
  const { s, purposes } = await withPurposes()
  await using _ = s
  const channel = testChannel({ duration })
  const watch = await s.watch(channel.signed(5n))
  await s.mine({ calls: [registers(channel.signed(1n))] })
  let version = 5n
  for (let passed = 0n; passed < duration - secondsPerBlock; passed += secondsPerBlock) {
    version += 1n
    await watch.publish(channel.signed(version))
    await s.mine()
  }
  const stands = s.chain.dispute(channel.id)?.version ?? 0n
  return { sent: s.chain.sent.length, behind: version - stands, ranks: purposes.map(({ rank }) => rank) }
}

describe('publishing without pause during a dispute', () => {
  it.each([60n, 120n, 300n, 600n, 3_600n, 7_200n])(
    'costs one first answer and the logarithm of a window of %d s, and leaves the newest few blocks behind at most',
    async (duration) => {
      const { sent, behind, ranks } = await published(duration)
      expect(sent - 1).toBeLessThanOrEqual(mostImprovements(duration, secondsPerBlock))
      expect(behind).toBeLessThanOrEqual(3n)
      expect(ranks[0]).toBe('first-answer')
      expect(new Set(ranks.slice(1))).toEqual(new Set(sent > 1 ? ['improvement'] : []))
    },
    30_000,
  )
})

describe('an answer of ours that is improved', () => {
  it('becomes a first answer again where a reorg took it out', async () => {
    const { s, purposes } = await withPurposes()
    await using _ = s
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    s.chain.reorg(1)
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(purposes.map(({ rank }) => rank)).toEqual(purposes.map(() => 'first-answer'))
  })

  it('is improved at once for a stop or a shutdown, as long as that is within what a dispute may cost', async () => {
    const { s } = await withPurposes()
    await using _ = s
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await watch.publish(channel.signed(6n))
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    const stopping = watch.stop()
    expect(await isPending(stopping)).toBe(true)
    for (let block = 0; block < 2; block++) await s.mine()
    await stopping
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
  })
})

describe('the time of an improvement', () => {
  const blocks = fc.bigInt(1n, 60n)
  const windows = fc.bigInt(1n, 100_000n)

  it('leaves at least as much time as it waited, or was due at once', () => {
    fc.assert(
      fc.property(windows, blocks, (left, perBlock) => {
        const at = 1_000n
        const due = improvableAt(
          { at, improvements: 3 },
          { deadline: at + left, isUrgent: false, secondsPerBlock: perBlock },
        )
        expect(due === at ? left <= 2n * perBlock : at + left - due >= due - at - 1n).toBe(true)
      }),
    )
  })

  it('never lets a dispute cost more than the logarithm of its window, wherever blocks fall', () => {
    fc.assert(
      fc.property(windows, blocks, fc.infiniteStream(fc.bigInt(0n, 59n)), (window, perBlock, lags) => {
        const deadline = window
        let at = perBlock
        let improvements = 0
        for (const lag of lags) {
          const due = improvableAt({ at, improvements }, { deadline, isUrgent: false, secondsPerBlock: perBlock })
          // A block later than it was due, and the block that includes it.
          at = due + perBlock + (lag % perBlock)
          if (at >= deadline) break
          improvements += 1
        }
        expect(improvements).toBeLessThanOrEqual(mostImprovements(window, perBlock))
      }),
    )
  })

  it('comes at longer and longer distances where anybody may end it at any moment', () => {
    const room = { deadline: 10n ** 9n, isUrgent: true, secondsPerBlock }
    const waits = [0, 1, 2, 3, 60].map((improvements) => improvableAt({ at: 0n, improvements }, room))
    expect(waits).toEqual([0n, 12n, 24n, 48n, 12n * 2n ** 24n])
  })
})
