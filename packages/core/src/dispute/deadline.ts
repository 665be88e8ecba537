import type { ChainTime } from '../model/ledger.ts'
import type { ChannelView } from './family.ts'
import { concludableAt } from './record-rules.ts'

/**
 * The first instant at which refuting `channel` is too late.
 *
 * A root can be refuted until its own timeout. A sub-channel has a timeout of its own, but concluding the root concludes
 * it as well, without a look at that timeout: its deadline is whichever comes first.
 */
export function refutationDeadline(channel: ChannelView, root: ChannelView): ChainTime | undefined {
  if (channel.record === undefined) return undefined
  const own = channel.record.timeout
  if (channel.id === root.id || root.record === undefined) return own
  const rootEnds = concludableAt(root.params, root.record)
  return own < rootEnds ? own : rootEnds
}

/**
 * Whether the deadline above may be too optimistic: a sub-channel is registered while its root is not, so it was
 * registered below a root that we do not watch, which may be concludable at any moment.
 */
export function isRegisteredElsewhere(channel: ChannelView, root: ChannelView): boolean {
  return channel.id !== root.id && channel.record !== undefined && root.record === undefined
}
