import type { ChainTime, OnChainRecord } from '../model/ledger.ts'
import type { ChannelView, FamilyView } from './family.ts'
import { type Instant, isRefutable, playOf } from './record-rules.ts'

/** Seconds to aim at where anybody may end it at any moment, but nobody has yet. */
export const overtime = 120n

/** A channel of which the adjudicator holds something. */
type Registered = ChannelView & { readonly record: OnChainRecord }

const isRegistered = (channel: ChannelView): channel is Registered => channel.record !== undefined

const earlier = (a: ChainTime, b: ChainTime): ChainTime => (a < b ? a : b)

/** The first instant at which the record can be taken away: nothing replaces it any more, or somebody ends or plays it. */
function endOf(channel: Registered, instant: Instant): ChainTime {
  const { params, record } = channel
  const { rules } = instant
  const concludable = rules.concludableAt(params, record)
  const end = earlier(rules.refutableUntil(record) ?? concludable, concludable)
  return earlier(end, playOf(channel, instant)?.from ?? end)
}

/**
 * Whether the record of this channel may be taken away with the next block, and with it every tree that contains it or
 * every state that would replace it: by a conclusion, by a move of its app, or by both in one block.
 */
export function isAtMercy(channel: ChannelView, instant: Instant): boolean {
  return isRegistered(channel) && endOf(channel, instant) <= instant.now
}

/** Until when nobody can take the record of this channel away; a moment ahead where anybody can already. */
export function lastsUntil(channel: ChannelView, instant: Instant): ChainTime | undefined {
  return isRegistered(channel) ? orSoon(endOf(channel, instant), instant) : undefined
}

/** An instant to aim at, and a moment ahead once it has passed. */
export function orSoon(time: ChainTime, { now }: Instant): ChainTime {
  return time > now ? time : now + overtime
}

/**
 * When the window of a channel ends or has ended, by its record alone: for a record that can be replaced until somebody
 * concludes, when that may be first.
 */
export function windowEnd(channel: ChannelView, { rules }: Pick<Instant, 'rules'>): ChainTime | undefined {
  if (!isRegistered(channel)) return undefined
  const { params, record } = channel
  const until = rules.refutableUntil(record)
  if (until === undefined) return rules.concludableAt(params, record)
  // Nothing can replace it: when that began, as far as the record says.
  return until > 0n ? until : record.timeout
}

/**
 * The first instant at which refuting `channel` is too late.
 *
 * A root can be refuted until its own window ends. A sub-channel has a window of its own, but it is refuted in a tree with
 * its root, exactly as that is registered. Once the root's is over no such tree may be possible any more: concluding the root
 * concludes the sub-channel as well, without a look at its window, and a root with an app, which cannot be concluded yet,
 * can be played. So the deadline is whichever end comes first. Where the root's is over and nobody has used it, the
 * sub-channel's own still counts, and there is no time to lose.
 */
export function refutationDeadline(channel: ChannelView, family: FamilyView): ChainTime | undefined {
  const { root, rules } = family
  const end = windowEnd(channel, family)
  if (channel.record === undefined || end === undefined) return undefined
  const isEndless = rules.refutableUntil(channel.record) === undefined
  const own = isEndless && isRefutable(channel.record, family) ? orSoon(end, family) : end
  if (channel.id === root.id) return own
  const rootLasts = lastsUntil(root, family)
  return rootLasts === undefined ? own : earlier(own, rootLasts)
}

/**
 * Whether the deadline above may be too optimistic: a sub-channel is registered while its root is not, so it was
 * registered below a root that we do not watch, which may be concludable at any moment.
 */
export function isRegisteredElsewhere(channel: ChannelView, root: ChannelView): boolean {
  return channel.id !== root.id && channel.record !== undefined && root.record === undefined
}
