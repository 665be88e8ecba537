import { type Defender, yieldsToOther } from '../../dispute/choose-family.ts'
import { type Decision, type DisputeAction, decide, type Problem } from '../../dispute/decide.ts'
import type { FamilyView } from '../../dispute/family.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { FamilyLoader } from './family-loader.ts'

export interface Assessment {
  readonly action: DisputeAction | undefined
  readonly problems: readonly Problem[]
  readonly family: FamilyView | undefined
  /** Another family that shares the channel is to act. */
  readonly yields: boolean
}

/** Applies the rules to a family as it stands now, with an eye on families that share a channel with it. */
export interface Assessor {
  assess(root: ChannelId, options?: AbortOptions): Promise<Assessment>
}

export interface AssessorDeps {
  readonly index: ChannelIndex
  readonly familyLoader: FamilyLoader
  /** Whether the last attempt of a family failed. */
  readonly hasFailed: (root: ChannelId) => boolean
}

const atRest: Assessment = { action: undefined, problems: [], family: undefined, yields: false }

export function assessor({ index, familyLoader, hasFailed }: AssessorDeps): Assessor {
  function judge(loaded: FamilyView | undefined): (Decision & { family: FamilyView }) | undefined {
    if (loaded === undefined) return undefined
    const family = familyLoader.refresh(loaded)
    return { ...decide(family), family }
  }

  function sharingRoots(root: ChannelId, action: DisputeAction): readonly ChannelId[] {
    const roots = action.threats.flatMap((threat) => index.rootsOf(threat.channelId))
    return [...new Set(roots)].filter((other) => other !== root)
  }

  return {
    async assess(root, options = {}) {
      const loaded = new Map<ChannelId, FamilyView | undefined>()
      for (let missing: readonly ChannelId[] = [root]; ; ) {
        await Promise.all(missing.map(async (id) => loaded.set(id, await familyLoader.load(id, options))))
        // From here to the end at one instant: a decision on what was known before the wait may be out of date.
        const decision = judge(loaded.get(root))
        if (decision === undefined) return atRest
        const { action } = decision
        const isOurs = action === undefined || action.type === 'concludeFinal' || action.isRootRegistered
        if (isOurs) return { ...decision, yields: false }
        const sharing = sharingRoots(root, action)
        missing = sharing.filter((other) => !loaded.has(other))
        if (missing.length > 0) continue
        const others = sharing.map((other): Defender => {
          return { root: other, action: judge(loaded.get(other))?.action, hasFailed: hasFailed(other) }
        })
        const yields = yieldsToOther({ root, action, hasFailed: false }, others)
        return { ...decision, action: yields ? undefined : action, yields }
      }
    },
  }
}
