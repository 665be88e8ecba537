import type { ChannelId } from '../model/brand.ts'
import { standsFor } from '../model/state-identity.ts'
import type { ChannelView, FamilyView } from './family.ts'
import { isRefutable } from './record-rules.ts'

/**
 * The channels whose older records would be concluded together with what stands for the root by now. An action that puts a
 * root state there which locks them no more ends that danger, and answers it although it does not name them.
 */
export function outdatedBelow(family: FamilyView): readonly ChannelId[] {
  const seen = new Set<ChannelId>()
  const outdated: ChannelId[] = []

  function visit({ record, candidates }: ChannelView): void {
    const held = record && candidates.find((each) => standsFor(record, each))
    for (const { channelId } of held?.state.outcome.locked ?? []) {
      const channel = family.channels.get(channelId)
      if (channel === undefined || seen.has(channelId)) continue
      seen.add(channelId)
      if (isOutdated(channel, family)) outdated.push(channelId)
      visit(channel)
    }
  }

  visit(family.root)
  return outdated
}

function isOutdated({ record, newest }: ChannelView, family: FamilyView): boolean {
  return record !== undefined && record.version < newest.state.version && isRefutable(record, family)
}
