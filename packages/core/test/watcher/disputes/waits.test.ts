import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, ChainStep, Inclusion } from '../../../src/adapter.ts'
import { parseBlockHash, parseTransactionHash, WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { sentVersions } from '../../support/sent-versions.ts'
import { isPending, settle, setup } from '../../support/setup.ts'

/** A chain whose steps are told as `tell` has them. */
function distorted(chain: ReturnType<typeof modelChain>, tell: (step: ChainStep) => ChainStep): typeof chain.subscribe {
  return (options): AdjudicatorSubscription => {
    const subscription = chain.subscribe(options)
    async function* steps() {
      for await (const step of subscription) yield tell(step)
    }
    return { ...subscription, [Symbol.asyncIterator]: steps }
  }
}

const later = (step: ChainStep, seconds: bigint): ChainStep =>
  step.type === 'block' ? { ...step, head: { ...step.head, timestamp: step.head.timestamp + seconds } } : step

describe('D7: one wrong time', () => {
  for (const jump of [100_000n, -100_000n]) {
    it(`of a head (${jump} s) ends nothing: the next right one is a reason to decide again`, async () => {
      const chain = modelChain()
      let isLying = false
      const subscribe = distorted(chain, (step) => (isLying ? later(step, jump) : step))
      await using s = await setup({ chain, chainOverrides: { subscribe } })
      const channel = testChannel()
      await s.watch(channel.signed(5n))
      s.chain.faults.send = () => {
        throw new WatcherError('CHAIN_UNREACHABLE', 'Not now.')
      }
      await s.mine({ calls: [registers(channel.signed(1n))] })
      isLying = true
      await s.mine()
      await s.mine()
      isLying = false
      delete s.chain.faults.send
      await s.mine()
      await s.mine()
      await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
    })
  }

  it('while a sub-channel stands alone, makes nobody forget that its root was to be opened', async () => {
    const chain = modelChain()
    let isLying = false
    const subscribe = distorted(chain, (step) => (isLying ? later(step, 100_000n) : step))
    await using s = await setup({ chain, chainOverrides: { subscribe } })
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    const [root, foreign] = [testChannel(), testChannel()]
    await s.watch(root.signed(2n, { locks: [virtual] }))
    await s.watch(virtual.signed(5n), root)
    isLying = true
    await s.mine({ calls: [registers(foreign.signed(1n, { locks: [virtual] }), [virtual.signed(1n)], true)] })
    isLying = false
    await s.mine()
    await s.mine()
    expect(chain.dispute(virtual.id)?.version).toBe(5n)
  })
})

const zeros = `0x${'00'.repeat(32)}`
const transactionHash = parseTransactionHash(zeros)
const hash = parseBlockHash(zeros)

describe('D7: an inclusion that the sender made up', () => {
  for (const ahead of [0n, 1n, 1_000_000n]) {
    it(`${ahead} blocks ahead is not believed, not told and not waited for without end`, async () => {
      const chain = modelChain()
      let lies = 3
      const made = async (): Promise<Inclusion> => {
        lies -= 1
        return { transactionHash, block: { number: ahead, hash, timestamp: chain.now } }
      }
      await using s = await setup({
        chain,
        chainOverrides: { register: (...args) => (lies > 0 ? made() : chain.register(...args)) },
      })
      const channel = testChannel()
      const watch = await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      for (let block = 0; block < 45; block++) await s.mine()
      expect(chain.dispute(channel.id)?.version).toBe(5n)
      expect(watch.told.filter((event) => event.startsWith('refuted'))).toEqual(['refuted 5'])
    })
  }

  it('costs minutes of a long window, not hours', async () => {
    const chain = modelChain()
    let lies = 2
    const sentAt: bigint[] = []
    await using s = await setup({
      chain,
      chainOverrides: {
        async register(...args) {
          sentAt.push(chain.now)
          if (--lies < 0) return await chain.register(...args)
          return { transactionHash, block: { number: 1_000_000n, hash, timestamp: chain.now } }
        },
      },
    })
    const channel = testChannel({ duration: 86_400n })
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const start = chain.now
    for (let block = 0; block < 60 && chain.dispute(channel.id)?.version === 1n; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(5n)
    // A minute, two minutes, and pauses of seconds.
    expect(chain.now - start).toBeLessThan(300n)
    expect(sentAt).toHaveLength(3)
  })

  it.each([0n, 1_000_000n])('in block %s, all day long, makes us send the logarithm of the window', async (number) => {
    const chain = modelChain()
    const sentAt: bigint[] = []
    await using s = await setup({
      chain,
      chainOverrides: {
        async register() {
          sentAt.push(chain.now)
          return { transactionHash, block: { number, hash, timestamp: chain.now } }
        },
      },
    })
    const channel = testChannel({ duration: 86_400n })
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const end = chain.now + 86_400n
    while (chain.now < end - 60n) await s.mine({ seconds: 60n })
    expect(sentAt.length).toBeGreaterThan(10)
    expect(sentAt.length).toBeLessThan(40)
    // None of the pauses takes more than about a quarter of the time that was left.
    for (const [at, sent] of sentAt.entries()) {
      const next = sentAt[at + 1] ?? end
      if (end - sent > 1_200n) expect((next - sent) * 10n).toBeLessThan((end - sent) * 4n)
    }
  })

  it('again and again does not keep the engine busy', async () => {
    const chain = modelChain()
    let calls = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        async register() {
          calls += 1
          return { transactionHash, block: { number: 0n, hash, timestamp: chain.now } }
        },
      },
    })
    const channel = testChannel()
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await settle()
    expect(calls).toBe(1)
    for (let block = 0; block < 10; block++) await s.mine()
    expect(calls).toBeLessThan(30)
  })
})

