import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/index.ts'
import { modelChain, registers, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { type Setup, settle, setup } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

/** The ledger and the disk, which outlive the engines. */
function world() {
  const [chain, store] = [modelChain(), memoryStore()]
  const start = (): Promise<Setup> => setup({ chain, store })
  return {
    chain,
    start,
    /** Starts an engine, and shuts it down after what it lives through. */
    async life(lived: (s: Setup) => Promise<unknown>): Promise<void> {
      await using s = await start()
      await lived(s)
    },
    /** Starts an engine and gives it a block to act in. */
    async restart(): Promise<Setup> {
      const s = await start()
      await s.mine()
      return s
    },
  }
}

/** A parent that locks a child. */
function family() {
  const child = testChannel({ kind: 'sub', funds: 10n })
  return { child, parent: testChannel(), locks: { locks: [child] } }
}

/**
 * An engine hears of a channel when its dispute is so old that no stream tells it again: it is known from the contract
 * alone. Until the engine ends, the chain fails it in this way.
 */
async function watchedLate(
  { chain, life }: ReturnType<typeof world>,
  fault: 'send' | 'readRecord',
  blocks: number,
): Promise<TestChannel> {
  const channel = testChannel({ duration: 6000n })
  await life(async (s) => {
    await s.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 40; block++) chain.mine()
    await settle()
    chain.faults[fault] = () => {
      throw new Error('connection refused')
    }
    await s.watch(channel.signed(4n))
    for (let block = 0; block < blocks; block++) await s.mine()
  })
  delete chain.faults[fault]
  return channel
}

describe('a restart', () => {
  it('refutes a dispute that began while nobody looked', async () => {
    const { chain, life, restart } = world()
    const channel = testChannel()
    await life(async (s) => {
      const watch = await s.watch(channel.signed(1n))
      await watch.publish(channel.signed(5n))
    })
    chain.mine({ calls: [registers(channel.signed(1n))] })
    for (let block = 0; block < 30; block++) chain.mine()
    await using _ = await restart()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('refutes whole families, of which it loads every channel', async () => {
    const { chain, life, restart } = world()
    const { child, parent, locks } = family()
    await life(async (s) => {
      await s.watch(parent.signed(2n, locks))
      const watch = await s.watch(child.signed(4n), parent)
      // Archived channels come back as well.
      await watch.stop()
    })
    chain.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await using _ = await restart()
    expect(chain.dispute(parent.id)?.version).toBe(2n)
    expect(chain.dispute(child.id)?.version).toBe(4n)
  })

  it('goes on with a dispute that it did not finish, however long ago its log was', async () => {
    const outside = world()
    const channel = await watchedLate(outside, 'send', 20)
    await using _ = await outside.restart()
    expect(outside.chain.dispute(channel.id)?.version).toBe(4n)
  })

  it('looks up a record that was never read before', async () => {
    const outside = world()
    const channel = await watchedLate(outside, 'readRecord', 1)
    await using _ = await outside.restart()
    expect(outside.chain.dispute(channel.id)?.version).toBe(4n)
  })

  it('does not act on what was already answered while it was away', async () => {
    const { chain, life, restart } = world()
    const channel = testChannel()
    await life((s) => s.watch(channel.signed(5n)))
    chain.mine({ calls: [registers(channel.signed(1n))] })
    chain.mine({ calls: [registers(channel.signed(5n))] })
    await using _ = await restart()
    expect(chain.sent).toEqual([])
  })

  it.each(['before it ended', 'while it was away'] as const)(
    'D2: concludes a final state that was registered %s, in the place of its conclusion',
    async (when) => {
      const { chain, life, restart } = world()
      const channel = testChannel()
      const final = channel.signed(9n, { isFinal: true })
      await life(async (s) => {
        await s.watch(final)
        if (when === 'before it ended') await s.mine({ calls: [registers(final)] })
      })
      if (when === 'while it was away') chain.mine({ calls: [registers(channel.signed(8n)), registers(final)] })
      await using s = await restart()
      await s.mine()
      expect(chain.sent.map(({ type }) => type)).toEqual(['concludeFinal'])
      expect(chain.dispute(channel.id)).toMatchObject({ version: 9n, phase: 'concluded' })
    },
  )

  it('does not believe a stored record that a reorg has taken out since', async () => {
    const { chain, life, restart } = world()
    const channel = testChannel()
    await life(async (s) => {
      await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
    })
    chain.reorg(1)
    expect(chain.dispute(channel.id)?.version).toBe(1n)
    await using _ = await restart()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('keeps what it learned and what it needs to repeat', async () => {
    const { chain, life, start } = world()
    const { child, parent, locks } = family()
    await life(async (s) => {
      await s.watch(parent.signed(1n, locks))
      await s.watch(child.signed(0n), parent)
      await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(7n)])] })
    })
    await using s = await start()
    const watch = await s.watch(parent.signed(1n, locks))
    await watch.publish(parent.signed(2n, locks))
    await s.mine()
    expect(chain.dispute(parent.id)?.version).toBe(2n)
    expect(chain.sent.at(-1)?.subChannels.map(({ state }) => state.version)).toEqual([7n])
  })

  it('lets clients come back with the same or a newer state', async () => {
    const { chain, life, start } = world()
    const channel = testChannel()
    await life(async (s) => {
      await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(5n))] })
    })
    await using s = await start()
    await expect(s.watch(channel.signed(4n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    const watch = await s.watch(channel.signed(5n))
    await settle()
    expect(watch.told).toContain('registered 5')
    await watch.publish(channel.signed(6n))
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(6n)
  })

  it('reads the chain from where it stopped, not from the start and not from the head', async () => {
    const [chain, store] = [modelChain(), testStore()]
    const starts: (bigint | undefined)[] = []
    const chainOverrides: Parameters<typeof setup>[0] = {
      chainOverrides: {
        subscribe(options) {
          starts.push(options.fromBlock)
          return chain.subscribe(options)
        },
      },
    }
    {
      await using s = await setup({ chain, store, ...chainOverrides })
      for (let block = 0; block < 50; block++) await s.mine()
    }
    const cursor = await store.cursor(chain.ledgerId)
    // Not one write per block: nothing of ours happened.
    expect(store.commits.length).toBeLessThan(6)
    await using _ = await setup({ chain, store, ...chainOverrides })
    expect(starts[0]).toBeUndefined()
    expect(starts[1]).toBe((cursor ?? -1n) + 1n)
    // Final blocks only, and no more than a few of them twice.
    expect(
      cursor !== undefined && cursor <= 50n - chain.finalityDepth && cursor > 50n - chain.finalityDepth - 17n,
    ).toBe(true)
  })
})
