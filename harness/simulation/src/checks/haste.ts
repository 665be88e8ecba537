import type { SignedState } from '@perun-watcher/core'
import type { ModelDisputes } from '@perun-watcher/core/testing'
import type { Evidence, GivenState } from '../judge/evidence.ts'
import { without } from '../judge/intervals.ts'
import type { Judge } from '../judge/judge.ts'
import { type Household, newestAcknowledged } from '../parties/household.ts'
import { simStateHash } from '../world/crypto.ts'
import type { LedgerBlock, LedgerTransaction } from '../world/ledger.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import { evidenceOf } from './evidence.ts'
import type { RunOutcome } from './outcome.ts'

/** So long before its transaction was included the watcher may have made up its mind. */
const noticeMs = 60_000

interface Opening {
  readonly household: Household
  readonly evidence: Evidence
  readonly root: SignedState
  readonly below: readonly SignedState[]
  readonly before: LedgerBlock
  readonly atMs: number
}

/**
 * A healthy root is not drawn into a dispute with an older state while there is time: what hides the state below, with which
 * the newest one could be registered, may be over before the window is.
 */
export function checkHaste(outcome: RunOutcome, judge: Judge): readonly string[] {
  const evidences = evidenceOf(outcome)
  return outcome.households.flatMap((household, at) => {
    const evidence = evidences[at]
    if (evidence === undefined) return []
    return outcome.ledger.blocks
      .flatMap((block) => openingsIn(block, household, evidence))
      .filter((opening) => isHasty(opening, judge))
      .map(({ root, atMs }) => {
        const what = `${short(root.state.channelId)} was opened at ${root.state.version}`
        return `${what} at ${atMs / 1000} s although the newest could still have been`
      })
  })
}

function openingsIn(block: LedgerBlock, household: Household, evidence: Evidence): readonly Opening[] {
  const before = block.parent
  if (before === undefined) return []
  const isTaken = ({ byWatcher, hash }: LedgerTransaction): boolean => byWatcher && !block.reverted.has(hash)
  return block.transactions.filter(isTaken).flatMap(({ calldata: [root, ...below] }) => {
    if (root === undefined || !evidence.roots.includes(root.state.channelId)) return []
    if (before.disputes.has(root.state.channelId)) return []
    return [{ household, evidence, root, below, before, atMs: millisecondsOf(block.timestamp) }]
  })
}

function isHasty(opening: Opening, judge: Judge): boolean {
  const { household, evidence, root, before, atMs } = opening
  const { channelId, version } = root.state
  const newest = newestAcknowledged(household, channelId, atMs - noticeMs)?.signed.state.version ?? -1n
  if (version >= newest || !hasTime(opening) || !isCalm(opening)) return false
  const lookedAtMs = millisecondsOf(before.timestamp)
  const known = judge.registrable(evidence, channelId, lookedAtMs) ?? -1n
  if (known >= newest) return false
  const acknowledged = [...evidence.acknowledged, ...hiddenStates(household, before.disputes)]
  return (judge.registrable({ ...evidence, acknowledged }, channelId, lookedAtMs) ?? -1n) >= newest
}

/** Whether more than half of the window is left of everything that it answers, and nothing can be played before. */
function hasTime({ below, before, atMs }: Opening): boolean {
  return below.every(({ params, state }) => {
    const record = before.disputes.get(state.channelId)
    if (record === undefined) return true
    if (record.phase === 'forceExec' || record.hasApp) return false
    const isRepeated = record.stateHash === simStateHash(state)
    return isRepeated || (millisecondsOf(record.timeout) - atMs) * 2 > (Number(params.challengeDuration) + 20) * 1000
  })
}

function isCalm({ evidence: { calm }, atMs }: Opening): boolean {
  return without([{ fromMs: atMs - noticeMs, untilMs: atMs }], calm).length === 0
}

/** The states that stand on the chain, whether anybody has shown them to the watcher or not. */
function hiddenStates({ family }: Household, disputes: ModelDisputes): readonly GivenState[] {
  return family.channels.flatMap(({ id, states, strays }) => {
    const hash = disputes.get(id)?.stateHash
    return [...states, ...strays]
      .filter(({ state }) => simStateHash(state) === hash)
      .map((signed) => ({ signed, atMs: 0 }))
  })
}
