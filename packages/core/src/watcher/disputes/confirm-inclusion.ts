import { firstOf } from '../../async/first-of.ts'
import { msUntil } from '../../async/ms-until.ts'
import type { DisputeAction, Threat } from '../../dispute/decide.ts'
import { inclusionPatienceSeconds } from '../../dispute/timing.ts'
import { isRecordOf } from '../../model/state-identity.ts'
import type { Inclusion } from '../../spi/chain.ts'
import { channelsOf } from './action-key.ts'
import { type DisputeContext, secondsUntil } from './dispute-context.ts'
import { readRecords } from './read-records.ts'

/**
 * What the sender says of an inclusion is a hint, which an endpoint may have made up. Waits until the stream has told the
 * block, reads the records of the whole tree, and tells clients of what our transaction replaced.
 *
 * @param unconfirmed how many inclusions before this one the records did not show, in a row.
 * @returns whether the records show what was sent.
 */
export async function confirmInclusion(
  dispute: DisputeContext,
  action: DisputeAction,
  inclusion: Inclusion,
  unconfirmed: number,
): Promise<boolean> {
  dispute.memory.noteInclusion(inclusion)
  await streamReaches(dispute, action, inclusion, unconfirmed)
  // Other channels of the tree may have changed as well, unseen.
  await readRecords(dispute, channelsOf(action))
  const replaced = action.threats.filter(({ answerVersion, registeredVersion }) => answerVersion !== registeredVersion)
  const standing = replaced.filter((threat) => stands(dispute, action, threat))
  // An earlier one of ours may have made it, and have been repeated because the records did not show it yet.
  const untold = new Set(standing)
  for (const made of dispute.memory.inclusions) {
    const ours = [...untold].filter(({ channelId, answerVersion }) =>
      isMadeBy(dispute, { channelId, version: answerVersion, inclusion: made }),
    )
    for (const threat of ours) untold.delete(threat)
    dispute.disputeWarnings.refuted(ours, made)
  }
  return standing.length === replaced.length && isRootThere(dispute, action)
}

/**
 * Resolves when the stream has reached the block, since only then the records show what it changed; or after a while,
 * because the block may not exist, or comes too late.
 */
async function streamReaches(
  dispute: DisputeContext,
  action: DisputeAction,
  { block }: Inclusion,
  unconfirmed: number,
): Promise<void> {
  const { ticks, chainClock, clock, signal } = dispute
  const secondsLeft = secondsUntil(action.deadline, chainClock)
  const patience = inclusionPatienceSeconds(secondsLeft, chainClock.secondsPerBlock, unconfirmed)
  const untilMs = clock.now() + Number(patience) * 1000
  for (;;) {
    const tick = ticks.count
    const { head } = chainClock
    // A block that comes after the deadline, if there is one, changes nothing any more.
    if (head !== undefined && (head.number >= block.number || head.timestamp >= action.deadline)) return
    const leftMs = msUntil(clock, untilMs)
    if (leftMs <= 0) return
    await firstOf(signal, [(options) => ticks.after(tick, options), (options) => clock.sleep(leftMs, options)])
  }
}

function stands({ index }: DisputeContext, action: DisputeAction, threat: Threat): boolean {
  const record = index.get(threat.channelId)?.record
  if (record === undefined || !isRecordOf(record, { version: threat.answerVersion, hash: threat.answerHash }))
    return false
  return action.type === 'register' || record.phase === 'concluded'
}

function isRootThere({ index }: DisputeContext, { channel: { state } }: DisputeAction): boolean {
  return index.get(state.channelId)?.record?.version === state.version
}

/**
 * Whether our transaction made the record: it may have found it made, by somebody before us in the same block. A log says so;
 * where none was told, because the node keeps it from us or it is final by now, the receipt. Without either nothing is claimed.
 */
function isMadeBy(
  { index }: DisputeContext,
  { channelId, version, inclusion }: { channelId: Threat['channelId']; version: bigint; inclusion: Inclusion },
): boolean {
  const makers = (index.get(channelId)?.pending ?? []).filter(({ log }) => log.version === version)
  if (makers.length > 0) return makers.some(({ log }) => log.transactionHash === inclusion.transactionHash)
  return inclusion.updates?.some((update) => update.channelId === channelId && update.version === version) ?? false
}
