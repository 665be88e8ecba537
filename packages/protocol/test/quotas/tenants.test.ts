import { parseClientName, type SignedStateInput, type TransactionInput } from '@perun-watcher/core'
import { registers, testChannel } from '@perun-watcher/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quotaKeeper } from '../../src/quotas/quota-keeper.ts'
import { tenants } from '../support/tenants.ts'

const [alice, mallory] = [parseClientName('alice'), parseClientName('mallory')]
const sink = { push() {}, end() {} }

describe('two clients on one channel', () => {
  it('both hear of it, and a newer state is welcome from either', async () => {
    await using s = await tenants()
    const channel = testChannel()
    const [one, two] = [await s.watch('alice', channel.signed(1n)), await s.watch('bob', channel.signed(1n))]
    await one.watch.publish(channel.signed(2n))
    await two.watch.publish(channel.signed(3n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(3n)
    for (const { told } of [one, two]) expect(told).toEqual(['registered', 'registered', 'refuted'])
  })

  it('a stop by one leaves the watch of the other', async () => {
    await using s = await tenants()
    const channel = testChannel()
    const one = await s.watch('alice', channel.signed(1n))
    await s.watch('mallory', channel.signed(1n))
    await one.watch.publish(channel.signed(5n))
    await s.keeper.stopWatching(channel.id, { client: mallory })
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(one.told).toContain('refuted')
  })
})

describe('a hostile client', () => {
  it('makes nobody go through its families as often as it is refused', async () => {
    await using s = await tenants()
    let looks = 0
    const engine: typeof s.engine = {
      ...s.engine,
      channel(id, client) {
        const channel = s.engine.channel(id, client)
        return (
          channel && {
            ...channel,
            get isDisputed() {
              looks += 1
              return channel.isDisputed
            },
          }
        )
      },
    }
    const keeper = quotaKeeper({
      engine,
      quotas: { each: { publishesPerSecond: 10, publishBurst: 10 } },
      clock: { now: () => 0 },
    })
    const channel = testChannel()
    const watch = await keeper.startWatching(channel.signed(1n), sink, { client: mallory })
    for (let version = 2n; version < 10n; version++) await watch.publish(channel.signed(version))
    expect(looks).toBe(0)
    for (let time = 0; time < 2_000; time++) await watch.publish(channel.signed(9n)).catch(() => {})
    expect(looks).toBeLessThan(300)
  })

  it('cannot stop the channel of another one', async () => {
    await using s = await tenants()
    const channel = testChannel()
    await s.watch('alice', channel.signed(5n))
    const stop = s.keeper.stopWatching(channel.id, { client: mallory })
    await expect(stop).rejects.toMatchObject({ code: 'CHANNEL_UNKNOWN' })
    expect(s.engine.channel(channel.id)?.clients).toEqual([alice])
  })

  it('cannot read a channel of which it has no signed state', async () => {
    await using s = await tenants()
    const channel = testChannel()
    await s.watch('alice', channel.signed(5n))
    for (const signed of [
      { ...channel.signed(6n), sigs: [] },
      { ...channel.signed(6n), sigs: channel.signed(5n).sigs },
      { ...channel.signed(6n), params: testChannel().params },
    ]) {
      await expect(s.watch('mallory', signed)).rejects.toThrow()
    }
    expect(s.engine.channel(channel.id)).toMatchObject({ clients: [alice], version: 5n })
  })

  it('cannot squat on a channel: whoever comes first, the newest state counts', async () => {
    await using s = await tenants()
    const channel = testChannel()
    await s.watch('mallory', channel.signed(1n))
    const honest = await s.watch('alice', channel.signed(5n))
    await expect(s.watch('mallory', channel.signed(4n))).rejects.toMatchObject({ code: 'VERSION_STALE' })
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(5n)
    expect(honest.told).toContain('refuted')
  })

  it('cannot starve another one: not its rate, not its places, not its turn', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 1, publishBurst: 300, channels: 2 } })
    const [channel, own] = [testChannel(), testChannel()]
    const honest = await s.watch('alice', channel.signed(1n))
    const { watch } = await s.watch('mallory', own.signed(0n))
    const flood = Array.from({ length: 5_000 }, (_, each) => watch.publish(own.signed(BigInt(each + 1))))
    const outcomes = Promise.allSettled(flood)
    await honest.watch.publish(channel.signed(2n))
    expect(s.engine.channel(channel.id)?.version).toBe(2n)
    expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toHaveLength(299)
    await s.watch('alice', testChannel().signed(1n))
  })

  it('gets a coded error for whatever it hands in, and changes nothing', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 1_000_000, publishBurst: 1_000_000 } })
    const channel = testChannel()
    const { watch } = await s.watch('alice', channel.signed(5n))
    // What a program without types may call it with.
    const anything = fc.anything().map((value) => value as SignedStateInput & TransactionInput)
    const coded = { name: 'WatcherError', code: expect.stringMatching(/^[A-Z_]+$/) }
    await fc.assert(
      fc.asyncProperty(anything, async (input) => {
        await expect(s.keeper.startWatching(input, sink, { client: mallory })).rejects.toMatchObject(coded)
        await expect(watch.publish(input)).rejects.toMatchObject(coded)
      }),
    )
    expect(s.engine.channel(channel.id)).toMatchObject({ clients: [alice], version: 5n })
    expect(s.keeper.stats).toMatchObject({ running: 0, waiting: 0 })
  })

  it('leaves nothing behind in memory once it is silent', async () => {
    await using s = await tenants()
    const wrong = { ...testChannel().signed(1n), sigs: [] }
    for (let each = 0; each < 3_000; each++) {
      await s.watch(`sybil-${each}`, wrong).catch(() => {})
      s.pass(100)
    }
    expect(s.keeper.stats.rates).toBeLessThan(1_024)
    expect(s.engine.stats).toMatchObject({ channels: 0, clients: 0 })
  })
})
