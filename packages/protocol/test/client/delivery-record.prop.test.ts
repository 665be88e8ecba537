import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliveryRecord } from '../../src/client/delivery-record.ts'

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

describe('the record of what was delivered', () => {
  it('acknowledges nothing to a watch that it told and the reader has not handled', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, limit) => {
        const record = deliveryRecord(limit)
        const queue: { readonly number: bigint; readonly content: number }[] = []
        /** Contents that were handled, whenever. */
        const handled = new Set<number>()
        let told: { readonly sequence: bigint; readonly content: number }[] = []
        let sequence = 0n
        for (const step of all) {
          if (step.type === 'watch') {
            record.beginWatch()
            told = []
            sequence = 0n
          } else if (step.type === 'event') {
            sequence += step.gap
            told.push({ sequence, content: step.content })
            const number = record.told(sequence, Uint8Array.of(step.content))
            if (number !== undefined) queue.push({ number, content: step.content })
          } else {
            const next = queue.shift()
            if (next !== undefined) {
              handled.add(next.content)
              record.handled(next.number)
            }
          }
          const acknowledged = record.takeAcknowledgement()
          if (acknowledged === undefined) continue
          for (const each of told) {
            if (each.sequence <= acknowledged) expect(handled).toContain(each.content)
          }
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
