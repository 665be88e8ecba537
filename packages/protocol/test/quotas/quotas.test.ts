import { parseClientName } from '@perun-watcher/core'
import { stateBytes } from '@perun-watcher/core/adapter'
import { registers, testChannel } from '@perun-watcher/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { large, tenants } from '../support/tenants.ts'

const alice = parseClientName('alice')
const exceeded = { code: 'QUOTA_EXCEEDED', retryable: true }
const limited = { code: 'RATE_LIMITED', retryable: true }
const size = stateBytes(testChannel().signed(1n))

describe('the quota of channels', () => {
  it('refuses one channel too many, of this client only, until one is stopped', async () => {
    await using s = await tenants({ each: { channels: 2 } })
    const [one, two, three] = [testChannel(), testChannel(), testChannel()]
    await s.watch('alice', one.signed(1n))
    await s.watch('alice', two.signed(1n))
    await expect(s.watch('alice', three.signed(1n))).rejects.toMatchObject(exceeded)
    expect(s.engine.channel(three.id)).toBeUndefined()
    await s.watch('bob', three.signed(1n))
    await s.keeper.stopWatching(one.id, { client: alice })
    await s.watch('alice', three.signed(1n))
    expect(s.keeper.stats.refusals.QUOTA_EXCEEDED).toBe(1)
  })

  it('holds for requests that come at the same time', async () => {
    await using s = await tenants({ each: { channels: 3 } })
    const all = Array.from({ length: 8 }, () => s.watch('alice', testChannel().signed(1n)))
    const outcomes = await Promise.allSettled(all)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(s.engine.usage(alice).channels).toBe(3)
  })

  it('gives back the place of a start that failed', async () => {
    await using s = await tenants({ each: { channels: 1 } })
    const bad = { ...testChannel().signed(1n), sigs: [] }
    await expect(s.watch('alice', bad)).rejects.toMatchObject({ code: 'SIGNATURE_COUNT' })
    await s.watch('alice', testChannel().signed(1n))
  })

  it('that was lowered takes nothing away, and lets the client come back to what it has', async () => {
    await using s = await tenants()
    const [one, two] = [testChannel(), testChannel()]
    await s.watch('alice', one.signed(1n))
    await s.watch('alice', two.signed(1n))
    const lower = s.keeperWith({ each: { channels: 1, storedBytes: 1 } })
    const sink = { push() {}, end() {} }
    const again = await lower.startWatching(large(one, 2n, 1_000), sink, { client: alice })
    await again.publish(large(one, 3n, 1_000))
    await expect(again.publish(large(one, 4n, 2_000))).rejects.toMatchObject(exceeded)
    await s.mine({ calls: [registers(two.signed(0n))] })
    await s.mine()
    expect(s.chain.dispute(two.id)?.version).toBe(1n)
  })

  it('D11: counts what is archived for the client, until nothing locks it, and lets it come back to that', async () => {
    await using s = await tenants({ each: { channels: 2, storedBytes: 100 * size } })
    const [parent, child, third] = [testChannel(), testChannel({ kind: 'sub', funds: 10n }), testChannel()]
    const locks = { locks: [child] }
    const { watch } = await s.watch('alice', parent.signed(1n, locks))
    await s.watch('alice', child.signed(1n), parent)
    await s.keeper.stopWatching(child.id, { client: alice })
    expect(s.engine.channel(child.id)).toMatchObject({ clients: [], payers: [alice] })
    await expect(s.watch('alice', third.signed(1n))).rejects.toMatchObject(exceeded)
    await s.watch('alice', child.signed(2n), parent)
    expect(s.engine.usage(alice).channels).toBe(2)
    await s.keeper.stopWatching(child.id, { client: alice })
    await watch.publish(parent.signed(2n))
    await s.mine()
    expect(s.engine.channel(child.id)).toBeUndefined()
    await s.watch('alice', third.signed(1n))
  })

  it('is another one for a client that the operator knows, and no total holds that one up', async () => {
    const clients = new Map([[alice, { channels: 3 }]])
    await using s = await tenants({ each: { channels: 1 }, clients, total: { channels: 1, clients: 1 } })
    await s.watch('bob', testChannel().signed(1n))
    for (let each = 0; each < 3; each++) await s.watch('alice', testChannel().signed(1n))
    await expect(s.watch('alice', testChannel().signed(1n))).rejects.toMatchObject(exceeded)
  })

  it('has a total against a crowd of new names, which keeps no channel from its second client', async () => {
    await using s = await tenants({ total: { channels: 2, clients: 3 } })
    const [one, two] = [testChannel(), testChannel()]
    await s.watch('a', one.signed(1n))
    await s.watch('b', two.signed(1n))
    await expect(s.watch('a', testChannel().signed(1n))).rejects.toMatchObject(exceeded)
    await s.watch('c', two.signed(1n))
    await expect(s.watch('d', two.signed(1n))).rejects.toMatchObject(exceeded)
  })
})

