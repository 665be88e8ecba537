import type { Channel } from '../parties/families.ts'
import { acknowledgedIn, type Household } from '../parties/household.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import { blockAt, couldRegister, type FairnessInput, isCalmFor } from './fairness.ts'
import { type RunOutcome, visibleStates } from './outcome.ts'

/**
 * How long an older record may stand while nothing goes wrong: two confirmations, the rest of a pause after earlier
 * failures, and a block to be included in.
 */
const patienceMs = 150_000
const stepMs = 30_000

/**
 * No older record stands for long while everything is well and the contract would take what the watcher holds: windows
 * are not there to be used up.
 */
export function checkPromptness(outcome: RunOutcome): readonly string[] {
  const visible = visibleStates(outcome)
  return outcome.households.flatMap((household) =>
    household.family.channels.flatMap((channel) => idleStretch({ ...outcome, household, visible }, channel)),
  )
}

function idleStretch(input: FairnessInput, channel: Channel): readonly string[] {
  const { ledger, household } = input
  const opened = ledger.blocks.flatMap(({ logs }) => logs).find((log) => log.channelId === channel.id)
  if (opened === undefined) return []
  const endMs = millisecondsOf(ledger.head.timestamp)
  for (let at = millisecondsOf(opened.block.timestamp); at + patienceMs <= endMs; at += stepMs) {
    const until = at + patienceMs
    const stood = blockAt(ledger, until).disputes.get(channel.id)
    if (stood?.phase !== 'dispute' || blockAt(ledger, at).disputes.get(channel.id)?.phase !== 'dispute') continue
    const better = versionsBy(household, channel, at).filter((version) => version > stood.version)
    if (better.length === 0 || !isCalmFor(input, at, until)) continue
    const missed = better.find(
      (version) => couldRegister(input, channel, version, at) && couldRegister(input, channel, version, until),
    )
    if (missed !== undefined) {
      return [
        `${short(channel.id)} stood at ${stood.version} until ${until / 1000} s although ${missed} could replace it`,
      ]
    }
  }
  return []
}

/** Acknowledged by then. */
function versionsBy(household: Household, { id }: Channel, atMs: number): readonly bigint[] {
  const versions = acknowledgedIn(household)
    .filter((ack) => ack.channelId === id && ack.atMs <= atMs)
    .map(({ signed }) => signed.state.version)
  return [...new Set(versions)]
}
