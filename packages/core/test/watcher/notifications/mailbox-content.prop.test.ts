import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mailbox } from '../../../src/adapter.ts'
import type { AdjudicatorEvent } from '../../../src/index.ts'
import { acknowledgedUpTo, appended, emptyMailbox } from '../../../src/watcher/notifications/mailbox-content.ts'
import { endangered, fact, learned, refuted, removed, stateNeeded } from '../../support/events.ts'
import { modelLedger } from '../../support/setup.ts'

const kinds: readonly ((version: bigint) => AdjudicatorEvent)[] = [
  (version) => fact('registered', version),
  (version) => fact('registered', version, 'final'),
  (version) => fact('concluded', version),
  (version) => endangered('late', version),
  removed,
  learned,
  refuted,
  stateNeeded,
]

type Step = { readonly kind: (typeof kinds)[number] } | { readonly acknowledges: bigint }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom(...kinds) }) },
  { weight: 1, arbitrary: fc.record({ acknowledges: fc.bigInt({ min: 0n, max: 70n }) }) },
)
const steps = fc.array(step, { maxLength: 60 })

/** Every event that was told, under the sequence that it must have, and what is left of them. */
function run(
  script: readonly Step[],
  limit: number,
): { told: readonly AdjudicatorEvent[]; mailbox: Mailbox; acknowledged: bigint } {
  const told: AdjudicatorEvent[] = []
  let mailbox = emptyMailbox
  let acknowledged = 0n
  for (const each of script) {
    if ('acknowledges' in each) {
      const sequence = each.acknowledges < mailbox.lastSequence ? each.acknowledges : mailbox.lastSequence
      if (sequence > acknowledged) acknowledged = sequence
      mailbox = acknowledgedUpTo(mailbox, each.acknowledges)
    } else {
      const event = each.kind(BigInt(told.length))
      told.push(event)
      mailbox = appended(mailbox, { ledger: modelLedger, event }, limit)
    }
  }
  return { told, mailbox, acknowledged }
}

describe('a mailbox, after any events and acknowledgements', () => {
  it('counts from 1 without end, keeps the order, and holds no more than its limit', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 12 }), (script, limit) => {
        const { told, mailbox, acknowledged } = run(script, limit)
        expect(mailbox.lastSequence).toBe(BigInt(told.length))
        expect(mailbox.events.length).toBeLessThanOrEqual(limit)
        const sequences = mailbox.events.map(({ sequence }) => sequence)
        expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)))
        for (const { sequence, ledger, event } of mailbox.events) {
          expect(sequence).toBeGreaterThan(acknowledged)
          expect(ledger).toBe(modelLedger)
          expect(event).toBe(told[Number(sequence) - 1])
        }
      }),
    )
  })

  it('holds all that is not acknowledged while there is room', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { told, mailbox, acknowledged } = run(script, 60)
        expect(mailbox.events.map(({ event }) => event)).toEqual(told.slice(Number(acknowledged)))
      }),
    )
  })

  it('holds the newest of each kind that is not acknowledged where there is room for one of each', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { told, mailbox, acknowledged } = run(script, kinds.length)
        const kept = mailbox.events.map(({ event }) => event)
        const waiting = told.slice(Number(acknowledged))
        for (const event of waiting) {
          const hasNewer = waiting.slice(waiting.indexOf(event) + 1).some((later) => isSameKind(later, event))
          if (!hasNewer) expect(kept).toContain(event)
        }
      }),
    )
  })
})

function isSameKind(a: AdjudicatorEvent, b: AdjudicatorEvent): boolean {
  const finality = (event: AdjudicatorEvent): string => ('finality' in event ? event.finality : '')
  return a.type === b.type && finality(a) === finality(b)
}