describe('the quota of bytes', () => {
  it('refuses a channel and a publish that would take more, and keeps what is held', async () => {
    await using s = await tenants({ each: { storedBytes: 2 * size + 500 } })
    const [one, two] = [testChannel(), testChannel()]
    const { watch } = await s.watch('alice', one.signed(1n))
    await expect(s.watch('alice', large(two, 1n, 1_000))).rejects.toMatchObject(exceeded)
    await s.watch('alice', two.signed(1n))
    await expect(watch.publish(large(one, 2n, 1_000))).rejects.toMatchObject(exceeded)
    expect(s.engine.channel(one.id)?.version).toBe(1n)
    await watch.publish(large(one, 2n, 400))
    await watch.publish(one.signed(3n))
  })

  it('is never passed, whatever comes at the same time', async () => {
    const step = fc.record({ at: fc.nat({ max: 2 }), bytes: fc.nat({ max: 3_000 }), isStart: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 6 }), async (rounds) => {
        const storedBytes = 3 * size + 2_000
        await using s = await tenants({
          each: { storedBytes, channels: 2, publishesPerSecond: 1_000, publishBurst: 1_000 },
        })
        const channels = [testChannel(), testChannel(), testChannel()]
        const watches = new Map<number, Awaited<ReturnType<typeof s.watch>>>()
        let version = 0n
        for (const round of rounds) {
          const requests = round.map(async ({ at, bytes, isStart }) => {
            const channel = channels[at]
            if (channel === undefined) return
            version += 1n
            const state = large(channel, version, bytes)
            // Coming back is never refused, so only first starts.
            if (isStart && !watches.has(at)) watches.set(at, await s.watch('alice', state))
            else await watches.get(at)?.watch.publish(state)
          })
          await Promise.allSettled(requests)
          const { channels: count, bytes } = s.engine.usage(alice)
          expect(count).toBeLessThanOrEqual(2)
          expect(bytes).toBeLessThanOrEqual(storedBytes)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a state that was parsed already', () => {
  it('is held to the same rate and the same bytes', async () => {
    await using s = await tenants({ each: { storedBytes: size + 500, publishesPerSecond: 10, publishBurst: 3 } })
    const channel = testChannel()
    const { watch } = await s.watch('alice', channel.signed(0n))
    await expect(watch.publishParsed(large(channel, 1n, 1_000))).rejects.toMatchObject(exceeded)
    await watch.publishParsed(channel.signed(1n))
    await expect(watch.publishParsed(channel.signed(2n))).rejects.toMatchObject(limited)
    expect(s.engine.channel(channel.id)?.version).toBe(1n)
  })
})

describe('the rate of states', () => {
  it('is a burst and then so many per second, and says when to come again', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 10, publishBurst: 3 } })
    const channel = testChannel()
    const { watch } = await s.watch('alice', channel.signed(0n))
    await watch.publish(channel.signed(1n))
    await watch.publish(channel.signed(2n))
    await expect(watch.publish(channel.signed(3n))).rejects.toMatchObject({ ...limited, retryAfterMs: 100 })
    s.pass(100)
    await watch.publish(channel.signed(3n))
    await expect(watch.publish(channel.signed(4n))).rejects.toMatchObject(limited)
  })

  it('counts refused states as well: wrong signatures are no way to the time of others', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 1, publishBurst: 5 } })
    const channel = testChannel()
    const { watch } = await s.watch('mallory', channel.signed(0n))
    const wrong = { ...channel.signed(9n), sigs: [...channel.signed(9n).sigs].reverse() }
    const outcomes: unknown[] = []
    for (let each = 0; each < 10; each++) await watch.publish(wrong).catch(({ code }) => outcomes.push(code))
    expect(outcomes.filter((code) => code === 'SIGNATURE_INVALID')).toHaveLength(4)
    expect(outcomes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(6)
    expect(s.keeper.stats.refusals).toEqual({ QUOTA_EXCEEDED: 0, RATE_LIMITED: 6, OVERLOADED: 0 })
    const honest = await s.watch('alice', channel.signed(0n))
    await honest.watch.publish(channel.signed(1n))
  })

  it('lets a client come back to all of its channels at once, and not again and again', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 1, publishBurst: 1 } })
    const channels = Array.from({ length: 10 }, () => testChannel())
    for (const channel of channels) {
      await s.watch('alice', channel.signed(1n))
      s.pass(1_000)
    }
    for (const channel of channels) await s.watch('alice', channel.signed(1n))
    const flood = Array.from({ length: 10 }, () => s.watch('alice', testChannel().signed(1n)))
    expect((await Promise.allSettled(flood)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const more = channels.map((channel) => s.watch('alice', channel.signed(1n)))
    expect((await Promise.allSettled(more)).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('the list of the own channels', () => {
  it('may be asked for in full, and not again and again; nobody else waits for it', async () => {
    await using s = await tenants()
    const mallory = parseClientName('mallory')
    const channel = testChannel()
    await s.watch('mallory', channel.signed(0n))
    let refusals = 0
    for (let each = 0; each < 100; each++) {
      try {
        expect([...s.keeper.channelsOf(mallory)]).toEqual([channel.id])
      } catch (error) {
        expect(error).toMatchObject(limited)
        refusals += 1
      }
    }
    expect(refusals).toBe(100 - 17)
    expect(s.keeper.stats.refusals.RATE_LIMITED).toBe(refusals)
    expect([...s.keeper.channelsOf(alice)]).toEqual([])
    s.pass(500)
    expect([...s.keeper.channelsOf(mallory)]).toEqual([channel.id])
  })
})

describe('an open dispute', () => {
  it('is never interrupted by quotas: the newest state is taken and defended', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 1, publishBurst: 2, storedBytes: size } })
    const channel = testChannel()
    const { watch } = await s.watch('alice', channel.signed(5n))
    await watch.publish(channel.signed(6n))
    await expect(watch.publish(channel.signed(7n))).rejects.toMatchObject(limited)
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await watch.publish(large(channel, 8n, 1_000))
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(channel.id)?.version).toBe(8n)
  })

  it('is no way to flood: it has a small rate of its own, which is for this channel only', async () => {
    await using s = await tenants({ each: { publishesPerSecond: 1, publishBurst: 2 } })
    const [channel, other] = [testChannel({ duration: 6_000n }), testChannel()]
    const { watch } = await s.watch('alice', channel.signed(5n))
    const quiet = await s.watch('alice', other.signed(1n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    const flood = Array.from({ length: 100 }, (_, each) => watch.publish(channel.signed(BigInt(each + 6))))
    const taken = (await Promise.allSettled(flood)).filter(({ status }) => status === 'fulfilled')
    expect(taken).toHaveLength(16)
    await expect(quiet.watch.publish(other.signed(2n))).rejects.toMatchObject(limited)
  })

  it('gets the sub-channel that it lacks, whatever the quota of channels', async () => {
    await using s = await tenants({ each: { channels: 1 } })
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel({ duration: 6_000n })
    const locks = { locks: [child] }
    const { watch } = await s.watch('alice', parent.signed(1n, locks))
    await watch.publish(parent.signed(2n, locks))
    await expect(s.watch('alice', child.signed(0n), parent)).rejects.toMatchObject(exceeded)
    await s.mine({ calls: [registers(parent.signed(1n, locks), [child.signed(0n)])] })
    await s.watch('alice', child.signed(0n), parent)
    await s.mine()
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
  })
})

describe('the quota of connections', () => {
  it('refuses one too many, of this client only, until one has ended', async () => {
    await using s = await tenants({ each: { connections: 2 } })
    const { keeper } = s
    const first = keeper.admitConnection(alice)
    keeper.admitConnection(alice)
    expect(() => keeper.admitConnection(alice)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
    keeper.admitConnection(parseClientName('bob'))
    first.release()
    first.release()
    keeper.admitConnection(alice)
    expect(() => keeper.admitConnection(alice)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
    expect(keeper.stats).toMatchObject({ connections: 3, refusals: { OVERLOADED: 2 } })
  })
})

describe('quotas', () => {
  it('are whole numbers of at least 1', async () => {
    await using s = await tenants()
    for (const value of [0, -1, 1.5, Number.NaN]) {
      for (const quotas of [{ each: { channels: value } }, { total: { clients: value } }]) {
        expect(() => s.keeperWith(quotas)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      }
    }
  })
})
