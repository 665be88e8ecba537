import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, BlockStep, RegistererSubscriber } from '../../../src/adapter.ts'
import { memoryStore, WatcherError, watcherEngine } from '../../../src/index.ts'
import { type ModelChain, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { sentVersions } from '../../support/sent-versions.ts'
import { settle, setup, testClock } from '../../support/setup.ts'

/** A stream that says what happens, and from a moment on no longer that this is all. */
function lagging(chain: ModelChain, change: (step: BlockStep) => BlockStep = (step) => step) {
  let isBehind = false
  const subscribe: RegistererSubscriber['subscribe'] = (options): AdjudicatorSubscription => {
    const subscription = chain.subscribe(options)
    async function* steps() {
      for await (const step of subscription) {
        yield isBehind && step.type === 'block' ? change({ ...step, isCurrent: false }) : step
      }
    }
    return { ...subscription, [Symbol.asyncIterator]: steps }
  }
  return {
    subscribe,
    fallBehind() {
      isBehind = true
    },
  }
}

describe('a stream that never says that it is up to date', () => {
  it.each([30n, 600n, 86_400n])('puts no dispute off whose record is read at the head (%s s)', async (duration) => {
    const chain = modelChain()
    const { subscribe, fallBehind } = lagging(chain)
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel({ duration })
    await s.watch(channel.signed(5n))
    fallBehind()
    await s.mine({ seconds: 1n, calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 1n })
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('nor one of which it tells no log at all, once it is read', async () => {
    const chain = modelChain()
    const { subscribe, fallBehind } = lagging(chain, (step) => ({ ...step, added: [], gap: step.added.length > 0 }))
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    fallBehind()
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('has disputes decided on logs alone after half a minute, where no record can be read', async () => {
    const chain = modelChain()
    const { subscribe, fallBehind } = lagging(chain)
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel({ duration: 600n })
    await s.watch(channel.signed(5n))
    fallBehind()
    chain.faults.readRecord = () => {
      throw new WatcherError('CHAIN_UNREACHABLE', 'Not now.')
    }
    await s.mine({ seconds: 12n, calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 12n })
    expect(sentVersions(chain)).toEqual([])
    for (let block = 0; block < 4; block++) await s.mine({ seconds: 12n })
    expect(chain.dispute(channel.id)?.version).toBe(5n)
  })

  it('starts no dispute that a later block has settled', async () => {
    const chain = modelChain()
    const { subscribe, fallBehind } = lagging(chain)
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const channel = testChannel({ duration: 86_400n })
    await s.watch(channel.signed(5n))
    fallBehind()
    await s.mine({ calls: [registers(channel.signed(1n)), registers(channel.signed(5n))] })
    for (let block = 0; block < 10; block++) await s.mine()
    expect(sentVersions(chain)).toEqual([])
  })

  it.each(['knows', 'does not know'])('nor after a restart of which the store %s the dispute', async (knowledge) => {
    const chain = modelChain()
    const store = memoryStore()
    const channel = testChannel({ duration: 3_600n })
    const cannotSend: RegistererSubscriber['register'] = async () => {
      throw new WatcherError('CHAIN_UNREACHABLE', 'Not now.')
    }
    const first = await setup({ chain, store, chainOverrides: { register: cannotSend } })
    await first.watch(channel.signed(5n))
    const cheats = { calls: [registers(channel.signed(1n))] }
    if (knowledge === 'knows') await first.mine(cheats)
    // Without its shutdown: that would close the ledger.
    await using _ = first
    const other = lagging(chain)
    other.fallBehind()
    const clock = testClock()
    const kept = { ...store, async close() {} }
    const engine = watcherEngine(
      { chain: { ...chain, subscribe: other.subscribe }, store: kept, clock, random: () => 0.5 },
      { refuteDepth: 0n },
    )
    const ending = new AbortController()
    const starting = engine.start({ signal: ending.signal }).catch(() => {})
    await settle()
    if (knowledge !== 'knows') chain.mine(cheats)
    for (let block = 0; block < 5; block++) {
      await clock.pass(12_000)
      await settle()
      chain.mine()
      await settle()
    }
    expect(chain.sent.length).toBeGreaterThan(0)
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    ending.abort()
    await starting
  })
})
