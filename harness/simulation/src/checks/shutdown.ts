import { newestAcknowledged } from '../parties/household.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import { couldRegister } from './fairness.ts'
import { type RunOutcome, visibleStates } from './outcome.ts'

/** How long it may take the watcher to hear of a block or to store a state: a dispute that is newer may be unknown to it. */
const noticeMs = 20_000

/** A shutdown that says that everything is settled leaves no dispute that it knew and could have answered. */
export function checkShutdown(outcome: RunOutcome, askedMs: number, endedMs: number): readonly string[] {
  const { households, ledger, schedule, uptimes, blindSpots } = outcome
  const visible = visibleStates(outcome)
  const isUp = uptimes.some(({ fromMs, untilMs }) => fromMs <= askedMs - noticeMs && (untilMs ?? endedMs) >= askedMs)
  return households.flatMap((household) =>
    household.family.channels.flatMap(({ id }, at) => {
      const channel = household.family.channels[at]
      const newest = newestAcknowledged(household, id, askedMs - noticeMs)
      const opened = ledger.blocks.flatMap(({ logs }) => logs).findLast((log) => log.channelId === id)
      if (channel === undefined || newest === undefined || opened === undefined || !isUp) return []
      const { version } = newest.signed.state
      const isOld = opened.phase === 'dispute' && opened.version < version
      const isKnown = millisecondsOf(opened.block.timestamp) <= askedMs - noticeMs
      const ids = household.family.channels.map((each) => each.id)
      const isCalm =
        schedule.isCalm(household.family.number, askedMs - noticeMs, endedMs) &&
        blindSpots.isClear(ids, askedMs - noticeMs, endedMs)
      const input = { household, ledger, schedule, uptimes, visible, blindSpots }
      if (!isOld || !isKnown || !isCalm || !couldRegister(input, channel, version, endedMs)) return []
      return [`the shutdown left ${short(id)} at ${opened.version} although ${version} was acknowledged`]
    }),
  )
}
