import { common, type Interval, merged } from '../judge/intervals.ts'
import type { Stop } from '../parties/client/watches.ts'
import { type Household, newestAcknowledged } from '../parties/household.ts'
import { simStateHash } from '../world/crypto.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import { calmStretches } from './evidence.ts'
import type { RunOutcome } from './outcome.ts'

/** So many times the usual patience. */
const leisure = 3

/** A client that asks to be let go is answered, once nothing of its family can be refuted any more. */
export function checkStops(outcome: RunOutcome): readonly string[] {
  return outcome.households.flatMap((household) => {
    const calm = common(calmStretches(outcome, household), merged(quietStretches(outcome, household)))
    return household.clients
      .flatMap(({ stops }) => stops)
      .filter((stop) => isHeldUp(stop, calm, longestWait(outcome, household)))
      .map(({ channelId, askedMs }) => `${short(channelId)}: the stop of ${askedMs / 1000} s was not answered`)
  })
}

function isHeldUp({ askedMs, answeredMs }: Stop, calm: readonly Interval[], longestMs: number): boolean {
  const waiting = [{ fromMs: askedMs, untilMs: answeredMs ?? Number.POSITIVE_INFINITY }]
  return common(waiting, calm).some(({ fromMs, untilMs }) => untilMs - fromMs > longestMs)
}

/**
 * Where blocks come only with transactions, a head may be as old as a window when a restart finds it, and the next one, which says
 * that the window is over, may be wrong: for as long as the window is open by the clock the watcher goes on trying.
 */
function longestWait({ tempo }: RunOutcome, { family }: Household): number {
  const usual = leisure * tempo.patienceMs
  if (tempo.blocks !== undefined) return usual
  return family.channels.reduce(
    (longest, { params }) => Math.max(longest, tempo.patienceMs + 1_000 * Number(params.challengeDuration)),
    usual,
  )
}

/** While the contract would replace no record of the family, but for those that are as they should be. */
function quietStretches({ ledger, nowMs }: RunOutcome, household: Household): readonly Interval[] {
  const { channels } = household.family
  const wanted = new Map(
    channels.map(({ id }) => {
      const newest = newestAcknowledged(household, id)
      return [id, newest && simStateHash(newest.signed.state)] as const
    }),
  )
  return ledger.heads.flatMap(({ timestamp, disputes }, at): readonly Interval[] => {
    const isOpen = channels.some(({ id }) => {
      const record = disputes.get(id)
      return record?.phase === 'dispute' && record.timeout > timestamp && record.stateHash !== wanted.get(id)
    })
    const next = ledger.heads[at + 1]
    const untilMs = next === undefined ? nowMs : millisecondsOf(next.timestamp)
    return isOpen ? [] : [{ fromMs: millisecondsOf(timestamp), untilMs }]
  })
}
