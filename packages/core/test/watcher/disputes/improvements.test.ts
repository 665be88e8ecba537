import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SendPurpose } from '../../../src/adapter.ts'
import { improvableAt, mostImprovements } from '../../../src/dispute/improvement.ts'
import { WatcherError } from '../../../src/index.ts'
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

  it.each([
    ['nobody paid for it', 'ACCOUNT_UNDERFUNDED'],
    ['the contract refused it', 'REGISTER_REVERTED'],
  ] as const)('is none where %s, and another put the same state there', async (_, code) => {
    const chain = modelChain()
    let isOurs = false
    const register: Setup['chain']['register'] = async (...args) => {
      if (!isOurs) throw new WatcherError(code, 'Not this one.')
      return await chain.register(...args)
    }
    await using s = await setup({ chain, chainOverrides: { register } })
    const channel = testChannel({ duration: 3_600n })
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ calls: [registers(channel.signed(5n))] })
    isOurs = true
    await watch.publish(channel.signed(6n))
    for (let block = 0; block < 3; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(6n)
  })

  it('is an improvement of what we put there, and at once a first answer to what another put there since', async () => {
    const { s, purposes } = await withPurposes()
    await using _ = s
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await watch.publish(channel.signed(6n))
    for (let block = 0; block < 2; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    await s.mine({ seconds: 300n })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
    expect(purposes.map(({ rank }) => rank)).toEqual(['first-answer', 'improvement'])
    await s.mine({ calls: [registers(channel.signed(8n))] })
    await watch.publish(channel.signed(9n))
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(9n)
    expect(purposes.at(-1)?.rank).toBe('first-answer')
  })

  it('is ours also where a newer plan had taken its place before a block included it', async () => {
    const { s, purposes } = await withPurposes()
    await using _ = s
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(6n))
    await s.mine({ withPending: false })
    for (let version = 7n; version < 12n; version++) {
      await watch.publish(channel.signed(version))
      await s.mine()
    }
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
    expect(purposes.map(({ rank }) => rank)).toEqual(['first-answer', 'first-answer'])
  })

  it('lets an improvement that is on its way arrive before a newer one follows, while there is time', async () => {
    const { s, purposes } = await withPurposes()
    await using _ = s
    const channel = testChannel({ duration: 3_600n })
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await watch.publish(channel.signed(6n))
    await s.mine({ seconds: 1_800n, withPending: false })
    expect(purposes.map(({ rank }) => rank)).toEqual(['first-answer', 'improvement'])
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    for (let version = 7n; version < 17n; version++) {
      await watch.publish(channel.signed(version))
      await s.mine({ withPending: false })
    }
    expect(purposes).toHaveLength(2)
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(6n)
  })

  it('goes at once where a channel of the tree is threatened that was none of ours', async () => {
    const { s } = await withPurposes()
    await using _ = s
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const parentWatch = await s.watch(parent.signed(2n, locks))
    const childWatch = await s.watch(child.signed(0n), parent)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    await parentWatch.publish(parent.signed(3n, locks))
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    // The other side registered it, and it is outdated now.
    await childWatch.publish(child.signed(1n))
    for (let block = 0; block < 2; block++) await s.mine()
    expect(s.chain.dispute(child.id)?.version).toBe(1n)
    expect(s.chain.dispute(parent.id)?.version).toBe(3n)
  })

  it('goes at once where it takes a threatened channel out of the tree that stands', async () => {
    const { s } = await withPurposes()
    await using _ = s
    const child = testChannel({ kind: 'sub', funds: 100n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const parentWatch = await s.watch(parent.signed(2n, locks))
    const childWatch = await s.watch(child.signed(0n), parent)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await s.mine()
    await parentWatch.publish(parent.signed(3n))
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    // Below what stands for the parent the older state of the child would be concluded.
    await childWatch.publish(child.signed(1n))
    for (let block = 0; block < 2; block++) await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(3n)
  })

  it('is shared by the families of a virtual channel', async () => {
    const { s } = await withPurposes()
    await using _ = s
    const virtual = testChannel({ kind: 'virtual', funds: 50n })
    const locks = { locks: [virtual] }
    const roots = [testChannel(), testChannel()] as const
    for (const root of roots) await s.watch(root.signed(1n, locks))
    const watch = await s.watch(virtual.signed(3n), roots[0])
    await s.mine({ calls: roots.map((root) => registers(root.signed(1n, locks), [virtual.signed(0n)])) })
    let version = 3n
    for (let passed = 0n; passed < 588n; passed += secondsPerBlock) {
      version += 1n
      await watch.publish(virtual.signed(version))
      await s.mine()
    }
    // With little time left no family relies on another: then both may send.
    expect(s.chain.sent.length - 1).toBeLessThanOrEqual(2 * mostImprovements(600n, secondsPerBlock))
    expect(version - (s.chain.dispute(virtual.id)?.version ?? 0n)).toBeLessThanOrEqual(3n)
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
  const counts = fc.nat(20)

  interface Room {
    readonly left: bigint
    readonly challengeDuration?: bigint
    readonly secondsPerBlock: bigint
    readonly isUrgent?: boolean
  }

  /** Seconds after the answer, which is at 1000. */
  function waitFor(improvements: number, { left, ...room }: Room): bigint {
    const at = 1_000n
    const defaults = { challengeDuration: left, isUrgent: false }
    return improvableAt({ at, improvements }, { ...defaults, ...room, deadline: at + left }) - at
  }

  it('is when half of the time left has passed, at the latest', () => {
    fc.assert(
      fc.property(windows, blocks, counts, fc.boolean(), (left, perBlock, improvements, isUrgent) => {
        const wait = waitFor(improvements, { left, secondsPerBlock: perBlock, isUrgent })
        expect(wait).toBeGreaterThanOrEqual(0n)
        expect(wait * 2n).toBeLessThanOrEqual(left + 1n)
      }),
    )
  })

  it('leaves three blocks and twelve seconds, or is at once as long as the dispute has not cost what it may', () => {
    fc.assert(
      fc.property(windows, blocks, (left, perBlock) => {
        const lead = perBlock * 3n > 12n ? perBlock * 3n : 12n
        const wait = waitFor(0, { left, challengeDuration: 100_000n, secondsPerBlock: perBlock })
        expect(wait === 0n || left - wait >= lead).toBe(true)
      }),
    )
  })

  it('is at once in the last three blocks, whatever the dispute has cost', () => {
    fc.assert(
      fc.property(blocks, fc.bigInt(1n, 180n), counts, (perBlock, left, improvements) => {
        fc.pre(left <= perBlock * 3n)
        expect(waitFor(improvements, { left, secondsPerBlock: perBlock })).toBe(0n)
      }),
    )
  })

  it('never lets a dispute cost more than the logarithm of its window, wherever blocks fall', () => {
    fc.assert(
      fc.property(windows, blocks, fc.infiniteStream(fc.bigInt(0n, 59n)), (window, perBlock, lags) => {
        const room = { deadline: window, challengeDuration: window, isUrgent: false, secondsPerBlock: perBlock }
        let at = perBlock
        let improvements = 0
        for (const lag of lags) {
          // Sent on top of the block that is there by then, and included in the next one.
          at = improvableAt({ at, improvements }, room) + perBlock + (lag % perBlock)
          if (at >= window) break
          improvements += 1
        }
        expect(improvements).toBeLessThanOrEqual(mostImprovements(window, perBlock))
      }),
      { numRuns: 2_000 },
    )
  })

  it('comes at longer and longer distances where anybody may end it at any moment', () => {
    const room = { left: 10n ** 9n, secondsPerBlock, isUrgent: true }
    const waits = [0, 1, 2, 3, 60].map((improvements) => waitFor(improvements, room))
    expect(waits).toEqual([12n, 24n, 48n, 96n, 12n * 2n ** 24n])
  })

  it('is no later there than elsewhere', () => {
    expect(waitFor(10, { left: 600n, secondsPerBlock, isUrgent: true })).toBe(300n)
  })
})
