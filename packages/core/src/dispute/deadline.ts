import type { ChainTime } from '../model/ledger.ts'
import type { ChannelView, FamilyView } from './family.ts'
import { concludableAt } from './record-rules.ts'

/** Seconds to aim at where anybody may conclude at any moment, but nobody has yet. */
export const overtime = 120n

/** Whether the root could be concluded now: what is not yet replaced may be settled with the next block. */
export function isConcludable({ root, now }: FamilyView): boolean {
  return root.record !== undefined && concludableAt(root.params, root.record) <= now
}

/**
 * The first instant at which refuting `channel` is too late.
 *
 * A root can be refuted until its own timeout. A sub-channel has a timeout of its own, but concluding the root concludes
 * it as well, without a look at that timeout: its deadline is whichever comes first. Where the root is concludable and
 * nobody concluded it, the sub-channel's own timeout still counts, and there is no time to lose.
 */
export function refutationDeadline(channel: ChannelView, family: FamilyView): ChainTime | undefined {
  const { root, now } = family
  if (channel.record === undefined) return undefined
  const own = channel.record.timeout
  if (channel.id === root.id || root.record === undefined) return own
  const rootEnds = isConcludable(family) ? now + overtime : concludableAt(root.params, root.record)
  return own < rootEnds ? own : rootEnds
}

/**
 * Whether the deadline above may be too optimistic: a sub-channel is registered while its root is not, so it was
 * registered below a root that we do not watch, which may be concludable at any moment.
 */
export function isRegisteredElsewhere(channel: ChannelView, root: ChannelView): boolean {
  return channel.id !== root.id && channel.record !== undefined && root.record === undefined
}
