import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventQueue } from '../../src/adapter.ts'
import { type AbortOptions, memoryStore, WatcherError } from '../../src/index.ts'
import { modelChain, registers, testChannel } from '../../src/testing/index.ts'
import { isPending, type Setup, settle, setup, stillClock } from '../support/setup.ts'

/** What is known to be wrong with go-perun's watcher, shown to be right here; W18 to W25 are in the file next to it. */

const untilAborted = ({ signal }: AbortOptions = {}): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

/** A parent at version 1 that locks a child at version 0, both watched. */
async function withChild(s: Setup) {
  const child = testChannel({ kind: 'sub', funds: 100n, hasApp: true })
  const parent = testChannel()
  const locks = { locks: [child] }
  const watch = await s.watch(parent.signed(1n, locks))
  const childWatch = await s.watch(child.signed(0n), parent)
  return { child, parent, locks, watch, childWatch }
}

describe('a known weakness', () => {
  it('W1: a registration that fails is tried again, and the event is told all the same', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    let failures = 0
    s.chain.faults.send = () => {
      if (failures++ < 3) throw new WatcherError('CHAIN_UNREACHABLE', 'timeout')
    }
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(failures).toBe(4)
    expect(watch.told).toEqual(['registered 1', 'endangered unreachable', 'registered 5', 'refuted 5'])
  })

  it('W2: states, archived ones and records survive the process', async () => {
    const [chain, store] = [modelChain(), memoryStore()]
    const before = await setup({ chain, store })
    const { child, parent, locks, watch, childWatch } = await withChild(before)
    await childWatch.publish(child.signed(3n))
    await childWatch.stop()
    await watch.publish(parent.signed(2n, locks))
    await before.engine.shutdown()
    chain.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await using s = await setup({ chain, store })
    await s.mine()
    expect([parent, child].map(({ id }) => chain.dispute(id)?.version)).toEqual([2n, 3n])
  })

  it('W3: no state is taken unchecked, and an older one does not lower the protection', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await watch.publish(channel.signed(5n))
    await expect(watch.publish(channel.signed(2n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    await expect(watch.publish({ ...channel.signed(9n), sigs: [] })).rejects.toMatchObject({ code: 'SIGNATURE_COUNT' })
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('W4: a publish obeys its signal, never blocks the next one, and after a stop is refused, no more', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(0n))
    await expect(watch.publish(channel.signed(1n), { signal: AbortSignal.abort() })).rejects.toThrow()
    const versions = Array.from({ length: 50 }, (_, at) => BigInt(at + 1))
    await Promise.all(versions.map((version) => watch.publish(channel.signed(version))))
    await watch.stop()
    await expect(watch.publish(channel.signed(51n))).rejects.toMatchObject({ code: 'WATCH_ENDED' })
  })

  it('W5: an unknown sub-channel crashes nothing: the newest complete tree is used, and the client is told', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const watch = await s.watch(parent.signed(1n))
    await watch.publish(parent.signed(2n))
    await watch.publish(parent.signed(3n, { locks: [child] }))
    await s.mine({ calls: [registers(parent.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    expect(watch.told).toContain('endangered sub-channel-unknown')
  })

  it('W6: trees of any depth are watched and registered', async () => {
    await using s = await setup()
    const grandchild = testChannel({ kind: 'sub', funds: 5n })
    const { child, parent, locks, childWatch } = await withChild(s)
    const below = { locks: [grandchild] }
    await childWatch.publish(child.signed(2n, below))
    await s.watch(grandchild.signed(7n), child)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(1n, below), grandchild.signed(3n)])] })
    await s.mine()
    expect([parent, child, grandchild].map(({ id }) => s.chain.dispute(id)?.version)).toEqual([1n, 2n, 7n])
  })

  it('W7: a newer state on the chain becomes ours, so that the tree of its parent is the right one', async () => {
    await using s = await setup()
    const { child, parent, locks, watch } = await withChild(s)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(6n)])] })
    await watch.publish(parent.signed(2n, locks))
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    expect(s.chain.sent[0]?.subChannels[0]?.state.version).toBe(6n)
  })

  it('W8: a state that is published while an older one is on the chain is registered at once', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(2n))
    await settle()
    expect(s.chain.sent).toHaveLength(1)
  })

  it('W9: a client that does not read stops neither refutations nor its own stop', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.engine.startWatching(channel.signed(5n), eventQueue(1))
    for (let round = 0; round < 20; round++) {
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(5n)
      await s.reorg(2)
    }
    expect(await isPending(watch.stop())).toBe(false)
  })

  it('W10: a registration that hangs blocks neither events nor publishes, has a deadline, and a stop can be bounded', async () => {
    const chain = modelChain()
    const deadlines: bigint[] = []
    await using s = await setup({
      chain,
      chainOverrides: {
        register(_, __, options) {
          deadlines.push(options.deadline)
          return untilAborted(options)
        },
      },
    })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(6n))
    await s.mine({ calls: [registers(channel.signed(2n))] })
    expect(watch.told).toContain('registered 2')
    expect(deadlines[0]).toBe(chain.dispute(channel.id)?.timeout)
    await expect(watch.stop({ signal: AbortSignal.abort(new Error('no time')) })).rejects.toThrow('no time')
  })

  it('W11: a refused stop changes nothing, however often it is tried', async () => {
    await using s = await setup()
    const { child, parent, locks, watch } = await withChild(s)
    await expect(watch.stop()).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    await expect(watch.stop()).rejects.toMatchObject({ code: 'SUB_CHANNELS_WATCHED' })
    await watch.publish(parent.signed(2n, locks))
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await s.mine()
    expect(watch.told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
  })

  it('W12: a refutation that a reorg takes out is made again, and the event is told again', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    const cheat = registers(channel.signed(1n))
    await s.mine({ calls: [cheat] })
    await s.mine()
    await s.reorg(2)
    await s.mine({ calls: [cheat] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(watch.told.filter((event) => event === 'registered 1')).toHaveLength(2)
  })

  it('W13: a stream that fails is opened again', async () => {
    const chain = modelChain()
    let opened = 0
    const subscribe: typeof chain.subscribe = (options) => {
      const subscription = chain.subscribe(options)
      if (opened++ >= 3) return subscription
      // biome-ignore lint/correctness/useYield: it fails before the first step.
      async function* broken(): AsyncGenerator<never> {
        throw new Error('connection reset')
      }
      return { ...subscription, [Symbol.asyncIterator]: broken }
    }
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('W14: an archived sub-channel is watched: its older state below the newest parent is refuted', async () => {
    await using s = await setup()
    const { child, parent, locks, childWatch } = await withChild(s)
    await childWatch.publish(child.signed(4n))
    await childWatch.stop()
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await s.mine()
    expect(s.chain.dispute(child.id)?.version).toBe(4n)
  })

  it('W15: one subscription serves all channels, and a start that hangs delays nobody', async () => {
    const chain = modelChain()
    const slow = testChannel()
    let subscriptions = 0
    await using s = await setup({
      chain,
      clock: stillClock,
      chainOverrides: {
        subscribe(options) {
          subscriptions += 1
          return chain.subscribe(options)
        },
        readRecord: (id, options) => (id === slow.id ? untilAborted(options) : chain.readRecord(id)),
      },
    })
    const starting = s.watch(slow.signed(1n))
    const channels = Array.from({ length: 20 }, () => testChannel())
    for (const channel of channels) await s.watch(channel.signed(5n))
    await s.mine({ calls: channels.map((channel) => registers(channel.signed(1n))) })
    await s.mine()
    for (const channel of channels) expect(chain.dispute(channel.id)?.version).toBe(5n)
    expect(await isPending(starting)).toBe(true)
    expect(subscriptions).toBe(1)
    await s.engine.shutdown()
    await Promise.allSettled([starting])
  })

  it('W16: both parties of a channel may use the same watcher', async () => {
    await using s = await setup()
    const channel = testChannel()
    const alice = await s.watch(channel.signed(1n), undefined, 'alice')
    const bob = await s.watch(channel.signed(1n), undefined, 'bob')
    await bob.publish(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(alice.told).toEqual(bob.told)
    expect(alice.told).toContain('refuted 5')
  })

  it('W17: a stream of publishes does not postpone a refutation', async () => {
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: {
        // As slow as a node: several turns from the call to the transaction.
        async register(channel, subChannels, options) {
          for (let turn = 0; turn < 25; turn++) await setImmediate(undefined, { signal: options.signal ?? undefined })
          return chain.register(channel, subChannels, options)
        },
      },
    })
    const channel = testChannel({ duration: 6000n })
    const watch = await s.watch(channel.signed(2n))
    chain.mine({ calls: [registers(channel.signed(1n))] })
    for (let version = 3n; version < 200n; version++) {
      await watch.publish(channel.signed(version))
      await setImmediate()
      if (version % 10n === 0n) chain.mine()
    }
    expect(chain.dispute(channel.id)?.version).toBeGreaterThan(1n)
  })
})
