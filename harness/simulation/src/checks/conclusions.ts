import { acknowledgedIn } from '../parties/household.ts'
import { short } from '../world/trace.ts'
import { hadFairChance } from './fairness.ts'
import { type RunOutcome, visibleStates } from './outcome.ts'

/** Every concluded channel stands at the newest state acknowledged in time, or the chain gave no fair chance. */
export function checkConclusions(outcome: RunOutcome): readonly string[] {
  const { households, ledger, schedule, uptimes, blindSpots } = outcome
  const visible = visibleStates(outcome)
  return households.flatMap((household) =>
    household.family.channels.flatMap((channel) => {
      const dispute = ledger.dispute(channel.id)
      if (dispute?.phase !== 'concluded') return []
      const newer = acknowledgedIn(household).filter(
        ({ channelId, signed }) => channelId === channel.id && signed.state.version > dispute.version,
      )
      const lost = newer.find(({ signed, atMs }) =>
        hadFairChance(
          { household, ledger, schedule, uptimes, visible, blindSpots },
          channel,
          signed.state.version,
          atMs,
        ),
      )
      if (lost === undefined) return []
      const { version } = lost.signed.state
      const when = `${lost.atMs / 1000} s`
      return [`${short(channel.id)} concluded with ${dispute.version} although ${version} was acknowledged at ${when}`]
    }),
  )
}
