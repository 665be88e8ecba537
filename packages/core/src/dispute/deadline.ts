import type { ChainTime } from '../model/ledger.ts'
import type { ChannelView, FamilyView } from './family.ts'

/** Seconds to aim at where anybody may end it at any moment, but nobody has yet. */
export const overtime = 120n

/**
 * Whether the record of this channel may be taken away with the next block, and with it every tree that contains it or
 * every state that would replace it. In phase DISPUTE its window is over: without an app anybody can conclude it, with one
 * a participant can play it, with a final move even play and conclude it in one block. In phase FORCEEXEC each move
 * replaces it.
 */
export function isAtMercy({ record }: ChannelView, now: ChainTime): boolean {
  return record !== undefined && (record.phase !== 'dispute' || record.timeout <= now)
}

/** Until when nobody can take the record of this channel away; a moment ahead where anybody can already. */
export function lastsUntil(channel: ChannelView, now: ChainTime): ChainTime | undefined {
  const { record } = channel
  if (record === undefined) return undefined
  return isAtMercy(channel, now) ? now + overtime : record.timeout
}

/**
 * The first instant at which refuting `channel` is too late.
 *
 * A root can be refuted until its own timeout. A sub-channel has a timeout of its own, but it is refuted in a tree with its
 * root, exactly as that is registered. From the root's timeout on no such tree may be possible any more: concluding the root
 * concludes the sub-channel as well, without a look at its timeout, and a root with an app, which cannot be concluded yet,
 * can be played. So the deadline is whichever timeout comes first. Where the root's is over and nobody has used it, the
 * sub-channel's own timeout still counts, and there is no time to lose.
 */
export function refutationDeadline(channel: ChannelView, { root, now }: FamilyView): ChainTime | undefined {
  if (channel.record === undefined) return undefined
  const own = channel.record.timeout
  if (channel.id === root.id) return own
  const rootLasts = lastsUntil(root, now)
  return rootLasts === undefined || own < rootLasts ? own : rootLasts
}

/**
 * Whether the deadline above may be too optimistic: a sub-channel is registered while its root is not, so it was
 * registered below a root that we do not watch, which may be concludable at any moment.
 */
export function isRegisteredElsewhere(channel: ChannelView, root: ChannelView): boolean {
  return channel.id !== root.id && channel.record !== undefined && root.record === undefined
}
