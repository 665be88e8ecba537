import { describe, expect, it } from 'vitest'
import { concludes, progresses, registers, type TestChannel, testChannel } from '../../src/testing/index.ts'
import { sentVersions } from '../support/sent-versions.ts'
import { type Setup, setup, type Watched } from '../support/setup.ts'

/**
 * The cases of go-perun's watcher/local/watcher_test.go under their names. There the adjudicator is a mock that emits
 * events at will; here it is a model of the contract, so an event is made by the transaction that causes it, and the
 * event that follows our own registration comes by itself. States are fully signed, because ours checks them.
 */

describe('Test_StartWatching', () => {
  describe('ledger_channel', () => {
    it('happy', async () => {
      await using s = await setup()
      const channel = testChannel()
      const watch = await s.watch(channel.signed(0n))
      expect(watch.channelId).toBe(channel.id)
      expect(watch.end).toBeUndefined()
    })

    // On purpose not an error with us: a device that restarted must not be locked out of its own channel.
    it('error/start_watching_repeatedly', async () => {
      await using s = await setup()
      const channel = testChannel()
      await s.watch(channel.signed(0n))
      const again = await s.watch(channel.signed(0n))
      await again.publish(channel.signed(1n))
      await again.publish(channel.signed(2n))
      await expect(s.watch(channel.signed(1n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    })
  })

  describe('sub_channel', () => {
    const child = testChannel({ kind: 'sub', funds: 10n })

    it('error/unknown_parent', async () => {
      await using s = await setup()
      await expect(s.watch(child.signed(0n), testChannel())).rejects.toMatchObject({ code: 'PARENT_UNKNOWN' })
    })

    it('happy', async () => {
      await using s = await setup()
      const parent = testChannel()
      await s.watch(parent.signed(0n))
      expect((await s.watch(child.signed(0n), parent)).channelId).toBe(child.id)
    })

    // As for a ledger channel: fresh handles instead of an error.
    it('error/start_watching_repeatedly', async () => {
      await using s = await setup()
      const parent = testChannel()
      await s.watch(parent.signed(0n))
      await s.watch(child.signed(0n), parent)
      await (await s.watch(child.signed(0n), parent)).publish(child.signed(1n))
    })

    // Nesting is allowed with us, to any depth: the contract takes such trees.
    it('error/parent_is_sub_channel', async () => {
      await using s = await setup()
      const parent = testChannel()
      const grandchild = testChannel({ kind: 'sub', funds: 5n })
      await s.watch(parent.signed(1n, { locks: [child] }))
      await s.watch(child.signed(1n, { locks: [grandchild] }), parent)
      await s.watch(grandchild.signed(9n), child)
      const old = [child.signed(1n, { locks: [grandchild] }), grandchild.signed(3n)]
      await s.mine({ calls: [registers(parent.signed(1n, { locks: [child] }), old)] })
      await s.mine()
      expect(sentVersions(s.chain)).toEqual([[1n, 1n, 9n]])
    })
  })
})

describe('Test_Watcher_WithoutSubchannel', () => {
  async function watching(newest: bigint): Promise<{ s: Setup; channel: TestChannel; watch: Watched }> {
    const s = await setup()
    const channel = testChannel({ hasApp: true })
    const watch = await s.watch(channel.signed(0n))
    for (let version = 1n; version <= newest; version++) await watch.publish(channel.signed(version))
    return { s, channel, watch }
  }

  it('happy/latest_state_registered', async () => {
    const { s, channel, watch } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [registers(channel.signed(2n))] })
    await s.mine()
    expect(watch.told).toEqual(['registered 2'])
    expect(s.chain.sent).toEqual([])
  })

  // Ours also adopts the newer state, and says so: the second event.
  it('happy/newer_than_latest_state_registered', async () => {
    const { s, channel, watch } = await watching(1n)
    await using _ = s
    await s.mine({ calls: [registers(channel.signed(2n))] })
    await s.mine()
    expect(watch.told).toEqual(['registered 2', 'learned 2'])
    expect(s.chain.sent).toEqual([])
  })

  it('happy/older_state_registered', async () => {
    const { s, channel, watch } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(watch.told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
    expect(sentVersions(s.chain)).toEqual([[2n]])
  })

  it('happy/progressed_event', async () => {
    const { s, channel, watch } = await watching(1n)
    await using _ = s
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 700n, calls: [progresses(channel.signed(1n), channel.signed(2n))] })
    expect(watch.told).toEqual(['registered 1', 'progressed 2'])
    expect(s.chain.sent).toEqual([])
  })

  it('happy/concluded_event', async () => {
    const { s, channel, watch } = await watching(1n)
    await using _ = s
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 2000n, calls: [concludes(channel.signed(1n))] })
    expect(watch.told).toEqual(['registered 1', 'concluded 1'])
    expect(s.chain.sent).toEqual([])
  })
})

