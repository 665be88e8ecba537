import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventQueue } from '../../src/adapter.ts'
import type { AdjudicatorEvent } from '../../src/index.ts'
import { endangered, fact, learned, refuted, removed, stateNeeded } from '../support/events.ts'

const kinds: readonly ((version: bigint) => AdjudicatorEvent)[] = [
  (version) => fact('registered', version),
  (version) => fact('registered', version, 'final'),
  (version) => fact('progressed', version),
  (version) => fact('concluded', version),
  (version) => fact('concluded', version, 'final'),
  (version) => endangered('late', version),
  (version) => endangered('unreachable', version),
  removed,
  learned,
  refuted,
  stateNeeded,
]

/** Events of any kinds; their versions say when they came. */
const stream = fc
  .array(fc.constantFrom(...kinds), { maxLength: 60 })
  .map((makers) => makers.map((make, at) => ({ kind: make, event: make(BigInt(at)) })))

const limit = fc.integer({ min: 1, max: 12 })

async function left(queue: ReturnType<typeof eventQueue>): Promise<readonly AdjudicatorEvent[]> {
  queue.end()
  const events: AdjudicatorEvent[] = []
  for await (const event of queue) events.push(event)
  return events
}

describe('the event queue, under any events', () => {
  it('never holds more than its limit, keeps the order and invents nothing', async () => {
    await fc.assert(
      fc.asyncProperty(stream, limit, async (pushed, most) => {
        const queue = eventQueue(most)
        for (const { event } of pushed) queue.push(event, 1n)
        const kept = await left(queue)
        expect(kept.length).toBe(Math.min(most, pushed.length))
        const positions = kept.map((event) => pushed.findIndex((each) => each.event === event))
        expect(positions.every((at) => at >= 0)).toBe(true)
        expect(positions).toEqual([...positions].sort((a, b) => a - b))
      }),
    )
  })

  it('keeps the newest of each kind while there is room for one of each', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (pushed) => {
        const queue = eventQueue(kinds.length)
        for (const { event } of pushed) queue.push(event, 1n)
        const kept = await left(queue)
        for (const kind of kinds) {
          const newest = pushed.findLast((each) => each.kind === kind)?.event
          if (newest !== undefined) expect(kept).toContain(newest)
        }
      }),
    )
  })

  it('gives every event to exactly one reader while readers keep up, aborted waits or not', async () => {
    const steps = fc.array(fc.constantFrom('push', 'read', 'read and abort'), { maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const queue = eventQueue(100)
        const reading: Promise<AdjudicatorEvent | undefined>[] = []
        let pushed = 0n
        for (const step of script) {
          if (step === 'push') queue.push(fact('registered', pushed++), 1n)
          else {
            const controller = new AbortController()
            const next = queue.next({ signal: controller.signal })
            reading.push(next.catch(() => undefined))
            if (step === 'read and abort') controller.abort()
          }
        }
        const rest = await left(queue)
        const seen = [...(await Promise.all(reading)), ...rest].filter((event) => event !== undefined)
        const versions = seen.map((event) => (event.type === 'registered' ? event.version : -1n))
        expect(versions.sort((a, b) => Number(a - b))).toEqual(
          Array.from({ length: Number(pushed) }, (_, at) => BigInt(at)),
        )
      }),
    )
  })
})