describe('D9: where no block comes', () => {
  for (const [duration, most] of [
    [60n, 6],
    [300n, 30],
    [86_400n, 48],
  ] as const) {
    it(`a window of ${duration} s is answered within ${most} s by the clock`, async () => {
      await using s = await setup({ refuteDepth: 2n })
      const channel = testChannel({ duration })
      await s.watch(channel.signed(5n))
      await s.mine({ calls: [registers(channel.signed(1n))] })
      await s.clock.pass(most * 1000)
      await settle()
      expect(sentVersions(s.chain)).toEqual([[5n]])
      await s.mine()
      expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    })
  }

  it('confirmations are still waited for where blocks come', async () => {
    await using s = await setup({ refuteDepth: 2n })
    const channel = testChannel({ duration: 3600n })
    await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.sent).toEqual([])
    await s.mine()
    expect(s.chain.sent).toHaveLength(1)
  })

  it('a transaction that gives way to a newer state, or that nobody needs any more, is given up by the clock', async () => {
    const chain = modelChain()
    const given: bigint[] = []
    await using s = await setup({
      chain,
      chainOverrides: {
        register: ({ state }, _, { signal }) => {
          given.push(state.version)
          return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        },
      },
    })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(6n))
    await s.clock.pass(60_000)
    expect(given).toEqual([5n, 6n])
    await s.mine({ calls: [registers(channel.signed(6n))] })
    const stopping = watch.stop()
    expect(await isPending(stopping)).toBe(true)
    await s.clock.pass(120_000)
    await stopping
  })

  it('a sender that does not hear that it shall give up is not waited for', async () => {
    const chain = modelChain()
    let calls = 0
    await using s = await setup({
      chain,
      chainOverrides: {
        register(channel, subChannels, options) {
          calls += 1
          return calls === 1 ? new Promise(() => {}) : chain.register(channel, subChannels, options)
        },
      },
    })
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(channel.signed(6n))
    for (let block = 0; block < 4; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(6n)
  })

  it('a deadline is near when the clock says so, whatever the newest block says', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.clock.pass(440_000)
    expect(watch.told).not.toContain('endangered late')
    await s.clock.pass(60_000)
    expect(watch.told).toContain('endangered late')
  })

  it('a family that waits for another one is looked at by the clock', async () => {
    const chain = modelChain()
    await using s = await setup({
      chain,
      chainOverrides: {
        // The first to answer never gets an answer itself.
        register: (channel, subChannels, options) =>
          channel.state.channelId === first?.id
            ? new Promise((_, reject) =>
                options.signal?.addEventListener('abort', () => reject(options.signal?.reason)),
              )
            : chain.register(channel, subChannels, options),
      },
    })
    const virtual = testChannel({ kind: 'virtual', funds: 10n })
    const [first, second] = [testChannel(), testChannel()].sort((a, b) => (a.id < b.id ? -1 : 1))
    if (first === undefined || second === undefined) throw new Error('there are two')
    for (const root of [first, second]) await s.watch(root.signed(2n, { locks: [virtual] }))
    await s.watch(virtual.signed(5n), first)
    await s.watch(virtual.signed(5n), second)
    const foreign = testChannel().signed(1n, { locks: [virtual] })
    await s.mine({ calls: [registers(foreign, [virtual.signed(1n)], true)] })
    expect(sentVersions(chain)).toEqual([])
    await s.mine({ seconds: 420n, withPending: false })
    await s.clock.pass(20_000)
    expect(sentVersions(chain)).toEqual([])
    await s.clock.pass(60_000)
    expect(sentVersions(chain)).toEqual([[2n, 5n]])
  })
})
