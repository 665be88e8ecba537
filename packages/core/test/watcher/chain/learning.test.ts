import { describe, expect, it } from 'vitest'
import { deferred } from '../../../src/async/deferred.ts'
import { type SignedState, WatcherError } from '../../../src/index.ts'
import { modelChain, progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { held } from '../../support/random-family.ts'
import { sentVersions } from '../../support/sent-versions.ts'
import { settle, setup, stillClock } from '../../support/setup.ts'
import { hasNewest, testStore } from '../../support/stores.ts'

describe('a state that the chain holds', () => {
  it('is learned for every channel of a tree', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(1n, locks))
    const childWatch = await s.watch(child.signed(0n), parent)
    await s.mine({ calls: [registers(parent.signed(4n, locks), [child.signed(3n)])] })
    expect(watch.told).toEqual(['registered 4', 'learned 4'])
    expect(childWatch.told).toEqual(['registered 3', 'learned 3'])
    const learned = watch.events.find((event) => event.type === 'learned')
    expect(learned?.type === 'learned' && learned.transaction.sigs).toEqual(parent.signed(4n, locks).sigs)
    expect((await s.store.load(child.id))?.newest.state.version).toBe(3n)
  })

  it('is not needed to refute: calls that nobody can decode are answered all the same', async () => {
    await using s = await setup()
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n), [], true)] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('is looked for again when that fails, and the refutation does not wait for it', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(1n, locks))
    await s.watch(child.signed(0n), parent)
    let failures = 0
    s.chain.faults.recoverStates = () => {
      failures += 1
      if (failures < 5) throw new Error('no such transaction')
      return [parent.signed(1n, locks), child.signed(7n)]
    }
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(7n)])] })
    await watch.publish(parent.signed(2n, locks))
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
  })

  it('is kept once the store takes it, though the endpoint shows it no more', async () => {
    const store = testStore()
    await using s = await setup({ store })
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    await s.watch(parent.signed(1n, locks))
    await s.watch(child.signed(0n), parent)
    let isShown = true
    s.chain.faults.recoverStates = () => {
      if (!isShown) throw new WatcherError('CHAIN_UNREACHABLE', 'It shows no transactions now.')
      isShown = false
      return [parent.signed(1n, locks), child.signed(7n)]
    }
    let isBroken = true
    store.beforeCommit = (changes) => {
      if (isBroken && hasNewest(changes)) throw new WatcherError('STORE_FAILED', 'The disk is slow.')
    }
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(7n)])] })
    isBroken = false
    for (let block = 0; block < 3; block++) await s.mine()
    expect((await s.store.load(child.id))?.newest.state.version).toBe(7n)
  })

  it('does not become ours when only one participant signed it', async () => {
    await using s = await setup()
    const channel = testChannel({ hasApp: true, duration: 60n })
    const watch = await s.watch(channel.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    s.chain.faults.recoverStates = () => {
      throw new Error('a progress is no registration: nobody asks')
    }
    await s.mine({ seconds: 100n, calls: [progresses(channel.signed(1n), channel.signed(2n))] })
    expect(watch.told).toEqual(['registered 1', 'progressed 2'])
    expect((await s.store.load(channel.id))?.newest.state.version).toBe(1n)
  })

  it('is told when it is another one of our version, also where it cannot be decoded', async () => {
    for (const isHidden of [false, true]) {
      await using s = await setup()
      const channel = testChannel()
      const watch = await s.watch(channel.signed(4n))
      await s.mine({ calls: [registers(channel.signed(4n, { isFinal: true }), [], isHidden)] })
      await s.mine()
      expect(watch.told).toContain('endangered same-version')
      expect(s.chain.sent).toEqual([])
    }
  })

  it('is told apart from others of its version: only the one that stands can be repeated', async () => {
    const chain = modelChain()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const others = [testChannel({ kind: 'sub', funds: 5n }), testChannel({ kind: 'sub', funds: 6n })]
    const parent = testChannel()
    const locks = { locks: [child] }
    const registered = child.signed(4n)
    // Everybody signed several states with the same version, and all of them come with the transaction.
    const rivals = [child.signed(4n, { isFinal: true }), ...others.map((each) => child.signed(4n, { locks: [each] }))]
    await using s = await setup({
      chain,
      clock: stillClock,
      chainOverrides: {
        async recoverStates() {
          // Not before the record was read, which says which of them it is.
          await settle()
          return [...rivals, registered, ...rivals]
        },
      },
    })
    const watch = await s.watch(parent.signed(1n, locks))
    await s.watch(child.signed(2n), parent)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [registered])] })
    await settle()
    await watch.publish(parent.signed(2n, locks))
    await s.mine()
    expect(chain.dispute(parent.id)?.version).toBe(2n)
    expect(chain.sent.at(-1)?.subChannels[0]?.state).toEqual(registered.state)
  })

  it('is kept when it cannot be our newest, because a tree may have to repeat it', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(1n, locks))
    await s.watch(child.signed(5n, { isFinal: true }), parent)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(6n)])] })
    await watch.publish(parent.signed(2n, locks))
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
  })

  it('ends the wait for it at once: no new block is needed to send the tree that repeats it', async () => {
    const chain = modelChain()
    const recovered = deferred<readonly SignedState[]>()
    await using s = await setup({
      chain,
      clock: stillClock,
      chainOverrides: { recoverStates: () => recovered.promise },
    })
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(2n, locks))
    await s.watch(child.signed(5n, { isFinal: true }), parent)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(6n)])] })
    expect(watch.told).toContain('endangered state-unknown')
    expect(chain.sent).toEqual([])
    recovered.resolve([child.signed(6n)])
    await settle()
    expect(sentVersions(chain)).toEqual([[2n, 6n]])
  })
})

describe('what a counterparty makes look like a state', () => {
  const channel = testChannel()
  const newest = channel.signed(9n)
  const other = testChannel()
  const hostile: readonly (readonly [string, SignedState])[] = [
    ['has no signatures', { ...newest, sigs: [] }],
    ['has the wrong signatures', { ...newest, sigs: channel.signed(1n).sigs }],
    ['was changed after the signing', { ...newest, state: { ...newest.state, version: 2n ** 64n - 1n } }],
    ['has other parameters', { ...newest, params: other.params }],
    ['has no balances', { ...newest, state: { ...newest.state, outcome: { ...newest.state.outcome, balances: [] } } }],
    ['belongs to a channel that nobody watches', other.signed(9n)],
    ['is older', channel.signed(0n)],
  ]

  for (const [what, state] of hostile) {
    it(`changes nothing where it ${what}`, async () => {
      await using s = await setup()
      const watch = await s.watch(channel.signed(5n))
      s.chain.faults.recoverStates = () => [state, state, channel.signed(1n)]
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(5n)
      expect((await s.store.load(channel.id))?.newest).toEqual(held(channel.signed(5n)))
      expect(watch.told).toEqual(['registered 1', 'registered 5', 'refuted 5'])
      await watch.publish(channel.signed(6n))
    })
  }

  it('does not keep a true one beside it from being learned', async () => {
    await using s = await setup()
    const watch = await s.watch(channel.signed(5n))
    s.chain.faults.recoverStates = () => [...hostile.map(([, state]) => state), newest]
    await s.mine({ calls: [registers(newest)] })
    expect(watch.told).toEqual(['registered 9', 'learned 9'])
  })
})
