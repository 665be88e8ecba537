import { type Defender, yieldsToOther } from '../dispute/choose-family.ts'
import { type Decision, type DisputeAction, decide, type Problem } from '../dispute/decide.ts'
import type { FamilyView } from '../dispute/family.ts'
import type { ChannelId } from '../model/brand.ts'
import type { AbortOptions } from '../spi/runtime.ts'
import type { ChannelIndex } from './channel-index.ts'
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
  readonly families: FamilyLoader
  /** Whether the last attempt of a family failed. */
  readonly hasFailed: (root: ChannelId) => boolean
}

const atRest: Assessment = { action: undefined, problems: [], family: undefined, yields: false }

export function assessor({ index, families, hasFailed }: AssessorDeps): Assessor {
  async function judge(
    root: ChannelId,
    options: AbortOptions,
  ): Promise<(Decision & { family: FamilyView }) | undefined> {
    const family = await families.load(root, options)
    return family && { ...decide(family), family }
  }

  async function defender(root: ChannelId, options: AbortOptions): Promise<Defender> {
    const decision = await judge(root, options)
    return { root, action: decision?.action, hasFailed: hasFailed(root) }
  }

  function sharingRoots(root: ChannelId, action: DisputeAction): readonly ChannelId[] {
    const roots = action.threats.flatMap((threat) => index.rootsOf(threat.channelId))
    return [...new Set(roots)].filter((other) => other !== root)
  }

  return {
    async assess(root, options = {}) {
      const decision = await judge(root, options)
      if (decision === undefined) return atRest
      const { action } = decision
      const isOurs = action === undefined || action.type === 'concludeFinal' || action.isRootRegistered
      if (isOurs) return { ...decision, yields: false }
      const others = await Promise.all(sharingRoots(root, action).map((other) => defender(other, options)))
      const yields = yieldsToOther({ root, action, hasFailed: false }, others)
      return { ...decision, action: yields ? undefined : action, yields }
    },
  }
}