describe('Test_Watcher_WithSubchannel', () => {
  /** Parent at version 2, which locks the child at version `childNewest`. */
  async function watching(childNewest: bigint) {
    const s = await setup()
    const child = testChannel({ kind: 'sub', funds: 100n, hasApp: true })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(0n))
    await watch.publish(parent.signed(1n, locks))
    const childWatch = await s.watch(child.signed(0n), parent)
    await watch.publish(parent.signed(2n, locks))
    for (let version = 1n; version <= childNewest; version++) await childWatch.publish(child.signed(version))
    /** Both registered, by somebody else. */
    const register = (parentVersion: bigint, childVersion: bigint) =>
      registers(parent.signed(parentVersion, locks), [child.signed(childVersion)])
    return { s, child, parent, locks, watch, childWatch, register }
  }

  it('happy/latest_state_registered', async () => {
    const { s, watch, childWatch, register } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [register(2n, 2n)] })
    await s.mine()
    expect([watch.told, childWatch.told]).toEqual([['registered 2'], ['registered 2']])
    expect(s.chain.sent).toEqual([])
  })

  // Ours also adopts both states.
  it('happy/newer_than_latest_state_registered', async () => {
    const { s, watch, childWatch, register } = await watching(1n)
    await using _ = s
    await s.mine({ calls: [register(3n, 2n)] })
    await s.mine()
    expect(watch.told).toEqual(['registered 3', 'learned 3'])
    expect(childWatch.told).toEqual(['registered 2', 'learned 2'])
    expect(s.chain.sent).toEqual([])
  })

  it('happy/older_state_registered', async () => {
    const { s, watch, childWatch, register } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [register(1n, 1n)] })
    await s.mine()
    await s.mine()
    for (const { told } of [watch, childWatch]) expect(told).toEqual(['registered 1', 'registered 2', 'refuted 2'])
    expect(sentVersions(s.chain)).toEqual([[2n, 2n]])
  })

  // Ours registers the newer state when half of the time that was left has passed, not only with the next event.
  it('happy/older_state_registered_then_newer_state_received', async () => {
    const { s, child, childWatch, register } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [register(1n, 1n)] })
    await s.mine()
    await childWatch.publish(child.signed(3n))
    await s.mine({ seconds: 300n })
    await s.mine()
    expect(sentVersions(s.chain)).toEqual([
      [2n, 2n],
      [2n, 3n],
    ])
    expect(childWatch.told).toEqual(['registered 1', 'registered 2', 'refuted 2', 'registered 3', 'refuted 3'])
  })

  it('happy/progressed_event', async () => {
    const { s, child, watch, childWatch, register } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [register(2n, 2n)] })
    await s.mine({ seconds: 700n, calls: [progresses(child.signed(2n), child.signed(3n))] })
    expect(watch.told).toEqual(['registered 2'])
    expect(childWatch.told).toEqual(['registered 2', 'progressed 3'])
    expect(s.chain.sent).toEqual([])
  })

  it('happy/concluded_event', async () => {
    const { s, child, parent, locks, watch, childWatch, register } = await watching(2n)
    await using _ = s
    await s.mine({ calls: [register(2n, 2n)] })
    await s.mine({ seconds: 700n, calls: [concludes(parent.signed(2n, locks), [child.signed(2n)])] })
    expect([watch.told, childWatch.told]).toEqual([
      ['registered 2', 'concluded 2'],
      ['registered 2', 'concluded 2'],
    ])
    expect(s.chain.sent).toEqual([])
  })
})
