import { describe, expect, it } from 'vitest'
import { memoryStore, WatcherError } from '../../../src/index.ts'
import {
  concludes,
  type ModelCall,
  type ModelChain,
  modelChain,
  registers,
  testChannel,
} from '../../../src/testing/index.ts'
import { type Change, changed } from '../../support/changed-stream.ts'
import { type Setup, settle, setup } from '../../support/setup.ts'

const refuse = (): never => {
  throw new WatcherError('CHAIN_UNREACHABLE', 'no traces')
}

/** A sub-channel whose registered state nobody gave us: the root's newest state is not registrable without it. */
function dispute() {
  const root = testChannel({ duration: 6_000n })
  const sub = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
  const locks = { locks: [sub] }
  return { root, sub, calls: [registers(root.signed(1n, locks), [sub.signed(7n)])], newest: root.signed(2n, locks) }
}

/** A ledger that refuses to tell, and counts how often it was asked. */
function refusing(chain: ModelChain) {
  let tries = 0
  chain.faults.recoverStates = () => {
    tries += 1
    return refuse()
  }
  return {
    get tries() {
      return tries
    },
  }
}

async function passAnHour(s: Setup): Promise<void> {
  for (let minute = 0; minute < 60; minute++) await s.mine({ seconds: 60n, withPending: false })
}

describe('a registered state that cannot be recovered', () => {
  it('D5b: is found after an hour of refusals', async () => {
    const { root, sub, calls, newest } = dispute()
    await using s = await setup()
    await s.watch(newest)
    await s.watch(sub.signed(1n), root)
    const refused = refusing(s.chain)
    await s.mine({ calls, withPending: false })
    await s.mine({ seconds: 100n, withPending: false })
    await passAnHour(s)
    expect(refused.tries).toBeGreaterThan(30)
    expect(s.chain.dispute(root.id)?.version).toBe(1n)
    delete s.chain.faults.recoverStates
    for (let block = 0; block < 6; block++) await s.mine({ seconds: 60n })
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D5b: is sought on after a restart', async () => {
    const { root, sub, calls, newest } = dispute()
    const here = { chain: modelChain(), store: memoryStore() }
    here.chain.faults.recoverStates = refuse
    {
      await using s = await setup(here)
      await s.watch(newest)
      await s.watch(sub.signed(1n), root)
      await s.mine({ calls, withPending: false })
      await s.mine({ seconds: 100n, withPending: false })
      for (let block = 0; block < 30; block++) await s.mine()
      await s.engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
    }
    delete here.chain.faults.recoverStates
    await using s = await setup(here)
    await settle()
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('D5c: is found where it was registered before the channel was watched', async () => {
    const { root, sub, calls, newest } = dispute()
    await using s = await setup()
    await s.mine({ calls, withPending: false })
    await s.mine({ seconds: 100n, withPending: false })
    for (let block = 0; block < 20; block++) await s.mine()
    await s.watch(newest)
    await s.watch(sub.signed(1n), root)
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it('is found in the transaction that concludes it, where that registers it once more', async () => {
    const { root, sub, newest } = dispute()
    await using s = await setup()
    await s.watch(newest)
    await s.watch(sub.signed(1n), root)
    const own = testChannel({ duration: 0n })
    const states = [own.signed(0n, { locks: [sub] }), sub.signed(7n)] as const
    await s.mine({ calls: [registers(root.signed(1n)), registers(states[0], [states[1]], true)], withPending: false })
    await s.mine({ seconds: 100n, withPending: false })
    const [again, conclusion] = [registers(states[0], [states[1]]), concludes(states[0], [states[1]])]
    const both: ModelCall = {
      run(before, now) {
        const { disputes, updates } = again.run(before, now)
        expect(updates).toEqual([])
        return conclusion.run(disputes, now)
      },
      states,
    }
    await s.mine({ calls: [both], withPending: false })
    for (let block = 0; block < 6; block++) await s.mine({ seconds: 60n })
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
  })

  it.each([
    [1, 'alone'],
    [2, 'alone'],
    [2, 'with what locks it'],
  ] as const)(
    'is found in a registration %i level up, of which no log was told, where it was registered %s before',
    async (levels, before) => {
      const chain = modelChain()
      let isHidden = false
      const hide: Change = (step) => (isHidden ? { ...step, removed: [], added: [] } : step)
      await using s = await setup({ chain, chainOverrides: changed(chain, hide) })
      const sub = testChannel({ kind: 'sub', funds: 10n, duration: 60n })
      const middle = testChannel({ kind: 'sub', funds: 10n, duration: 6_000n })
      const root = testChannel({ duration: 6_000n })
      const parent = levels === 1 ? root : middle
      const between = levels === 1 ? [] : [middle.signed(1n, { locks: [sub] })]
      const locks = { locks: levels === 1 ? [sub] : [middle] }
      const watch = await s.watch(root.signed(1n, locks))
      await watch.publish(root.signed(2n, locks))
      if (levels === 2) await s.watch(middle.signed(1n, { locks: [sub] }), root)
      await s.watch(sub.signed(1n), parent)
      const own = testChannel({ duration: 0n })
      // Then the registration of the root leaves no log of what is between either.
      const hidden = before === 'alone' ? [] : between
      const lock = { locks: hidden.length === 0 ? [sub] : [middle] }
      const calls = [registers(own.signed(0n, lock), [...hidden, sub.signed(7n)], true)]
      await s.mine({ calls, withPending: false })
      await s.mine({ seconds: 100n, withPending: false })
      isHidden = true
      await s.mine({ calls: [registers(root.signed(1n, locks), [...between, sub.signed(7n)])], withPending: false })
      isHidden = false
      for (let block = 0; block < 40; block++) await s.mine({ seconds: 60n })
      expect(s.chain.dispute(root.id)?.version).toBe(2n)
    },
  )

  it('D5b: is sought no longer once it is published', async () => {
    const { root, sub, calls, newest } = dispute()
    const chain = modelChain()
    const refused = refusing(chain)
    await using s = await setup({ chain })
    await s.watch(newest)
    const below = await s.watch(sub.signed(1n), root)
    await s.mine({ calls, withPending: false })
    await s.mine({ seconds: 100n, withPending: false })
    await below.publish(sub.signed(7n))
    // The root's registered state is of no use either once ours stands in its place.
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(root.id)?.version).toBe(2n)
    // What tries the transaction itself gives up on its own after thirty tries.
    await passAnHour(s)
    const before = refused.tries
    await passAnHour(s)
    expect(refused.tries).toBe(before)
  })

  it('D5c: of a plain ledger channel is not asked for where ours is newer', async () => {
    const channel = testChannel()
    const chain = modelChain()
    let searches = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        findRegistrations(...args) {
          searches += 1
          return chain.findRegistrations(...args)
        },
      },
    })
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n), [], true)] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(searches).toBe(0)
  })
})
