import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliveryRecord } from '../../../src/client/events/delivery-record.ts'

/** What can happen: a new watch, an event of a small choice, the reader handles what it has in hand and gets the next. */
const steps = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('watch' as const) }),
    fc.record({
      type: fc.constant('event' as const),
      content: fc.nat({ max: 5 }),
      gap: fc.bigInt({ min: 1n, max: 2n }),
    }),
    fc.record({ type: fc.constant('read' as const) }),
  ),
  { maxLength: 80 },
)

type Step = typeof steps extends fc.Arbitrary<readonly (infer Each)[]> ? Each : never

interface World {
  take(step: Step): void
  /** Contents that were acknowledged now and not handled. */
  acknowledgedTooEarly(): readonly number[]
}

/** A watcher that tells, a reader that handles, and the record between them. */
function world(limit: number): World {
  const record = deliveryRecord(limit)
  const queue: { readonly number: bigint; readonly content: number }[] = []
  /** Contents that were handled, whenever. */
  const handled = new Set<number>()
  /** By the watch that is open. */
  let told: readonly { readonly sequence: bigint; readonly content: number }[] = []
  let sequence = 0n

  function tell(content: number, gap: bigint): void {
    sequence += gap
    told = [...told, { sequence, content }]
    const number = record.told(sequence, Uint8Array.of(content))
    if (number !== undefined) queue.push({ number, content })
  }

  function read(): void {
    const next = queue.shift()
    if (next === undefined) return
    handled.add(next.content)
    record.handled(next.number)
  }

  function begin(): void {
    record.beginWatch()
    told = []
    sequence = 0n
  }

  return {
    take(step) {
      if (step.type === 'event') tell(step.content, step.gap)
      else if (step.type === 'read') read()
      else begin()
    },
    acknowledgedTooEarly() {
      const acknowledged = record.takeAcknowledgement() ?? 0n
      const upTo = told.filter((each) => each.sequence <= acknowledged)
      return upTo.map(({ content }) => content).filter((content) => !handled.has(content))
    },
  }
}

describe('the record of what was delivered', () => {
  it('acknowledges nothing to a watch that it told and the reader has not handled', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, limit) => {
        const w = world(limit)
        for (const step of all) {
          w.take(step)
          expect(w.acknowledgedTooEarly()).toEqual([])
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('in the end acknowledges everything', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 4 }),
        (contents, limit) => {
          const record = deliveryRecord(limit)
          for (const [index, content] of contents.entries()) {
            const number = record.told(BigInt(index + 1), Uint8Array.of(content))
            if (number !== undefined) record.handled(number)
          }
          expect(record.takeAcknowledgement()).toBe(BigInt(contents.length))
          expect(record.takeAcknowledgement()).toBeUndefined()
        },
      ),
    )
  })
})
