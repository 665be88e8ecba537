import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lifetime } from '../../../src/async/lifetime.ts'
import { type Block, type ChannelId, parseChannelId } from '../../../src/index.ts'
import { newcomers } from '../../../src/watcher/chain/newcomers.ts'
import { sweeper } from '../../../src/watcher/chain/sweeper.ts'
import { windowClasses } from '../../../src/watcher/channels/window-classes.ts'
import { silentLogger } from '../../../src/watcher/engine/silent-logger.ts'
import { genesisBlock } from '../../support/genesis-block.ts'
import { testClock } from '../../support/setup.ts'

const shortestPeriodSeconds = 15

interface World {
  /** Seconds at which each channel was read. */
  readonly readAt: ReadonlyMap<ChannelId, readonly number[]>
  /** Seconds and calls of each reading. */
  readonly spent: readonly (readonly [number, number])[]
  readonly sweeper: ReturnType<typeof sweeper>
  readonly newcomers: ReturnType<typeof newcomers>
  /** What readings are made at, and what the stream tells. */
  readonly blocks: { read: Block; head: Block }
  pass(seconds: number): Promise<void>
  add(windowSeconds: number): ChannelId
  remove(id: ChannelId, windowSeconds: number): void
  readonly faults: {
    /** From now on every reading fails. */
    isDown: boolean
    /** By so much the clock that the sweeper looks at is wrong. */
    clockErrorMs: number
  }
  stop(): Promise<void>
}

/** A sweeper over channels with such windows, where one call reads so many of them and takes so long. */
function world(
  windows: readonly number[],
  { perCall = 1_000, callsPerMinute = 60, callMs = 0, callsPerReading = 1 } = {},
): World {
  const clock = testClock()
  const byWindow = windowClasses()
  const readAt = new Map<ChannelId, number[]>()
  const spent: [number, number][] = []
  const life = lifetime()
  const faults = { isDown: false, clockErrorMs: 0 }
  const blocks = { read: genesisBlock, head: genesisBlock }
  const wrongClock = { now: () => clock.now() + faults.clockErrorMs, sleep: clock.sleep }
  const gone = new Set<ChannelId>()
  const arrived = newcomers({
    index: { get: (id) => (gone.has(id) ? undefined : {}) },
    clock: wrongClock,
    chainClock: {
      get head() {
        return blocks.head
      },
      secondsPerBlock: 12n,
    },
  })
  let serial = 0

  function add(windowSeconds: number): ChannelId {
    const id = parseChannelId(`0x${(++serial).toString(16).padStart(64, '0')}`)
    byWindow.add({ id, windowSeconds })
    return id
  }
  for (const each of windows) add(each)

  const made = sweeper({
    sweep: { callsPerMinute, shortestPeriodSeconds },
    index: { byWindow },
    reader: {
      async readRecords(ids) {
        if (callMs > 0) await clock.sleep(callMs)
        if (faults.isDown) throw new Error('down')
        const seconds = clock.now() / 1000
        spent.push([seconds, callsPerReading])
        const read = ids.slice(0, perCall)
        for (const id of read) readAt.set(id, [...(readAt.get(id) ?? []), seconds])
        return {
          readings: read.map(() => ({ record: undefined, block: blocks.read })),
          calls: callsPerReading,
          way: 'it',
        }
      },
    },
    recordReader: { take: () => false },
    newcomers: arrived,
    clock: wrongClock,
    random: () => 0.5,
    logger: silentLogger,
    lifetime: life,
  })
  made.sweepAll()
  const running = made.run()
  made.current()
  return {
    readAt,
    spent,
    sweeper: made,
    newcomers: arrived,
    blocks,
    faults,
    async pass(seconds) {
      for (let turn = 0; turn < 20; turn++) await setImmediate()
      await clock.pass(seconds * 1000)
    },
    add,
    remove(id, windowSeconds) {
      gone.add(id)
      byWindow.remove({ id, windowSeconds })
    },
    async stop() {
      life.end(new Error('over'))
      await running
    },
  }
}

/** The longest time without a reading, from the first one to the end. */
function longestGap(times: readonly number[], end: number): number {
  return Math.max(...times.map((time, at) => (times[at + 1] ?? end) - time))
}

const windows = fc.array(fc.integer({ min: 60, max: 20_000 }), { minLength: 1, maxLength: 40 })

