import type { Hearing } from '../parties/client/listeners.ts'
import { short } from '../world/trace.ts'
import type { RunOutcome } from './outcome.ts'

/** An event whose sequence does not follow the one before it. */
interface Leap {
  readonly from: bigint
  readonly to: bigint
  /** How many events may have waited: a crash can undo all acknowledgements of the run before. */
  readonly waiting: bigint
}

/** The watches of one registration, which share one count of events, in the order in which they began. */
export function visitsOf({ channelId, enrolment }: Hearing, hearings: readonly Hearing[]): readonly Hearing[] {
  return hearings.filter((each) => each.channelId === channelId && each.enrolment === enrolment)
}

/** What was handled before the first visit. After a stop that failed nobody knows: then what was before the first event. */
function startOf(visits: readonly Hearing[]): bigint {
  if (visits[0]?.enrolment === 0) return 0n
  const [first] = visits.flatMap(({ heard }) => heard.events)
  return first === undefined ? 0n : first.sequence - 1n
}

/** In one visit sequences ascend by one; a later visit begins, at the latest, after what was handled in those before it. */
function leapsOf(visits: readonly Hearing[]): readonly Leap[] {
  const leaps: Leap[] = []
  let handled = startOf(visits)
  let surelyHandled = handled
  /** What was handled before the run began whose visits are looked at. */
  let handledBefore = handled
  let lastRun = visits[0]?.run
  for (const { heard, run } of visits) {
    if (run !== lastRun) {
      surelyHandled = handledBefore
      handledBefore = handled
      lastRun = run
    }
    const waiting = (heard.events.at(-1)?.sequence ?? 0n) - surelyHandled
    let from = handled
    for (const [at, { sequence: to }] of heard.events.entries()) {
      const isRepeated = at === 0 && to <= from
      if (to !== from + 1n && !isRepeated) leaps.push({ from, to, waiting })
      from = to
    }
    const last = heard.events[heard.handled - 1]?.sequence ?? handled
    if (last > handled) handled = last
  }
  return leaps
}

/** Whether events may have been left out because the mailbox was full. */
export function hasCoalesced(visits: readonly Hearing[]): boolean {
  const [first] = visits
  const isStartUnknown = first === undefined || (first.enrolment > 0 && first.heard.events.length === 0)
  return isStartUnknown || leapsOf(visits).length > 0
}

/**
 * What a client is told of a channel is counted without a gap, but for what a full mailbox left out.
 *
 * @returns violations, and whether some mailbox was full.
 */
export function checkSequences({ households, mailboxLimit }: RunOutcome): {
  readonly violations: readonly string[]
  readonly hasDropped: boolean
} {
  const violations: string[] = []
  let hasDropped = false
  for (const { hearings } of households.flatMap(({ clients }) => clients)) {
    const firsts = hearings.filter((hearing) => visitsOf(hearing, hearings)[0] === hearing)
    for (const first of firsts) {
      for (const { from, to, waiting } of leapsOf(visitsOf(first, hearings))) {
        hasDropped = true
        if (to <= from || waiting <= BigInt(mailboxLimit))
          violations.push(`${short(first.channelId)}: event ${to} was told after ${from}`)
      }
    }
  }
  return { violations, hasDropped }
}

/** Whether some client that came back heard of something that happened while it was away. */
export function hasHeardLater({ households }: RunOutcome): boolean {
  return households.some(({ clients }) =>
    clients.some(({ hearings }) =>
      hearings.some((hearing) => {
        const before = hearings.find((each) => each !== hearing && visitsOf(hearing, hearings)[0] === each)
        return before !== undefined && before.run !== hearing.run && hearing.heard.events.length > 0
      }),
    ),
  )
}