describe('the sweep', () => {
  it('reads every channel at once at the start, and then at least once per quarter of its own window', async () => {
    await fc.assert(
      fc.asyncProperty(
        windows,
        fc.integer({ min: 3, max: 50 }),
        fc.integer({ min: 0, max: 200 }),
        async (all, perCall, callMs) => {
          const w = world(all, { perCall, callMs, callsPerMinute: 600 })
          await w.pass(20)
          expect(w.readAt.size).toBe(all.length)
          await w.pass(21_000)
          for (const [position, times] of [...w.readAt].sort(([a], [b]) => (a < b ? -1 : 1)).entries()) {
            const [, read] = times
            expect(longestGap(read, 21_020)).toBeLessThanOrEqual((all[position] ?? 0) / 4)
          }
          await w.stop()
        },
      ),
      { numRuns: 15 },
    )
  }, 60_000)

  it('does not read long windows more often because of short ones, nor any more often than is allowed', async () => {
    const w = world([...Array.from({ length: 50 }, () => 10), ...Array.from({ length: 50 }, () => 36_000)])
    await w.pass(9_000)
    const times = [...w.readAt.values()].map((each) => each.length)
    expect(Math.max(...times.slice(0, 50))).toBeLessThanOrEqual(9_000 / (0.9 * shortestPeriodSeconds) + 2)
    expect(Math.min(...times.slice(0, 50))).toBeGreaterThan(500)
    expect(Math.max(...times.slice(50))).toBeLessThanOrEqual(4)
    await w.stop()
  })

  it('keeps to its budget of calls, and serves all windows where that does not suffice', async () => {
    const short = Array.from({ length: 400 }, () => 60)
    const long = Array.from({ length: 20 }, () => 1_200)
    const w = world([...short, ...long], { perCall: 4, callsPerReading: 4, callsPerMinute: 20 })
    await w.pass(3_600)
    const calls = w.spent.reduce((sum, [, each]) => sum + each, 0)
    expect(calls).toBeLessThanOrEqual(100 + 20 * 60 + 4)
    expect(calls).toBeGreaterThan(20 * 55)
    const ofLong = [...w.readAt].filter(([id]) => Number(id) > 400).map(([, times]) => longestGap(times, 3_600))
    expect(ofLong).toHaveLength(20)
    expect(Math.max(...ofLong)).toBeLessThanOrEqual(400)
    expect(w.readAt.size).toBe(420)
    await w.stop()
  })

  it('reads all of them again after a gap, at once', async () => {
    const w = world(
      Array.from({ length: 25 }, () => 80_000),
      { perCall: 10 },
    )
    await w.pass(100)
    const before = w.spent.length
    w.sweeper.sweepAll()
    expect(w.sweeper.size).toBe(1)
    await w.pass(1)
    expect(w.spent.length).toBe(before + 3)
    expect([...w.readAt.values()].every((times) => (times.at(-1) ?? 0) >= 100)).toBe(true)
    expect(w.sweeper.size).toBe(0)
    await w.stop()
  })

  it('is behind a gap until channels of every window were read', async () => {
    const w = world([1_200, 20_000, 80_000], { callMs: 5_000 })
    await w.pass(100)
    w.sweeper.afterGap()
    const readSince = (): number => [...w.readAt.values()].filter((times) => (times.at(-1) ?? 0) > 100).length
    for (let seconds = 0; readSince() < 3; seconds++) {
      expect(seconds).toBeLessThan(60)
      expect(w.sweeper).toMatchObject({ isBehindGap: true, size: 1 })
      await w.pass(1)
    }
    await w.pass(5)
    expect(w.sweeper).toMatchObject({ isBehindGap: false, size: 0 })
    await w.stop()
  })

  it('D7: reads all of them although there is a gap again and again before it has', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 2, max: 40 }), async (secondsBetween) => {
      const w = world(
        Array.from({ length: 60 }, () => 80_000),
        { perCall: 2, callMs: 1_000, callsPerMinute: 60 },
      )
      for (let seconds = 0; seconds < 240; seconds += secondsBetween) {
        await w.pass(secondsBetween)
        w.sweeper.afterGap()
      }
      const last = w.spent.at(-1)?.[0] ?? 0
      for (const times of w.readAt.values()) expect(longestGap(times, last)).toBeLessThanOrEqual(90)
      expect(w.readAt.size).toBe(60)
      // Until a walk was made that began after the last one.
      expect(w.sweeper.isBehindGap).toBe(true)
      await w.pass(90)
      expect(w.sweeper.isBehindGap).toBe(false)
      for (const times of w.readAt.values()) expect(times.at(-1)).toBeGreaterThanOrEqual(240)
      await w.stop()
    })
    await fc.assert(property, { numRuns: 10 })
  })

  it('goes on where it was once an endpoint that was down is back', async () => {
    const w = world(
      Array.from({ length: 25 }, () => 600),
      { perCall: 10 },
    )
    w.faults.isDown = true
    await w.pass(3_600)
    expect(w.readAt.size).toBe(0)
    w.faults.isDown = false
    await w.pass(60)
    expect(w.readAt.size).toBe(25)
    await w.stop()
  })

  it('keeps to its quarters whatever is done to the clock, but for one of them after each jump', async () => {
    const jumps = fc.array(fc.integer({ min: -200_000, max: 200_000 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(windows, jumps, async (all, seconds) => {
        const w = world(all, { callsPerMinute: 600 })
        await w.pass(20)
        for (const each of seconds) {
          w.faults.clockErrorMs = each * 1_000
          await w.pass(12_000)
        }
        const end = 20 + 12_000 * seconds.length
        for (const [position, [, times]] of [...w.readAt].sort(([a], [b]) => (a < b ? -1 : 1)).entries()) {
          expect(longestGap(times, end)).toBeLessThanOrEqual((2 * (all[position] ?? 0)) / 4)
        }
        await w.stop()
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  it('sees channels that come, and forgets those that go', async () => {
    const w = world([])
    await w.pass(10_000)
    const [one, other] = [w.add(60), w.add(1_000)]
    await w.pass(300)
    expect(w.readAt.get(one)?.length).toBeGreaterThan(15)
    expect(w.readAt.get(other)?.length).toBeGreaterThanOrEqual(1)
    w.remove(one, 60)
    await w.pass(20)
    const before = w.readAt.get(one)?.length
    await w.pass(1_000)
    expect(w.readAt.get(one)?.length).toBe(before)
    await w.stop()
  })

  describe('where first readings found nothing', () => {
    /** Channels with a window of a day, which it reads at the start and then not for hours. */
    async function atEase(most = 1_000) {
      const w = world(
        Array.from({ length: 5 }, () => 86_400),
        { perCall: most },
      )
      await w.pass(1)
      return { w, ids: [...w.readAt.keys()] }
    }
    const readings = (w: World, ids: readonly ChannelId[]) => ids.map((id) => w.readAt.get(id)?.length)

    it('D7: reads the channels once more, a block later, in one call', async () => {
      const { w, ids } = await atEase()
      for (const id of ids) w.newcomers.add(id)
      const before = w.spent.length
      await w.pass(11)
      expect(w.spent.length).toBe(before)
      await w.pass(2)
      await w.pass(600)
      expect(readings(w, ids)).toEqual([2, 2, 2, 2, 2])
      expect(w.spent.length).toBe(before + 1)
      await w.stop()
    })

    it('D7: reads them until a reading is not from before the head that there was, and not for ever', async () => {
      const { w, ids } = await atEase()
      w.blocks.head = { ...genesisBlock, number: genesisBlock.number + 2n }
      for (const id of ids) w.newcomers.add(id)
      for (let block = 0; block < 3; block++) await w.pass(12.5)
      w.blocks.read = w.blocks.head
      for (let block = 0; block < 20; block++) await w.pass(12.5)
      expect(readings(w, ids)).toEqual([5, 5, 5, 5, 5])
      w.blocks.head = { ...genesisBlock, number: genesisBlock.number + 1_000_000n }
      for (const id of ids) w.newcomers.add(id)
      for (let block = 0; block < 40; block++) await w.pass(12.5)
      expect(readings(w, ids)).toEqual([11, 11, 11, 11, 11])
      await w.stop()
    })

    it('reads all of them where one call does not hold them, and goes on after a failure', async () => {
      const { w, ids } = await atEase(2)
      await w.pass(300)
      for (const id of ids) w.newcomers.add(id)
      w.faults.isDown = true
      for (let block = 0; block < 4; block++) await w.pass(12.5)
      w.faults.isDown = false
      for (let seconds = 0; seconds < 60; seconds++) await w.pass(1)
      expect(readings(w, ids)).toEqual([2, 2, 2, 2, 2])
      await w.stop()
    })

    it('reads none that is gone', async () => {
      const { w, ids } = await atEase()
      for (const id of ids) w.newcomers.add(id)
      for (const id of ids) w.remove(id, 86_400)
      const before = w.spent.length
      for (let block = 0; block < 5; block++) await w.pass(12.5)
      expect(w.spent.length).toBe(before)
      expect(w.newcomers.dueAtMs).toBe(Number.POSITIVE_INFINITY)
      await w.stop()
    })

    it('takes a call per block for them however steadily they come, and reads the others as often as ever', async () => {
      const w = world([60, 60, 60], { callMs: 300 })
      await w.pass(1)
      const others = [...w.readAt.keys()]
      const before = w.spent.length
      for (let tenth = 0; tenth < 3_000; tenth++) {
        if (tenth % 2 === 0) w.newcomers.add(w.add(86_400))
        await w.pass(0.1)
      }
      for (const id of others) expect(longestGap(w.readAt.get(id) ?? [], 301)).toBeLessThanOrEqual(16)
      // 25 blocks, and 20 readings of the others.
      expect(w.spent.length - before).toBeLessThanOrEqual(25 + 25)
      await w.stop()
    })
  })
})
